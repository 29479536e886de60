import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PhoneTurns } from "../../../src/messaging/outbound/phone-turns.ts";
import { recordParkedReports } from "../../../src/messaging/outbound/report.ts";
import { unknown } from "../../harness/fake-line.ts";
import { Bench } from "./bench.ts";

const LONG = "a".repeat(2 * 153 + 1);

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
  await bench.start();
});
afterEach(() => bench.close());

const status = async (sid: string | undefined) => (await bench.message(sid)).status;

describe("a delivery report", () => {
  test("makes a sent message delivered", async () => {
    const [sid] = await bench.send("hello");
    expect(await bench.report({ reference: "0" })).toBe("kept");
    expect(await status(sid)).toBe("delivered");
  });

  test("that says no makes it undelivered, with Twilio's code and an event", async () => {
    const [sid] = await bench.send("hello");
    await bench.report({ state: "failed", status: 0x43 });
    expect(await bench.message(sid)).toMatchObject({ status: "undelivered", errorCode: 30005 });
    expect(await bench.eventTypes()).toEqual(["message.failed"]);
  });

  test("that says not yet leaves it sent, and the next one counts", async () => {
    const [sid] = await bench.send("hello");
    await bench.report({ state: "pending", status: 0x30 });
    expect(await status(sid)).toBe("sent");
    await bench.report();
    expect(await status(sid)).toBe("delivered");
  });

  test("that comes again after a restart is not taken for another message's in doubt", async () => {
    const [delivered] = await bench.send("there");
    const again = { reference: "0", tpScts: new Date(bench.clock.now()).toISOString() };
    await bench.report(again);
    bench.line.hold();
    const [doubtful] = await bench.send("in doubt");
    bench = await bench.crash();
    await bench.start();
    expect(await bench.report(again)).toBe("kept");
    expect([await status(delivered), await status(doubtful)]).toEqual(["delivered", "sending"]);
    await bench.advance(60_000);
    await bench.quiet();
    expect(bench.line.texts).toEqual(["in doubt"]);
    expect(await bench.report({ reference: "0", tpScts: new Date(bench.clock.now()).toISOString() })).toBe(
      "kept",
    );
    expect(await status(doubtful)).toBe("delivered");
  });

  test("that comes twice changes nothing", async () => {
    const [sid] = await bench.send("hello");
    await bench.report();
    expect(await bench.report({ state: "failed", status: 0x46 })).toBe("kept");
    expect(await status(sid)).toBe("delivered");
  });

  test("is wanted for every part before a message is delivered", async () => {
    const [sid] = await bench.send(LONG);
    await bench.quiet();
    expect(bench.line.handed).toHaveLength(3);
    await bench.report({ reference: "2" });
    await bench.report({ reference: "0" });
    expect(await status(sid)).toBe("sent");
    await bench.report({ reference: "1" });
    expect(await status(sid)).toBe("delivered");
  });

  test("of one part that says no ends the message", async () => {
    const [sid] = await bench.send(LONG);
    await bench.quiet();
    await bench.report({ reference: "1", state: "failed", status: 0x60 });
    expect(await bench.message(sid)).toMatchObject({ status: "undelivered", errorCode: 30017 });
  });

  test("that fails one part keeps back the parts that are claimed and not on the wire yet", async () => {
    bench.line.hold();
    const [sid, next] = await bench.send(LONG, "next");
    bench.line.answer();
    await bench.quiet();
    expect(bench.line.handed).toHaveLength(2);
    await bench.report({ reference: "0", state: "failed", status: 0x41 });
    bench.line.answer();
    await bench.quiet();
    expect(await bench.message(sid)).toMatchObject({ status: "undelivered", errorCode: 30006 });
    expect(bench.line.texts.slice(2)).toEqual(["next"]);
    expect(await bench.store.submissionsOf(sid!)).toHaveLength(2);
    expect(await status(next)).toBe("sending");
  });

  test("is matched by line: another line's report with the same reference and recipient is not taken", async () => {
    const [sid] = await bench.send("hello");
    expect(await bench.report({ reference: "0" }, "sim2")).toBe("kept");
    expect(await status(sid)).toBe("sent");
    expect(await bench.eventTypes()).toEqual(["report.unmatched"]);
  });

  test("is matched after the references have wrapped: the stamp tells the two apart", async () => {
    const [first] = await bench.send("first");
    const firstAt = new Date(bench.clock.now()).toISOString();
    await bench.advance(600_000);
    await Promise.all(Array.from({ length: 255 }, () => bench.accept({ to: "+33639980012" })));
    for (let round = 0; bench.line.handed.length < 256 && round < 100; round++) await bench.quiet();
    const [last] = await bench.send("wrapped");
    expect(bench.line.handed).toHaveLength(257);
    await bench.report({ reference: "0" });
    expect(await bench.statuses([first!, last!])).toEqual(["sent", "delivered"]);
    await bench.report({ reference: "0", tpScts: firstAt });
    expect(await status(first)).toBe("delivered");
  });

  test("for nobody is kept with an event", async () => {
    expect(await bench.report({ reference: "99" })).toBe("kept");
    expect(await bench.eventTypes()).toEqual(["report.unmatched"]);
  });

  test("is refused when the store cannot keep it, so that the network offers it again", async () => {
    await bench.store.close();
    expect(await bench.report()).toBe("refused");
  });
});

describe("a report that is quicker than the answer", () => {
  test("is found when the answer comes", async () => {
    bench.line.hold();
    const [sid] = await bench.send("quick");
    await bench.report({ reference: "0" });
    expect(await status(sid)).toBe("sending");
    bench.line.answer();
    await bench.quiet();
    expect(await status(sid)).toBe("delivered");
    expect(await bench.store.parkedReports("sim1", "0")).toEqual([]);
    expect(await bench.eventTypes()).toEqual([]);
  });

  test("is found whichever of the two reaches the disk first", async () => {
    bench.line.hold();
    const [sid] = await bench.send("race");
    const reported = bench.report({ reference: "0" });
    bench.line.answer();
    await reported;
    await bench.quiet();
    expect(await status(sid)).toBe("delivered");
    expect(await bench.store.parkedReports("sim1", "0")).toEqual([]);
  });

  test("of an earlier message does not count for a later one with the same reference", async () => {
    await bench.report({ reference: "0" });
    await bench.advance(3_600_000);
    const [sid] = await bench.send("later");
    expect(await status(sid)).toBe("sent");
  });
});

describe("a modem that answers every message with the same reference", () => {
  const constant = { is: "accepted", reference: "0" } as const;
  const phones = ["+33639980021", "+33639980022", "+33639980023"];
  const sendTo = async (to: string) => {
    bench.line.willAnswer(constant);
    const sid = await bench.accept({ to });
    await bench.quiet();
    return sid;
  };

  test("has its reports matched by recipient, whatever reference they carry", async () => {
    const sids: string[] = [];
    for (const to of phones) sids.push(await sendTo(to));
    await bench.report({ reference: "18", recipient: phones[1]! });
    await bench.report({ reference: "0", recipient: phones[2]!, state: "failed", status: 0x43 });
    expect(await bench.statuses(sids)).toEqual(["sent", "delivered", "undelivered"]);
    expect(await bench.report({ reference: "19", recipient: "+33639980099" })).toBe("kept");
    expect(await bench.eventTypes()).toEqual(["message.failed", "report.unmatched"]);
  });

  test("has reports about one phone matched in their order", async () => {
    const sids: string[] = [];
    for (let text = 0; text < 3; text++) {
      sids.push(await sendTo(phones[0]!));
      await bench.advance(5_000);
    }
    await bench.report({ reference: "31", recipient: phones[0]! });
    expect(await bench.statuses(sids)).toEqual(["delivered", "sent", "sent"]);
    await bench.report({ reference: "32", recipient: phones[0]!, state: "failed", status: 0x46 });
    await bench.report({ reference: "33", recipient: phones[0]! });
    expect(await bench.statuses(sids)).toEqual(["delivered", "undelivered", "delivered"]);
  });

  test("is not suspected of it before its third answer, nor when they count up", async () => {
    const sid = await sendTo(phones[0]!);
    await sendTo(phones[1]!);
    await bench.report({ reference: "18", recipient: phones[0]! });
    expect(await status(sid)).toBe("sent");
    await bench.send("one", "two", "three");
    await bench.report({ reference: "19", recipient: phones[0]! });
    expect(await status(sid)).toBe("sent");
  });
});

describe("a message whose report never comes", () => {
  const DAY = 86_400_000;

  test("rests as sent three days later, and a report that comes then is kept with an event", async () => {
    const [sid] = await bench.send("silent network");
    await bench.advance(3 * DAY - 1000);
    const rest = () => bench.store.retire({ sentBefore: bench.clock.now() - 3 * DAY, limit: 10 });
    expect(await rest()).toBe(0);
    await bench.advance(2000);
    expect(await rest()).toBe(1);
    expect(await bench.report({ reference: "0" })).toBe("kept");
    expect(await status(sid)).toBe("sent");
    expect(await bench.eventTypes()).toEqual(["report.unmatched"]);
  });
});

test("a report that came before its answer settles it when the process died in between", async () => {
  bench.line.hold();
  const [sid] = await bench.send("quick");
  await bench.report({ reference: "77" });
  bench = await bench.crash();
  await bench.start();
  await bench.advance(60_000);
  await bench.quiet();
  expect(bench.line.handed).toEqual([]);
  expect(await status(sid)).toBe("delivered");
});

test("one report settles one of the messages in doubt for a phone, and none that was never sent", async () => {
  await bench.close();
  bench = await Bench.open({ window: 3, smpp: ["sim1"] });
  await bench.start();
  bench.line.hold();
  const sids = await bench.send("one", "two", "three", "recorded behind them");
  expect(bench.line.texts).toEqual(["one", "two", "three"]);
  for (const reference of ["4a01", "4a02", "4a03"]) await bench.report({ reference });
  bench = await bench.crash();
  await bench.start();
  await bench.advance(60_000);
  await bench.quiet();
  expect(bench.line.texts).toEqual(["recorded behind them"]);
  expect(await bench.statuses(sids)).toEqual(["delivered", "delivered", "delivered", "sent"]);
});

test("a report that settles a message waits for no other from then on, whenever the power goes", async () => {
  bench.line.hold();
  await bench.send("one");
  await bench.report({ reference: "77" });
  bench = await bench.crash();
  const [inDoubt] = await bench.store.unknownSubmissions();
  let isOver = false;
  const dying = new Proxy(bench.store, {
    get(store, name) {
      if (isOver) return () => Promise.reject(new Error("the power is gone"));
      const command: unknown = Reflect.get(store, name, store);
      if (typeof command !== "function") return command;
      return async (...args: unknown[]) => {
        const answer: unknown = await command.apply(store, args);
        isOver ||= name === "recordReport";
        return answer;
      };
    },
  });
  const deps = { store: dying, kindOf: () => "smpp" as const, clock: bench.clock, turns: new PhoneTurns() };
  await recordParkedReports(deps, { ...inDoubt!, reference: null }).catch(() => undefined);
  expect(await bench.store.parkedReports("sim1", null)).toEqual([]);
});

describe("a report for a message nobody knows the outcome of", () => {
  test("is not lost while another message to the same phone is on the air", async () => {
    bench.line.willAnswer(unknown());
    const [sid] = await bench.send("perhaps");
    bench.line.hold();
    const [other] = await bench.send("other");
    await bench.report({ reference: "202" });
    expect(await bench.statuses([sid!, other!])).toEqual(["sending", "sending"]);
    bench.line.answer();
    await bench.advance(60_000);
    await bench.quiet();
    expect(await bench.statuses([sid!, other!])).toEqual(["delivered", "sent"]);
    expect(bench.line.texts).toEqual(["perhaps", "other"]);
  });

  test("is the report of the one it fits best, whichever is judged first", async () => {
    const stampOf = () => new Date(bench.clock.now()).toISOString();
    bench.line.willAnswer(unknown(), unknown());
    const [neverTaken] = await bench.send("never taken");
    await bench.advance(2000);
    const taken = stampOf();
    const [reported] = await bench.send("taken");
    bench.line.hold();
    const [other] = await bench.send("other");
    await bench.report({ reference: "9", tpScts: taken });
    bench.line.answer();
    bench.line.become("opening");
    await bench.advance(1000);
    bench.line.become("ready");
    await bench.advance(60_000);
    bench.line.answer();
    await bench.quiet();
    expect(bench.line.texts).toEqual(["never taken", "taken", "other", "never taken"]);
    expect(await bench.statuses([neverTaken!, reported!, other!])).toEqual(["sent", "delivered", "sent"]);
  });

  test("settles it, even when it only says not yet", async () => {
    bench.line.willAnswer(unknown());
    const [sid] = await bench.send("perhaps");
    await bench.report({ reference: "200", state: "pending", status: 0x21 });
    expect(await status(sid)).toBe("sent");
    await bench.advance(60_000);
    expect(bench.line.texts).toEqual(["perhaps"]);
    await bench.report({ reference: "200" });
    expect(await status(sid)).toBe("delivered");
  });

  test("that comes with others for the same phone is not taken for the report they are", async () => {
    await bench.close();
    bench = await Bench.open({ window: 3, smpp: ["sim1"] });
    await bench.start();
    bench.line.hold();
    const sids = await bench.send("one", "two", "three");
    expect(bench.line.handed).toHaveLength(3);
    bench = await bench.crash();
    await bench.start();
    await Promise.all(["4a01", "4a02", "4a03"].map((reference) => bench.report({ reference })));
    expect(await bench.statuses(sids)).toEqual(["delivered", "delivered", "delivered"]);
    await bench.advance(60_000);
    await bench.quiet();
    expect(bench.line.handed).toEqual([]);
  });

  test("that comes after it was sent again delivers it all the same", async () => {
    bench.line.willAnswer(unknown());
    const [sid] = await bench.send("perhaps");
    const firstTry = new Date(bench.clock.now()).toISOString();
    await bench.advance(60_000);
    await bench.quiet();
    expect(bench.line.texts).toHaveLength(2);
    await bench.report({ reference: "201", tpScts: firstTry });
    expect(await status(sid)).toBe("delivered");
  });
});
