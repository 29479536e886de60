/** The service centre's number: the SIM's, else the configured one, else the one seen on this SIM before. */
import { afterEach, describe, expect, test } from "vitest";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { segmentTo, until } from "../line-contract.ts";
import { type Posing, posing } from "./posing-modem.ts";

const MODEM = { manufacturer: "Modem works", model: "M1" };
const ON_SIM = { "+CSCA?": ['+CSCA: "+33609001390",145'] };
const FORGOTTEN = { "+CSCA?": ['+CSCA: "",129'] };
const OTHER_SIM = { "+CCID": ["+CCID: 8933010000000000991"] };
const REFUSES = { "+CSCA=+33609001390,145": "ERROR" } as const;
/** 23.040 §9.1.2.5: eight octets, international, +33609001390. */
const SMSC_FIELD = "07913306091093F0";

let stages: Posing[] = [];
afterEach(async () => {
  for (const stage of stages) await stage.stop();
  stages = [];
});

async function start(...given: Parameters<typeof posing>): Promise<Posing> {
  const stage = posing(...given);
  stages.push(stage);
  await stage.ready();
  return stage;
}

function given(stage: Posing): string[] {
  return stage.typed.filter((text) => text.startsWith("AT+CSCA="));
}

/** The PDU as it was typed. */
async function pduOf(stage: Posing): Promise<string> {
  let isSettled = false;
  const { signal } = new AbortController();
  const sending = stage.line.submit(segmentTo("+33612345678", "hello"), { submissionId: "s1", signal });
  sending
    .finally(() => {
      isSettled = true;
    })
    .catch(() => undefined);
  await until(stage.clock, () => isSettled);
  return stage.typed.find((text) => /^[0-9A-F]{20,}/.test(text)) ?? "";
}

describe("the service centre", () => {
  test("on the SIM is left alone, and stays out of the PDU", async () => {
    const stage = await start({ ...MODEM, answers: ON_SIM }, { smsc: "+33600000000" });
    expect(given(stage)).toEqual([]);
    expect(stage.line.status.facts.smsc).toBe("+33609001390");
    expect(await pduOf(stage)).toMatch(/^00/);
  });

  test("that the modem forgot is given to it again", async () => {
    const memory = memoryInMemory();
    await start({ ...MODEM, answers: ON_SIM }, { memory });
    const later = await start({ ...MODEM, answers: FORGOTTEN }, { memory });
    expect(given(later)).toEqual(['AT+CSCA="+33609001390",145']);
    expect(later.line.status.facts.smsc).toBe("+33609001390");
  });

  test("that the modem forgot and does not take goes with each PDU", async () => {
    const memory = memoryInMemory();
    await start({ ...MODEM, answers: ON_SIM }, { memory });
    const later = await start({ ...MODEM, answers: FORGOTTEN, refuses: REFUSES }, { memory });
    expect(await pduOf(later)).toMatch(new RegExp(`^${SMSC_FIELD}`));
  });

  test("of one SIM is not used for another", async () => {
    const memory = memoryInMemory();
    await start({ ...MODEM, answers: ON_SIM }, { memory });
    const other = await start({ ...MODEM, answers: { ...FORGOTTEN, ...OTHER_SIM } }, { memory });
    expect(given(other)).toEqual([]);
    expect(other.line.status.facts.smsc).toBeNull();
  });

  test("from the configuration is used where the SIM has none", async () => {
    const stage = await start({ ...MODEM, answers: FORGOTTEN }, { smsc: "+33609001390" });
    expect(given(stage)).toEqual(['AT+CSCA="+33609001390",145']);
  });
});
