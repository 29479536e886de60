/**
 * The plug pulled at every step of a run: before each command to the store, and after it was committed but before anybody
 * heard. The next life finds what is on disk, and everybody gets the morning once.
 */
import { afterEach, describe, expect, it } from "vitest";
import type { FetchBody } from "../../../src/messaging/broadcast/fetch-body.ts";
import type { BroadcastDefinition } from "../../../src/store/broadcast-commands.ts";
import { phone, Town, type TownOptions } from "./town.ts";

const MINUTE = 60_000;
const BEFORE = Date.parse("2027-06-10T04:59Z");
const MEMBERS = 13;
const EVERYBODY = Array.from({ length: MEMBERS }, (_, at) => phone(at));

/** The commands that are a run's own; the dispatcher's are killed in `test/messaging/outbound`. */
const STEPS = [
  "listBroadcasts",
  "planRun",
  "openRuns",
  "getRun",
  "getBroadcast",
  "getAudience",
  "listMembers",
  "startRun",
  "acceptSlice",
  "countRun",
  "endRun",
];

const towns: Town[] = [];
afterEach(() => {
  for (const town of towns.splice(0)) town.close();
});

type Death = { readonly step: number; readonly when: "die-before" | "die-after" };
type Morning = { readonly town: Town; readonly sid: string; readonly taken: readonly string[] };

/** A morning with one death in it, or none; and the steps that were taken until then, or until the run had ended. */
async function morning(death: Death | null, fields: Partial<BroadcastDefinition>): Promise<Morning> {
  const options = { wallMs: BEFORE, fetchBody: answered };
  const town = await Town.open({ ...options, members: MEMBERS });
  towns.push(town);
  const sid = await town.broadcast(fields);
  await town.powerOff(MINUTE);
  const taken: string[] = [];
  const onCommand: NonNullable<TownOptions["onCommand"]> = (name) => {
    if (!STEPS.includes(name) || taken.at(-1) === "endRun" || taken.length === death?.step) return "go";
    taken.push(name);
    return taken.length === death?.step ? death.when : "go";
  };
  await town.powerOn({ onCommand });
  await town.clock.advance(20_000);
  if (!town.life.alive) {
    await town.powerOff();
    await town.powerOn();
    await town.clock.advance(40_000);
  }
  return { town, sid, taken };
}

async function expectOneMorning({ town, sid, taken }: Morning, when: string): Promise<void> {
  const place = `${when} the ${taken.length}th step, ${taken.at(-1)}`;
  const to = (await town.messages()).map((message) => message.to).sort();
  const [run, ...others] = await town.runs(sid);
  const { outcomes } = await town.life.store.countRun(run?.sid ?? "");
  expect({ place, to, status: run?.status, accepted: outcomes.accepted, others }).toEqual({
    place,
    to: EVERYBODY,
    status: "finished",
    accepted: MEMBERS,
    others: [],
  });
  towns.splice(towns.indexOf(town), 1);
  town.close();
}

const answered: FetchBody = async () => ({ is: "text", text: "Rain by noon" });

describe("a run of a template", () => {
  it("is one morning for everybody, at whichever step the plug was pulled", async () => {
    const whole = await morning(null, {});
    await expectOneMorning(whole, "after");
    expect(new Set(whole.taken)).toEqual(new Set(STEPS));
    for (let step = 1; step <= whole.taken.length; step++) {
      for (const when of ["die-before", "die-after"] as const) {
        await expectOneMorning(await morning({ step, when }, {}), when);
      }
    }
  }, 300_000);
});

describe.each(["run", "member"] as const)("a run of a text from an app, asked per %s", (bodyPer) => {
  it("is one morning for everybody, though the plug was pulled where it begins and between its slices", async () => {
    const fields = { body: null, bodyUrl: "http://app.example/forecast", bodyPer };
    const { taken } = await morning(null, fields);
    for (const [index, name] of taken.entries()) {
      if (name !== "startRun" && name !== "acceptSlice") continue;
      for (const when of ["die-before", "die-after"] as const) {
        await expectOneMorning(await morning({ step: index + 1, when }, fields), when);
      }
    }
  }, 60_000);
});

describe("the plug pulled across the hour", () => {
  it("and back in the same minute, twice, is one morning", async () => {
    const town = await Town.open({ wallMs: BEFORE, members: MEMBERS });
    towns.push(town);
    const sid = await town.broadcast();
    await town.powerOff(70_000);
    await town.powerOn();
    await town.powerOff(5_000);
    await town.powerOn();
    await town.pass(2 * MINUTE);
    expect((await town.messages()).map(({ to }) => to)).toEqual(EVERYBODY);
    expect(await town.runs(sid)).toMatchObject([{ status: "finished", plannedAt: BEFORE + MINUTE }]);
  });
});
