import { describe, expect, test } from "vitest";
import {
  delayPrompt,
  holdRegistration,
  holdSends,
  mute,
  refuseSends,
  swallowResults,
} from "../../../src/line/simulator/behaviours.ts";
import { cms } from "../../../src/line/simulator/call.ts";
import { bench, CTRL_Z, configured, NUMBER, PHONE, SUBMIT, sendOne, Terminal } from "./bench.ts";

const OK = "\r\nOK\r\n";

describe("behaviours", () => {
  test("stack: the newest has first refusal, and a release uncovers the one below", async () => {
    const { te, modem } = await configured({ cnmi: "2,1,0,0,0" });
    modem.behave(refuseSends({ cms: 42, count: 9 }));
    const release = modem.behave(refuseSends({ cms: 38, count: 9 }));
    expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 38\r\n");
    release();
    release();
    expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 42\r\n");
  });

  test("may be there from the start", async () => {
    const { te } = bench({ behaviours: [mute()] });
    expect(await te.say("AT\r")).toBe("");
  });

  test("cannot answer a command twice", async () => {
    const { te, modem } = await configured();
    modem.behave({
      name: "answer twice",
      onCommand: (_call, answer) => {
        answer(cms(1));
        answer(cms(2));
        return true;
      },
    });
    expect(await te.say("AT+CSQ\r")).toBe("\r\n+CMS ERROR: 1\r\n");
  });
});

test("without registration a send is refused after the PDU, texts wait, and both are told when it is back", async () => {
  const { te, modem, network } = await configured();
  const release = modem.behave(holdRegistration());
  expect(await te.heard()).toBe("\r\n+CREG: 2\r\n");
  expect(await te.say("AT+CREG?;+COPS?;+CSQ\r")).toBe(
    `\r\n+CREG: 1,2\r\n\r\n+COPS: 0\r\n\r\n+CSQ: 99,99\r\n${OK}`,
  );
  expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 331\r\n");
  network.text({ from: PHONE, to: NUMBER, body: "later" });
  expect(await te.heard()).toBe("");
  release();
  expect(await te.heard()).toBe('\r\n+CREG: 1\r\n\r\n+CMTI: "ME",1\r\n');
});

test("off the air with AT+CFUN=4, back with AT+CFUN=1", async () => {
  const { te } = await configured();
  expect(await te.say("AT+CFUN=4\r")).toBe(`\r\n+CREG: 0\r\n${OK}`);
  expect(await te.say("AT+CFUN=1\r")).toBe(`\r\n+CREG: 1\r\n${OK}`);
});

test("mute swallows bytes and says nothing, yet stores what comes", async () => {
  const { te, modem, network } = await configured();
  const release = modem.behave(mute());
  expect(await te.say("AT\r")).toBe("");
  network.text({ from: PHONE, to: NUMBER, body: "unheard" });
  expect(await te.heard()).toBe("");
  release();
  expect(await te.say("AT\r")).toBe(OK);
  expect(modem.stored("ME")).toBe(1);
});

test("sends are refused as often as asked", async () => {
  const { te, modem, network } = await configured({ cnmi: "2,1,0,0,0" });
  modem.behave(refuseSends({ cms: 38, count: 2 }));
  expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 38\r\n");
  expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 38\r\n");
  expect(network.messages()).toEqual([]);
  expect(await sendOne(te)).toContain("+CMGS:");
});

test("a swallowed result leaves the text delivered, its report on the way and the modem answering", async () => {
  const { te, modem, network } = await configured({ cnmi: "2,1,0,2,0" });
  modem.behave(swallowResults());
  expect(await sendOne(te)).toBe('\r\n+CDSI: "SR",1\r\n');
  expect(network.messages()).toHaveLength(1);
  expect(await te.say("AT\r")).toBe(OK);
  expect(await sendOne(te)).toContain("+CMGS: 2");
});

test("held sends go on the air when released; the modem says nothing meanwhile, then answers what was typed", async () => {
  const { te, modem, network } = await configured({ cnmi: "2,1,0,0,0" });
  const release = modem.behave(holdSends());
  expect(await sendOne(te)).toBe("");
  expect(await te.say("AT\r")).toBe("");
  expect(network.messages()).toEqual([]);
  release();
  expect(await te.heard()).toBe(`\r\n+CMGS: 1\r\n${OK}${OK}`);
  expect(network.messages()).toHaveLength(1);
});

test("a prompt can be late; ESC typed before it cancels it", async () => {
  const { te, modem, clock, network } = await configured();
  modem.behave(delayPrompt(12_000, clock));
  expect(await te.say("AT+CMGS=30\r")).toBe("");
  expect(await te.say("\u001b\r")).toBe("");
  await clock.advance(12_000);
  expect(await te.heard()).toBe(`\r\n> ${OK}`);
  expect(network.messages()).toEqual([]);
});

describe("a reboot", () => {
  test("forgets settings, what was typed and what ran; storages and the last TP-MR stay", async () => {
    const { te, modem, network } = await configured({ cnmi: "2,1,0,0,0" });
    network.text({ from: PHONE, to: NUMBER, body: "kept" });
    await sendOne(te);
    await te.say("AT+CMGS=30\r");
    modem.reboot();
    expect(await te.heard()).toBe("\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n");
    expect(await te.say("AT+CMGF?\r")).toBe(`AT+CMGF?\r\r\n+CMGF: 1\r\n${OK}`);
    expect(await te.say("AT+CNMI?\r")).toContain("+CNMI: 0,0,0,0,0");
    expect(modem.stored("ME")).toBe(1);
    await te.say("ATE0;+CMGF=0\r");
    expect(await sendOne(te)).toBe(`\r\n+CMGS: 2\r\n${OK}`);
  });

  test("is silent for as long as it takes; texts that come meanwhile wait", async () => {
    const { te, modem, network, clock } = await configured();
    modem.reboot({ silentMs: 20_000 });
    network.text({ from: PHONE, to: NUMBER, body: "meanwhile" });
    expect(await te.say("AT\r")).toBe("");
    expect(network.waitingFor(NUMBER)).toBe(1);
    await clock.advance(20_000);
    expect(await te.heard()).toContain("RDY");
    expect(modem.stored("SM")).toBe(1);
  });

  test("while a send is on the air loses it, and its result", async () => {
    const { te, modem, network, clock } = await configured({ airTime: { submitMs: 300 } });
    await sendOne(te);
    modem.reboot();
    await clock.advance(1000);
    expect(await te.heard()).not.toContain("CMGS");
    expect(network.messages()).toEqual([]);
  });

  test("while a text waits for AT+CNMA leaves it with the network", async () => {
    const { te, modem, network } = await configured({ csms: 1, cnmi: "2,2,0,1,0" });
    network.text({ from: PHONE, to: NUMBER, body: "again" });
    expect(await te.heard()).toContain("+CMT:");
    modem.reboot();
    await te.heard();
    expect([network.waitingFor(NUMBER), modem.stored("SM")]).toEqual([0, 1]);
  });

  test("can be asked for with AT+CFUN=1,1, which is answered first", async () => {
    const { te } = await configured();
    expect(await te.say("AT+CFUN=1,1\r")).toMatch(/^\r\nOK\r\n\r\nRDY\r\n/);
  });
});

describe("the PIN", () => {
  test("is asked for at every power-up, and gates what needs the card", async () => {
    const { te, modem, network } = bench({ pin: "1234" });
    await te.say("ATE0;+CMEE=1;+CREG=1\r");
    expect(await te.say("AT+CPIN?\r")).toBe(`\r\n+CPIN: SIM PIN\r\n${OK}`);
    expect(await te.say("AT+CMGF=0\r")).toBe("\r\n+CMS ERROR: 311\r\n");
    expect(await te.say("AT+CIMI\r")).toBe("\r\n+CME ERROR: 11\r\n");
    expect(await te.say("AT+CCID\r")).toContain("+CCID: ");
    expect(await te.say("AT+CREG?\r")).toContain("+CREG: 1,0");
    network.text({ from: PHONE, to: NUMBER, body: "locked" });
    expect(await te.say('AT+CPIN="1234"\r')).toBe(`\r\n+CREG: 1\r\n${OK}`);
    expect(modem.stored("SM")).toBe(1);
    modem.reboot();
    expect(await te.heard()).toContain("+CPIN: SIM PIN");
  });

  test("three wrong ones, over any number of resets, lock the card", async () => {
    const { te, modem } = bench({ pin: "1234" });
    await te.say("ATE0;+CMEE=1\r");
    expect(await te.say('AT+CPIN="0000"\r')).toBe("\r\n+CME ERROR: 16\r\n");
    expect(await te.say("AT+CPINR\r")).toBe(`\r\n+CPINR: SIM PIN,2,3\r\n${OK}`);
    modem.reboot();
    await te.say("ATE0;+CMEE=1\r");
    await te.say('AT+CPIN="0001"\r');
    await te.say('AT+CPIN="0002"\r');
    expect(await te.say("AT+CPIN?\r")).toBe(`\r\n+CPIN: SIM PUK\r\n${OK}`);
    expect(await te.say('AT+CPIN="1234"\r')).toBe("\r\n+CME ERROR: 3\r\n");
    expect(await te.say("AT+CMGF=0\r")).toBe("\r\n+CMS ERROR: 316\r\n");
    expect(await te.say("AT+CIMI\r")).toBe("\r\n+CME ERROR: 12\r\n");
  });

  test("a right one restores the tries", async () => {
    const { te } = bench({ pin: "1234" });
    await te.say('AT+CPIN="0000"\r');
    await te.say('AT+CPIN="1234"\r');
    expect(await te.say("AT+CPINR\r")).toContain("+CPINR: SIM PIN,3,3");
  });
});

describe("the port", () => {
  test("closes when a newer one is opened, and when the plug is pulled", async () => {
    const { te, modem } = bench();
    const newer = new Terminal(modem);
    expect(te.closedFor).toBe("replaced by a newer connection");
    await expect(te.port.write(Buffer.from("AT\r"))).rejects.toMatchObject({ code: "line.closed" });
    expect(await newer.say("AT\r")).toContain("OK");
    modem.unplug();
    expect(newer.closedFor).toBe("unplugged");
    await newer.port.close();
    expect(newer.closedFor).toBe("unplugged");
  });

  test("reopened finds the modem as it was left, even inside a prompt", async () => {
    const { te, modem, network } = await configured({ cnmi: "2,1,0,0,0" });
    await te.say("AT+CMGS=30\r");
    await te.port.close();
    network.text({ from: PHONE, to: NUMBER, body: "nobody listens" });
    const reopened = new Terminal(modem);
    expect(await reopened.say(SUBMIT + CTRL_Z)).toContain("+CMGS: 1");
    expect(await reopened.say("AT+CPMS?\r")).toContain('"ME",1,100');
  });

  test("settles a write before any answer to it is heard", async () => {
    const { te } = bench();
    const order: string[] = [];
    te.port.onData(() => order.push("answer"));
    await te.port.write(Buffer.from("AT\r"));
    order.push("written");
    await te.heard();
    expect(order).toEqual(["written", "answer"]);
  });
});
