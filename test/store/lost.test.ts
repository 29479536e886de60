/** Damage of which little can be known: what the start says of it, and where nothing is left, what it puts there. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeBackup } from "../../src/store/backup-file.ts";
import { openSound } from "../../src/store/open-sound.ts";
import { openInProcess, storeOver } from "./in-process.ts";
import { newOutbound, T0 } from "./new-outbound.ts";

const LATER = T0 + 3_600_000;
const PAGE = 1024;
const ALL = 1500;
const BACKED_UP = 3;

let folder: string;
let made: string;
let dataDir: string;
let file: string;
const backups = () => ({ folder: join(dataDir, "backups"), configFile: null });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pylone-lost-"));
  made = join(folder, "made");
  const opened = openInProcess(T0, made);
  const store = storeOver(opened);
  for (let count = 0; count < ALL; count++) {
    await store.accept(newOutbound({ maxQueuedSegments: 1e9 }));
    if (count + 1 !== BACKED_UP) continue;
    opened.db.pragma("wal_checkpoint(TRUNCATE)");
    cpSync(join(made, "pylone.db"), join(folder, "early.db"));
  }
  opened.db.close();
  writeFileSync(join(made, "settings.json"), "the newer one");
  writeFileSync(join(made, "pylone.holder"), "{}");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  dataDir = mkdtempSync(join(folder, "data-"));
  cpSync(made, dataDir, { recursive: true });
  file = join(dataDir, "pylone.db");
});

/** As the nightly one, an hour before. */
function haveBackup(name = "pylone-000002-2026-01-04T10-15-30Z.backup"): string {
  mkdirSync(backups().folder, { recursive: true });
  const to = join(backups().folder, name);
  const job = {
    from: join(folder, "early.db"),
    log: null,
    to,
    madeAt: T0,
    settings: "the older one",
    config: null,
  };
  writeBackup(
    job,
    () => {},
    () => true,
  );
  return to;
}

type Start = { readonly said: string; readonly messages: number; readonly events: readonly string[] };

function start(): Start {
  const sound = openSound({ dataDir, openedAt: LATER, backups: backups() }, () => {});
  const { db, set, salvaged } = sound;
  const messages =
    db.prepare<[], number>("SELECT count(*) FROM message WHERE status = 'queued'").pluck().get() ?? 0;
  const events = set.commands.listEvents({ limit: 10 }).map(({ type }) => type);
  db.close();
  return { said: salvaged ?? "", messages, events };
}

describe("a database of which much is lost", () => {
  it("that was cut says how much of the file is missing, and that nobody knows what stood there", () => {
    const pages = statSync(file).size / PAGE;
    const half = Math.floor(pages / 2);
    truncateSync(file, half * PAGE);
    const { said, messages } = start();
    expect(messages).toBeLessThan(ALL);
    expect(said).toContain(
      `${pages - half} of ${pages} pages could not be read, ${pages - half} of them because the file's end is missing; how many rows stood there is not known`,
    );
    expect(said).toContain(`that could be read have ${messages} messages on them`);
    expect(said).not.toMatch(/no row|lost: \d/);
  });

  it("that was emptied from the middle on counts the empty pages", () => {
    const octets = readFileSync(file);
    const pages = octets.length / PAGE;
    const half = Math.floor(pages / 2);
    writeFileSync(file, octets.fill(0, half * PAGE));
    const { said } = start();
    expect(said).toContain(`${pages - half} of ${pages} pages could not be read; how many`);
    expect(said).not.toMatch(/no row|lost: \d/);
  });

  it("that is whole has no page that is not read", () => {
    const octets = readFileSync(file);
    octets.writeUInt32BE(0, 60);
    writeFileSync(file, octets);
    const { said, messages } = start();
    expect(messages).toBe(ALL);
    expect(said).toMatch(/no row is known to be lost\. The damaged files/);
  });

  it("names the newest backup, with the command that goes back to it", () => {
    const newest = haveBackup();
    haveBackup("pylone-000001-2026-01-03T05-00-00Z.backup");
    truncateSync(file, Math.floor(statSync(file).size / 2));
    const { said, messages } = start();
    expect(messages).toBeGreaterThan(BACKED_UP);
    expect(said).toContain(`stop pylone and \`pylone restore ${newest} --force\`.`);
  });
});

describe.each([
  [
    "random octets",
    () => Buffer.from(Array.from({ length: 40 * PAGE }, (_, at) => (at * 167 + (at >> 8) * 31) & 0xff)),
  ],
  ["a word", () => Buffer.from("hello")],
  ["nothing", () => Buffer.alloc(0)],
])("a database that is %s", (_, octets) => {
  beforeEach(() => {
    writeFileSync(file, octets());
  });

  it("is restored from the newest backup that is whole; what waited is failed, the settings stay", () => {
    haveBackup();
    writeFileSync(join(backups().folder, "pylone-000003-2026-01-05T05-00-00Z.backup"), "a broken one");
    const { said, messages, events } = start();
    expect(said).toMatch(
      /Nothing could be saved: .* It was restored from the backup of \d{4}-.*: 3 messages/,
    );
    expect(said).toContain("3 messages that waited then may have been sent since and are failed (30008)");
    expect(messages).toBe(0);
    expect(events.slice(0, 2)).toEqual(["store.salvaged", "store.restored"]);
    expect(readFileSync(join(dataDir, "settings.json"), "utf8")).toBe("the newer one");
    expect(readFileSync(join(dataDir, "damaged-2026-01-04T11-15-30Z", "pylone.db"))).toEqual(octets());
  });

  it("is begun anew where there is none, and says that", () => {
    const { said, events } = start();
    expect(said).toMatch(/Nothing could be saved: .*An empty one was begun\./);
    expect(said).toContain(`There is no backup in ${backups().folder}`);
    expect(said).not.toContain("no row is known");
    expect(events).toEqual(["store.salvaged"]);
  });
});

describe("a database that is gone", () => {
  it("beside its settings is told, with the way back", () => {
    const newest = haveBackup();
    rmSync(file);
    const { said, events } = start();
    expect(said).toMatch(/pylone\.db is gone, settings\.json beside it is not: an empty one was begun/);
    expect(said).toContain(`\`pylone restore ${newest}\``);
    expect(events).toEqual(["store.salvaged"]);
  });

  it("is saved from its log, where that is there", async () => {
    const opened = openInProcess(T0, join(dataDir, "other"));
    await storeOver(opened).accept(newOutbound());
    cpSync(join(dataDir, "other", "pylone.db-wal"), `${file}-wal`);
    opened.db.close();
    rmSync(file);
    expect(start()).toMatchObject({ messages: 1, said: expect.stringContaining("its log is there") });
  });

  it("from a new folder is not missed", () => {
    rmSync(dataDir, { recursive: true });
    mkdirSync(dataDir);
    expect(start()).toEqual({ said: "", messages: 0, events: [] });
  });
});
