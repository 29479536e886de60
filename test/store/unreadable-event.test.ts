/** An event whose octets were changed on the disk stands in nobody's way. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type InProcess, openInProcess } from "./in-process.ts";
import { T0 } from "./new-outbound.ts";

const SID = `SM${"0".repeat(32)}`;
const PRUNE_NOTHING = { messages: 0, shownParts: 0, undecodable: 0, fingerprints: 0, parkedReports: 0 };

let opened: InProcess;
afterEach(() => opened.close());

function withDamagedEvent(octet = '"text":"second"'): InProcess {
  const folder = mkdtempSync(join(tmpdir(), "pylone-event-"));
  const before = openInProcess(T0, folder);
  for (const [at, text] of [
    [T0, "first"],
    [T0 + 1000, "second"],
    [T0 + 2000, "third"],
  ] as const)
    before.commands.addEvent({ at, type: "store.restored", level: "info", text, messageSid: SID });
  before.db.pragma("wal_checkpoint(TRUNCATE)");
  before.db.close();
  const file = join(folder, "pylone.db");
  const octets = readFileSync(file);
  octets.write("!", octets.indexOf(octet));
  writeFileSync(file, octets);
  return openInProcess(T0 + 5000, folder);
}

it("is shown as what it is, in its place, whatever is asked for", () => {
  opened = withDamagedEvent();
  const shown = (filter: object) =>
    opened.commands
      .listEvents({ limit: 3, ...filter })
      .map(({ at, type, level, text }) => [at, type, level, text]);
  const third = [T0 + 2000, "store.restored", "info", "third"];
  const second = [
    T0 + 1000,
    "store.damaged",
    "warning",
    "An event was written here and cannot be read any more: its row is damaged.",
  ];
  const first = [T0, "store.restored", "info", "first"];
  expect(shown({})).toEqual([third, second, first]);
  expect(shown({ messageSid: SID })).toEqual([third, second, first]);
  expect(shown({ level: "info" })).toEqual([third, first]);
  expect(shown({ type: "store.restored", messageSid: SID })).toEqual([third, first]);
});

it.each(["type", "level", "at", "text"])("is shown as such where the name of its %s is lost only", (name) => {
  opened = withDamagedEvent(`${name}":`);
  expect(opened.commands.listEvents({ limit: 3 }).map(({ type }) => type)).toContain("store.damaged");
});

it("does not keep the others beyond their time", () => {
  opened = withDamagedEvent();
  const events = T0 + 60_000;
  opened.commands.prune({ ...PRUNE_NOTHING, events }, 1000);
  expect(opened.commands.listEvents({ limit: 3 }).map(({ type }) => type)).toEqual(["store.damaged"]);
});
