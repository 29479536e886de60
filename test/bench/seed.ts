/** A data folder with a history: so many finished messages of the last year, written straight into their table. */
import { mkdtempSync, rmSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureMainAccount } from "../../src/accounts/accounts.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { firstKeyAt } from "../../src/runtime/ids.ts";
import { openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/schema.ts";
import { openSettings } from "../../src/store/settings.ts";
import { TOKEN } from "./site.ts";

const YEAR_MS = 365 * 24 * 3600 * 1000;

export type History = {
  readonly messages: number;
  readonly accountSid: string;
  readonly from: string;
  /** The first of the recipients; the others follow it in the order of their digits. */
  readonly to: string;
  readonly recipients: number;
};

/** Each history is made once, and copied from then on: it is the same to the byte. */
export class Seeds {
  readonly #folder = mkdtempSync(join(tmpdir(), "pylone-seeds-"));
  readonly #made = new Set<string>();

  async into(dataDir: string, history: History): Promise<void> {
    const made = join(this.#folder, String(history.messages));
    if (!this.#made.has(made)) await seed(made, history);
    this.#made.add(made);
    await cp(made, dataDir, { recursive: true });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function seed(dataDir: string, history: History): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // Messages without the settings that name their account are refused at the start.
  const account = { sid: history.accountSid, authToken: TOKEN };
  await ensureMainAccount(await openSettings(dataDir), account, systemClock);
  const db = openDatabase(join(dataDir, "pylone.db"));
  migrate(db);
  const { messages, accountSid, from, to, recipients } = history;
  const now = Date.now();
  const everyMs = Math.floor(YEAR_MS / messages);
  const firstAt = now - messages * everyMs;
  const firstKey = firstKeyAt(firstAt);
  // Not synced while it is filled: nobody depends on it yet.
  db.pragma("synchronous = OFF");
  db.prepare(`
    WITH RECURSIVE each (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM each WHERE n + 1 < @messages)
    INSERT INTO message_retired (key, sid, accountSid, direction, "from", "to", status, numSegments, createdAt,
      updatedAt, sentAt, line, attempts, body, submissions)
    SELECT @firstKey + n * @keysEach, printf('SM%014x%018x', @firstKey + n * @keysEach, n), @accountSid,
      'outbound-api', @from, printf('+%d', @firstTo + n * 7919 % @recipients), 'delivered', 1,
      @firstAt + n * @everyMs, @firstAt + n * @everyMs + 2000, @firstAt + n * @everyMs + 1000, 'bench', 0,
      'Stored message ' || n, NULL
    FROM each`).run({
    messages,
    firstKey,
    keysEach: firstKeyAt(firstAt + everyMs) - firstKey,
    accountSid,
    from,
    firstTo: Number(to.slice(1)),
    recipients,
    firstAt,
    everyMs,
  });
  db.pragma("synchronous = FULL");
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}
