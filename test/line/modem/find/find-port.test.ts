/** Modems are found again under whatever name the kernel gives them, in a sysfs of the test's own making. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BytePort } from "../../../../src/line/byte-port.ts";
import { openFoundPort, PortClaims, selectorOf } from "../../../../src/line/modem/find/find-port.ts";
import { likeliestFirst, usbPorts } from "../../../../src/line/modem/find/usb-ports.ts";
import { createModemLine } from "../../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../../src/line/simulator/network.ts";
import { silentLog } from "../../../../src/runtime/log.ts";
import { FakeClock } from "../../../harness/fake-clock.ts";
import { memoryInMemory } from "../../../harness/line-memory.ts";
import { Recorder, until } from "../../line-contract.ts";

const IMEI = "490154203237518";
const ICCID = "8933010000000000017";

let root: string;
let clock: FakeClock;
let network: SimulatedNetwork;
let claims: PortClaims;
/** What answers behind a path. */
let behind: Map<string, () => BytePort>;
let typed: Map<string, string[]>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pylone-sysfs-"));
  mkdirSync(join(root, "sys/class/tty"), { recursive: true });
  clock = new FakeClock();
  network = new SimulatedNetwork({ clock });
  claims = new PortClaims();
  behind = new Map();
  typed = new Map();
});

afterEach(() => {
  network.stop();
  expect(clock.pending, "timers left behind").toBe(0);
  rmSync(root, { recursive: true, force: true });
});

type Plugged = {
  name: string;
  place: string;
  vendor: string;
  product: string;
  number: string;
  protocol?: string;
};

/** As the kernel lays it out: the class links into the device tree. */
function plug({ name, place, vendor, product, number, protocol = "ff" }: Plugged): void {
  const device = join(root, "sys/devices/platform/usb1", place);
  const at = join(device, `${place}:1.${Number.parseInt(number, 16)}`);
  const isAcm = name.startsWith("ttyACM");
  const own = isAcm ? at : join(at, name);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(device, "idVendor"), `${vendor}\n`);
  writeFileSync(join(device, "idProduct"), `${product}\n`);
  writeFileSync(join(at, "bInterfaceNumber"), `${number}\n`);
  writeFileSync(join(at, "bInterfaceProtocol"), `${protocol}\n`);
  const entry = join(root, "sys/class/tty", name);
  mkdirSync(entry);
  symlinkSync(own, join(entry, "device"));
}

function unplugAll(): void {
  rmSync(join(root, "sys"), { recursive: true, force: true });
  mkdirSync(join(root, "sys/class/tty"), { recursive: true });
  behind.clear();
}

const ec25 = (from: number, place = "1-1.2") => {
  for (const number of [0, 1, 2, 3]) {
    plug({ name: `ttyUSB${from + number}`, place, vendor: "2c7c", product: "0125", number: `0${number}` });
  }
};

function silentPort(): BytePort {
  return {
    write: () => Promise.resolve(),
    onData: () => undefined,
    onClose: () => undefined,
    close: () => Promise.resolve(),
  };
}

function opener(device: string) {
  const selector = selectorOf(device);
  if (selector === null) throw new Error(`${device} is no selector`);
  const openPath = (path: string) => async () => {
    const port = (behind.get(path) ?? silentPort)();
    const lines = typed.get(path) ?? [];
    typed.set(path, lines);
    const overheard: BytePort = {
      write: (bytes) => {
        lines.push(Buffer.from(bytes).toString("latin1"));
        return port.write(bytes);
      },
      onData: (listener) => port.onData(listener),
      onClose: (listener) => port.onClose(listener),
      close: () => port.close(),
    };
    return overheard;
  };
  return openFoundPort({ line: "gsm1", device, selector, claims, clock, openPath, root });
}

/** The path that is opened, or the sentence that says why none is. */
async function found(device: string): Promise<string> {
  let answer: string | null = null;
  const opened = opener(device)(new AbortController().signal).then(
    async (port) => {
      await port.close();
      answer = [...typed].findLast(([, lines]) => lines.includes("AT+CGSN\r"))?.[0] ?? "";
    },
    (error: Error) => {
      answer = error.message;
    },
  );
  await until(clock, () => answer !== null);
  await opened;
  return answer ?? "";
}

const modem = (options: { number?: string; imei?: string; iccid?: string } = {}) =>
  new SimulatedModem({ number: "+33639980001", imei: IMEI, iccid: ICCID, ...options, network, clock });

describe("the ports of USB modems", () => {
  test("are read from sysfs, with the interface that only it tells", async () => {
    plug({ name: "ttyUSB2", place: "1-1.2", vendor: "2C7C", product: "0125", number: "02" });
    plug({ name: "ttyACM0", place: "1-1.3", vendor: "1546", product: "1102", number: "0a", protocol: "01" });
    mkdirSync(join(root, "sys/class/tty/ttyS0"));
    mkdirSync(join(root, "sys/class/tty/ttyUSB9"));
    const ports = (await usbPorts(root)).sort((a, b) => a.path.localeCompare(b.path));
    expect(ports).toEqual([
      {
        path: "/dev/ttyACM0",
        place: "1-1.3",
        vendor: "1546",
        product: "1102",
        interfaceNumber: 10,
        protocol: "01",
      },
      {
        path: "/dev/ttyUSB2",
        place: "1-1.2",
        vendor: "2c7c",
        product: "0125",
        interfaceNumber: 2,
        protocol: "ff",
      },
    ]);
    expect(await usbPorts(join(root, "nowhere"))).toEqual([]);
  });

  test("are tried in the order in which they are likely to speak AT", async () => {
    ec25(0);
    plug({ name: "ttyUSB4", place: "1-1.4", vendor: "12d1", product: "1506", number: "00", protocol: "01" });
    plug({ name: "ttyUSB5", place: "1-1.4", vendor: "12d1", product: "1506", number: "02", protocol: "02" });
    plug({ name: "ttyUSB6", place: "1-1.5", vendor: "1a86", product: "7523", number: "00" });
    const order = likeliestFirst(await usbPorts(root)).map((port) => port.path.slice("/dev/ttyUSB".length));
    expect(order).toEqual(["2", "5", "6", "0", "1", "3", "4"]);
  });
});

describe("a modem that is looked for", () => {
  test("with `auto` is whatever answers AT and has an IMEI, and nothing else is typed before it answers", async () => {
    plug({ name: "ttyUSB0", place: "1-1.1", vendor: "1a86", product: "7523", number: "00" });
    plug({ name: "ttyUSB1", place: "1-1.2", vendor: "10c4", product: "ea60", number: "00" });
    behind.set("/dev/ttyUSB1", () => modem().connect());
    expect(await found("auto")).toBe("/dev/ttyUSB1");
    expect(typed.get("/dev/ttyUSB0")).toEqual(Array(5).fill("AT\r"));
  });

  test.each([
    [`imei:${IMEI}`, "/dev/ttyUSB1"],
    [`imei:${IMEI.slice(0, 14)}01`, "/dev/ttyUSB1"],
    ["iccid:8933010000000000025", "/dev/ttyUSB0"],
    [`iccid:${ICCID}1`, "/dev/ttyUSB1"],
    ["usb:1a86:7523", "/dev/ttyUSB0"],
    ["usb:10C4:EA60", "/dev/ttyUSB1"],
    ["usb:1-1.2", "/dev/ttyUSB1"],
  ])("with %s is found at %s", async (device, path) => {
    plug({ name: "ttyUSB0", place: "1-1.1", vendor: "1a86", product: "7523", number: "00" });
    plug({ name: "ttyUSB1", place: "1-1.2", vendor: "10c4", product: "ea60", number: "00" });
    const other = { number: "+33639980002", imei: "490154203237526", iccid: "8933010000000000025" };
    const first = modem(other);
    const second = modem();
    behind.set("/dev/ttyUSB0", () => first.connect());
    behind.set("/dev/ttyUSB1", () => second.connect());
    expect(await found(device)).toBe(path);
  });

  test("is not asked for on a port that belongs to another line", async () => {
    plug({ name: "ttyUSB0", place: "1-1.1", vendor: "1a86", product: "7523", number: "00" });
    behind.set("/dev/ttyUSB0", () => modem().connect());
    claims.claim("/dev/ttyUSB0", "gsm2");
    expect(claims.heldBy("gsm2")).toBe("/dev/ttyUSB0");
    expect(await found("auto")).toBe(
      "device auto is not found: no USB serial port that is free fits it; plug the modem in or correct `device`",
    );
    expect(typed.get("/dev/ttyUSB0")).toBeUndefined();
    claims.release("/dev/ttyUSB0");
    expect(await found("auto")).toBe("/dev/ttyUSB0");
  });

  test("and is not there is said to be, with what was tried", async () => {
    expect(await found(`imei:${IMEI}`)).toMatch(/there is no USB serial port; plug the modem in/);
    plug({ name: "ttyUSB0", place: "1-1.1", vendor: "1a86", product: "7523", number: "00" });
    expect(await found(`imei:${IMEI}`)).toMatch(/no modem that fits it answers \(tried \/dev\/ttyUSB0\)/);
  });
});

describe("a line whose modem comes back under another name", () => {
  test("has it again without anybody's help", async () => {
    ec25(0);
    const device = modem();
    behind.set("/dev/ttyUSB2", () => device.connect());
    const seen = new Recorder();
    const line = createModemLine({
      name: "sim1",
      openPort: opener(`imei:${IMEI}`),
      clock,
      log: silentLog(),
      memory: memoryInMemory(),
      pin: null,
      smsc: null,
      simulated: false,
    });
    line.start(seen.handlers);
    await until(clock, () => line.status.state === "ready");
    unplugAll();
    device.unplug();
    await until(clock, () => line.status.state === "opening");
    await clock.advance(20_000);
    ec25(4, "1-1.3");
    behind.set("/dev/ttyUSB6", () => device.connect());
    await until(clock, () => line.status.state === "ready");
    expect(typed.get("/dev/ttyUSB6")).toContain("AT+CGSN\r");
    const stopping = line.stop(0);
    await clock.advance(0);
    await stopping;
  });
});
