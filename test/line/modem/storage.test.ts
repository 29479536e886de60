/** The modem's message storages: emptied wherever something may lie, watched before they are full. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Line, LineMemory } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { levelIn, StorageGauge } from "../../../src/line/modem/storage-gauge.ts";
import { cms, ok } from "../../../src/line/simulator/call.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, until } from "../line-contract.ts";

const NUMBER = "+33639980001";
const IMEI = "860000000000017";
/** 23.040 §9.2.2.1 and §9.2.2.3, worked out by hand: from +33612345678, and about a text to it. */
const DELIVER = "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA";
const REPORT = "07913306091093F0062C0B913316325476F8525050010000805250500100908000";
const STORED_SUBMIT = "0011000B914316565811F90000AA04E8373B0C";

let clock: FakeClock;
let network: SimulatedNetwork;
let modem: SimulatedModem;
let line: Line;
let seen: Recorder;
let typed: string[];
let memory: LineMemory;

beforeEach(() => {
  clock = new FakeClock();
  network = new SimulatedNetwork({ clock });
  modem = new SimulatedModem({ number: NUMBER, imei: IMEI, network, clock });
  seen = new Recorder();
  typed = [];
  memory = memoryInMemory();
  modem.behave({
    name: "listens",
    onBytes: (bytes) => {
      typed.push(Buffer.from(bytes).toString("latin1").trim());
      return false;
    },
  });
  line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory,
    pin: null,
    smsc: null,
    init: [],
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

/** Another TPDU each time: the octets of its time stamp count up. */
function deliver(serial: number): string {
  const minutes = String(serial % 60).padStart(2, "0");
  const hours = String(Math.floor(serial / 60) % 24).padStart(2, "0");
  return DELIVER.replace("52505001102180", `525050${hours[1]}${hours[0]}${minutes[1]}${minutes[0]}2180`);
}

function fill(name: "ME" | "SM", count: number): void {
  for (let serial = 0; serial < count; serial++) expect(modem.store(name, deliver(serial))).not.toBeNull();
}

/** An honest modem that lets nothing be deleted. */
const writeProtected = () =>
  modem.behave({
    name: "write protected",
    onCommand: (call, answer) => {
      if (call.name !== "+CMGD") return false;
      answer(cms(320));
      return true;
    },
  });

const alarms = () => seen.events.filter(({ type }) => type === "line.storage");

describe("every memory is emptied", () => {
  test("at start: what was received, reports, and leftovers of sending, wherever they lie", async () => {
    modem.store("ME", deliver(1));
    modem.store("SM", deliver(2));
    modem.store("SM", STORED_SUBMIT, 2);
    modem.store("ME", STORED_SUBMIT, 3);
    modem.store("SR", REPORT);
    modem.store("SM", REPORT);
    await ready();
    for (const name of ["ME", "SM", "SR"] as const) expect(modem.stored(name)).toBe(0);
    expect(seen.inbound).toHaveLength(2);
    expect(seen.reports).toHaveLength(2);
    expect(seen.undecodable).toEqual([]);
  });

  test.each([
    ["answers nothing to what it has (Samsung)", ["+CPMS: (),(),()"]],
    ["refuses to say what it has", null],
  ])("of a modem that %s", async (_what, lines) => {
    modem.behave({
      name: "tells no storages",
      onCommand: (call, answer) => {
        if (call.name !== "+CPMS" || call.kind !== "test") return false;
        answer(lines === null ? cms(302) : ok(...lines));
        return true;
      },
    });
    fill("SM", 2);
    modem.store("ME", deliver(7));
    await ready();
    expect(seen.inbound).toHaveLength(3);
    expect(modem.stored("ME") + modem.stored("SM")).toBe(0);
  });

  test.each(["ME", "SM"] as const)(
    "within a minute, when nobody announces what came into %s",
    async (name) => {
      await ready();
      modem.store(name, deliver(1));
      await until(clock, () => seen.inbound.length === 1, 61_000);
      expect(modem.stored(name)).toBe(0);
    },
  );

  test("by index, never with the flags that delete what has just arrived", async () => {
    fill("ME", 5);
    await ready();
    const deletions = typed.filter((command) => command.startsWith("AT+CMGD"));
    expect(deletions).toHaveLength(5);
    for (const deletion of deletions) expect(deletion).toMatch(/^AT\+CMGD=\d+$/);
  });
});

describe("a storage that fills up", () => {
  test("raises an alarm at 80 per cent, once, and is emptied before it is full", async () => {
    await ready();
    const total = line.status.facts.storage?.total ?? 0;
    expect(total).toBeGreaterThan(0);
    fill("ME", Math.ceil(0.8 * total));
    await until(clock, () => modem.stored("ME") === 0, 61_000);
    await clock.advance(300_000);
    expect(alarms()).toMatchObject([{ level: "warning", line: "sim1" }]);
    expect(alarms()[0]?.text).toContain(
      "holds 80 of 100: it is nearly full, and receives nothing once it is.",
    );
    expect(seen.inbound).toHaveLength(Math.ceil(0.8 * total));
  });

  test("below that raises none", async () => {
    await ready();
    const total = line.status.facts.storage?.total ?? 0;
    fill("ME", Math.ceil(0.8 * total) - 1);
    await until(clock, () => modem.stored("ME") === 0, 61_000);
    expect(alarms()).toEqual([]);
  });

  test("shows in the line's status, and is looked at every ten seconds while little room is left", async () => {
    await ready();
    const total = line.status.facts.storage?.total ?? 0;
    const used = Math.ceil(0.9 * total);
    const release = writeProtected();
    seen.answer = () => Promise.resolve("refused");
    fill("ME", used);
    await until(clock, () => line.status.facts.storage?.used === used, 61_000);
    expect(line.status.facts.storage).toEqual({ name: "ME", used, total });
    release();
    seen.answer = () => Promise.resolve("kept");
    await until(clock, () => modem.stored("ME") === 0, 11_000);
    await until(clock, () => line.status.facts.storage?.used === 0, 1_000);
    expect(seen.inbound.length).toBeGreaterThanOrEqual(used);
  });

  test("is emptied at once when the modem says it is full", async () => {
    await ready();
    modem.store("SM", deliver(1));
    modem.unsolicited('^SMMEMFULL: "SM"');
    await until(clock, () => seen.inbound.length === 1, 1_000);
    expect(alarms()).toHaveLength(1);
    expect(alarms()[0]?.text).toContain("holds 20 of 20: it is full and receives nothing.");
  });
});

describe("a modem that never ends its listing", () => {
  /** The E1750's: it begins, and then nothing more comes, however long one waits, on any command. */
  const hang = () => modem.behave({ name: "no listing", onCommand: (call) => call.name === "+CMGL" });
  const listings = () => typed.filter((command) => command === "AT+CMGL=4").length;

  test("is opened anew, and after the second time read index by index", async () => {
    hang();
    fill("ME", 3);
    modem.store("SM", deliver(7));
    line.start(seen.handlers);
    for (const times of [1, 2]) {
      await until(clock, () => listings() === times && line.status.state === "opening");
      modem.reboot();
    }
    await until(clock, () => line.status.state === "ready");
    expect(seen.inbound).toHaveLength(4);
    expect(modem.stored("ME") + modem.stored("SM")).toBe(0);
    expect(listings()).toBe(2);
  });

  test("is another than one that falls silent in the middle of a listing now and then", async () => {
    for (let times = 1; times <= 3; times++) {
      const before = listings();
      const release = hang();
      if (times === 1) line.start(seen.handlers);
      await until(clock, () => listings() > before && line.status.state === "opening");
      release();
      modem.reboot();
      await until(clock, () => line.status.state === "ready");
    }
    expect(typed.filter((command) => command.startsWith("AT+CMGR=0"))).toEqual([]);
  });

  test("is read index by index on the spot where it comes back by itself", async () => {
    modem.behave({
      name: "ends it late and empty",
      onCommand: (call, answer) => {
        if (call.name !== "+CMGL") return false;
        clock.timer(62_000, () => answer(ok()));
        return true;
      },
    });
    fill("ME", 3);
    await ready();
    expect(seen.inbound).toHaveLength(3);
    expect(listings()).toBe(1);
  });

  test("is known by its IMEI at the next start, and brings what nobody announced within a minute", async () => {
    hang();
    await memory.put(`listing ${IMEI}`, "hangs");
    await ready();
    modem.store("ME", deliver(1));
    await until(clock, () => seen.inbound.length === 1, 61_000);
    expect(modem.stored("ME")).toBe(0);
    expect(listings()).toBe(0);
  });
});

describe("the gauge", () => {
  test.each([
    ["+CPMS: 3,23,3,23,3,23", { name: "ME", used: 3, total: 23 }],
    ['+CPMS: "ME",3,23,"ME",3,23,"ME",3,23', { name: "ME", used: 3, total: 23 }],
    ["+CPMS: 0,0,0,0,0,0", null],
    ["+CPMS:", null],
    ["", null],
  ])("reads %s", (answer, level) => {
    expect(levelIn("ME", answer)).toEqual(level);
  });

  test("is alarmed once, and again only after it was less than half full", () => {
    const gauge = new StorageGauge({ name: "ME", used: 0, total: 10 });
    const found: boolean[] = [];
    for (const entries of [7, 8, 9, 5, 8, 4, 8]) {
      found.push(gauge.found("ME", entries));
      gauge.left("ME", 0);
    }
    expect(found).toEqual([false, true, false, false, false, false, true]);
  });

  test("believes the greater of what is counted and what is listed", () => {
    const gauge = new StorageGauge({ name: "ME", used: 0, total: 10 });
    gauge.selected("ME", "+CPMS: 9,10,9,10,9,10");
    expect(gauge.found("ME", 0)).toBe(true);
    expect(gauge.fullest).toEqual({ name: "ME", used: 9, total: 10 });
  });

  test("knows nothing of a storage whose size nobody told", () => {
    const gauge = new StorageGauge(null);
    expect(gauge.found("SM", 100)).toBe(false);
    expect(gauge.fullest).toBeNull();
  });
});
