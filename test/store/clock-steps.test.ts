import { afterEach, describe, expect, test } from "vitest";
import { epochOfKey, firstKeyAt, KeySequence, keyOfSid } from "../../src/runtime/ids.ts";
import { createCommands } from "../../src/store/commands.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { type InProcess, openInProcess } from "./in-process.ts";
import { ACCOUNT, FROM, newOutbound, TO } from "./new-outbound.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const STOPPED = Date.UTC(2026, 0, 4, 10, 15, 30);
/** A board without a battery starts where it stopped, or long before. */
const STARTS = [STOPPED, Date.UTC(1970, 0, 1)];

let opened: InProcess;
afterEach(() => opened.close());

/** A message of the day before the stop that still waits, and one that is finished; then the box starts anew. */
function restarted(openedAt: number) {
  opened = openInProcess(STOPPED - DAY);
  const { db } = opened;
  let commands = opened.commands;
  const clock = new FakeClock(STOPPED - DAY);
  let keys = new KeySequence(clock);
  const accept = (more: Parameters<typeof newOutbound>[0] = {}) => {
    const createdAt = clock.now();
    const message = newOutbound({
      sid: keys.sid("SM"),
      createdAt,
      expiresAt: (more.sendAt ?? createdAt) + 10 * HOUR,
      ...more,
    });
    expect(commands.accept(message).is).toBe("accepted");
    return message.sid;
  };
  const status = (sid: string) => commands.getMessage(sid)?.status;
  const old = { waiting: accept({ expiresAt: STOPPED + 9 * HOUR }), done: accept({ from: "36123" }) };
  commands.endQueue("36123", { errorCode: 30007, why: "for the test", at: clock.now() });
  commands.retire({ sentBefore: 0, limit: 10 });
  const set = createCommands(db, openedAt);
  commands = set.commands;
  clock.jump(openedAt - clock.now());
  keys = new KeySequence(clock, set.newestKey);
  const step = (byMs: number, { judgesOld = false } = {}) => {
    clock.jump(byMs);
    commands.clockStepped({ byMs, at: clock.now(), judgesOld });
  };
  return { db, clock, commands, accept, status, step, old };
}

describe.each(STARTS)("a box that starts at %i and is told the right time 3 years later", (openedAt) => {
  const found = STOPPED + 3 * YEAR;

  test("expires what is really that old, and nothing that it accepted since", () => {
    const box = restarted(openedAt);
    const sids = Array.from({ length: 10 }, () => box.accept());
    box.clock.jump(5 * MINUTE);
    box.step(found - box.clock.now(), { judgesOld: true });
    while (box.commands.expire(box.clock.now()) > 0);
    expect(sids.map(box.status)).toEqual(sids.map(() => "queued"));
    expect(box.status(box.old.waiting)).toBe("failed");
    // What is left of their validity is what was left of it.
    box.clock.jump(10 * HOUR - 5 * MINUTE - 1);
    box.commands.expire(box.clock.now());
    expect(box.status(sids[0]!)).toBe("queued");
    box.clock.jump(1);
    box.commands.expire(box.clock.now());
    expect(box.status(sids[0]!)).toBe("failed");
  });

  test("mends the dates of what moves, and lists it by them", () => {
    const box = restarted(openedAt);
    const sid = box.accept();
    box.clock.jump(5 * MINUTE);
    box.step(found - box.clock.now(), { judgesOld: true });
    expect(box.commands.getMessage(sid)).toMatchObject({ createdAt: found - 5 * MINUTE });
    box.commands.expire(box.clock.now());
    expect(box.commands.queueDepths()).toMatchObject([{ oldestAt: found - 5 * MINUTE }]);
    const filter = { accountSid: ACCOUNT, sentFrom: found - HOUR, limit: 10 };
    expect(box.commands.listMessages(filter).map((message) => message.sid)).toEqual([sid]);
  });

  test("keeps what it finished before it knew, as long as it keeps everything", () => {
    const box = restarted(openedAt);
    const sid = box.accept({ to: TO });
    box.commands.endQueue(FROM, { errorCode: 30007, why: "for the test", at: box.clock.now() });
    box.commands.retire({ sentBefore: 0, limit: 10 });
    box.commands.addEvent({ type: "daemon.started", level: "info", at: box.clock.now(), text: "now" });
    box.step(found - box.clock.now(), { judgesOld: true });
    const prune = () => {
      const before = box.clock.now() - 400 * DAY;
      const others = box.clock.now() - 90 * DAY;
      const all = { events: others, shownParts: others, undecodable: others, fingerprints: others };
      box.commands.prune({ ...all, messages: before, parkedReports: others }, 1000);
    };
    prune();
    expect(box.status(sid)).toBe("failed");
    expect(box.status(box.old.done)).toBeUndefined();
    expect(box.commands.listEvents({ type: "daemon.started", limit: 10 })).toHaveLength(1);
    box.clock.jump(401 * DAY);
    prune();
    expect(box.status(sid)).toBeUndefined();
    expect(box.commands.listEvents({ type: "daemon.started", limit: 10 })).toEqual([]);
  });
});

describe.each(STARTS)("a box that starts at %i and whose clock somebody sets", (openedAt) => {
  const VOUCHED = { judgesOld: true };
  /** What waited before the start, after so long a time of the box's own. */
  const statusAfter = (box: ReturnType<typeof restarted>, ms: number) => {
    box.clock.jump(ms);
    while (box.commands.expire(box.clock.now()) > 0);
    return box.status(box.old.waiting);
  };

  test.each([12 * HOUR, 3 * YEAR, -5 * HOUR, -3 * YEAR])(
    "by %i ms fails nothing of before the start that has not waited so long here",
    (slip) => {
      const box = restarted(openedAt);
      box.clock.jump(5 * MINUTE);
      box.step(STOPPED - openedAt + slip);
      // Stopped, it had 9 hours left; of a board that starts in the past its newest message tells when that was, 34
      // hours before the end.
      const left = (openedAt === STOPPED ? 9 : 24 + 9) * HOUR - 5 * MINUTE;
      expect(statusAfter(box, left - 1)).toBe("queued");
      expect(statusAfter(box, 1)).toBe("failed");
    },
  );

  test("fails nothing afterwards either, when the right time comes", () => {
    const box = restarted(openedAt);
    box.step(STOPPED - openedAt - 12 * HOUR);
    box.step(12 * HOUR, VOUCHED);
    expect(statusAfter(box, 8 * HOUR)).toBe("queued");
    box.step(3 * YEAR, VOUCHED);
    expect(statusAfter(box, 0)).toBe("queued");
  });
});

describe("a clock that is set back by 5 hours", () => {
  test("holds nothing up that backs off", () => {
    const box = restarted(STOPPED);
    const sid = box.accept({ from: "36123" });
    const [claim] = box.commands.claim("36123", { line: "a", limit: 1, now: box.clock.now() }).claims;
    const retryAt = box.clock.now() + MINUTE;
    box.commands.settle(claim!.submissionId, { is: "retry", retryAt, why: "busy" }, box.clock.now());
    box.step(-5 * HOUR);
    expect(box.commands.getMessage(sid)?.retryAt).toBe(box.clock.now() + MINUTE);
    box.clock.jump(MINUTE);
    expect(box.commands.claim("36123", { line: "a", limit: 1, now: box.clock.now() }).claims).toHaveLength(1);
  });

  test("nor what backed off before the restart that set it", () => {
    const box = restarted(STOPPED);
    box.accept({ from: "36123" });
    const [claim] = box.commands.claim("36123", { line: "a", limit: 1, now: box.clock.now() }).claims;
    const retryAt = box.clock.now() + MINUTE;
    box.commands.settle(claim!.submissionId, { is: "retry", retryAt, why: "busy" }, box.clock.now());
    const openedAt = box.clock.now() - 5 * HOUR;
    const { commands } = createCommands(box.db, openedAt);
    const now = openedAt + 15 * MINUTE;
    expect(commands.claim("36123", { line: "a", limit: 1, now }).claims).toHaveLength(1);
  });

  test("keeps the validity of what it accepted before", () => {
    const box = restarted(STOPPED);
    const sid = box.accept();
    box.step(-5 * HOUR);
    box.clock.jump(10 * HOUR);
    while (box.commands.expire(box.clock.now()) > 0);
    expect(box.status(sid)).toBe("failed");
  });
});

describe("a clock that is set", () => {
  test("leaves the instant that an app has named", () => {
    const box = restarted(STOPPED);
    const sendAt = STOPPED + 20 * DAY;
    const sid = box.accept({ sendAt, messagingServiceSid: `MG${"0".repeat(32)}` });
    box.step(DAY);
    expect(box.commands.standingOf(sid)).toMatchObject({ sendAt, expiresAt: sendAt + 10 * HOUR });
  });

  test("moves what waits to be told and what waits for its other parts", () => {
    const box = restarted(STOPPED);
    const sid = box.accept({ statusCallback: "http://app.test/status", from: "36123" });
    box.commands.endQueue("36123", { errorCode: 30007, why: "for the test", at: box.clock.now() });
    const [queue] = box.commands.webhookQueues();
    const before = box.commands.nextWebhook(queue!);
    expect(before?.facts).toMatchObject({ messageSid: sid });
    box.step(3 * YEAR);
    const after = box.commands.nextWebhook(queue!);
    expect(after).toEqual({
      ...before,
      createdAt: before!.createdAt + 3 * YEAR,
      notBefore: before!.notBefore + 3 * YEAR,
    });
  });

  test("back by years hides nothing new from a list by date, and lets what was sent retire", () => {
    const box = restarted(STOPPED + 3 * YEAR);
    box.accept({ from: "36123" });
    box.step(-3 * YEAR);
    const sid = box.accept();
    expect(epochOfKey(keyOfSid(sid)!)).toBeGreaterThan(STOPPED + 2 * YEAR);
    const listed = box.commands.listMessages({
      accountSid: ACCOUNT,
      from: FROM,
      sentFrom: box.clock.now() - HOUR,
      sentBefore: box.clock.now() + HOUR,
      limit: 10,
    });
    expect(listed.map((message) => message.sid)).toEqual([sid]);
    const claim = box.commands.claim(FROM, { line: "a", limit: 2, now: box.clock.now() }).claims.at(-1);
    box.commands.settle(claim!.submissionId, { is: "accepted", reference: "7" }, box.clock.now());
    expect(firstKeyAt(box.clock.now() + DAY)).toBeLessThan(keyOfSid(sid)!);
    expect(box.commands.retire({ sentBefore: box.clock.now() + DAY, limit: 10 })).toBeGreaterThan(0);
  });
});
