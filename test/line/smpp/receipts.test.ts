/** Receipts and the submissions they are about: quick, late, twice, in other figures, with other people's clocks. */
import { afterEach, describe, expect, test } from "vitest";
import { createSmppLine } from "../../../src/line/smpp/smpp-line.ts";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import { matchReport } from "../../../src/messaging/outbound/match-report.ts";
import { Recorder, segmentTo } from "../line-contract.ts";
import { Conversation, DEFAULTS } from "./rig.ts";

let conversation: Conversation;
afterEach(async () => {
  await conversation.end();
  expect(conversation.clock.pending, "timers left behind").toBe(0);
});

const ALICE = "+33612345678";
const BOB = "+33687654321";
const begin = async (options: Partial<SmppLineOptions> = {}) => {
  conversation = new Conversation(options);
  await conversation.ready();
};
const submit = (to = ALICE) =>
  conversation.line.submit(segmentTo(to, "x"), { submissionId: "s", signal: new AbortController().signal });
const receipt = (id: string, fields: { readonly to?: string; readonly submitDate?: string } = {}) => {
  const { to = "33612345678", submitDate = "2601041015" } = fields;
  const text = `id:${id} sub:001 dlvrd:001 submit date:${submitDate} done date:${submitDate} stat:DELIVRD err:000 text:`;
  conversation.smsc.delivers({ source: to, esmClass: 0x04, shortMessage: Buffer.from(text) });
};
const references = () => conversation.seen.reports.map(({ reference }) => reference);

describe("an SMSC that writes ids in hexadecimal, and in decimal in receipts", () => {
  test("is understood from the first receipt on", async () => {
    await begin();
    let id = 0xabc000;
    conversation.smsc.nextId = () => (id++).toString(16).toUpperCase();
    conversation.smsc.receiptIdOf = (messageId) => String(Number.parseInt(messageId, 16));
    const outcomes = [await submit(), await submit(BOB)];
    await conversation.until(() => references().length === 2);
    expect(outcomes).toMatchObject([{ reference: "ABC000" }, { reference: "ABC001" }]);
    expect(references()).toEqual(["ABC000", "ABC001"]);
  });

  test("is understood when its very first receipt is quicker than the response", async () => {
    await begin();
    conversation.smsc.sendsReceipts = false;
    conversation.smsc.nextId = () => "ABC000";
    const release = conversation.smsc.hold();
    const outcome = submit();
    await conversation.clock.advance(0);
    receipt(String(0xabc000));
    await conversation.clock.advance(100);
    expect(references()).toEqual([]);
    release();
    await conversation.clock.advance(0);
    expect(await outcome).toMatchObject({ reference: "ABC000" });
    expect(references()).toEqual(["ABC000"]);
  });

  test("is waited for no longer than five seconds", async () => {
    await begin();
    conversation.smsc.hold();
    const outcome = submit();
    receipt("4711");
    await conversation.clock.advance(4999);
    expect(references()).toEqual([]);
    await conversation.clock.advance(1);
    expect(references()).toEqual(["4711"]);
    await conversation.clock.advance(30_000);
    await outcome;
  });

  test("is remembered over a restart", async () => {
    await begin();
    conversation.smsc.nextId = () => "00ABC000";
    conversation.smsc.receiptIdOf = (messageId) => String(Number.parseInt(messageId, 16));
    await submit();
    await conversation.until(() => references().length === 1);
    const { clock, smsc, memory } = conversation;
    const seen = new Recorder();
    const line = createSmppLine({ ...DEFAULTS, clock, memory, openStream: smsc.openStream });
    const stopped = conversation.line.stop(0);
    await clock.advance(0);
    await stopped;
    line.start(seen.handlers);
    await conversation.until(() => line.status.state === "ready");
    receipt(String(0xabc001));
    await conversation.until(() => seen.reports.length === 1);
    expect(seen.reports[0]?.reference).toBe("00ABC001");
    const stopping = line.stop(0);
    await clock.advance(0);
    await stopping;
  });
});

describe("a receipt", () => {
  test("that comes twice is handed over twice, the same to the letter: messaging knows it", async () => {
    await begin();
    conversation.smsc.sendsReceipts = false;
    await submit();
    receipt("m1");
    receipt("m1");
    await conversation.until(() => references().length === 2);
    const [first, second] = conversation.seen.reports.map(({ raw: _, ...told }) => told);
    expect(second).toEqual(first);
  });

  test("that comes days later still has its id", async () => {
    await begin();
    conversation.smsc.sendsReceipts = false;
    await submit();
    await conversation.clock.advance(3 * 86_400_000);
    receipt("m1");
    await conversation.until(() => references().length === 1);
    expect(references()).toEqual(["m1"]);
  });

  test("is refused when it cannot be kept, and comes again", async () => {
    await begin();
    conversation.seen.answer = () => Promise.resolve("refused");
    await submit();
    await conversation.clock.advance(0);
    conversation.seen.answer = () => Promise.resolve("kept");
    await conversation.until(() => conversation.smsc.toDeliver.length === 0);
    expect(references()).toEqual(["m1", "m1"]);
    expect(conversation.line.status.counters).toMatchObject({ reports: 1, refused: 1 });
  });

  test("is not asked for when it is switched off", async () => {
    await begin({ registeredDelivery: false });
    await submit();
    await conversation.clock.advance(1000);
    expect(references()).toEqual([]);
  });
});

describe("the zone of receipts' dates", () => {
  // The fake clock begins on 2026-01-04 at 10:15:30 UTC.
  test("is learnt from a receipt whose response was seen, and remembered", async () => {
    await begin();
    conversation.smsc.sendsReceipts = false;
    receipt("m9", { submitDate: "2601041115" });
    await conversation.until(() => references().length === 1);
    expect(conversation.seen.reports[0]?.tpScts).toBeNull();
    await submit();
    receipt("m1", { submitDate: "2601041545" });
    receipt("m8", { submitDate: "2601041430" });
    await conversation.until(() => references().length === 3);
    expect(conversation.seen.reports.map(({ tpScts }) => tpScts)).toEqual([
      null,
      "2026-01-04T15:45+05:30",
      "2026-01-04T14:30+05:30",
    ]);
    expect(conversation.memory.entries.get("smpp.receipt-zone")).toBe("22");
  });

  test("changes with three receipts in a row, when summer time begins", async () => {
    await begin();
    conversation.smsc.sendsReceipts = false;
    const stamps = () => conversation.seen.reports.map(({ tpScts }) => tpScts?.slice(-6));
    for (const [index, hour] of ["11", "12", "11", "12", "12", "12"].entries()) {
      await submit();
      receipt(`m${index + 1}`, { submitDate: `260104${hour}15` });
      await conversation.until(() => references().length === index + 1);
    }
    expect(stamps()).toEqual(["+01:00", "+01:00", "+01:00", "+01:00", "+01:00", "+02:00"]);
  });

  test("is not learnt from dates that fit no zone", async () => {
    await begin();
    conversation.smsc.sendsReceipts = false;
    await submit();
    receipt("m1", { submitDate: "2601041022" });
    await conversation.until(() => references().length === 1);
    expect(conversation.seen.reports[0]?.tpScts).toBeNull();
  });

  test("tells which of two submissions to one person an id that was used again means", async () => {
    await begin();
    const { smsc, clock, seen } = conversation;
    smsc.sendsReceipts = false;
    smsc.nextId = () => "5";
    const startedAt = [clock.now()];
    await submit();
    receipt("5", { submitDate: "2601041115" });
    await conversation.until(() => references().length === 1);
    await clock.advance(3_600_000);
    startedAt.push(clock.now());
    await submit();
    receipt("5", { submitDate: "2601041115" });
    receipt("5", { submitDate: "2601041215" });
    await conversation.until(() => references().length === 3);
    const open = startedAt.map((at, index) => ({
      submissionId: `submission ${index + 1}`,
      messageSid: "SM",
      line: "carrier",
      state: "accepted" as const,
      reference: "5",
      recipient: ALICE,
      startedAt: at,
      doubtfulSince: null,
    }));
    const meant = seen.reports.map((report) => matchReport(report, open, clock.now())?.submissionId);
    expect(meant.slice(1)).toEqual(["submission 1", "submission 2"]);
  });
});
