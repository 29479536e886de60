/** One connection: every request settles, and whatever comes ends in an answer, a generic_nack or a close. */

import type { Duplex } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Answer, type Closed, type Received, Session } from "../../../src/line/smpp/session.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import {
  cString,
  DELIVER_SM,
  ENQUIRE_LINK,
  GENERIC_NACK,
  type OctetPdu,
  pduOf,
  RESPONSE,
  SUBMIT_SM,
  smBody,
  splitPdus,
} from "../../harness/smpp-octets.ts";
import { streamPair } from "../../harness/stream-pair.ts";

const TIMEOUT_MS = 5000;
const QUIET_MS = 30_000;

let clock: FakeClock;
let session: Session;
let smsc: Duplex;
let heard: OctetPdu[];
let requests: Received[];
let strays: number;
let answers: number;
let closed: Closed | null;

function open(): void {
  clock = new FakeClock();
  const [ours, theirs] = streamPair();
  smsc = theirs;
  heard = [];
  requests = [];
  strays = 0;
  answers = 0;
  closed = null;
  let rest: Buffer = Buffer.alloc(0);
  smsc.on("error", () => undefined);
  smsc.on("data", (chunk: Buffer) => {
    const split = splitPdus(Buffer.concat([rest, chunk]));
    rest = split.rest;
    heard.push(...split.pdus);
  });
  session = new Session({
    stream: ours,
    clock,
    enquireLinkMs: QUIET_MS,
    responseTimeoutMs: TIMEOUT_MS,
    onRequest: (received) => requests.push(received),
    onAnswer: () => answers++,
    onStray: () => strays++,
  });
  void session.closed.then((how) => {
    closed = how;
  });
  session.start();
}

async function end(): Promise<void> {
  session.close("stopped", "the test is over");
  smsc.destroy();
  await clock.advance(0);
  expect(clock.pending, "timers left behind").toBe(0);
}

beforeEach(open);
afterEach(end);

const submit = () => session.request("submit_sm", { destination_addr: "1" });
const accepted = (sequenceNumber: number, id = "a") =>
  pduOf(SUBMIT_SM + RESPONSE, 0, sequenceNumber, cString(id));

describe("a request", () => {
  test("is answered by the response with its sequence number, in whatever order they come", async () => {
    const [one, two] = [submit(), submit()];
    await settle();
    expect(heard.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 2]);
    smsc.write(accepted(2, "second"));
    smsc.write(accepted(1, "first"));
    expect(await two).toMatchObject({ is: "response", status: 0, fields: { message_id: "second" } });
    expect(await one).toMatchObject({ is: "response", status: 0, fields: { message_id: "first" } });
  });

  test("is answered by a response that comes an octet at a time", async () => {
    const answer = submit();
    for (const octet of accepted(1)) smsc.write(Buffer.of(octet));
    expect(await answer).toMatchObject({ is: "response", fields: { message_id: "a" } });
  });

  test("may be refused with no body at all", async () => {
    const answer = submit();
    smsc.write(pduOf(SUBMIT_SM + RESPONSE, 0x58, 1));
    expect(await answer).toEqual({ is: "response", status: 0x58, fields: {} });
  });

  test("may be answered by a generic_nack", async () => {
    const answer = submit();
    smsc.write(pduOf(GENERIC_NACK, 0x03, 1));
    expect(await answer).toEqual({ is: "nack", status: 3 });
  });

  test("times out, each at its own time", async () => {
    const one = submit();
    await clock.advance(1000);
    const two = submit();
    let settled: Answer | null = null;
    void two.then((answer) => {
      settled = answer;
    });
    await clock.advance(TIMEOUT_MS - 1000);
    expect(await one).toEqual({ is: "timeout" });
    expect(settled).toBeNull();
    await clock.advance(1000);
    expect(settled).toEqual({ is: "timeout" });
  });

  test("tells of the response that comes after the time-out, once", async () => {
    const late: Answer[] = [];
    const answer = session.request("submit_sm", {}, { onLate: (each) => late.push(each) });
    await clock.advance(TIMEOUT_MS);
    expect(await answer).toEqual({ is: "timeout" });
    smsc.write(accepted(1, "late"));
    smsc.write(accepted(1, "late"));
    await settle();
    expect(late).toMatchObject([{ is: "response", fields: { message_id: "late" } }]);
    expect(strays).toBe(1);
  });

  test.each([
    { how: "ends the connection", act: () => smsc.end(), why: "ended" },
    { how: "is cut off", act: () => smsc.destroy(), why: "broken" },
    { how: "sends a length no PDU has", act: () => smsc.write(Buffer.alloc(16, 0xff)), why: "garbage" },
  ])("is settled when the SMSC $how", async ({ act, why }) => {
    const answers = [submit(), submit()];
    await settle();
    act();
    await clock.advance(0);
    expect(await Promise.all(answers)).toMatchObject([
      { is: "closed", closed: { why } },
      { is: "closed", closed: { why } },
    ]);
    expect(closed).toMatchObject({ why });
    expect(await submit()).toMatchObject({ is: "not-written", why: "closed" });
  });

  test("that has no form in octets is not written, and the next one is", async () => {
    expect(await session.request("submit_sm", { source_addr_ton: 256 })).toMatchObject({
      is: "not-written",
      why: "unencodable",
    });
    void submit();
    await settle();
    expect(heard).toHaveLength(1);
  });

  test("is not answered by the response to another command", async () => {
    const answer = submit();
    smsc.write(pduOf(ENQUIRE_LINK + RESPONSE, 0, 1));
    await settle();
    expect(strays).toBe(1);
    smsc.write(accepted(1));
    expect(await answer).toMatchObject({ is: "response" });
  });
});

describe("what the SMSC asks", () => {
  test("enquire_link is answered here", async () => {
    smsc.write(pduOf(ENQUIRE_LINK, 0, 77));
    await settle();
    expect(heard).toMatchObject([{ commandId: ENQUIRE_LINK + RESPONSE, status: 0, sequenceNumber: 77 }]);
    expect(requests).toEqual([]);
  });

  test("is handed over in its order, several to a read", async () => {
    const bodies = ["one", "two", "three"].map((text) => smBody({ shortMessage: Buffer.from(text) }));
    smsc.write(Buffer.concat(bodies.map((body, index) => pduOf(DELIVER_SM, 0, index + 1, body))));
    await settle();
    expect(requests.map(({ fields }) => String(fields?.["short_message"]))).toEqual(["one", "two", "three"]);
  });

  test("is not read while it is paused, nor handed over from what was read already", async () => {
    const five = [1, 2, 3, 4, 5].map((number) => pduOf(DELIVER_SM, 0, number, smBody({})));
    session.pause();
    smsc.write(Buffer.concat(five));
    await settle();
    expect(requests).toEqual([]);
    session.resume();
    await settle();
    expect(requests).toHaveLength(5);
  });

  test("has no time to be late while we do not read", async () => {
    const answer = submit();
    await settle();
    session.pause();
    smsc.write(accepted(1));
    await clock.advance(TIMEOUT_MS + 1000);
    session.resume();
    await settle();
    expect(await answer).toMatchObject({ is: "response" });
  });

  test("an SMSC that does not read its responses is not read either", async () => {
    smsc.pause();
    let taken = 0;
    const flood = () => {
      while (taken < 100_000 && smsc.write(pduOf(ENQUIRE_LINK, 0, ++taken))) {
        // Until it is held up.
      }
    };
    smsc.on("drain", flood);
    flood();
    for (let turn = 0; turn < 50; turn++) await settle();
    expect(taken).toBeLessThan(20_000);
    smsc.removeListener("drain", flood);
    smsc.resume();
    await settle(50);
    const { length } = heard;
    expect(length).toBeGreaterThan(0);
  });
});

describe("silence", () => {
  test("is asked about, and the answer settles it", async () => {
    await clock.advance(QUIET_MS);
    expect(heard).toMatchObject([{ commandId: ENQUIRE_LINK }]);
    smsc.write(pduOf(ENQUIRE_LINK + RESPONSE, 0, heard[0]?.sequenceNumber ?? 0));
    await clock.advance(TIMEOUT_MS);
    expect(closed).toBeNull();
    await clock.advance(QUIET_MS);
    expect(heard).toHaveLength(2);
  });

  test("is not asked about while something is heard", async () => {
    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(QUIET_MS - 1);
      smsc.write(pduOf(DELIVER_SM, 0, minute + 1, smBody({})));
    }
    await clock.advance(0);
    expect(heard).toEqual([]);
  });

  test("that lasts ends the connection: half-open TCP", async () => {
    await clock.advance(QUIET_MS + TIMEOUT_MS);
    expect(closed).toEqual({ why: "silent", reason: "no answer to enquire_link within 5 s" });
  });

  test("is asked about at once when somebody doubts, and only once", async () => {
    session.probe();
    session.probe();
    await clock.advance(0);
    expect(heard).toMatchObject([{ commandId: ENQUIRE_LINK }]);
    smsc.write(pduOf(ENQUIRE_LINK + RESPONSE, 0, heard[0]?.sequenceNumber ?? 0));
    await clock.advance(0);
    expect(answers).toBe(1);
    await clock.advance(QUIET_MS);
    expect(heard).toHaveLength(2);
  });

  test("on enquire_link alone ends nothing: something else was heard", async () => {
    session.probe();
    await clock.advance(1000);
    smsc.write(pduOf(DELIVER_SM, 0, 1, smBody({})));
    await clock.advance(TIMEOUT_MS);
    expect(closed).toBeNull();
  });

  test("is not broken by octets that never become a PDU", async () => {
    smsc.write(Buffer.of(0, 0, 0, 200));
    for (let second = 0; second < 36; second++) {
      await clock.advance(1000);
      smsc.write(Buffer.of(0));
    }
    expect(closed).toMatchObject({ why: "silent" });
  });
});

describe("garbage", () => {
  test.each([0, 1, 15, 70_001, 0x7fffffff, 0xffffffff])(
    "a command_length of %i closes with the reason",
    async (length) => {
      const octets = Buffer.alloc(20);
      octets.writeUInt32BE(length, 0);
      smsc.write(octets);
      await clock.advance(0);
      expect(closed?.why).toBe("garbage");
      expect(closed?.reason).toContain(String(length));
      expect(heard).toMatchObject([{ commandId: GENERIC_NACK, status: 2 }]);
    },
  );

  test("a web server's answer is garbage", async () => {
    smsc.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    await clock.advance(0);
    expect(closed?.why).toBe("garbage");
  });

  test("random octets never throw, and end in a close, a request to answer, or a wait that enquire_link ends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), async (chunks) => {
        await end();
        open();
        const answer = submit();
        for (const chunk of chunks) smsc.write(Buffer.from(chunk));
        await clock.advance(QUIET_MS + TIMEOUT_MS);
        expect(closed).not.toBeNull();
        expect(["timeout", "closed"]).toContain((await answer).is);
      }),
      { numRuns: 100 },
    );
  });

  test("well-framed PDUs with random bodies never throw, and the next PDU is read", async () => {
    const commands = [...Array(0x16).keys(), 0x102, 0x103, 0x111, 0x999, 0x80000004, 0x80000005, 0x80000000];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...commands),
        fc.nat(3),
        fc.uint8Array({ maxLength: 300 }),
        async (commandId, status, body) => {
          await end();
          open();
          smsc.write(pduOf(commandId, status, 9, Buffer.from(body)));
          smsc.write(pduOf(ENQUIRE_LINK, 0, 10));
          await settle();
          expect(heard.at(-1)).toMatchObject({ commandId: ENQUIRE_LINK + RESPONSE, sequenceNumber: 10 });
        },
      ),
      { numRuns: 300 },
    );
  });
});
