/** What `+CPIN?` says besides READY and SIM PIN, and a SIM that goes away in mid-life. */
import { describe, expect, test } from "vitest";
import { cms, ok } from "../../../src/line/simulator/call.ts";
import { segmentTo, until } from "../line-contract.ts";
import { posing } from "./posing-modem.ts";
import { closeStage, HONEST, lineOn, scriptBringUp } from "./scripted-line.ts";

const MODEM = { manufacturer: "Modem works", model: "M1" };

describe("a SIM that", () => {
  test.each([
    ["NOT INSERTED", /no SIM in the modem: insert one/],
    ["SIM PUK", /says "SIM PUK": it needs a person, and a phone to unlock it in/],
    ["PH-NET PIN", /locked to another network \(PH-NET PIN\)/],
    ["PH-SIM PIN", /locked to another SIM \(PH-SIM PIN\)/],
  ])("is %s needs a person, who is told what to do", async (word, reason) => {
    const stage = posing({ ...MODEM, answers: { "+CPIN?": [`+CPIN: ${word}`] } });
    stage.line.start(stage.seen.handlers);
    await until(stage.clock, () => stage.line.status.state === "refused");
    expect(stage.line.status.reason).toMatch(reason);
    await stage.stop();
  });

  test.each(["SIM PIN2", "SIM PUK2"])("asks for %s sends texts all the same", async (word) => {
    const stage = posing({ ...MODEM, answers: { "+CPIN?": [`+CPIN: ${word}`] } });
    await stage.ready();
    await stage.stop();
  });

  test("is NOT READY yet is waited for", async () => {
    const words = ["+CPIN: NOT READY"];
    const stage = posing({ ...MODEM, answers: { "+CPIN?": words } });
    stage.clock.timer(5000, () => words.splice(0, 1, "+CPIN: READY"));
    await stage.ready();
    expect(stage.seen.states.map(({ state }) => state)).not.toContain("refused");
    await stage.stop();
  });

  test("is put in later is found by itself", async () => {
    const words = ["+CPIN: NOT INSERTED"];
    const stage = posing({ ...MODEM, answers: { "+CPIN?": words } });
    stage.line.start(stage.seen.handlers);
    await until(stage.clock, () => stage.line.status.state === "refused");
    words.splice(0, 1, "+CPIN: READY");
    await until(stage.clock, () => stage.line.status.state === "ready", 120_000);
    await stage.stop();
  });

  test.each(["NOT INSERTED", "SIM PIN"])(
    "the modem says is %s in mid-life is looked at anew",
    async (word) => {
      const words = ["+CPIN: READY"];
      const stage = posing({ ...MODEM, answers: { "+CPIN?": words } });
      await stage.ready();
      words.splice(0, 1, `+CPIN: ${word}`);
      stage.modem.unsolicited(`+CPIN: ${word}`);
      await until(stage.clock, () => stage.line.status.state === "refused", 30_000);
      await stage.stop();
    },
  );

  test("goes without a word is missed when the network is", async () => {
    const words = ["+CPIN: READY"];
    const stage = posing({ ...MODEM, answers: { "+CPIN?": words } });
    await stage.ready();
    words.splice(0, 1, "+CPIN: NOT INSERTED");
    stage.modem.behave({ name: "no SIM", registration: () => 0 });
    await until(stage.clock, () => stage.line.status.state === "refused", 90_000);
    expect(stage.line.status.reason).toMatch(/insert one/);
    await stage.stop();
  });

  test.each([310, 313, 318])("is missed when a send is answered with %i", async (code) => {
    const words = ["+CPIN: READY"];
    const stage = posing({ ...MODEM, answers: { "+CPIN?": words } });
    await stage.ready();
    words.splice(0, 1, "+CPIN: NOT INSERTED");
    stage.modem.behave({
      name: "no SIM",
      onSubmit: (answer) => {
        answer(cms(code));
        return true;
      },
    });
    const { signal } = new AbortController();
    const sending = stage.line.submit(segmentTo("+33612345678", "hello"), { submissionId: "s1", signal });
    await until(stage.clock, () => stage.line.status.state === "refused", 30_000);
    expect(await sending).toMatchObject({ is: "rejected", fault: { disposition: "line", status: code } });
    await stage.stop();
  });

  test("is blamed by every send though it is READY is looked at every ten minutes, not at each send", async () => {
    const stage = posing(MODEM);
    await stage.ready();
    stage.modem.behave({
      name: "SIM failure",
      onSubmit: (answer) => {
        answer(cms(313));
        return true;
      },
    });
    const { signal } = new AbortController();
    const setUps = () => stage.typed.filter((text) => text === "ATE0").length;
    for (const expected of [2, 2, 2, 3]) {
      await until(stage.clock, () => stage.line.status.state === "ready");
      const sending = stage.line.submit(segmentTo("+33612345678", "hi"), { submissionId: "s1", signal });
      for (let ms = 0; ms < 210_000; ms += 100) await stage.clock.advance(100);
      expect((await sending).is).toBe("rejected");
      expect(setUps()).toBe(expected);
    }
    await stage.stop();
  });

  test("is fine though one send blamed it is used again", async () => {
    const stage = posing(MODEM);
    await stage.ready();
    let blamed = false;
    stage.modem.behave({
      name: "SIM failure, once",
      onSubmit: (answer) => {
        if (blamed) return false;
        blamed = true;
        answer(cms(313));
        return true;
      },
    });
    const { signal } = new AbortController();
    const first = stage.line.submit(segmentTo("+33612345678", "one"), { submissionId: "s1", signal });
    await until(stage.clock, () => stage.line.status.state === "starting", 30_000);
    await until(stage.clock, () => stage.line.status.state === "ready", 30_000);
    expect((await first).is).toBe("rejected");
    const second = stage.line.submit(segmentTo("+33612345678", "two"), { submissionId: "s2", signal });
    await stage.clock.advance(1000);
    expect((await second).is).toBe("accepted");
    await stage.stop();
  });
});

describe("in the first seconds after power-up", () => {
  test("message commands are refused, and waited for", async () => {
    const stage = posing(MODEM);
    let refusedUntil = 5000;
    stage.modem.behave({
      name: "SMS not ready for 5 s",
      onCommand: (call, answer) => {
        if (!["+CMGF", "+CPMS", "+CNMI"].includes(call.name)) return false;
        if (stage.clock.monotonicMs() >= refusedUntil) return false;
        answer(cms(302));
        return true;
      },
    });
    await stage.ready();
    expect(stage.clock.monotonicMs()).toBeGreaterThanOrEqual(refusedUntil);
    expect(stage.typed).toContain("AT+CNMI=2,1,0,2,0");
    refusedUntil = 0;
    await stage.stop();
  });

  test("announcements are refused, and the best are asked for again", async () => {
    const stage = posing(MODEM);
    let refused = 0;
    stage.modem.behave({
      name: "CNMI not ready",
      onCommand: (call, answer) => {
        if (call.name !== "+CNMI" || call.kind !== "set" || refused >= 3) return false;
        refused++;
        answer(cms(302));
        return true;
      },
    });
    await stage.ready();
    expect(stage.typed.findLast((text) => text.startsWith("AT+CNMI="))).toBe("AT+CNMI=2,1,0,2,0");
    await stage.stop();
  });

  test("a radio that is off is switched on", async () => {
    let level = 4;
    const stage = posing(MODEM);
    stage.modem.behave({
      name: "starts with its radio off",
      onCommand: (call, answer) => {
        if (call.name !== "+CFUN") return false;
        if (call.kind === "set") level = Number(call.parameters[0]);
        answer(call.kind === "read" ? ok(`+CFUN: ${level}`) : ok());
        return true;
      },
    });
    await stage.ready();
    expect(stage.typed).toContain("AT+CFUN=1");
    expect(level).toBe(1);
    await stage.stop();
  });
});

test("an answer to +CPIN? without an OK behind it, as Wavecom's, is an answer", async () => {
  const stage = lineOn();
  scriptBringUp(stage.modem, { ...HONEST, cpin: ["+CPIN: READY"] });
  stage.line.start(stage.seen.handlers);
  await stage.until(() => stage.line.status.state === "ready");
  stage.modem.finished();
  expect(stage.clock.monotonicMs()).toBeLessThan(10_000);
  await closeStage(stage);
});
