/**
 * A kill is not a power cut: what a process has written survives its own end, synced or not. Here the built daemon
 * lives a short life under a recorder of its file operations, and the power fails at every sync of it
 * (`test/power/cuts.ts`). The same life with a sync taken out of the program must be found out.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { pick, type Random, seededRandom } from "../../src/line/simulator/random.ts";
import { eventually, Site } from "../harness/program.ts";
import { WebhookSink } from "../harness/webhook-sink.ts";
import { type Alteration, alterBuild, removeAlteredBuilds } from "../power/altered-build.ts";
import { type Cut, type CutsReport, judgeCuts, leaveAt, someLeft } from "../power/cuts.ts";
import { Disk, NOTHING_LEFT } from "../power/disk.ts";
import { type Promised, promisesOf } from "../power/promises.ts";
import { compileRecorder, type Deed, readRecording } from "../power/recording.ts";
import { type Life, live, type Surroundings, startOn, surroundings } from "../power/short-life.ts";

/** The log is copied back into the database every 256 KB, not every 4 MB: a short life is to see it several times. */
const EARLY_CHECKPOINTS: Alteration = {
  file: "store/database.js",
  from: "CHECKPOINT_PAGES = 4096",
  to: "CHECKPOINT_PAGES = 256",
};
const STARTS = 4;
const SEED = 1;

let site: Site;
let sink: WebhookSink;
let around: Surroundings;
let recorder: string;
/** Hundreds of folders are written and read: in memory where there is such a place. */
let scratch: string;
beforeAll(async () => {
  site = new Site();
  sink = await WebhookSink.start();
  around = await surroundings(site, sink);
  recorder = compileRecorder(site.folder);
  scratch = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "pylone-power-"));
}, 180_000);
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  removeAlteredBuilds();
  await Promise.all([site.end(), sink.stop()]);
}, 180_000);

type Recorded = {
  readonly life: Life;
  readonly deeds: readonly Deed[];
  readonly promises: readonly Promised[];
};

async function recorded(name: string, alterations: readonly Alteration[], texts: number): Promise<Recorded> {
  const script = alterBuild(name, [EARLY_CHECKPOINTS, ...alterations]);
  const life = await live(around, { name, script, recorder, texts });
  const deeds = readRecording(life.log);
  return { life, deeds, promises: promisesOf(deeds) };
}

function judged({ life, deeds, promises }: Recorded): Promise<CutsReport> {
  return judgeCuts({ deeds, promises, root: life.root, scratch, random: seededRandom(SEED) });
}

describe("a power cut at any sync", () => {
  let whole: Recorded;
  beforeAll(async () => {
    whole = await recorded("whole", [], 80);
  }, 240_000);

  it("is rehearsed on a complete recording", () => {
    const disk = new Disk(whole.life.root);
    for (const deed of whole.deeds) disk.do(deed);
    expect(disk.differences()).toEqual([]);
    const accepted = whole.promises.flatMap((each) => (each.is === "accepted" ? [each.sid] : []));
    expect(accepted.sort()).toEqual([...whole.life.sids].sort());
    const counts = new Map<string, number>();
    for (const { is } of whole.promises) counts.set(is, (counts.get(is) ?? 0) + 1);
    // 80 texts out and 20 in, six of these answered; each out told as sent and as delivered.
    expect(Object.fromEntries(counts)).toMatchObject({ accepted: 80, kept: 20, key: 6, named: 8 });
    expect(counts.get("told")).toBeGreaterThanOrEqual(160 + 20);
    expect(counts.get("tried")).toBe(86);
    expect(counts.get("reported")).toBeGreaterThanOrEqual(80);
    const logBegins = whole.deeds.filter(
      (deed) => deed.is === "write" && deed.octets.length === 32 && deed.offset === 0,
    );
    expect(logBegins.length).toBeGreaterThan(2);
  });

  it("breaks no promise, whatever is left of what was not synced", { timeout: 300_000 }, async () => {
    const report = await judged(whole);
    expect(report.problems).toEqual([]);
    expect(report.moments).toBeGreaterThan(100);
    expect(report.opened).toBe(2 * report.moments);
  });

  it("lets the daemon start again and finish what it had accepted", { timeout: 300_000 }, async () => {
    const random = seededRandom(SEED);
    for (let at = 0; at < STARTS; at++) {
      const cut = someCut(random, whole, at);
      const root = join(site.folder, `start-${at}`);
      leaveAt(whole.deeds, whole.life.root, cut, root);
      const { daemon, client } = await startOn(around, { root });
      onTestFinished(() => void daemon.end("SIGKILL"));
      const given = whole.promises.filter(({ position }) => position < cut.position);
      for (const promise of given) {
        if (promise.is !== "accepted") continue;
        expect(client.sid).toBe(promise.accountSid);
        await eventually(async () => {
          const { status } = await client.get(`{AC}/Messages/${promise.sid}.json`);
          // The lines go on in their own time: a report that was given away after the cut does not come again.
          return status === "delivered" || status === "sent" ? true : null;
        });
      }
      expect((await daemon.end()).code).toBe(0);
    }
  });
});

/** In the middle of things: the first half of the accepts has been answered. */
function someCut(random: Random, { deeds, promises }: Recorded, at: number): Cut {
  const from = promises.filter(({ is }) => is === "accepted")[20]?.position ?? 0;
  const syncs = deeds.filter(({ is, position }) => is === "sync-end" && position > from);
  const { position } = pick(random, syncs);
  if (at === 0) return { position, how: "nothing is left", leftovers: NOTHING_LEFT };
  return { position, ...someLeft(random) };
}

describe("a program that has lost a sync is found out", () => {
  it.each<{ lost: string; alteration: Alteration; finds: readonly RegExp[] }>([
    {
      lost: "every sync of the database",
      alteration: { file: "store/database.js", from: "synchronous = FULL", to: "synchronous = OFF" },
      finds: [
        /answered with 201, is gone/,
        /was on the wire, and nothing says/,
        /acknowledged to the network, is gone/,
        /the report of .*, acknowledged, is gone/,
        /the app knows SM\w+ as delivered, and it is/,
      ],
    },
    {
      lost: "the sync in each commit, as the library's default has it",
      alteration: { file: "store/database.js", from: "synchronous = FULL", to: "synchronous = NORMAL" },
      finds: [/answered with 201, is gone/, /acknowledged to the network, is gone/],
    },
    {
      lost: "the sync of the settings before they are renamed",
      alteration: {
        file: "store/settings.js",
        from: "(file, text, { mode: 0o600, fsync: true }",
        to: "(file, text, { mode: 0o600, fsync: false }",
      },
      finds: [/cannot be opened: .*settings\.json is not valid JSON/],
    },
    {
      lost: "the sync of the directory after the settings are renamed",
      alteration: { file: "store/settings.js", from: "await syncDirectory(dataDir);", to: "" },
      finds: [/the key SK\w+ is gone/, /is named .*, not name \d/],
    },
    {
      lost: "the sync of the folder that holds the data folder",
      alteration: { file: "daemon/data-folder.js", from: "await above.sync();", to: "" },
      finds: [/the account AC\w+ is gone/],
    },
  ])("$lost", { timeout: 300_000 }, async ({ lost, alteration, finds }) => {
    const { problems } = await judged(await recorded(lost.replaceAll(/\W+/g, "-"), [alteration], 16));
    for (const each of finds) expect(problems).toContainEqual(expect.stringMatching(each));
  });
});
