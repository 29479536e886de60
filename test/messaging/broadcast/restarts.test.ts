/**
 * The plug pulled at every step of a run: before each command to the store, and after it was committed but before anybody
 * heard. The next life finds what is on disk, and everybody gets the morning once.
 */
import { afterEach, describe, expect, it } from "vitest";
import type { FetchBody } from "../../../src/messaging/broadcast/fetch-body.ts";
import type { BroadcastDefinition } from "../../../src/store/broadcast-commands.ts";
import { type Life, phone, Town, type TownOptions } from "./town.ts";

const MINUTE = 60_000;
const BEFORE = Date.parse("2027-06-10T04:59Z");
const MEMBERS = 13;
const EVERYBODY = Array.from({ length: MEMBERS }, (_, at) => phone(at));

/** The commands that are a run's own; the dispatcher's are killed in `test/messaging/outbound`. */
const STEPS = ["planRun", "openRuns", "getRun", "getBroadcast", "startRun", "listMembers", "acceptSlice"];
const ALSO = ["getAudience", "countRun", "endRun", "addEvent", "explainRun", "listBroadcasts"];

const towns: Town[] = [];
afterEach(() => {
  for (const town of towns.splice(0)) town.close();
});

type Death = { readonly step: number; readonly when: "die-before" | "die-after" };

/** A morning with one death in it. Returns the command it died at, null when there were not so many. */
async function morning(death: Death | null, fields: Partial<BroadcastDefinition>, fetchBody: FetchBody) {
  const options = { wallMs: BEFORE, rate: "unlimited", fetchBody } as const;
  const town = await Town.open({ ...options, members: MEMBERS });
  towns.push(town);
  const sid = await town.broadcast(fields);
  await town.powerOff();
  let died: string | null = null;
  let step = 0;
  const onCommand: NonNullable<TownOptions["onCommand"]> = (name: string, _nth: number, life: Life) => {
    if (!STEPS.includes(name) && !ALSO.includes(name)) return "go";
    if (!life.alive || ++step !== death?.step) return "go";
    died = name;
    return death.when;
  };
  await town.powerOn({ onCommand });
  await town.pass(3 * MINUTE);
  if (!town.life.alive) {
    await town.powerOff(MINUTE);
    await town.powerOn();
    await town.pass(5 * MINUTE);
  }
  return { town, sid, died };
}

const answered: FetchBody = async () => ({ is: "text", text: "Rain by noon" });
const KINDS: readonly [string, Partial<BroadcastDefinition>][] = [
  ["a template", { body: "Sun for {{phoneNumber}}" }],
  ["a text from an app", { body: null, bodyUrl: "http://app.example/forecast" }],
  [
    "a text from an app for each member",
    { body: null, bodyUrl: "http://app.example/forecast", bodyPer: "member" },
  ],
];

describe.each(KINDS)("a run of %s", (_kind, fields) => {
  it("is one morning for everybody, wherever the plug was pulled", async () => {
    const whole = await morning(null, fields, answered);
    expect((await whole.town.messages()).map(({ to }) => to)).toEqual(EVERYBODY);
    const deaths = new Set<string>();
    for (let step = 1; ; step++) {
      let isOver = true;
      for (const when of ["die-before", "die-after"] as const) {
        const { town, sid, died } = await morning({ step, when }, fields, answered);
        if (died !== null) {
          isOver = false;
          deaths.add(died);
        }
        const place = `${when} ${step} (${died})`;
        const to = (await town.messages()).map((message) => message.to).sort();
        expect({ place, to }).toEqual({ place, to: EVERYBODY });
        const runs = (await town.runs(sid)).map(({ status }) => status);
        expect({ place, runs }).toEqual({ place, runs: ["finished"] });
        const [run] = await town.runs(sid);
        const { outcomes } = await town.life.store.countRun(run?.sid ?? "");
        expect({ place, accepted: outcomes.accepted }).toEqual({ place, accepted: MEMBERS });
        towns.splice(towns.indexOf(town), 1);
        town.close();
      }
      if (isOver || step > 60) break;
    }
    for (const step of STEPS) expect(deaths).toContain(step);
  }, 120_000);
});

describe("the plug pulled across the hour", () => {
  it("and back in the same minute, twice, is one morning", async () => {
    const town = await Town.open({ wallMs: BEFORE, rate: "unlimited", members: MEMBERS });
    towns.push(town);
    const sid = await town.broadcast();
    await town.powerOff(70_000);
    await town.powerOn();
    await town.powerOff(5_000);
    await town.powerOn();
    await town.pass(5 * MINUTE);
    expect((await town.messages()).map(({ to }) => to)).toEqual(EVERYBODY);
    expect(await town.runs(sid)).toMatchObject([{ status: "finished", plannedAt: BEFORE + MINUTE }]);
  });
});
