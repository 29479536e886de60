/**
 * What a network can send, through everything: the in-memory modem's storage, the AT dialogue, the inbox, the real
 * store. Whatever it is it is kept, leaves the modem, and holds up nothing behind it.
 */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Line } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { createReceiver, type Receiver } from "../../../src/messaging/inbound/receive.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { StoredMessage } from "../../../src/store/store.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { ACCOUNT, inventory, NUMBER, numberRecord, parseFrench } from "../numbers.ts";

type Vector = {
  readonly id: string;
  readonly pdu: string;
  readonly type: string;
  readonly text?: string | null;
  readonly note?: string;
};
type ReassemblySet = {
  readonly id: string;
  readonly note: string;
  readonly arrivalOrder: string[];
  readonly text: string;
};

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
const composed = (read("pdu-deliver") as { vectors: Vector[] }).vectors;
const { sets } = read("pdu-reassembly") as { sets: readonly ReassemblySet[] };
const pduOf = (id: string) => composed.find((vector) => vector.id === id)?.pdu ?? "";

/** Texts of one part: everything that is no report, no signal, no data, and no half of something. */
const NOT_TEXTS = ["c16", "c18", "c24", "c25", "c26", "c27", "c28", "c29"];
const texts = composed.filter(
  ({ id, type, text }) => type === "SMS-DELIVER" && !NOT_TEXTS.includes(id) && typeof text === "string",
);

let clock: FakeClock;
let testStore: TestStore;
let network: SimulatedNetwork;
let modem: SimulatedModem;
let receive: Receiver;
let line: Line;

beforeEach(async () => {
  clock = new FakeClock();
  network = new SimulatedNetwork({ clock });
  modem = new SimulatedModem({ number: NUMBER, network, clock });
  testStore = await openTestStore({ clock });
  await startProcess();
});
afterEach(async () => {
  await stopLine();
  network.stop();
  await testStore.remove();
});

async function startProcess(): Promise<void> {
  const { store } = testStore;
  receive = createReceiver({
    store,
    keys: new KeySequence(clock, store.newestKey),
    clock,
    log: silentLog(),
    numbers: inventory([numberRecord()]),
    parseAddress: parseFrench,
    siteCountry: "FR",
  });
  await receive.routeKept();
  line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    init: [],
    simulated: true,
  });
  line.start({
    onInbound: (segment) => receive("sim1", segment),
    onReport: async () => "kept",
    onUndecodable: async (raw, why) => {
      await store.quarantine("sim1", raw, why, clock.now());
      return "kept";
    },
    onState: () => {},
    onEvent: () => {},
    onNetworkTime: () => {},
  });
  await until(() => line.status.state === "ready");
}

async function stopLine(): Promise<void> {
  const stopping = line.stop(0);
  await clock.advance(0);
  await stopping;
}

async function restart(): Promise<void> {
  await stopLine();
  testStore = await testStore.reopen();
  await startProcess();
}

/** Commands, and the disk: time passes a little at a time until it is so. */
async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 4000; round++) {
    if (condition()) return;
    await testStore.store.queueDepths();
    await settle(1);
    await clock.advance(20);
  }
  throw new Error(`never: ${condition.toString()}`);
}

/** Comes into the modem's storage, announced or not, and is taken from there. */
async function arrive(...pdus: readonly string[]): Promise<void> {
  for (const pdu of pdus) {
    const index = modem.store("ME", pdu);
    modem.unsolicited(`+CMTI: "ME",${index}`);
  }
  await until(() => modem.stored("ME") === 0);
}

async function messages(): Promise<readonly StoredMessage[]> {
  const newestFirst = await testStore.store.listMessages({ accountSid: ACCOUNT, limit: 100 });
  return [...newestFirst].reverse();
}
const bodies = async () => (await messages()).map(({ body }) => body);
const eventTypes = async () => (await testStore.store.listEvents({ limit: 100 })).map(({ type }) => type);

async function webhooks(): Promise<number> {
  const { store } = testStore;
  let count = 0;
  for (const queue of await store.webhookQueues()) {
    for (let task = await store.nextWebhook(queue); task !== null; task = await store.nextWebhook(queue)) {
      count++;
      await store.finishWebhook(task.webhookId, { replies: [], events: [] });
    }
  }
  return count;
}

const AFTER = pduOf("c08");

describe("long messages", () => {
  test.each(sets)("$id is one Message: $note", async ({ arrivalOrder, text }) => {
    await arrive(...arrivalOrder);
    expect(await bodies()).toEqual([text]);
    expect(await webhooks()).toBe(1);
    expect(await testStore.store.unfinishedInbound()).toEqual([]);
  });

  test("interleaved from several senders, with hours and a restart between the parts", async () => {
    const whole = sets.filter(({ id }) => ["m2", "m4", "m6", "m7", "m8"].includes(id));
    const longest = Math.max(...whole.map(({ arrivalOrder }) => arrivalOrder.length));
    for (let at = 0; at < longest; at++) {
      await arrive(...whole.flatMap(({ arrivalOrder }) => arrivalOrder.slice(at, at + 1)));
      await clock.advance(5 * 3_600_000);
      await restart();
    }
    expect([...(await bodies())].sort()).toEqual(whole.map(({ text }) => text).sort());
    expect(await webhooks()).toBe(whole.length);
  });

  test("announced out of order, from two storages", async () => {
    modem.store("SM", pduOf("c26"));
    modem.store("ME", pduOf("c27"));
    modem.unsolicited('+CMTI: "SM",1');
    modem.unsolicited('+CMTI: "ME",1');
    await until(() => modem.stored("ME") + modem.stored("SM") === 0);
    expect(await messages()).toMatchObject([{ numSegments: 2, errorCode: null }]);
  });

  test("whose parts came while nobody was there", async () => {
    await stopLine();
    for (const pdu of sets.find(({ id }) => id === "m4")?.arrivalOrder ?? []) modem.store("SM", pdu);
    await startProcess();
    expect(await messages()).toMatchObject([{ numSegments: 3 }]);
  });
});

describe("a text", () => {
  test("of any shape is a Message and its webhook: alphabets, tables, zones, senders, classes", async () => {
    for (const { pdu, text, note, id } of texts) {
      await arrive(pdu);
      expect((await bodies()).at(-1), `${id}: ${note}`).toBe(text);
    }
    expect(await messages()).toHaveLength(texts.length);
    expect(await webhooks()).toBe(texts.length);
    expect(texts.length).toBeGreaterThan(30);
  });

  test.each([
    ["c10", "0612345678", "+33612345678"],
    ["c12", null, null],
    ["c13", null, null],
    ["c14", null, null],
  ])(
    "from a number or a name (%s) names its sender as it can be answered, or as it came",
    async (id, _as, e164) => {
      await arrive(pduOf(id));
      const [message] = await messages();
      if (e164 !== null) expect(message?.from).toBe(e164);
      else expect(message?.from).toMatch(/[A-Za-z]/);
    },
  );

  test.each([
    ["c01", "class 0"],
    ["c02", "class 0"],
    ["c19", "voicemail waits"],
    ["c20", "no voicemail waits any more"],
    ["c21", "fax waits"],
    ["c22", "email waits"],
    ["c23", "5 × voicemail waits"],
  ])("that is special (%s) is told like any other, with an event that says: %s", async (id, why) => {
    await arrive(pduOf(id));
    const [message] = await messages();
    const [event] = await testStore.store.listEvents({ limit: 1 });
    expect(event).toMatchObject({ type: "inbound.special", messageSid: message?.sid });
    expect(event?.text).toContain(why);
    expect(await webhooks()).toBe(1);
  });

  test("that the network delivers twice, through another service centre, is one", async () => {
    const again = pduOf("c08").replace(/^07913306091093F004/, "07913306091094F000");
    await arrive(pduOf("c08"));
    await arrive(pduOf("c08"));
    await restart();
    await arrive(again);
    expect(await messages()).toHaveLength(1);
    expect(await eventTypes()).toContain("inbound.duplicate");
  });
});

describe("what is no text", () => {
  test.each([
    ["c24", "WAP push"],
    ["c25", "data for an application port"],
  ])("%s, %s, is a Message with an event and no webhook, and what is behind it goes on", async (id) => {
    await arrive(pduOf(id), AFTER);
    expect(await messages()).toHaveLength(2);
    expect(await webhooks()).toBe(1);
    expect(await eventTypes()).toEqual(["inbound.unrouted"]);
  });

  test.each([
    ["c16", "a silent message"],
    ["c18", "a download for the SIM"],
  ])("%s, %s, is kept raw with an event, and what is behind it goes on", async (id) => {
    await arrive(pduOf(id), AFTER);
    expect(await bodies()).toEqual(["12345678"]);
    expect(await webhooks()).toBe(1);
    expect(await eventTypes()).toHaveLength(1);
  });

  test("an indication without a word is kept raw with an event", async () => {
    // DCS C8h: voice mail waits; the text is empty.
    await arrive("07913306091093F0040B913316325476F800C85210100000000000", AFTER);
    expect(await bodies()).toEqual(["12345678"]);
    expect(await eventTypes()).toEqual(["inbound.special"]);
  });

  test.each(["00", "07913306091093F0FF", "07913306091093F0040B913316325476F80000", "ZZ"])(
    "bytes that nobody can read (%s) are put aside, and what is behind them goes on",
    async (pdu) => {
      await arrive(pdu, AFTER);
      expect(await bodies()).toEqual(["12345678"]);
    },
  );
});
