/** What a PIN costs over many power-ups, and what the makers' counters are worth (DESIGN: three wrong PINs lock a SIM). */
import { afterEach, describe, expect, test } from "vitest";
import type { LineMemory } from "../../../src/line/line.ts";
import { cme } from "../../../src/line/simulator/call.ts";
import type { Store } from "../../../src/store/store.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { until } from "../line-contract.ts";
import { type Pose, type Posing, posing } from "./posing-modem.ts";

const NO_COUNTER: Pose = { manufacturer: "Modem works", model: "M1", refuses: { "+CPINR": "ERROR" } };

let stages: Posing[] = [];
afterEach(async () => {
  for (const stage of stages) await stage.stop();
  stages = [];
});

/** The modem is switched on with its SIM locked by 1234. */
function powerUp(pose: Pose, pin: string, memory: LineMemory): Posing {
  const stage = posing(pose, { simPin: "1234", pin, memory });
  stages.push(stage);
  stage.line.start(stage.seen.handlers);
  return stage;
}

function becomes(stage: Posing, state: "ready" | "refused"): Promise<void> {
  return until(stage.clock, () => stage.line.status.state === state);
}

function pinsTyped(stage: Posing): string[] {
  return stage.typed.filter((text) => text.startsWith('AT+CPIN="'));
}

/** Until its PIN was given this SIM tells nothing, not even which one it is. */
function hideIccid(stage: Posing): void {
  stage.modem.behave({
    name: "a locked SIM is not read",
    onCommand: (call, answer) => {
      if (call.name !== "+CCID" || pinsTyped(stage).length > 0) return false;
      answer(cme(11));
      return true;
    },
  });
}

describe("over many power-ups", () => {
  test("a right PIN is given once at each, also where the ICCID can be read only after it", async () => {
    const memory = memoryInMemory();
    for (let times = 0; times < 3; times++) {
      const stage = powerUp(NO_COUNTER, "1234", memory);
      hideIccid(stage);
      await becomes(stage, "ready");
      expect(pinsTyped(stage)).toHaveLength(1);
    }
  });

  test("a wrong PIN is given at the first only, also where the ICCID cannot be read", async () => {
    const memory = memoryInMemory();
    const given: number[] = [];
    for (let times = 0; times < 4; times++) {
      const stage = powerUp({ manufacturer: "Modem works", model: "M1" }, "9999", memory);
      hideIccid(stage);
      await becomes(stage, "refused");
      given.push(pinsTyped(stage).length);
      expect(stage.line.status.reason).toContain("`pin`");
    }
    expect(given).toEqual([1, 0, 0, 0]);
  });

  test("a wrong PIN is not given again on another modem, whatever its counter says", async () => {
    const memory = memoryInMemory();
    await becomes(powerUp(NO_COUNTER, "9999", memory), "refused");
    const other = powerUp(
      { manufacturer: "SIMCOM_Ltd", model: "SIM800", answers: { "+SPIC": ["+SPIC: 3,10,3,10"] } },
      "9999",
      memory,
    );
    await becomes(other, "refused");
    expect(pinsTyped(other)).toEqual([]);
  });

  test("a SIM that is busy after its PIN is waited for, and the PIN is not given again", async () => {
    const stage = powerUp(NO_COUNTER, "1234", memoryInMemory());
    let polls = 0;
    stage.modem.behave({
      name: "busy",
      onCommand: (call, answer, perform) => {
        if (call.name !== "+CPIN" || pinsTyped(stage).length === 0) return false;
        if (call.kind === "set") perform();
        else if (++polls > 5) return false;
        if (call.kind === "read") answer(cme(14));
        return true;
      },
    });
    await becomes(stage, "ready");
    expect(polls).toBe(6);
    expect(pinsTyped(stage)).toHaveLength(1);
  });
});

describe("the counter", () => {
  const COUNTERS: readonly { pose: Pose; ask: string; says: (left: number) => readonly string[] }[] = [
    {
      pose: { manufacturer: "Modem works", model: "M1" },
      ask: "+CPINR",
      says: (left) => ["+CPINRE: SIM PUK,10,10", `+CPINR: SIM PIN,${left},3`],
    },
    {
      pose: { manufacturer: "SIMCOM_Ltd", model: "SIMCOM_SIM800L" },
      ask: "+SPIC",
      says: (left) => [`+SPIC: ${left},10,3,10`],
    },
    {
      pose: { manufacturer: "Quectel", model: "EC25" },
      ask: "+QPINC?",
      says: (left) => [`+QPINC: "SC",${left},10`, '+QPINC: "P2",3,10'],
    },
    {
      pose: { manufacturer: "huawei", model: "E3372" },
      ask: "^CPIN?",
      says: (left) => [`^CPIN: SIM PIN,${left},10,${left},10,3`],
    },
    {
      pose: { manufacturer: "ZTE", model: "MF190" },
      ask: "+ZPINPUK=?",
      says: (left) => [`+ZPINPUK: ${left},3,10,10`],
    },
    { pose: { manufacturer: "Telit", model: "LE910" }, ask: "#PCT", says: (left) => [`#PCT: ${left}`] },
    {
      pose: { manufacturer: "u-blox", model: "SARA-U270" },
      ask: "+UPINCNT",
      says: (left) => [`+UPINCNT: ${left},3,10,10`],
    },
  ];

  test.each(COUNTERS.map((counter) => ({ ...counter, model: counter.pose.model })))(
    "of $model is read with AT$ask",
    async ({ pose, ask, says }) => {
      const own = pose.manufacturer !== "Modem works";
      const saying = (left: number): Pose => ({
        ...pose,
        answers: { [ask]: says(left) },
        refuses: own ? { "+CPINR": "ERROR" } : {},
      });
      // The power went while it was being tried: only a counter of two or more lets it be tried again.
      const interrupted = memoryInMemory();
      const first = powerUp(saying(3), "1234", {
        get: interrupted.get,
        put: async (key, value) => {
          if (value !== "") await interrupted.put(key, value);
        },
      });
      await becomes(first, "ready");
      const kept = [...interrupted.entries].filter(([key]) => key.startsWith("pin "));
      expect(kept).toMatchObject([[expect.anything(), expect.stringContaining("trying")]]);

      const one = powerUp(saying(1), "1234", memoryInMemory(new Map(kept)));
      await becomes(one, "refused");
      expect(pinsTyped(one)).toEqual([]);

      const two = powerUp(saying(2), "1234", memoryInMemory(new Map(kept)));
      await becomes(two, "ready");
      expect(pinsTyped(two)).toHaveLength(1);
    },
  );
});

describe("on a disk", () => {
  let opened: TestStore[] = [];
  afterEach(async () => {
    for (const each of opened) await each.remove();
    opened = [];
  });

  const memoryOf = (store: Store): LineMemory => ({
    get: (key) => store.getMemory("sim1", key),
    put: (key, value) => store.putMemory("sim1", key, value),
  });

  test("the note is there when the power goes in the moment the PIN is typed", async () => {
    const first = await openTestStore();
    opened.push(first);
    const stage = powerUp(NO_COUNTER, "9999", memoryOf(first.store));
    let cut = false;
    stage.modem.behave({
      name: "power cut",
      onBytes: (bytes) => {
        cut ||= Buffer.from(bytes).toString("latin1").startsWith('AT+CPIN="');
        return cut;
      },
    });
    await until(stage.clock, () => cut);
    const after = await first.powerCut();
    opened.push(after);
    const again = powerUp(NO_COUNTER, "9999", memoryOf(after.store));
    await becomes(again, "refused");
    expect(pinsTyped(again)).toEqual([]);
    expect(again.line.status.reason).toContain("when the power went");
  });
});
