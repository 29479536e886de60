import { describe, expect, test } from "vitest";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { between, pick, seededRandom } from "../../../src/line/simulator/random.ts";
import { SimulatedSmsc } from "../../../src/line/simulator/smsc.ts";
import { settle } from "../../harness/fake-clock.ts";
import { COMMAND, pduBytes, RawEsme, RESPONSE, submitBody, textOf } from "../../harness/raw-esme.ts";
import { PHONE } from "./bench.ts";
import { boundBench, OWN, SHORT_CODE, smscBench } from "./smsc-bench.ts";

const RINVBNDSTS = 0x04;
const RALYBND = 0x05;
const RINVPASWD = 0x0e;
const RINVSYSID = 0x0f;
const RX_T_APPN = 0x64;

describe("a bind", () => {
  test.each(["transmitter", "receiver", "transceiver"] as const)("as %s is taken", async (as) => {
    const { esme } = smscBench();
    const answer = await esme.bind(as);
    expect(answer).toMatchObject({ command: RESPONSE + COMMAND[`bind_${as}`], status: 0, sequence: 1 });
    expect(textOf(answer?.body ?? Buffer.alloc(0))).toBe("pylone-sim");
  });

  test("says which version it speaks, to those who know of it", async () => {
    const modern = await smscBench().esme.bind();
    expect(modern?.body.subarray(-5).toString("hex")).toBe("0210000134");
    const old = await smscBench().esme.bind("transceiver", "box", "secret", 0x33);
    expect(old?.body.toString("latin1")).toBe("pylone-sim\0");
  });

  test("with a wrong name or password is refused, and may be tried again", async () => {
    const { esme } = smscBench({ systemId: "box", password: "secret" });
    expect((await esme.bind("transceiver", "boks"))?.status).toBe(RINVSYSID);
    expect((await esme.bind("transceiver", "box", "wrong"))?.status).toBe(RINVPASWD);
    expect((await esme.submit())?.status).toBe(RINVBNDSTS);
    expect((await esme.bind())?.status).toBe(0);
    expect((await esme.submit())?.status).toBe(0);
  });

  test("on a bound connection is refused", async () => {
    const { esme } = await boundBench();
    expect((await esme.bind("receiver"))?.status).toBe(RALYBND);
    expect((await esme.submit())?.status).toBe(0);
  });

  test("as receiver submits nothing", async () => {
    const { esme } = smscBench();
    await esme.bind("receiver");
    expect((await esme.submit())?.status).toBe(RINVBNDSTS);
  });
});

describe("a submit_sm", () => {
  test("is a text on a handset, and its receipt comes back", async () => {
    const { esme, network } = await boundBench();
    const answer = await esme.submit({ octets: "Gate 4 open", registered: 1 });
    expect(answer?.status).toBe(0);
    expect(network.messages()).toMatchObject([
      { direction: "to-handset", from: OWN, to: PHONE, body: "Gate 4 open", parts: 1 },
    ]);
    const [receipt] = await esme.delivered();
    expect(receipt).toMatchObject({ from: "33612345678", to: "33755500001", esmClass: 4, dataCoding: 0 });
    expect(receipt?.octets.toString("latin1")).toBe(
      `id:${answer?.id} sub:001 dlvrd:001 submit date:2505051000 done date:2505051000 stat:DELIVRD err:000 text:Gate 4 open`,
    );
    expect(textOf(receipt?.tlvs.get(0x1e) ?? Buffer.alloc(0))).toBe(answer?.id);
    expect(receipt?.tlvs.get(0x427)).toEqual(Buffer.of(2));
    expect(await esme.delivered()).toEqual([]);
  });

  test("without registered_delivery has no receipt", async () => {
    const { esme, network } = await boundBench();
    await esme.submit();
    expect(network.messages()).toHaveLength(1);
    expect(await esme.delivered()).toEqual([]);
  });

  test("takes its time on the air, and so does its receipt", async () => {
    const { esme, network, clock } = await boundBench({ airTime: { deliverMs: 300, reportMs: 100 } });
    await esme.submit({ registered: 1 });
    await clock.advance(299);
    expect(network.messages()).toHaveLength(0);
    await clock.advance(1);
    expect(network.messages()).toHaveLength(1);
    await clock.advance(99);
    expect(await esme.delivered()).toHaveLength(0);
    await clock.advance(1);
    expect(await esme.delivered()).toHaveLength(1);
  });

  test("to a modem's number arrives there, and to a number behind an SMSC comes back", async () => {
    const { esme, network, clock } = await boundBench();
    const modem = new SimulatedModem({ number: "+33639980001", network, clock });
    await esme.submit({ to: "33639980001" });
    expect(modem.stored("SM")).toBe(1);
    await esme.submit({ to: SHORT_CODE, toTon: 3, octets: "round" });
    const [message] = await esme.delivered();
    expect(message).toMatchObject({ from: "33755500001", to: SHORT_CODE, esmClass: 0 });
    expect(message?.octets.toString()).toBe("round");
  });
});

describe("a phone's text", () => {
  test("is a deliver_sm", async () => {
    const { esme, network } = await boundBench();
    expect(network.text({ from: PHONE, to: OWN, body: "Hi [you]" })).toEqual({ accepted: true, parts: 1 });
    expect(await esme.delivered()).toMatchObject([
      {
        from: "33612345678",
        fromTon: 1,
        to: "33755500001",
        toTon: 1,
        esmClass: 0,
        dataCoding: 0,
        octets: Buffer.from("Hi \x1b<you\x1b>", "latin1"),
      },
    ]);
  });

  test("that is long comes in parts with a header", async () => {
    const { esme, network } = await boundBench();
    const body = "0123456789".repeat(20);
    network.text({ from: PHONE, to: SHORT_CODE, body });
    const parts = await esme.delivered();
    expect(parts.map(({ esmClass, toTon }) => [esmClass, toTon])).toEqual([
      [0x40, 3],
      [0x40, 3],
    ]);
    expect(parts.map(({ octets }) => octets.subarray(0, 6).toString("hex"))).toEqual([
      "050003010201",
      "050003010202",
    ]);
    expect(parts.map(({ octets }) => octets.subarray(6).toString()).join("")).toBe(body);
  });

  test("waits while nobody is bound to receive it, in order", async () => {
    const { esme, network, smsc } = smscBench();
    network.text({ from: PHONE, to: OWN, body: "one" });
    network.text({ from: PHONE, to: OWN, body: "two" });
    await esme.bind("transmitter");
    expect(await esme.delivered()).toEqual([]);
    expect(smsc.waiting).toBe(2);
    const receiver = new RawEsme(smsc.connect());
    await receiver.bind("receiver");
    expect((await receiver.delivered()).map(({ octets }) => octets.toString())).toEqual(["one", "two"]);
    expect(smsc.waiting).toBe(0);
  });

  test("that is refused for now is offered again later, and one refused for good is not", async () => {
    const { esme, network, smsc, clock } = await boundBench({ airTime: { retryMs: 5000 } });
    esme.takes = RX_T_APPN;
    network.text({ from: PHONE, to: OWN, body: "x" });
    expect(await esme.delivered()).toHaveLength(1);
    await clock.advance(4999);
    expect(await esme.delivered()).toHaveLength(0);
    await clock.advance(1);
    expect(await esme.delivered()).toHaveLength(1);
    esme.takes = 0x65;
    await clock.advance(5000);
    expect(await esme.delivered()).toHaveLength(1);
    expect(smsc.waiting).toBe(0);
  });

  test("that was handed over on a connection that broke comes again on the next one", async () => {
    const { esme, network, smsc } = await boundBench();
    esme.takes = null;
    network.text({ from: PHONE, to: OWN, body: "x" });
    expect(await esme.delivered()).toHaveLength(1);
    esme.stream.destroy();
    await settle();
    const next = new RawEsme(smsc.connect());
    await next.bind();
    expect(await next.delivered()).toHaveLength(1);
  });

  test("waits behind a full window", async () => {
    const { esme, network } = await boundBench({ window: 3 });
    esme.takes = null;
    for (let nth = 0; nth < 5; nth++) network.text({ from: PHONE, to: OWN, body: `${nth}` });
    const [first, ...others] = await esme.delivered();
    expect(others).toHaveLength(2);
    esme.send(RESPONSE + COMMAND.deliver_sm, Buffer.of(0), 0, first?.sequence);
    expect((await esme.delivered()).map(({ octets }) => octets.toString())).toEqual(["3"]);
  });
});

describe("a link", () => {
  test("is asked after and answered for", async () => {
    const { esme, clock } = await boundBench({ enquireLinkMs: 30_000, patienceMs: 10_000 });
    expect(await esme.ask(COMMAND.enquire_link)).toMatchObject({
      command: RESPONSE + COMMAND.enquire_link,
      status: 0,
    });
    await clock.advance(3_600_000);
    expect(esme.closed).toBe(false);
    esme.isAlive = false;
    await clock.advance(35_000);
    expect(await esme.heard()).toMatchObject([{ command: COMMAND.enquire_link }]);
    await clock.advance(30_000);
    expect(esme.closed).toBe(true);
  });

  test("is closed when nobody binds in time", async () => {
    const { esme, clock } = smscBench({ patienceMs: 10_000 });
    await clock.advance(9_999);
    expect(esme.closed).toBe(false);
    await clock.advance(1);
    expect(esme.closed).toBe(true);
  });

  test("is let go after unbind", async () => {
    const { esme, smsc, clock } = await boundBench();
    expect(await esme.ask(COMMAND.unbind)).toMatchObject({ command: RESPONSE + COMMAND.unbind, status: 0 });
    await settle();
    expect(esme.closed).toBe(true);
    expect(smsc.sessions).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("is one of several: parts go to whoever has least to do", async () => {
    const { esme, smsc, network } = await boundBench({ window: 2 });
    const other = new RawEsme(smsc.connect());
    await other.bind("receiver");
    esme.takes = null;
    other.takes = null;
    for (let nth = 0; nth < 5; nth++) network.text({ from: PHONE, to: OWN, body: `${nth}` });
    expect([await esme.delivered(), await other.delivered()].map(({ length }) => length)).toEqual([2, 2]);
    expect(smsc.waiting).toBe(5);
  });

  test("that is never answered on gets its texts again", async () => {
    const { esme, network, clock } = await boundBench({ patienceMs: 10_000 });
    esme.takes = null;
    network.text({ from: PHONE, to: OWN, body: "x" });
    expect(await esme.delivered()).toHaveLength(1);
    await clock.advance(20_000);
    expect((await esme.delivered()).length).toBeGreaterThan(0);
  });
});

describe("bytes that are wrong", () => {
  test("an unknown command, and one that is not served, get a generic_nack", async () => {
    const { esme } = await boundBench();
    for (const command of [0x00000999, COMMAND.query_sm, COMMAND.outbind])
      expect(await esme.ask(command, Buffer.from("x\0\0\0\0"))).toMatchObject({
        command: COMMAND.generic_nack,
        status: 0x03,
      });
    expect((await esme.submit())?.status).toBe(0);
  });

  test("a body that ends too early gets a generic_nack", async () => {
    const { esme } = await boundBench();
    for (const body of [
      Buffer.from("\0\x01"),
      submitBody({}).subarray(0, 30),
      submitBody({}).subarray(0, -2),
    ])
      expect(await esme.ask(COMMAND.submit_sm, body)).toMatchObject({
        command: COMMAND.generic_nack,
        status: 0x02,
      });
  });

  test.each([0, 15, 16_385, 0xffffffff])("a command_length of %d ends the connection", async (length) => {
    const { esme } = await boundBench();
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(length, 0);
    esme.write(bytes);
    expect(await esme.heard()).toMatchObject([{ command: COMMAND.generic_nack, status: 0x02, sequence: 0 }]);
    expect(esme.closed).toBe(true);
  });

  test("random ones never stop it", async () => {
    const random = seededRandom(7);
    const { smsc } = smscBench();
    for (let run = 0; run < 100; run++) {
      const esme = new RawEsme(smsc.connect());
      const octets = Buffer.from(
        Array.from({ length: between(random, 1, 60) }, () => between(random, 0, 255)),
      );
      const framed = pduBytes(pick(random, Object.values(COMMAND)), octets, 0, run + 10);
      esme.write(random() < 0.5 ? framed : octets);
    }
    await settle();
    const next = new RawEsme(smsc.connect());
    expect((await next.bind())?.status).toBe(0);
    expect((await next.submit())?.status).toBe(0);
  });

  test("PDUs may be cut anywhere on their way", async () => {
    const { esme, network } = await boundBench();
    const bytes = Buffer.concat(
      ["a", "b", "c"].map((octets, nth) => pduBytes(COMMAND.submit_sm, submitBody({ octets }), 0, nth + 50)),
    );
    for (const byte of bytes) {
      esme.write(Buffer.of(byte));
      await settle(1);
    }
    await settle();
    expect(network.messages().map(({ body }) => body)).toEqual(["a", "b", "c"]);
  });
});

describe("too much", () => {
  test("is refused while it waits: nothing is dropped and nothing grows", async () => {
    const { esme, smsc, network } = smscBench({ maxWaiting: 2 });
    await esme.bind("transmitter");
    expect((await esme.submit({ registered: 1 }))?.status).toBe(0);
    expect(network.text({ from: PHONE, to: OWN, body: "x" }).accepted).toBe(true);
    await settle();
    expect((await esme.submit({ registered: 1 }))?.status).toBe(0x14);
    expect((await esme.submit({ registered: 0 }))?.status).toBe(0);
    expect(network.text({ from: PHONE, to: OWN, body: "y" })).toEqual({
      accepted: false,
      reason: "as many texts as may wait at the SMSC already do",
    });
    const receiver = new RawEsme(smsc.connect());
    await receiver.bind("receiver");
    expect(await receiver.delivered()).toHaveLength(2);
    expect((await esme.submit({ registered: 1 }))?.status).toBe(0);
  });

  test("counts what is still on the air", async () => {
    const { esme, clock } = await boundBench({ maxWaiting: 2, airTime: { deliverMs: 1000 } });
    const statuses = [];
    for (let nth = 0; nth < 3; nth++) statuses.push((await esme.submit({ registered: 1 }))?.status);
    expect(statuses).toEqual([0, 0, 0x14]);
    await clock.advance(1000);
    expect((await esme.submit({ registered: 1 }))?.status).toBe(0);
  });
});

test("a number is served once", async () => {
  const { network, clock } = smscBench();
  expect(() => new SimulatedModem({ number: OWN, network, clock })).toThrow("already served by an SMSC");
  expect(() => new SimulatedSmsc({ network, clock, numbers: [SHORT_CODE] })).toThrow(
    "already served by an SMSC",
  );
});
