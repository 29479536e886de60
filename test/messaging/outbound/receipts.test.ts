/** Delivery receipts of an SMPP line: what tells them apart is a `message_id`, not an octet. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Report } from "../../../src/sms/message.ts";
import { unknown } from "../../harness/fake-line.ts";
import { PHONE } from "../numbers.ts";
import { Bench } from "./bench.ts";

const DAY_MS = 86_400_000;
const DELIVERED = 2;
const UNDELIVERABLE = 5;

let bench: Bench;
let ids: string[];
beforeEach(async () => {
  bench = await Bench.open({ smpp: ["sim1"], window: 10 });
  await bench.start();
  ids = [];
  answerWithIds();
});
afterEach(() => bench.close());

function answerWithIds(): void {
  let next = 0x661212a3;
  bench.line.carrier = () => ({ is: "accepted", reference: ids.shift() ?? (next++).toString(16) });
}

const receipt = (reference: string, fields: Partial<Report> = {}) =>
  bench.report({ reference, status: DELIVERED, ...fields });
const status = async (sid: string | undefined) => (await bench.message(sid)).status;
const referenceOf = async (sid: string | undefined) =>
  (await bench.store.submissionsOf(sid ?? "")).at(-1)?.reference ?? "none";

describe("a receipt", () => {
  test("finds its message by the id, among many to the same recipient", async () => {
    const sids = await bench.send(...Array.from({ length: 10 }, (_, at) => `m${at}`));
    await receipt(await referenceOf(sids[7]));
    const delivered = (await bench.statuses(sids)).map((each) => each === "delivered");
    expect(delivered.indexOf(true)).toBe(7);
    expect(delivered.filter(Boolean)).toHaveLength(1);
  });

  test("that says no carries the code of its message_state", async () => {
    const [sid] = await bench.send("hello");
    await receipt(await referenceOf(sid), { state: "failed", status: UNDELIVERABLE });
    expect(await bench.message(sid)).toMatchObject({ status: "undelivered", errorCode: 30003 });
  });

  test.each([
    ["with digits only", "33639980011"],
    ["nationally", "0639980011"],
    ["masked", "33639******"],
    ["as our own number: the addresses are swapped", "33639980001"],
    ["not at all", ""],
  ])("may name the recipient %s", async (_how, recipient) => {
    const [sid] = await bench.send("hello");
    await receipt(await referenceOf(sid), { recipient });
    expect(await status(sid)).toBe("delivered");
  });

  test("has a clock of its own, hours from ours", async () => {
    const [sid] = await bench.send("hello");
    const tpScts = new Date(bench.clock.now() - 5 * 3_600_000).toISOString();
    await receipt(await referenceOf(sid), { tpScts });
    expect(await status(sid)).toBe("delivered");
  });

  test("that comes twice, ten in a row, changes nothing and is not taken for another message's", async () => {
    const sids = await bench.send(...Array.from({ length: 10 }, (_, at) => `m${at}`));
    const references = await Promise.all(sids.map(referenceOf));
    for (const reference of references) await receipt(reference);
    bench.line.willAnswer(unknown());
    const [doubtful] = await bench.send("in doubt");
    for (const reference of references) expect(await receipt(reference)).toBe("kept");
    expect(await status(doubtful)).toBe("sending");
    expect(new Set(await bench.statuses(sids))).toEqual(new Set(["delivered"]));
    expect(await bench.eventTypes()).toEqual(["message.unknown"]);
  });

  test("that comes twice after a restart is known, be there as many as the line takes at once", async () => {
    const sids = await bench.send(...Array.from({ length: 40 }, (_, at) => `m${at}`));
    for (let round = 0; bench.line.handed.length < 40 && round < 50; round++) await bench.quiet();
    const references = await Promise.all(sids.map(referenceOf));
    for (const reference of references) await receipt(reference);
    bench.line.hold();
    const [doubtful] = await bench.send("in doubt");
    bench = await bench.crash();
    await bench.start();
    for (const reference of references) await receipt(reference);
    expect(await status(doubtful)).toBe("sending");
  });

  test("that is quicker than submit_sm_resp waits for it", async () => {
    bench.line.hold();
    const [sid] = await bench.send("quick");
    await receipt("661212ff");
    expect(await status(sid)).toBe("sending");
    bench.line.answer({ is: "accepted", reference: "661212ff" });
    await bench.quiet();
    expect(await status(sid)).toBe("delivered");
    expect(await bench.store.parkedReports("sim1", null)).toEqual([]);
    expect(await bench.eventTypes()).toEqual([]);
  });

  test("for a message whose response was lost settles it, and nothing is sent again", async () => {
    bench.line.willAnswer(unknown());
    const [sid] = await bench.send("response lost");
    await receipt("661212ff");
    expect(await status(sid)).toBe("delivered");
    await bench.advance(120_000, 60_000);
    expect(bench.line.handed).toHaveLength(1);
  });

  test("two days later makes the message delivered", async () => {
    const [sid] = await bench.send("hello");
    const reference = await referenceOf(sid);
    await bench.advance(2 * DAY_MS, DAY_MS);
    await receipt(reference, { tpScts: new Date(bench.clock.now() - 2 * DAY_MS).toISOString() });
    expect(await status(sid)).toBe("delivered");
  });

  test("after the message came to rest, three days later, is an event and no change", async () => {
    const [sid] = await bench.send("hello");
    const reference = await referenceOf(sid);
    await bench.advance(3 * DAY_MS + 1000, DAY_MS);
    await bench.store.retire({ sentBefore: bench.clock.now() - 3 * DAY_MS, limit: 100 });
    expect(await receipt(reference)).toBe("kept");
    expect(await status(sid)).toBe("sent");
    expect(await bench.eventTypes()).toEqual(["report.unmatched"]);
  });

  test("not yet, then yes", async () => {
    const [sid] = await bench.send("hello");
    const reference = await referenceOf(sid);
    await receipt(reference, { state: "pending", status: 6 });
    expect(await status(sid)).toBe("sent");
    await receipt(reference);
    expect(await status(sid)).toBe("delivered");
  });
});

describe("an SMSC that uses its ids again", () => {
  test("after the first message is through: the receipt is the new one's", async () => {
    ids.push("12345678", "12345678");
    const [first] = await bench.send("first");
    await receipt("12345678", { doneAt: "2026-01-04T10:15:30Z" });
    await bench.advance(60_000);
    const [second] = await bench.send("second");
    await receipt("12345678", { doneAt: "2026-01-04T10:16:30Z" });
    expect([await status(first), await status(second)]).toEqual(["delivered", "delivered"]);
  });

  test("while both wait: the recipient tells", async () => {
    ids.push("12345678", "12345678");
    const [first] = await bench.send("first");
    const second = await bench.accept({ to: "+33639980012" });
    await bench.quiet();
    await receipt("12345678", { recipient: PHONE });
    expect([await status(first), await status(second)]).toEqual(["delivered", "sent"]);
  });

  test("while both wait and the recipient is unknown: neither is believed delivered", async () => {
    ids.push("12345678", "12345678");
    const [first] = await bench.send("first");
    const second = await bench.accept({ to: "+33639980012" });
    await bench.quiet();
    await receipt("12345678", { recipient: "" });
    expect([await status(first), await status(second)]).toEqual(["sent", "sent"]);
    expect(await bench.eventTypes()).toEqual(["report.unmatched"]);
  });
});

describe("an SMSC that gives no ids", () => {
  test("is matched by recipient and order, once that shows", async () => {
    ids.push("", "", "", "");
    const sids = await bench.send("a", "b", "c", "d");
    await receipt("", {});
    await receipt("", { doneAt: "2026-01-04T10:15:31Z" });
    expect(await bench.statuses(sids)).toEqual(["delivered", "delivered", "sent", "sent"]);
  });
});
