import { describe, expect, test } from "vitest";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { settle } from "../../harness/fake-clock.ts";
import { COMMAND, RawEsme, RESPONSE, textOf } from "../../harness/raw-esme.ts";
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
