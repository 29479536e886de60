/** A backup that is put back later, with a run under way in it: nobody gets a morning that may have been sent. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { writeBackup } from "../../../src/store/backup-file.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { restore } from "../../../src/store/restore.ts";
import { phone, Town } from "./town.ts";

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const BEFORE = Date.parse("2027-06-10T04:59Z");
/** More than a slice. */
const MEMBERS = 40;
const EVERYBODY = Array.from({ length: MEMBERS }, (_, at) => phone(at));

let town: Town;
let file: string;
afterEach(() => {
  town.close();
  rmSync(file, { force: true });
});

/** Half a minute into the run of 07:00 the box is backed up and dies. */
async function halfway(): Promise<string> {
  town = await Town.open({ wallMs: BEFORE, members: MEMBERS });
  file = `${town.dataDir}.backup`;
  const sid = await town.broadcast();
  await town.pass(MINUTE);
  await town.clock.advance(30_000);
  expect(await town.runs(sid)).toMatchObject([{ status: "started" }]);
  await town.powerOff();
  openDatabase(join(town.dataDir, "pylone.db")).close();
  const contents = { madeAt: town.clock.now(), settings: null, config: null };
  const from = join(town.dataDir, "pylone.db");
  writeBackup(
    { ...contents, from, log: null, to: file },
    () => {},
    () => true,
  );
  return sid;
}

async function putBack(queued: "resend" | "fail", afterMs: number): Promise<readonly string[]> {
  await town.clock.advance(afterMs);
  restore({ file, dataDir: town.dataDir, at: town.clock.now(), queued, force: true });
  const before = sent().length;
  await town.powerOn();
  await town.pass(30 * MINUTE);
  return sent().slice(before);
}

/** To whom the line sent something, in its order. */
function sent(): readonly string[] {
  return town.line.handed.map(({ segment }) => segment.to);
}

it("ends the run and makes up for nothing; the next morning is sent to everybody, once", async () => {
  const sid = await halfway();
  expect(await putBack("fail", 2 * DAY + 300 * MINUTE)).toEqual([]);
  expect((await town.runs(sid)).map(({ status }) => status)).toEqual(["canceled"]);
  const before = sent().length;
  await town.pass(DAY);
  expect(sent().slice(before).sort()).toEqual(EVERYBODY);
  expect((await town.runs(sid)).map(({ status }) => status)).toEqual(["canceled", "finished"]);
});

it("goes on with --queued resend, when nothing was sent since, and everybody gets the morning once", async () => {
  const sid = await halfway();
  const before = new Set(sent());
  const after = await putBack("resend", 120 * MINUTE);
  expect(before.size).toBeGreaterThan(0);
  expect(after.length).toBeGreaterThan(0);
  expect((await town.messages()).map(({ to }) => to).sort()).toEqual(EVERYBODY);
  expect((await town.runs(sid)).map(({ status }) => status)).toEqual(["finished"]);
});
