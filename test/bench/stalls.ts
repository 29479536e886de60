/**
 * How long an accept waits while something large goes on beside it, with a million messages stored:
 *
 *   npm run build && npx tsc -p test/bench/tsconfig.json && node dist/bench/test/bench/stalls.js
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { letGo } from "../../src/daemon/let-go.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { KeySequence } from "../../src/runtime/ids.ts";
import { makeBackup } from "../../src/store/make-backup.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { Seeds } from "./seed.ts";

const MESSAGES = 1_000_000;
const SID = `AC${"a".repeat(32)}`;
const FROM = "+33639980001";
const PAUSE_MS = 5;

/** What the build has made. */
const BUILT = new URL("../../../store/", import.meta.url);

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Accepts one message after the other until `work` is over; how long they took, milliseconds, in order of length. */
async function acceptDuring(store: Store, keys: KeySequence, work: Promise<unknown>): Promise<number[]> {
  let isOver = false;
  void work.finally(() => {
    isOver = true;
  });
  const tookMs: number[] = [];
  while (!isOver) {
    const now = systemClock.now();
    const startedMs = performance.now();
    await store.accept({
      sid: keys.sid("SM"),
      accountSid: SID,
      direction: "outbound-api",
      from: FROM,
      to: "+33612345678",
      body: "Beside it",
      alphabet: "gsm7",
      parts: ["Beside it"],
      messagingServiceSid: null,
      statusCallback: null,
      queue: FROM,
      lane: "single",
      createdAt: now,
      expiresAt: now + 36_000_000,
      maxQueuedSegments: 1_000_000,
    });
    tookMs.push(performance.now() - startedMs);
    await systemClock.sleep(PAUSE_MS);
  }
  await work;
  return tookMs.sort((a, b) => a - b);
}

function row(what: string, tookMs: readonly number[], seconds: number): string {
  const at = (share: number) => (tookMs[Math.ceil(tookMs.length * share) - 1] ?? 0).toFixed(1);
  return `${what}: ${tookMs.length} accepts, median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms; it took ${seconds.toFixed(0)} s`;
}

const seeds = new Seeds();
const dataDir = await mkdtemp(join(tmpdir(), "pylone-stalls-"));
try {
  await seeds.into(dataDir, {
    messages: MESSAGES,
    accountSid: SID,
    from: FROM,
    to: "+33612000000",
    recipients: 10_000,
  });
  const store = await openStore({
    dataDir,
    workerUrl: new URL("worker.js", BUILT),
    onFatal: (fault) => {
      throw fault;
    },
  });
  const keys = new KeySequence(systemClock, store.newestKey);
  const during = async (what: string, start: () => Promise<unknown>) => {
    const startedMs = performance.now();
    const tookMs = await acceptDuring(store, keys, start());
    say(row(what, tookMs, (performance.now() - startedMs) / 1000));
  };
  await during("nothing beside", () => systemClock.sleep(5000));
  const never = new AbortController().signal;
  const letting = (retention: Parameters<typeof letGo>[0]["retention"]) =>
    letGo({ store, clock: systemClock, retention }, never);
  const backedUp = async () => {
    const job = {
      from: join(dataDir, "pylone.db"),
      to: join(dataDir, "a.backup"),
      madeAt: systemClock.now(),
    };
    const facts = await makeBackup({
      store,
      signal: never,
      job: async () => ({ ...job, settings: null, config: null }),
      processUrl: new URL("backup-process.js", BUILT),
    });
    say(`  a backup of ${facts.messages} messages, ${(facts.octets / 1e6).toFixed(0)} MB`);
  };
  await during("backed up", backedUp);
  await during("texts erased", () => letting({ messagesDays: 10_000, redactBodiesAfterDays: 0.001 }));
  await during("rows deleted", () => letting({ messagesDays: 0.001 }));
  await store.close();
} finally {
  seeds.remove();
  await rm(dataDir, { recursive: true, force: true });
}
