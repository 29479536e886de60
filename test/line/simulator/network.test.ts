import { describe, expect, test } from "vitest";
import { delayReports, failDeliveries, suppressReports } from "../../../src/line/simulator/behaviours.ts";
import { MESSAGES_KEPT } from "../../../src/line/simulator/handsets.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { CTRL_Z, configured, NUMBER, PHONE, SUBMIT, sendOne, Terminal } from "./bench.ts";
import { SUBMITS } from "./codec/composed-pdus.ts";

const long = SUBMITS.find(({ id }) => id === "s37") as (typeof SUBMITS)[number];

describe("handsets", () => {
  test("join the parts of a long text in whatever order they come, and show it once", async () => {
    const { te, network } = await configured();
    const shown: string[] = [];
    network.onDelivered(({ body }) => shown.push(body));
    for (const pdu of [...long.pdus].reverse()) {
      await te.say(`AT+CMGS=${pdu.length / 2 - 1}\r`);
      expect(await te.say(pdu + CTRL_Z)).toContain("+CMGS:");
    }
    expect(network.messages()).toMatchObject([{ handset: PHONE, from: NUMBER, body: long.text, parts: 2 }]);
    expect(shown).toEqual([long.text]);
  });

  test("remember the last texts only", async () => {
    const { network } = await configured();
    for (let text = 0; text <= MESSAGES_KEPT; text++)
      network.text({ from: PHONE, to: NUMBER, body: `${text}` });
    const messages = network.messages();
    expect(messages).toHaveLength(MESSAGES_KEPT);
    expect(messages[0]).toMatchObject({ body: "1", direction: "from-handset", handset: PHONE });
  });

  test("a listener that left is not called", async () => {
    const { te, network } = await configured();
    const leave = network.onDelivered(() => {
      throw new Error("called");
    });
    leave();
    await sendOne(te);
    expect(network.messages()).toHaveLength(1);
  });
});

describe("a phone's text", () => {
  test("of several parts is announced part by part and read whole", async () => {
    const { te, network } = await configured();
    expect(network.text({ from: PHONE, to: NUMBER, body: "x".repeat(161) })).toEqual({
      accepted: true,
      parts: 2,
    });
    expect(await te.heard()).toBe('\r\n+CMTI: "ME",1\r\n\r\n+CMTI: "ME",2\r\n');
    // TP-MMS is clear on the first, since another waits, and set on the last.
    const listing = await te.say("AT+CMGL=4\r");
    expect(listing).toMatch(/07913306091093F0400B91.*07913306091093F0440B91/s);
  });

  test.each([
    [{ from: PHONE, to: "+33639989999", body: "x" }, "+33639989999 is nobody's number on this network"],
    [{ from: NUMBER, to: NUMBER, body: "x" }, `${NUMBER} is a modem, not a phone`],
    [
      { from: "a name too long", to: NUMBER, body: "x" },
      "a phone's number is + and digits, digits, or a name of at most 11 characters",
    ],
    [{ from: PHONE, to: NUMBER, body: "x".repeat(40_000) }, "the text needs more than 255 parts"],
  ])("is refused when it cannot be sent: %j", async (message, reason) => {
    const { network } = await configured();
    expect(network.text(message)).toEqual({ accepted: false, reason });
    expect(network.messages()).toEqual([]);
  });

  test("may come from a name", async () => {
    const { te, network } = await configured();
    network.text({ from: "MyBank!", to: NUMBER, body: "OTP 0042" });
    await te.heard();
    expect(await te.say("AT+CMGR=1\r")).toContain("040DD0CDBC30EC5E8700");
  });
});

describe("two modems", () => {
  test("text one another, and the report waits for the other's acknowledgement", async () => {
    const { te, network, clock } = await configured({ lastTpMr: 6 });
    const other = new SimulatedModem({ number: PHONE, network, clock });
    const otherTe = new Terminal(other);
    await otherTe.say("ATE0;+CMGF=0;+CSMS=1;+CNMI=2,2,0,0,0\r");
    expect(await sendOne(te)).toBe("\r\n+CMGS: 7\r\n\r\nOK\r\n");
    expect(await otherTe.heard()).toBe(
      "\r\n+CMT: ,35\r\n07913306091093F0040B913336990800F1000052505001000080" +
        "12C730BD0CA281DEF0B21BB4E1BDD71B1F\r\n",
    );
    expect(await otherTe.say("AT+CNMA=1\r")).toBe("\r\nOK\r\n");
    expect(await te.heard()).toContain("+CDS: 25\r\n07913306091093F006070B913316325476F8");
    expect(network.messages()).toEqual([]);
  });

  test("cannot have the same number", async () => {
    const { network, clock } = await configured();
    expect(() => new SimulatedModem({ number: NUMBER, network, clock })).toThrow("already a modem");
  });
});

describe("status reports", () => {
  test("come only when asked for", async () => {
    const { te } = await configured();
    await te.say("AT+CMGS=17\r");
    expect(await te.say(`0001000B913316325476F8000004E8373B0C${CTRL_Z}`)).toBe("\r\n+CMGS: 1\r\n\r\nOK\r\n");
  });

  test("are stored in SR and announced with ds=2, where a read empties nothing and a delete does", async () => {
    const { te, modem } = await configured({ cnmi: "2,1,0,2,0" });
    expect(await sendOne(te)).toBe('\r\n+CMGS: 1\r\n\r\nOK\r\n\r\n+CDSI: "SR",1\r\n');
    expect(await te.say('AT+CPMS="SR"\rAT+CMGR=1\r')).toMatch(/\+CMGR: 0,,25\r\n07913306091093F00601/);
    expect(modem.stored("SR")).toBe(1);
    await te.say("AT+CMGD=1\r");
    expect(modem.stored("SR")).toBe(0);
  });

  test("are lost with ds=0", async () => {
    const { te, network } = await configured({ cnmi: "2,1,0,0,0" });
    expect(await sendOne(te)).toBe("\r\n+CMGS: 1\r\n\r\nOK\r\n");
    expect(network.waitingFor(NUMBER)).toBe(0);
  });

  test("carry TP-MR, which after 255 is 0", async () => {
    const { te } = await configured({ lastTpMr: 254 });
    expect(await sendOne(te)).toMatch(/\+CMGS: 255\r\n.*F006FF0B91/s);
    expect(await sendOne(te)).toMatch(/\+CMGS: 0\r\n.*F006000B91/s);
  });

  test("can be suppressed, delayed and made to fail, the newest behaviour first", async () => {
    const { te, network, clock } = await configured();
    const unsuppress = network.behave(suppressReports());
    expect(await sendOne(te)).not.toContain("+CDS");
    const undelay = network.behave(delayReports(5000));
    expect(await sendOne(te)).not.toContain("+CDS");
    await clock.advance(5000);
    expect(await te.heard()).toContain("+CDS");
    undelay();
    expect(await sendOne(te)).not.toContain("+CDS");
    unsuppress();
    network.behave(failDeliveries(0x46, PHONE));
    expect(await sendOne(te)).toMatch(/\+CDS: 25\r\n.*46\r\n/);
    expect(network.messages()).toHaveLength(3);
  });
});

describe("the air", () => {
  test("takes its time, and only on the injected clock", async () => {
    const { te, network, clock } = await configured({
      airTime: { submitMs: 300, deliverMs: 200, reportMs: 100 },
    });
    expect(await sendOne(te)).toBe("");
    await clock.advance(299);
    expect(await te.heard()).toBe("");
    await clock.advance(1);
    expect(await te.heard()).toBe("\r\n+CMGS: 1\r\n\r\nOK\r\n");
    expect(network.messages()).toEqual([]);
    await clock.advance(200);
    expect(network.messages()).toHaveLength(1);
    await clock.advance(300);
    expect(await te.heard()).toContain("+CDS: 25");
    expect(clock.pending).toBe(0);
  });

  test("stop forgets what was due", async () => {
    const { te, network, clock } = await configured({ airTime: { submitMs: 300 } });
    await sendOne(te);
    network.stop();
    expect(clock.pending).toBe(0);
    network.text({ from: PHONE, to: NUMBER, body: "too late" });
    await clock.advance(1000);
    expect(await te.heard()).toBe("");
  });

  test("by default takes 300 ms each way", async () => {
    const clock = new FakeClock();
    const network = new SimulatedNetwork({ clock });
    const te = new Terminal(new SimulatedModem({ number: NUMBER, network, clock }));
    await te.say("ATE0;+CMGF=0\r");
    await te.say(`AT+CMGS=30\r${SUBMIT}${CTRL_Z}`);
    await clock.advance(599);
    expect(network.messages()).toEqual([]);
    await clock.advance(1);
    await settle();
    expect(network.messages()).toHaveLength(1);
  });
});
