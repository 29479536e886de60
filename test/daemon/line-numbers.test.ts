import { expect, it } from "vitest";
import { Inventory } from "../../src/accounts/inventory.ts";
import { Numbers } from "../../src/accounts/numbers.ts";
import { parseConfig } from "../../src/daemon/config.ts";
import { LineNumbers } from "../../src/daemon/line-numbers.ts";
import type { Line, LineState } from "../../src/line/line.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { EMPTY_SETTINGS, type Settings, type SettingsDocument } from "../../src/store/settings-document.ts";
import { FakeClock } from "../harness/fake-clock.ts";

class MemorySettings implements Settings {
  document: SettingsDocument = EMPTY_SETTINGS;

  async change(change: (document: SettingsDocument) => SettingsDocument): Promise<void> {
    this.document = change(this.document);
  }
}

function desk(yaml: string, settings: Settings = new MemorySettings()) {
  const numbers = new Numbers(settings, new FakeClock());
  const inventory = new Inventory(numbers);
  const routed: number[] = [];
  const warnings: string[] = [];
  const log = silentLog();
  log.warn = ((_facts: object, text: string) => void warnings.push(text)) as Log["warn"];
  const lineNumbers = new LineNumbers({
    lines: parseConfig(yaml, "test.yaml").lines,
    numbers,
    inventory,
    accountSid: `AC${"0".repeat(32)}`,
    siteCountry: "FR",
    configFile: "/etc/pylone/pylone.yaml",
    routeKept: async () => routed.push(numbers.list(`AC${"0".repeat(32)}`).length) - routed.length,
    log,
  });
  return { lineNumbers, numbers, inventory, routed, warnings };
}

function line(ownNumber: string | null, state: LineState = "ready"): Line {
  return { name: "usb", status: { state, facts: { ownNumber } } } as unknown as Line;
}

const KNOWN = "lines:\n  - { name: usb, type: modem, device: /dev/ttyUSB2, number: '+33639980001' }\n";
const UNKNOWN = "lines:\n  - { name: usb, type: modem, device: /dev/ttyUSB2 }\n";

it("gives a configured number to the main account before the line is even open", async () => {
  const { lineNumbers, numbers, routed } = desk(KNOWN);
  await lineNumbers.start();
  expect(numbers.byNumber("+33639980001")).toMatchObject({ line: "usb", kind: "mobile", country: "FR" });
  expect(routed).toEqual([1]);
});

it("takes the number from the SIM where the configuration has none, and then routes what was kept", async () => {
  const { lineNumbers, numbers, routed } = desk(UNKNOWN);
  await lineNumbers.start();
  await lineNumbers.look(line("06 39 98 00 02"));
  expect(numbers.ofLine("usb").map(({ phoneNumber }) => phoneNumber)).toEqual(["+33639980002"]);
  expect(routed).toEqual([0, 1]);
  await lineNumbers.look(line("+33639980002"));
  expect(routed).toEqual([0, 1]);
});

it("waits until the line is ready before it believes what the line says", async () => {
  const { lineNumbers, numbers, warnings } = desk(UNKNOWN);
  await lineNumbers.look(line(null, "starting"));
  expect(numbers.ofLine("usb")).toEqual([]);
  expect(warnings).toEqual([]);
});

it("says once what to paste where nobody knows the number", async () => {
  const { lineNumbers, warnings } = desk(UNKNOWN);
  await lineNumbers.look(line(null));
  await lineNumbers.look(line("no number"));
  expect(warnings).toEqual([
    'the SIM of usb does not tell its number: what is texted to it is kept until it is known. Put this under `name: usb` in /etc/pylone/pylone.yaml and start again:  number: "+…"',
  ]);
});

it("lets the configuration count where the SIM says another number, and says so once", async () => {
  const { lineNumbers, numbers, warnings } = desk(KNOWN);
  await lineNumbers.start();
  await lineNumbers.look(line("+33639980009"));
  await lineNumbers.look(line("+33639980009"));
  expect(numbers.ofLine("usb").map(({ phoneNumber }) => phoneNumber)).toEqual(["+33639980001"]);
  expect(warnings).toEqual(["the SIM says another number than the configuration; the configuration counts"]);
});

it.each([
  ["the configuration", KNOWN, null],
  ["the SIM", UNKNOWN, "+33639980001"],
])(
  "leaves a released number of %s in the inventory, across restarts, until it is bought",
  async (_who, yaml, own) => {
    const settings = new MemorySettings();
    const available = async () => {
      const { lineNumbers, inventory, numbers } = desk(yaml, settings);
      await lineNumbers.start();
      await lineNumbers.look(line(own));
      await lineNumbers.look(line(own));
      return {
        inventory,
        numbers,
        phoneNumbers: inventory.available().map(({ phoneNumber }) => phoneNumber),
      };
    };
    const first = await available();
    expect(first.phoneNumbers).toEqual([]);
    await first.numbers.release(first.numbers.byNumber("+33639980001")?.sid ?? "");

    const second = await available();
    expect(second.phoneNumbers).toEqual(["+33639980001"]);
    const [offer] = second.inventory.available();
    if (offer === undefined) throw new Error("nothing is offered");
    await second.inventory.buy(`AC${"0".repeat(32)}`, offer, {});

    expect((await available()).phoneNumbers).toEqual([]);
    expect(second.numbers.byNumber("+33639980001")).toMatchObject({ line: "usb", kind: "mobile" });
  },
);

it("offers what the SIM in the line is now, not what it was", async () => {
  const { lineNumbers, inventory, numbers } = desk(UNKNOWN);
  await lineNumbers.look(line("+33639980001"));
  await numbers.release(numbers.byNumber("+33639980001")?.sid ?? "");
  await lineNumbers.look(line("+33639980002"));
  expect(inventory.available()).toEqual([]);
  expect(inventory.offers()).toMatchObject([{ phoneNumber: "+33639980002", line: "usb", country: "FR" }]);
});

const CARRIER = `lines:
  - { name: carrier, type: smpp, url: "sim:", place: { locality: Lyon },
      numbers: ["+33755500001", "+442079460001", "07 55 50 00 02", "36123", "PYLONE"] }
`;
const MAIN = `AC${"0".repeat(32)}`;

it("offers an SMPP line's phone numbers, with their kind and country, and gives them to nobody", async () => {
  const { lineNumbers, numbers, inventory } = desk(CARRIER);
  await lineNumbers.start();
  expect(inventory.available()).toEqual([
    {
      phoneNumber: "+33755500001",
      line: "carrier",
      kind: "mobile",
      country: "FR",
      place: { locality: "Lyon" },
    },
    {
      phoneNumber: "+33755500002",
      line: "carrier",
      kind: "mobile",
      country: "FR",
      place: { locality: "Lyon" },
    },
    {
      phoneNumber: "+442079460001",
      line: "carrier",
      kind: "local",
      country: "GB",
      place: { locality: "Lyon" },
    },
  ]);
  expect(numbers.byNumber("+33755500001")).toBeNull();
});

it("gives an SMPP line's short codes and names to the main account at first sight", async () => {
  const { lineNumbers, numbers, inventory } = desk(CARRIER);
  await lineNumbers.start();
  const own = { accountSid: MAIN, line: "carrier", country: "FR" };
  expect(numbers.byNumber("36123")).toMatchObject({ ...own, kind: "short-code" });
  expect(numbers.byNumber("PYLONE")).toMatchObject({ ...own, kind: "alphanumeric" });
  expect(inventory.offers()).toHaveLength(3);
  const { sid } = numbers.byNumber("36123") ?? { sid: "" };
  await lineNumbers.start();
  expect(numbers.byNumber("36123")?.sid).toBe(sid);
});

it("takes a number that an account has along when it moves from a modem to an SMPP line", async () => {
  const settings = new MemorySettings();
  await desk(KNOWN, settings).lineNumbers.start();
  const moved = KNOWN.replace("/dev/ttyUSB2, number: '+33639980001'", "/dev/ttyUSB2");
  const { lineNumbers, numbers, inventory } = desk(
    `${moved}  - { name: carrier, type: smpp, url: "sim:", numbers: ["+33639980001"] }\n`,
    settings,
  );
  await lineNumbers.start();
  expect(numbers.byNumber("+33639980001")).toMatchObject({ line: "carrier", accountSid: MAIN });
  expect(inventory.available()).toEqual([]);
});
