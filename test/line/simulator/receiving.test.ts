/** What the modem does with what comes over the air: storages, routing, acknowledgement (27.005 §3.1, §3.4). */
import { describe, expect, test } from "vitest";
import { octetsOf } from "../../../src/line/simulator/codec/octets.ts";
import { settle } from "../../harness/fake-clock.ts";
import { configured, NUMBER, PHONE, sendOne } from "./bench.ts";

const OK = "\r\nOK\r\n";

function texts(
  network: { text: (message: { from: string; to: string; body: string }) => unknown },
  count: number,
) {
  for (let at = 1; at <= count; at++) network.text({ from: PHONE, to: NUMBER, body: `text ${at}` });
}

describe("a full storage", () => {
  test("is silent; the network keeps the texts and delivers them when there is space again", async () => {
    const { te, network, modem } = await configured({ slots: { ME: 2 } });
    texts(network, 4);
    expect(await te.heard()).toBe('\r\n+CMTI: "ME",1\r\n\r\n+CMTI: "ME",2\r\n');
    expect(network.waitingFor(NUMBER)).toBe(2);
    expect(await te.say("AT+CPMS?\r")).toBe(`\r\n+CPMS: "ME",2,2,"ME",2,2,"ME",2,2\r\n${OK}`);
    expect(await te.say("AT+CMGD=2\r")).toBe(`${OK}\r\n+CMTI: "ME",2\r\n`);
    expect(await te.say("AT+CMGD=1,4\r")).toBe(`${OK}\r\n+CMTI: "ME",1\r\n`);
    expect([modem.stored("ME"), network.waitingFor(NUMBER)]).toEqual([1, 0]);
  });

  test("is not emptied by reading", async () => {
    const { te, network } = await configured({ slots: { ME: 1 } });
    texts(network, 2);
    await te.heard();
    expect(await te.say("AT+CMGR=1\rAT+CMGL=4\r")).not.toContain("+CMTI");
    expect(network.waitingFor(NUMBER)).toBe(1);
  });
});

describe("storages", () => {
  test("number their slots from 0 where the modem does", async () => {
    const { te, network } = await configured({ firstIndex: 0, slots: { ME: 1 } });
    texts(network, 1);
    expect(await te.heard()).toBe('\r\n+CMTI: "ME",0\r\n');
    expect(await te.say("AT+CMGD=1\r")).toBe("\r\n+CMS ERROR: 321\r\n");
    expect(await te.say("AT+CMGD=0\r")).toBe(OK);
  });

  test("list by status, and what was listed is read", async () => {
    const { te, modem } = await configured();
    for (const stat of [0, 1, 2, 3] as const) modem.store("ME", "0004", stat);
    expect(await te.say("AT+CMGL\r")).toBe(`\r\n+CMGL: 1,0,,1\r\n0004\r\n${OK}`);
    expect(await te.say("AT+CMGL=0\r")).toBe(OK);
    expect(await te.say("AT+CMGL=1\r")).toBe(`\r\n+CMGL: 1,1,,1\r\n0004\r\n+CMGL: 2,1,,1\r\n0004\r\n${OK}`);
    expect(await te.say("AT+CMGD=?\r")).toBe(`\r\n+CMGD: (1,2,3,4),(0-4)\r\n${OK}`);
    await te.say("AT+CMGD=1,2\r");
    expect(await te.say("AT+CMGD=?\r")).toBe(`\r\n+CMGD: (3),(0-4)\r\n${OK}`);
  });

  test("hold garbage as it is", async () => {
    const { te, modem } = await configured();
    modem.store("ME", "0BF0BBBB");
    modem.store("ME", "zz");
    expect(await te.say("AT+CMGL=4\r")).toBe(`\r\n+CMGL: 1,0,,0\r\n0BF0BBBB\r\n+CMGL: 2,0,,0\r\nzz\r\n${OK}`);
  });

  test("a class 2 message goes to the SIM whatever +CPMS says", async () => {
    const { te, network } = await configured({ cnmi: "2,2,0,1,0" });
    network.inject(NUMBER, octetsOf("040B913316325476F800F25250500110218004E8373B0C") as Uint8Array);
    expect(await te.heard()).toBe('\r\n+CMTI: "SM",1\r\n');
  });
});

describe("routing", () => {
  test("with mt=0 a text is stored and nobody is told", async () => {
    const { te, network, modem } = await configured({ cnmi: "2,0,0,0,0" });
    texts(network, 1);
    expect(await te.heard()).toBe("");
    expect(modem.stored("ME")).toBe(1);
  });

  test("in mode 0 codes are kept back until the mode changes, and then printed or cleared", async () => {
    const { te, network } = await configured({ cnmi: "0,1,0,1,0" });
    texts(network, 1);
    expect(await te.heard()).toBe("");
    expect(await te.say("AT+CNMI=2,1,0,1,0\r")).toBe(`\r\n+CMTI: "ME",1\r\n${OK}`);
    await te.say("AT+CNMI=0\r");
    texts(network, 1);
    await te.heard();
    expect(await te.say("AT+CNMI=2,1,0,1,1\r")).toBe(OK);
  });

  test("inside an open prompt nothing is printed until it is closed", async () => {
    const { te, network } = await configured();
    await te.say("AT+CMGS=30\r");
    texts(network, 1);
    expect(await te.heard()).toBe("");
    expect(await te.say("\u001b")).toBe(`${OK}\r\n+CMTI: "ME",1\r\n`);
  });
});

describe("with +CSMS: 1 and +CMT", () => {
  const direct = { csms: 1, cnmi: "2,2,0,1,0" } as const;

  test("nothing further comes until AT+CNMA", async () => {
    const { te, network } = await configured(direct);
    texts(network, 2);
    expect((await te.heard()).match(/\+CMT/g)).toHaveLength(1);
    expect(await te.say("AT+CNMA\r")).toMatch(/^\r\nOK\r\n\r\n\+CMT: ,/);
    expect(await te.say("AT+CNMA=0\r")).toBe(OK);
    expect(await te.say("AT+CNMA=0\r")).toBe("\r\n+CMS ERROR: 340\r\n");
  });

  test("a report waits behind a text that is not acknowledged", async () => {
    const { te, network } = await configured(direct);
    texts(network, 1);
    await te.heard();
    expect(await sendOne(te)).toBe(`\r\n+CMGS: 1\r\n${OK}`);
    expect(await te.say("AT+CNMA=0\r")).toContain("+CDS: 25");
  });

  test("a refused text is offered again", async () => {
    const { te, network, clock } = await configured(direct);
    texts(network, 1);
    await te.heard();
    expect(await te.say("AT+CNMA=2\r")).toBe(OK);
    await clock.advance(30_000);
    expect(await te.heard()).toContain("+CMT: ,");
  });

  test("a missed acknowledgement sets mt and ds to 0, and the text is not lost", async () => {
    const { te, network, clock, modem } = await configured(direct);
    texts(network, 1);
    await te.heard();
    await clock.advance(14_999);
    expect(await te.say("AT+CNMI?\r")).toContain("+CNMI: 2,2,0,1,0");
    await clock.advance(1);
    expect(await te.say("AT+CNMI?\r")).toContain("+CNMI: 2,0,0,0,0");
    expect(await te.say("AT+CNMA=0\r")).toBe("\r\n+CMS ERROR: 340\r\n");
    expect(network.waitingFor(NUMBER)).toBe(1);
    await te.say("AT+CNMI=2,1,0,1,0\r");
    await clock.advance(30_000);
    expect(await te.heard()).toBe('\r\n+CMTI: "ME",1\r\n');
    expect(modem.stored("ME")).toBe(1);
  });
});

test("with +CSMS: 0 a text handed over needs no acknowledgement", async () => {
  const { te, network } = await configured({ cnmi: "2,2,0,1,0" });
  texts(network, 2);
  expect((await te.heard()).match(/\+CMT/g)).toHaveLength(2);
});

test("the same TPDU can be delivered again", async () => {
  const { te, network } = await configured();
  expect(network.redeliver(NUMBER)).toBe(false);
  texts(network, 1);
  await settle();
  expect(network.redeliver(NUMBER)).toBe(true);
  const listing = (await te.heard()) && (await te.say("AT+CMGL=4\r"));
  const [first, second] = [...listing.matchAll(/\r\n([0-9A-F]{20,})/g)].map(([, hex]) => hex);
  expect(first).toBeDefined();
  expect(first).toBe(second);
});
