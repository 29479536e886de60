/** What arrives while something else is being read or deleted, and in what order it is handed over. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Line } from "../../../src/line/line.ts";
import { inOrderOfTime } from "../../../src/line/modem/listing-order.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { encodeDeliver } from "../../../src/line/simulator/codec/tpdu.ts";
import { cutText } from "../../../src/line/simulator/codec/user-data.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, until } from "../line-contract.ts";

const FROM = "+33612345678";
/** 23.040 §9.2.2.1 and §9.2.2.3, worked out by hand; SCTS 05-05-25 10:20:01 and its zone are the octets replaced. */
const DELIVER = "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA";
const REPORT = "07913306091093F0062C0B913316325476F8525050010000805250500100908000";

let clock: FakeClock;
let network: SimulatedNetwork;
let modem: SimulatedModem;
let line: Line;
let seen: Recorder;

beforeEach(() => {
  clock = new FakeClock();
  network = new SimulatedNetwork({ clock });
  modem = new SimulatedModem({ number: "+33639980001", network, clock });
  seen = new Recorder();
  line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
});

afterEach(async () => {
  const stopping = line.stop(0);
  await clock.advance(0);
  await stopping;
  network.stop();
  expect(clock.pending, "timers left behind").toBe(0);
});

async function ready(): Promise<void> {
  line.start(seen.handlers);
  await until(clock, () => line.status.state === "ready");
}

/** Delivered to the modem now, past the network's own queue. */
function arrives(body: string): void {
  const part = cutText(body, 1)?.[0];
  if (part === undefined) throw new Error("a text has a part");
  const tpdu = encodeDeliver({ ...part, originator: FROM, tpPid: 0, sentAt: network.timestamp() });
  modem.offer(tpdu, (verdict) => expect(verdict).toBe("taken"));
}

function bodies(): string[] {
  return seen.inbound.map(({ userData }) =>
    userData.alphabet === "gsm7" ? Buffer.from(userData.septets).toString("latin1") : "?",
  );
}

describe("an announcement of the place that is being freed", () => {
  test("that comes right behind the answer to its deletion is read", async () => {
    await ready();
    let isFirst = true;
    modem.behave({
      name: "the next text takes the freed place",
      onCommand: (call, _answer, perform) => {
        if (call.name !== "+CMGD" || !isFirst) return false;
        isFirst = false;
        perform();
        arrives("second");
        return true;
      },
    });
    arrives("first");
    await until(clock, () => seen.inbound.length === 2, 5000);
    await until(clock, () => modem.stored("ME") === 0, 5000);
    expect(bodies()).toEqual(["first", "second"]);
  });
});

describe("what lay in the modem", () => {
  test("is handed over in order of time, though its places were used again", async () => {
    for (const body of ["one", "two", "three"]) {
      arrives(body);
      await clock.advance(1000);
    }
    const port = modem.connect();
    await port.write(Buffer.from("AT+CMGD=1\r"));
    await clock.advance(100);
    await port.close();
    expect(modem.stored("SM")).toBe(2);
    arrives("four");
    await ready();
    expect(bodies()).toEqual(["two", "three", "four"]);
  });
});

describe("what is announced while the modem is set up", () => {
  test("does not go before what lay there already", async () => {
    modem.store("ME", DELIVER);
    modem.behave({
      name: "a text comes before the first look",
      onCommand: (call) => {
        if (call.name === "+CLIP") arrives("new");
        return false;
      },
    });
    await ready();
    await until(clock, () => modem.stored("ME") === 0, 5000);
    expect(bodies().map((body) => (body === "new" ? "new" : "old"))).toEqual(["old", "new"]);
  });
});

describe("the order of a listing", () => {
  const at = (scts: string) => DELIVER.replace("52505001102180", scts);
  const order = (...raws: string[]) =>
    inOrderOfTime(raws.map((raw, index) => ({ storage: "ME", index, stat: "1", raw }))).map(
      ({ index }) => index,
    );
  const TEN = at("52505001000000");
  const ELEVEN = at("52505011000000");
  /** 11:30 two hours east of Greenwich: before 10:00 there. */
  const EAST = at("52505011038080");
  const UNREADABLE = at("FFFFFFFFFFFFFF");

  test("is that of the service centre's time", () => {
    expect(order(ELEVEN, TEN)).toEqual([1, 0]);
  });

  test("counts the zone", () => {
    expect(order(ELEVEN, TEN, EAST)).toEqual([2, 1, 0]);
  });

  test("is the modem's own among equals", () => {
    expect(order(TEN, TEN, TEN)).toEqual([0, 1, 2]);
  });

  test("leaves a report, and what has no time or cannot be read, where it stood", () => {
    expect(order(REPORT, ELEVEN, UNREADABLE, TEN, "00")).toEqual([0, 3, 2, 1, 4]);
  });
});
