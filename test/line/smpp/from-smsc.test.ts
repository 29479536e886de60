/** deliver_sm and data_sm as octets, hex by hand from SMPP 3.4 §4.6 and §4.7, and what the appliance makes of them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import { DATA_SM, DELIVER_SM, dataSmBody, RESPONSE, type SmBody, smBody } from "../../harness/smpp-octets.ts";
import { textOf } from "../line-contract.ts";
import { Conversation } from "./rig.ts";

let conversation: Conversation;
beforeEach(() => {
  conversation = new Conversation();
});
afterEach(() => conversation.end());

async function offered(commandId: number, body: Buffer, options: Partial<SmppLineOptions> = {}) {
  conversation = new Conversation(options);
  await conversation.ready();
  conversation.smsc.offers(commandId, body);
  await conversation.clock.advance(0);
  const [answer] = conversation.smsc.last.heardOf(commandId + RESPONSE);
  const { inbound, reports, undecodable } = conversation.seen;
  return { segment: inbound[0], report: reports[0], undecodable, status: answer?.status };
}

const delivered = (fields: Partial<SmBody>, options?: Partial<SmppLineOptions>) =>
  offered(DELIVER_SM, smBody(fields), options);
const hex = (octets: string) => Buffer.from(octets.replace(/\s/g, ""), "hex");
const uint16 = (value: number) => Buffer.of(value >> 8, value & 0xff);

describe("a deliver_sm, octet by octet", () => {
  test("is read field by field and kept raw", async () => {
    const body = hex(
      "00 01 01 3333363132333435363738 00 03 00 3336313233 00 00 00 00 00 00 00 00 00 00 05 5061726973",
    );
    const { segment, status } = await offered(DELIVER_SM, body);
    expect(segment).toMatchObject({
      from: "+33612345678",
      to: "36123",
      concatenation: null,
      tpScts: null,
      tpPid: 0,
      tpDcs: 0,
      messageClass: null,
      destinationPort: null,
      waiting: null,
    });
    expect(textOf(segment)).toBe("Paris");
    expect(segment?.raw).toBe(`00000036000000050000000000000001${body.toString("hex").toUpperCase()}`);
    expect(status).toBe(0);
  });
});

describe("the text of a deliver_sm", () => {
  test.each<{
    name: string;
    dataCoding: number;
    octets: string;
    text: string;
    smscAlphabet?: "gsm7" | "latin1";
  }>([
    { name: "the SMSC's default, GSM 7-bit unpacked", dataCoding: 0, octets: "00 1b65 7e", text: "@€ü" },
    {
      name: "the SMSC's default, Latin-1",
      dataCoding: 0,
      octets: "e9 40",
      text: "é@",
      smscAlphabet: "latin1",
    },
    { name: "what cannot be GSM 7-bit, said to be the default", dataCoding: 0, octets: "e9 41", text: "éA" },
    { name: "ASCII", dataCoding: 1, octets: "40 24 5f", text: "@$_" },
    { name: "Latin-1", dataCoding: 3, octets: "e0 e9", text: "àé" },
    { name: "Cyrillic", dataCoding: 6, octets: "bf e0 d8 d2 d5 e2", text: "Привет" },
    { name: "Hebrew", dataCoding: 7, octets: "f9 ec e5 ed", text: "שלום" },
    { name: "UCS-2", dataCoding: 8, octets: "03a9 d83d de00", text: "Ω😀" },
    { name: "Japanese, shift JIS", dataCoding: 5, octets: "93fa 967b", text: "日本" },
    { name: "Korean", dataCoding: 0x0e, octets: "c7d1", text: "한" },
    { name: "TP-DCS, class 1, GSM 7-bit", dataCoding: 0xf1, octets: "00", text: "@" },
    { name: "TP-DCS, class 0, UCS-2", dataCoding: 0x18, octets: "0041", text: "A" },
  ])("$name", async ({ dataCoding, octets, text, smscAlphabet }) => {
    const { segment, status } = await delivered(
      { dataCoding, shortMessage: hex(octets) },
      smscAlphabet === undefined ? {} : { smscAlphabet },
    );
    expect(textOf(segment)).toBe(text);
    expect(status).toBe(0);
  });

  test.each([2, 4, 0x09, 0x0b, 0xf5])("is octets in data_coding %i", async (dataCoding) => {
    const { segment } = await delivered({ dataCoding, shortMessage: hex("00ff80") });
    expect(segment?.userData).toEqual({ alphabet: "8bit", octets: hex("00ff80") });
  });

  test("may be in message_payload", async () => {
    const { segment } = await delivered({ tlvs: new Map([[0x0424, Buffer.from("a".repeat(1000))]]) });
    expect(textOf(segment)).toBe("a".repeat(1000));
  });

  test("says its class, and that voice mail waits", async () => {
    const flash = await delivered({ dataCoding: 0x10, shortMessage: Buffer.from("now") });
    expect(flash.segment).toMatchObject({ messageClass: 0, tpDcs: 0x10 });
    await conversation.end();
    const voicemail = await delivered({ dataCoding: 0xc8 });
    expect(voicemail.segment?.waiting).toEqual({ type: "voicemail", active: true, count: null });
  });
});

describe("the parts of a long message", () => {
  test("are told by a user data header", async () => {
    const { segment } = await delivered({ esmClass: 0x40, shortMessage: hex("05 00 03 2a 03 02 41") });
    expect(segment?.concatenation).toEqual({ reference: 0x2a, referenceBits: 8, total: 3, sequence: 2 });
    expect(textOf(segment)).toBe("A");
  });

  test("are told by a user data header in message_payload", async () => {
    const { segment } = await delivered({
      esmClass: 0x40,
      tlvs: new Map([[0x0424, hex("06 08 04 1234 02 01 42")]]),
    });
    expect(segment?.concatenation).toEqual({ reference: 0x1234, referenceBits: 16, total: 2, sequence: 1 });
    expect(textOf(segment)).toBe("B");
  });

  test("are told by SAR TLVs", async () => {
    const tlvs = new Map([
      [0x020c, uint16(0x1234)],
      [0x020e, Buffer.of(2)],
      [0x020f, Buffer.of(1)],
    ]);
    const { segment } = await delivered({ shortMessage: Buffer.from("part"), tlvs });
    expect(segment?.concatenation).toEqual({ reference: 0x1234, referenceBits: 16, total: 2, sequence: 1 });
  });

  test("are none when the SAR TLVs contradict themselves", async () => {
    const tlvs = new Map([
      [0x020c, uint16(7)],
      [0x020e, Buffer.of(2)],
      [0x020f, Buffer.of(3)],
    ]);
    const { segment } = await delivered({ shortMessage: Buffer.from("part"), tlvs });
    expect(segment?.concatenation).toBeNull();
    expect(textOf(segment)).toBe("part");
  });

  test("have ports, in the header or in a TLV", async () => {
    const inHeader = await delivered({ esmClass: 0x40, shortMessage: hex("06 05 04 0b84 23f0 41") });
    expect(inHeader.segment?.destinationPort).toBe(0x0b84);
    await conversation.end();
    const inTlv = await delivered({
      shortMessage: Buffer.from("x"),
      tlvs: new Map([[0x020b, uint16(2948)]]),
    });
    expect(inTlv.segment?.destinationPort).toBe(2948);
  });
});

describe("addresses", () => {
  test.each([
    { ton: 1, address: "33612345678", reads: "+33612345678" },
    { ton: 0, address: "33612345678", reads: "33612345678" },
    { ton: 2, address: "0612345678", reads: "0612345678" },
    { ton: 3, address: "36123", reads: "36123" },
    { ton: 5, address: "MyBank", reads: "MyBank" },
    { ton: 5, address: "Café Zoë", reads: "Café Zoë" },
    { ton: 1, address: "+33612345678", reads: "+33612345678" },
  ])("TON $ton, $address", async ({ ton, address, reads }) => {
    const { segment } = await delivered({
      sourceTon: ton,
      source: address,
      destinationTon: ton,
      destination: address,
      shortMessage: Buffer.from("x"),
    });
    expect(segment?.from).toBe(reads);
    if (ton !== 5) expect(segment?.to).toBe(reads);
  });
});

describe("receipts", () => {
  const text =
    "id:77 sub:001 dlvrd:000 submit date:2601041015 done date:2601041016 stat:UNDELIV err:069 text:Hi";

  test.each([0x04, 0x20, 0x08, 0x44])("are told by esm_class %i", async (esmClass) => {
    const shortMessage =
      esmClass === 0x44 ? Buffer.concat([hex("05 00 03 2a 01 01"), Buffer.from(text)]) : Buffer.from(text);
    const { report, status, segment } = await delivered({ esmClass, shortMessage });
    expect(report).toMatchObject({
      reference: "77",
      recipient: "+33612345678",
      state: "failed",
      status: 5,
      errorCode: 69,
      doneAt: "2026-01-04T10:16",
    });
    expect(segment).toBeUndefined();
    expect(status).toBe(0);
  });

  test("are told by their TLVs, whatever the text", async () => {
    const tlvs = new Map([
      [0x001e, Buffer.from("abc\0")],
      [0x0427, Buffer.of(2)],
      [0x0423, hex("03 0005")],
    ]);
    const { report } = await delivered({ esmClass: 0x04, shortMessage: Buffer.from(text), tlvs });
    expect(report).toMatchObject({ reference: "abc", state: "delivered", status: 2, errorCode: 5 });
    await conversation.end();
    const without = await delivered({ esmClass: 0, tlvs });
    expect(without.report).toMatchObject({ reference: "abc", state: "delivered" });
  });

  test("may take the id from a TLV and the state from the text", async () => {
    const tlvs = new Map([[0x001e, Buffer.from("abc\0")]]);
    const { report } = await delivered({ esmClass: 0x04, shortMessage: Buffer.from(text), tlvs });
    expect(report).toMatchObject({ reference: "abc", status: 5 });
  });

  test("may be in UCS-2", async () => {
    const { report } = await delivered({
      esmClass: 0x04,
      dataCoding: 8,
      shortMessage: Buffer.from("id:77 stat:DELIVRD", "utf16le").swap16(),
    });
    expect(report).toMatchObject({ reference: "77", status: 2 });
  });

  test("that cannot be read are kept raw and acknowledged", async () => {
    const { undecodable, status } = await delivered({ esmClass: 0x04, shortMessage: Buffer.from("what?") });
    expect(undecodable).toHaveLength(1);
    expect(status).toBe(0);
    expect(conversation.line.status.counters["undecodable"]).toBe(1);
  });

  test("of the handset's own making, without a state, are a text", async () => {
    const { segment } = await delivered({ esmClass: 0x10, shortMessage: Buffer.from("read") });
    expect(textOf(segment)).toBe("read");
  });
});

describe("data_sm", () => {
  test("brings texts", async () => {
    const body = dataSmBody({ tlvs: new Map([[0x0424, Buffer.from("Paris")]]) });
    const { segment, status } = await offered(DATA_SM, body);
    expect(textOf(segment)).toBe("Paris");
    expect(status).toBe(0);
  });

  test("brings receipts", async () => {
    const tlvs = new Map([
      [0x001e, Buffer.from("abc\0")],
      [0x0427, Buffer.of(2)],
    ]);
    const { report, status } = await offered(DATA_SM, dataSmBody({ esmClass: 0x04, tlvs }));
    expect(report).toMatchObject({ reference: "abc", state: "delivered" });
    expect(status).toBe(0);
  });
});

describe("what nobody can read", () => {
  test.each([
    { name: "ends before its addresses", body: hex("00 01 01") },
    { name: "has no text at all", body: smBody({}).subarray(0, 33) },
    {
      name: "has a header longer than its text",
      body: smBody({ esmClass: 0x40, shortMessage: hex("7f 00 03") }),
    },
    {
      name: "has a TLV that breaks off",
      body: Buffer.concat([smBody({ shortMessage: Buffer.from("x") }), hex("020c 0002")]),
    },
    {
      name: "is longer than the codec takes",
      body: smBody({ tlvs: new Map([[0x0424, Buffer.alloc(20_000, 0x61)]]) }),
    },
  ])("is kept raw and acknowledged, so that it does not come for ever: $name", async ({ body }) => {
    const { segment, undecodable, status } = await offered(DELIVER_SM, body);
    expect(segment).toBeUndefined();
    expect(undecodable).toHaveLength(1);
    expect(undecodable[0]).toContain(body.toString("hex").toUpperCase());
    expect(status).toBe(0);
  });

  test("TLVs nobody knows are passed over", async () => {
    const tlvs = new Map([
      [0x1400, hex("0102")],
      [0x3fff, Buffer.alloc(0)],
    ]);
    const { segment } = await delivered({ shortMessage: Buffer.from("Paris"), tlvs });
    expect(textOf(segment)).toBe("Paris");
  });
});
