/** Real damage, anywhere: octets changed, pages emptied, the file cut. The box starts, and goes on. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault } from "../../src/runtime/fault.ts";
import { Committer, TransactionLost } from "../../src/store/committer.ts";
import { markDamaged } from "../../src/store/damage.ts";
import { openSound, type SoundStore } from "../../src/store/open-sound.ts";
import type { CommandName, Request } from "../../src/store/protocol.ts";
import { openInProcess, storeOver } from "./in-process.ts";
import { ACCOUNT, FROM, newOutbound, T0 } from "./new-outbound.ts";

const WAITING = 60;
const FINISHED = 150;
const LATER = T0 + 60_000;
const PAGE = 1024;

let folder: string;
/** As a clean stop leaves it, and as a power cut does. */
const made: Record<"stopped" | "cut", string> = { stopped: "", cut: "" };
const waiting: string[] = [];
const finished: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pylone-damage-"));
  made.stopped = join(folder, "stopped");
  made.cut = join(folder, "cut");
  const opened = openInProcess(T0, made.stopped);
  const store = storeOver(opened);
  for (let count = 0; count < FINISHED; count++) {
    const message = newOutbound({ statusCallback: "http://127.0.0.1:5000/status" });
    finished.push(message.sid);
    await store.accept(message);
    const { claims } = await store.claim(FROM, { line: "sim1", limit: 1, now: T0 });
    const { submissionId = "" } = claims[0] ?? {};
    await store.settle(submissionId, { is: "failed", errorCode: 30008, why: "as the test has it" }, T0);
    if (count % 50 === 0) await store.retire({ sentBefore: 0, limit: 1000 });
  }
  await store.retire({ sentBefore: 0, limit: 1000 });
  for (let count = 0; count < 30; count++) {
    const segment = {
      from: "+33612345678",
      to: FROM,
      userData: { alphabet: "gsm7", septets: new Uint8Array([count, 1, 2]), lockingShift: 0, singleShift: 0 },
      concatenation: { reference: count, referenceBits: 8, total: 2, sequence: 1 },
      tpScts: null,
      tpPid: 0,
      tpDcs: 0,
      messageClass: null,
      destinationPort: null,
      fingerprint: `print ${count}`,
      raw: "00",
    } as const;
    await store.keepInbound({ line: "sim1", receivedAt: T0, segment }, null);
    await store.putMemory("sim1", `key ${count}`, "value");
  }
  opened.db.pragma("wal_checkpoint(TRUNCATE)");
  for (let count = 0; count < WAITING; count++) {
    const parts = count % 7 === 0 ? ["x".repeat(153).repeat(10), "y"] : [`waits ${count}`];
    const message = newOutbound({ parts, to: `+336399901${String(count).padStart(2, "0")}` });
    waiting.push(message.sid);
    await store.accept(message);
  }
  await store.claim(FROM, { line: "sim1", limit: 2, now: T0 });
  cpSync(made.stopped, made.cut, { recursive: true });
  opened.db.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Damage = (file: string) => void;

/** Whole folders are copied: opening one damages nothing of the other. */
function copyOf(source: string): string {
  const copy = mkdtempSync(join(folder, "copy-"));
  cpSync(source, copy, { recursive: true });
  return copy;
}

function change(file: string, alter: (octets: Buffer) => void): void {
  const octets = readFileSync(file);
  alter(octets);
  writeFileSync(file, octets);
}

const ASKS: readonly Request[] = [
  { name: "listMessages", args: [{ accountSid: ACCOUNT, limit: 1000 }] },
  { name: "listEvents", args: [{ limit: 1000 }] },
  { name: "unknownSubmissions", args: [] },
  { name: "unfinishedInbound", args: [] },
  { name: "webhookQueues", args: [] },
  { name: "webhookBacklog", args: [] },
  { name: "usage", args: [ACCOUNT, 0, 99_999] },
  { name: "expire", args: [T0] },
  { name: "claim", args: [FROM, { line: "sim1", limit: 5, now: LATER }] },
  { name: "retire", args: [{ sentBefore: 0, limit: 1000 }] },
];

/** All that a day brings. Throws what ends the process. */
function live({ db, set }: SoundStore): { sids: Set<string>; refusals: string[] } {
  db.pragma("synchronous = OFF");
  const committer = new Committer(db, set, () => false);
  const refusals: string[] = [];
  const ask = <Name extends CommandName>(name: Name, args: unknown): unknown => {
    const [outcome] = committer.run([{ name, args } as unknown as Request]).outcomes;
    if (outcome?.ok !== true) refusals.push(`${name}: ${outcome?.message}`);
    return outcome?.ok === true ? outcome.value : null;
  };
  const listed = ask("listMessages", [{ accountSid: ACCOUNT, limit: 1000 }]) as { sid: string }[] | null;
  const sids = new Set((listed ?? []).map(({ sid }) => sid));
  for (const request of ASKS) ask(request.name, request.args);
  for (const queue of (ask("webhookQueues", []) as string[] | null) ?? []) ask("nextWebhooks", [queue, 1000]);
  for (const sid of [...waiting, ...finished]) {
    ask("getMessage", [sid]);
    ask("submissionsOf", [sid]);
  }
  for (let count = 0; count < 20; count++) ask("accept", [newOutbound()]);
  const late = T0 + 1000 * 86_400_000;
  const all = { messages: late, events: late, shownParts: late, undecodable: late };
  ask("prune", [{ ...all, fingerprints: late, parkedReports: late }, 10_000]);
  return { sids, refusals };
}

type Life = { readonly sids: Set<string>; readonly refusals: string[]; readonly told: string[] };

/** Starts, lives, and where that finds damage starts again, once. */
function liveOn(dataDir: string): Life {
  const told: string[] = [];
  for (let start = 1; ; start++) {
    const sound = openSound({ dataDir, openedAt: LATER, backups: null }, (reason) => told.push(reason));
    try {
      return { ...live(sound), told: sound.salvaged === null ? told : [...told, sound.salvaged] };
    } catch (error) {
      if (!(error instanceof TransactionLost) || error.trouble !== "damaged" || start === 2) throw error;
      markDamaged(dataDir, error.message);
    } finally {
      sound.db.close();
    }
  }
}

function missing(sids: readonly string[], { sids: found }: Life): number {
  return sids.filter((sid) => !found.has(sid)).length;
}

/** How many it said are lost. */
function toldOf({ told }: Life): { waiting: number; finished: number } {
  const count = (what: RegExp) => Number(what.exec(told.at(-1) ?? "")?.[1] ?? 0);
  return { waiting: count(/(\d+) messages? that w/), finished: count(/(\d+) finished message/) };
}

describe.each(["stopped", "cut"] as const)("a database whose daemon was %s", (how) => {
  it("and that is whole is left alone", () => {
    const life = liveOn(copyOf(made[how]));
    expect(life).toMatchObject({ refusals: [], told: [] });
    expect(missing([...waiting, ...finished], life)).toBe(0);
  });

  it("is saved but for what stood on a page, whichever page is emptied, and says what is lost", {
    timeout: 120_000,
  }, () => {
    const pages = statSync(join(made[how], "pylone.db")).size / PAGE;
    for (let page = 0; page < pages; page += 11) {
      const dataDir = copyOf(made[how]);
      change(join(dataDir, "pylone.db"), (octets) => octets.fill(0, page * PAGE, (page + 1) * PAGE));
      const life = liveOn(dataDir);
      expect([page, life.refusals]).toEqual([page, []]);
      const lost = { waiting: missing(waiting, life), finished: missing(finished, life) };
      expect([page, lost]).toEqual([page, toldOf(life)]);
      expect([page, lost.waiting <= 4, lost.finished <= 4]).toEqual([page, true, true]);
      rmSync(dataDir, { recursive: true });
    }
  });

  it("starts and goes on when a letter of the schema is another, and it is still SQL", () => {
    for (const [was, is] of [
      ["direction IN (", "direction0IN("],
      ["rank IS NOT NULL", "rank IS     NULL"],
    ] as const) {
      const dataDir = copyOf(made[how]);
      let changed = 0;
      for (const name of ["pylone.db", ...(how === "cut" ? ["pylone.db-wal"] : [])])
        change(join(dataDir, name), (octets) => {
          for (let at = octets.indexOf(was); at >= 0; at = octets.indexOf(was, at + 1)) {
            octets.write(is, at);
            changed++;
          }
        });
      expect(changed).toBeGreaterThan(0);
      const life = liveOn(dataDir);
      if (how === "stopped") expect(life.told[0]).toMatch(/schema/);
      rmSync(dataDir, { recursive: true });
    }
  });

  it("starts and goes on whatever octets are changed, wherever it is cut", { timeout: 120_000 }, () => {
    const flip = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });
    const damages: fc.Arbitrary<Damage> = fc.oneof(
      fc.array(flip, { minLength: 1, maxLength: 8 }).map(
        (flips) => (file: string) =>
          change(file, (octets) => {
            for (const { at, to } of flips) octets[at % octets.length] = to;
          }),
      ),
      fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4096 })).map(
        ([at, put]) =>
          (file: string) =>
            change(file, (octets) => Buffer.from(put).copy(octets, at % octets.length)),
      ),
      fc.nat().map((at) => (file: string) => truncateSync(file, at % statSync(file).size)),
    );
    fc.assert(
      fc.property(damages, fc.constantFrom("pylone.db", "pylone.db-wal"), (damage, name) => {
        const dataDir = copyOf(made[how]);
        damage(join(dataDir, how === "cut" ? name : "pylone.db"));
        try {
          liveOn(dataDir);
        } catch (error) {
          // The number of a schema that nobody knows yet cannot be told from one that was changed.
          if (!(error instanceof Fault) || error.code !== "store.newer") throw error;
        }
        rmSync(dataDir, { recursive: true });
      }),
      { numRuns: 40 },
    );
  });
});
