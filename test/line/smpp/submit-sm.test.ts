/** What stands on the wire for a Segment: hex by hand from SMPP 3.4 §4.4, no codec in between. */
import { afterEach, describe, expect, test } from "vitest";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import { relativeTime } from "../../../src/line/smpp/submit-sm.ts";
import type { Segment } from "../../../src/sms/message.ts";
import { BIND_TRANSCEIVER, SUBMIT_SM } from "../../harness/smpp-octets.ts";
import { Conversation } from "./rig.ts";

const HELLO: Segment = {
  from: "+33639980001",
  to: "+33612345678",
  alphabet: "gsm7",
  text: "Hello",
  concatenation: null,
  validityMinutes: null,
};

let conversation: Conversation;
afterEach(() => conversation.end());

async function submitted(segment: Partial<Segment>, options: Partial<SmppLineOptions> = {}) {
  conversation = new Conversation(options);
  await conversation.ready();
  const signal = new AbortController().signal;
  const outcome = conversation.line.submit({ ...HELLO, ...segment }, { submissionId: "s", signal });
  await conversation.clock.advance(0);
  const [pdu] = conversation.smsc.last.heardOf(SUBMIT_SM);
  return { pdu, outcome: await outcome };
}

const hexOf = (octets: string) => octets.replace(/\s/g, "");

const ADDRESSES = "00 01 01 3333363339393830303031 00 01 01 3333363132333435363738 00";

describe("a segment on the wire", () => {
  test.each<{ name: string; segment?: Partial<Segment>; options?: Partial<SmppLineOptions>; hex: string }>([
    {
      name: "GSM 7-bit, one septet per octet",
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 00 00 05 48656c6c6f`,
    },
    {
      name: "the extension table behind its escape",
      segment: { text: "@€ü" },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 00 00 04 00 1b65 7e`,
    },
    {
      name: "UCS-2",
      segment: { alphabet: "ucs2", text: "Ω✓" },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 08 00 04 03a9 2713`,
    },
    {
      name: "Latin-1 where the configuration says so",
      segment: { text: "à" },
      options: { alphabet: "latin1" },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 03 00 01 e0`,
    },
    {
      name: "UCS-2 for a character Latin-1 lacks",
      segment: { text: "5 €" },
      options: { alphabet: "latin1" },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 08 00 06 0035 0020 20ac`,
    },
    {
      name: "Latin-1 in data_coding 0 where that is what the SMSC takes it for",
      segment: { text: "é" },
      options: { smscAlphabet: "latin1" },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 00 00 01 e9`,
    },
    {
      name: "everything in UCS-2",
      options: { alphabet: "ucs2" },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 08 00 0a 00480065006c006c006f`,
    },
    {
      name: "the configured data_coding",
      options: { dataCoding: { gsm7: 0xf1, latin1: 3, ucs2: 0x18 } },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 f1 00 05 48656c6c6f`,
    },
    {
      name: "no receipt asked for",
      options: { registeredDelivery: false },
      hex: `${ADDRESSES} 00 00 00 00 00 00 00 00 00 05 48656c6c6f`,
    },
    {
      name: "a validity of a day, an hour and a minute",
      segment: { validityMinutes: 1501 },
      hex: `${ADDRESSES} 00 00 00 00 30303030303130313031303030303052 00 01 00 00 00 05 48656c6c6f`,
    },
    {
      name: "a short code to a short code",
      segment: { from: "36123", to: "38080" },
      hex: "00 03 00 3336313233 00 03 00 3338303830 00 00 00 00 00 00 01 00 00 00 05 48656c6c6f",
    },
    {
      name: "a name",
      segment: { from: "PYLONE" },
      hex: "00 05 00 50594c4f4e45 00 01 01 3333363132333435363738 00 00 00 00 00 00 01 00 00 00 05 48656c6c6f",
    },
    {
      name: "types and plans that are set",
      options: { source: { ton: 2, npi: 8 }, destination: { ton: 0, npi: null } },
      hex: "00 02 08 3333363339393830303031 00 00 01 3333363132333435363738 00 00 00 00 00 00 01 00 00 00 05 48656c6c6f",
    },
    {
      name: "a part with a user data header",
      segment: { concatenation: { reference: 0x2a, referenceBits: 8, total: 3, sequence: 2 } },
      hex: `${ADDRESSES} 40 00 00 00 00 01 00 00 00 0b 0500032a0302 48656c6c6f`,
    },
    {
      name: "a part with a 16-bit reference",
      segment: { concatenation: { reference: 0x1234, referenceBits: 16, total: 3, sequence: 2 } },
      hex: `${ADDRESSES} 40 00 00 00 00 01 00 00 00 0c 06080412340302 48656c6c6f`,
    },
    {
      name: "a part with SAR TLVs",
      segment: { concatenation: { reference: 0x2a, referenceBits: 8, total: 3, sequence: 2 } },
      options: { longMessages: "sar" },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 00 00 05 48656c6c6f 020c0002002a 020e000103 020f000102`,
    },
    {
      name: "a part with SAR TLVs and its text in message_payload",
      segment: { concatenation: { reference: 0x2a, referenceBits: 8, total: 3, sequence: 2 } },
      options: { longMessages: "payload" },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 00 00 00 020c0002002a 020e000103 020f000102 0424000548656c6c6f`,
    },
    {
      name: "254 octets in short_message",
      segment: { text: "a".repeat(254) },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 00 00 fe ${"61".repeat(254)}`,
    },
    {
      name: "255 octets in message_payload",
      segment: { text: "a".repeat(255) },
      hex: `${ADDRESSES} 00 00 00 00 00 01 00 00 00 00 042400ff ${"61".repeat(255)}`,
    },
  ])("$name", async ({ segment = {}, options = {}, hex }) => {
    const { pdu, outcome } = await submitted(segment, options);
    expect(pdu?.body.toString("hex")).toBe(hexOf(hex));
    expect(outcome).toMatchObject({ is: "accepted", reference: "m1" });
  });

  test("what has no form in SMPP is rejected, and the bind goes on", async () => {
    const { pdu, outcome } = await submitted({}, { source: { ton: 300, npi: null } });
    expect(pdu).toBeUndefined();
    expect(outcome).toMatchObject({ is: "rejected", fault: { code: "smpp.invalid", disposition: "reject" } });
    expect(conversation.line.status.state).toBe("ready");
  });
});

describe("a bind on the wire", () => {
  test("is SMPP 3.4 §4.1.5, field by field", async () => {
    conversation = new Conversation({
      systemId: "esme",
      password: "secret",
      systemType: "VMA",
      interfaceVersion: 0x34,
      addressRange: { ton: 1, npi: 1, range: "^33" },
    });
    await conversation.ready();
    const [pdu] = conversation.smsc.last.heardOf(BIND_TRANSCEIVER);
    expect(pdu).toMatchObject({ commandId: 0x09, status: 0, sequenceNumber: 1 });
    expect(pdu?.body.toString("hex")).toBe(hexOf("65736d65 00 736563726574 00 564d41 00 34 01 01 5e3333 00"));
  });
});

describe("a relative time", () => {
  test.each([
    [1, "000000000100000R"],
    [60, "000000010000000R"],
    [1440, "000001000000000R"],
    [43_200, "000100000000000R"],
    [525_600, "010000000000000R"],
  ])("%i minutes are %s", (minutes, time) => {
    expect(relativeTime(minutes)).toBe(time);
  });
});
