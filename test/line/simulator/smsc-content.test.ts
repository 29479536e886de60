/** What is written in which alphabet and in how many parts, both ways. */
import { describe, expect, test } from "vitest";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { settle } from "../../harness/fake-clock.ts";
import type { Submitted } from "../../harness/raw-esme.ts";
import { NUMBER, PHONE } from "./bench.ts";
import { boundBench, OWN, SHORT_CODE } from "./smsc-bench.ts";

const ucs2 = (text: string) => Buffer.from(text, "utf16le").swap16();
const udh = (total: number, sequence: number, rest: Uint8Array) =>
  Buffer.concat([Buffer.of(5, 0, 3, 7, total, sequence), rest]);
const sar = (reference: number, total: number, sequence: number): NonNullable<Submitted["tlvs"]> => [
  [0x20c, Buffer.of(reference >> 8, reference & 255)],
  [0x20e, Buffer.of(total)],
  [0x20f, Buffer.of(sequence)],
];
const LONG = "Sphinx of black quartz, judge my vow. ".repeat(6);
const RINVMSGLEN = 0x01;

describe("a submitted text", () => {
  test.each([
    ["the default alphabet, an octet to a character", { octets: "Hi \x1b<you\x1b> \x00\x7f" }, "Hi [you] @à"],
    ["UCS-2", { dataCoding: 8, octets: ucs2("Привет 🌊") }, "Привет 🌊"],
    ["Latin-1 that the air's alphabet has", { dataCoding: 3, octets: Buffer.from("déjà", "latin1") }, "déjà"],
    ["Latin-1 that it has not", { dataCoding: 3, octets: Buffer.from("çê", "latin1") }, "çê"],
    ["IA5", { dataCoding: 1, octets: "plain" }, "plain"],
    ["octets", { dataCoding: 4, octets: Buffer.of(0xca, 0xfe) }, "CAFE"],
    ["a TP-DCS, flash", { dataCoding: 0xf0, octets: "now" }, "now"],
    ["no text at all", { octets: "" }, ""],
  ] as const)("in %s", async (_alphabet, message, body) => {
    const { esme, network } = await boundBench();
    expect((await esme.submit(message))?.status).toBe(0);
    expect(network.messages()).toMatchObject([{ body, parts: 1 }]);
  });

  test("means Latin-1 by data_coding 0 where the SMSC says so", async () => {
    const { esme, network } = await boundBench({ defaultAlphabet: "latin1" });
    await esme.submit({ octets: Buffer.from("é@$", "latin1") });
    expect(network.messages()).toMatchObject([{ body: "é@$" }]);
    network.text({ from: PHONE, to: OWN, body: "é@$" });
    network.text({ from: PHONE, to: OWN, body: "Δ" });
    const [latin, greek] = await esme.delivered();
    expect([latin?.dataCoding, latin?.octets.toString("latin1")]).toEqual([0, "é@$"]);
    expect([greek?.dataCoding, greek?.octets]).toEqual([8, ucs2("Δ")]);
  });

  test.each([
    ["by a header", (nth: number) => ({ esmClass: 0x40, octets: udh(2, nth, half(nth)) })],
    ["by SAR", (nth: number) => ({ octets: half(nth), tlvs: sar(0x1234, 2, nth) })],
    [
      "by SAR, in the payload",
      (nth: number) => ({ octets: "", tlvs: [...sar(9, 2, nth), [0x424, half(nth)] as const] }),
    ],
  ] as const)("in parts told apart %s is whole on the handset, whatever their order", async (_how, part) => {
    const { esme, network } = await boundBench();
    await esme.submit(part(2));
    expect(network.messages()).toEqual([]);
    await esme.submit(part(1));
    expect(network.messages()).toMatchObject([{ body: LONG, parts: 2 }]);
  });

  test.each([
    ["short_message", { octets: LONG }, LONG, 2],
    ["message_payload", { octets: "", tlvs: [[0x424, LONG.repeat(3)]] }, LONG.repeat(3), 5],
    [
      "message_payload in UCS-2",
      { dataCoding: 8, octets: "", tlvs: [[0x424, ucs2("Ж".repeat(100))]] },
      "Ж".repeat(100),
      2,
    ],
  ] as const)(
    "that is long in one %s is cut on its way, and has one receipt",
    async (_field, message, body, parts) => {
      const { esme, network } = await boundBench();
      await esme.submit({ ...message, registered: 1 });
      expect(network.messages()).toMatchObject([{ body, parts }]);
      expect(await esme.delivered()).toHaveLength(1);
    },
  );

  test("by data_sm arrives too", async () => {
    const { esme, network } = await boundBench();
    const [address, payload] = [Buffer.from("33612345678\0"), Buffer.from("data")];
    const body = Buffer.concat([
      Buffer.of(0, 1, 1),
      Buffer.from("33755500001\0"),
      Buffer.of(1, 1),
      address,
      Buffer.of(0, 0, 0, 0x04, 0x24, 0, payload.length),
      payload,
    ]);
    expect(await esme.ask(0x103, body)).toMatchObject({ command: 0x80000103, status: 0 });
    expect(network.messages()).toMatchObject([{ from: OWN, to: PHONE, body: "data" }]);
  });

  test("reaches a modem, header and all", async () => {
    const { esme, network, clock } = await boundBench();
    const modem = new SimulatedModem({ number: NUMBER, network, clock });
    await esme.submit({ to: NUMBER.slice(1), esmClass: 0x40, octets: udh(2, 1, half(1)) });
    await esme.submit({ to: NUMBER.slice(1), dataCoding: 8, octets: ucs2("Ж") });
    await settle();
    expect(modem.stored("SM")).toBe(2);
  });

  test.each([
    [
      "more than an SMS after a header",
      { esmClass: 0x40, octets: udh(2, 1, Buffer.alloc(154, 0x61)) },
      RINVMSGLEN,
    ],
    ["a header longer than the message", { esmClass: 0x40, octets: Buffer.of(9, 0, 3) }, RINVMSGLEN],
    ["nothing where a header should be", { esmClass: 0x40, octets: "" }, RINVMSGLEN],
    ["half a UCS-2 character", { dataCoding: 8, octets: "abc" }, RINVMSGLEN],
    ["an octet that is no septet", { octets: Buffer.of(0x80) }, RINVMSGLEN],
    ["an alphabet nobody has", { dataCoding: 6, octets: "x" }, RINVMSGLEN],
    ["the class of a receipt", { esmClass: 0x04 }, 0x43],
    ["an impossible validity_period", { validity: "tomorrow" }, 0x62],
    ["a recipient that is none", { to: "", toTon: 0 }, 0x0b],
    ["a sender that is none", { from: "not a number at all", fromTon: 1 }, 0x0a],
  ] as const)("with %s is refused", async (_what, message, status) => {
    const { esme, network } = await boundBench();
    expect(await esme.submit(message)).toEqual({ status, id: "" });
    expect(network.messages()).toEqual([]);
  });

  test.each(["", "000003000000000R", "250506101530008+"])("may be valid until %j", async (validity) => {
    const { esme } = await boundBench();
    expect((await esme.submit({ validity }))?.status).toBe(0);
  });

  test.each([
    [{ from: "36123", fromTon: 3 }, SHORT_CODE],
    [{ from: "PYLONE", fromTon: 5 }, "PYLONE"],
    [{ from: "+33755500001", fromTon: 1 }, OWN],
    [{ from: "", fromTon: 0 }, OWN],
  ])("comes from %j", async (message, from) => {
    const { esme, network } = await boundBench();
    await esme.submit(message);
    expect(network.messages()).toMatchObject([{ from }]);
  });
});

describe("registered_delivery", () => {
  test("2 asks for failures only", async () => {
    const { esme, network } = await boundBench();
    await esme.submit({ registered: 2 });
    expect(await esme.delivered()).toEqual([]);
    network.behave({ name: "lost", onArrival: () => 0x46 });
    await esme.submit({ registered: 2 });
    expect((await esme.delivered()).map(({ octets }) => octets.toString())).toEqual([
      expect.stringContaining("stat:EXPIRED err:070"),
    ]);
  });
});

describe("a phone's text", () => {
  test("in UCS-2, cut between characters", async () => {
    const { esme, network } = await boundBench();
    network.text({ from: PHONE, to: OWN, body: `${"Ж".repeat(66)}🌊xyz` });
    const parts = await esme.delivered();
    expect(parts.map(({ dataCoding, octets }) => [dataCoding, octets.subarray(6)])).toEqual([
      [8, ucs2("Ж".repeat(66))],
      [8, ucs2("🌊xyz")],
    ]);
  });

  test.each([
    [{ from: PHONE, to: "PYLONE" }, "PYLONE is a name, and no phone can text one"],
    [{ from: OWN, to: SHORT_CODE }, `${OWN} is behind an SMSC, not a phone`],
  ])("is refused: %j", async (message, reason) => {
    const { network } = await boundBench();
    expect(network.text({ ...message, body: "x" })).toEqual({ accepted: false, reason });
  });

  test("in parts told apart by SAR", async () => {
    const { esme, network } = await boundBench({ longMessages: "sar" });
    network.text({ from: PHONE, to: OWN, body: LONG });
    const parts = await esme.delivered();
    expect(parts.map(({ esmClass }) => esmClass)).toEqual([0, 0]);
    expect(parts.map(({ tlvs }) => [tlvs.get(0x20c), tlvs.get(0x20e), tlvs.get(0x20f)])).toEqual([
      [Buffer.of(0, 1), Buffer.of(2), Buffer.of(1)],
      [Buffer.of(0, 1), Buffer.of(2), Buffer.of(2)],
    ]);
    expect(parts.map(({ octets }) => octets.toString()).join("")).toBe(LONG);
  });

  test("in one message_payload", async () => {
    const { esme, network } = await boundBench({ longMessages: "payload" });
    network.text({ from: PHONE, to: OWN, body: LONG });
    const [message, ...others] = await esme.delivered();
    expect(others).toEqual([]);
    expect([message?.octets.length, message?.tlvs.get(0x424)?.toString()]).toEqual([0, LONG]);
  });

  test("from a modem is reported to it once the ESME has taken it", async () => {
    const { esme, network, clock } = await boundBench();
    const modem = new SimulatedModem({ number: NUMBER, network, clock });
    esme.takes = 0x64;
    const heard: string[] = [];
    const port = modem.connect();
    port.onData((bytes) => heard.push(Buffer.from(bytes).toString("latin1")));
    const say = async (text: string) => {
      await port.write(Buffer.from(text, "latin1"));
      await settle();
    };
    await say("ATE0\rAT+CMGF=0;+CNMI=2,1,0,1,0\r");
    // "Gate 4 open [ok]" to +33755500001, with a status report.
    await say("AT+CMGS=30\r");
    await say("0031000B913357550000F10000A712C730BD0CA281DEF0B21BB4E1BDD71B1F\x1a");
    const [message] = await esme.delivered();
    expect([message?.from, message?.octets.toString("latin1")]).toEqual([
      NUMBER.slice(1),
      "Gate 4 open \x1b<ok\x1b>",
    ]);
    expect(heard.join("")).not.toContain("+CDS:");
    esme.takes = 0;
    await clock.advance(30_000);
    await settle();
    expect(heard.join("")).toContain("+CDS:");
  });
});

/** LONG in two. */
function half(nth: number): Buffer {
  return Buffer.from(nth === 1 ? LONG.slice(0, 153) : LONG.slice(153));
}
