import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewEvent } from "../../src/runtime/event.ts";
import type { Claim, NewOutbound, Store } from "../../src/store/store.ts";
import type { ReportRecord } from "../../src/store/submission-record.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { FROM, newOutbound, T0, TO } from "./new-outbound.ts";

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

const RESENT: NewEvent = { type: "message.resent", level: "warning", at: T0, text: "sent again" };

async function acceptAndClaim(given: Partial<NewOutbound> = {}, limit = 1): Promise<readonly Claim[]> {
  await store.accept(newOutbound(given));
  const { claims } = await store.claim(FROM, { line: "sim1", limit, now: T0 });
  return claims;
}

async function oneUnknown(): Promise<Claim> {
  const [submission] = await acceptAndClaim();
  if (submission === undefined) throw new Error("nothing to claim");
  await store.settle(submission.submissionId, { is: "unknown", why: "the port closed" }, T0);
  return submission;
}

function report(state: ReportRecord["state"], reference: string, at = T0 + 100): ReportRecord {
  return { state, status: state === "delivered" ? 0 : 70, errorCode: null, reference, doneAt: null, at };
}

async function next(): Promise<Claim | undefined> {
  return (await store.claim(FROM, { line: "sim1", limit: 1, now: T0 })).claims[0];
}

describe("a submission whose outcome is unknown", () => {
  it("holds its message and lets the queue behind go on", async () => {
    const parts = ["one ", "two ", "three"];
    const [first] = await acceptAndClaim({ parts });
    if (first === undefined) throw new Error("nothing to claim");
    await store.settle(first.submissionId, { is: "unknown", why: "the port closed" }, T0);
    const other = newOutbound();
    await store.accept(other);
    expect((await next())?.messageSid).toBe(other.sid);
    expect(await next()).toBeUndefined();
    expect(await store.unknownSubmissions()).toEqual([
      {
        submissionId: first.submissionId,
        messageSid: first.messageSid,
        queue: FROM,
        line: "sim1",
        recipient: TO,
        startedAt: T0,
        resends: 0,
      },
    ]);
  });

  it("does not expire while it is held", async () => {
    const held = await oneUnknown();
    expect(await store.expire(T0 + 36_000_001)).toBe(0);
    expect(await store.getMessage(held.messageSid)).toMatchObject({ status: "sending" });
  });

  it("is sent again first of all, with an event, when that is the verdict", async () => {
    const held = await oneUnknown();
    await store.accept(newOutbound());
    const { is } = await store.resolveUnknown(held.submissionId, "resend", { at: T0 + 5, event: RESENT });
    expect(is).toBe("settled");
    expect((await store.listEvents({ limit: 1 }))[0]).toMatchObject(RESENT);
    expect(await store.unknownSubmissions()).toEqual([]);
    const again = await next();
    expect(again?.messageSid).toBe(held.messageSid);
    expect(again?.attempts).toBe(0);
  });

  it("is sent again behind single messages when it is a broadcast, and before the others", async () => {
    await store.accept(newOutbound({ lane: "broadcast" }));
    const held = await next();
    if (held === undefined) throw new Error("nothing to claim");
    await store.settle(held.submissionId, { is: "unknown", why: "no answer" }, T0);
    await store.accept(newOutbound({ lane: "broadcast" }));
    await store.resolveUnknown(held.submissionId, "resend", { at: T0 + 5, event: RESENT });
    const alert = newOutbound();
    await store.accept(alert);
    expect([(await next())?.messageSid, (await next())?.messageSid]).toEqual([alert.sid, held.messageSid]);
  });

  it("ends its message when that is the verdict", async () => {
    const held = await oneUnknown();
    const event: NewEvent = { ...RESENT, type: "message.unknown", errorCode: 30008 };
    await store.resolveUnknown(held.submissionId, "failed", { at: T0 + 5, event });
    expect(await store.getMessage(held.messageSid)).toMatchObject({
      status: "failed",
      errorCode: 30008,
      errorMessage: "the port closed",
    });
    expect((await store.listEvents({ limit: 5 })).map((each) => each.type)).toEqual([
      "message.failed",
      "message.unknown",
      "message.unknown",
    ]);
  });

  it("is judged once", async () => {
    const held = await oneUnknown();
    const options = { at: T0, event: RESENT };
    await store.resolveUnknown(held.submissionId, "resend", options);
    expect((await store.resolveUnknown(held.submissionId, "failed", options)).is).toBe("stale");
    expect((await store.listEvents({ limit: 5 })).map((each) => each.type)).toEqual([
      "message.resent",
      "message.unknown",
    ]);
  });

  it("is settled by its report, which gives it its reference", async () => {
    const held = await oneUnknown();
    const [open] = await store.openSubmissions("sim1", "42");
    expect(open).toMatchObject({ submissionId: held.submissionId, state: "unknown", reference: null });
    await store.recordReport(held.submissionId, report("delivered", "42"));
    expect(await store.getMessage(held.messageSid)).toMatchObject({
      status: "delivered",
      sentAt: T0 + 100,
      line: "sim1",
      waitingFor: null,
    });
    expect(await store.submissionsOf(held.messageSid)).toMatchObject([
      { state: "accepted", reference: "42", reportState: "delivered" },
    ]);
    expect(await store.unknownSubmissions()).toEqual([]);
  });

  it("is known to have left by a temporary report, and waits for the final one", async () => {
    const held = await oneUnknown();
    const { message } = await store.recordReport(held.submissionId, report("pending", "42"));
    expect(message.status).toBe("sent");
    expect(await store.openSubmissions("sim1", "42")).toMatchObject([{ state: "accepted", reference: "42" }]);
    await store.recordReport(held.submissionId, report("failed", "42"));
    expect(await store.getMessage(held.messageSid)).toMatchObject({ status: "undelivered" });
  });

  it("lets the rest of its message go on once a report has settled it", async () => {
    const [first] = await acceptAndClaim({ parts: ["one ", "two"] });
    if (first === undefined) throw new Error("nothing to claim");
    await store.settle(first.submissionId, { is: "unknown", why: "the port closed" }, T0);
    const told: string[] = [];
    store.onQueued((queue) => told.push(queue));
    await store.recordReport(first.submissionId, report("delivered", "1"));
    expect(told).toEqual([FROM]);
    expect(await next()).toMatchObject({ messageSid: first.messageSid, index: 1 });
  });

  it("delivers its message by a late report although it was queued again", async () => {
    const held = await oneUnknown();
    await store.resolveUnknown(held.submissionId, "resend", { at: T0, event: RESENT });
    await store.recordReport(held.submissionId, report("delivered", "42"));
    expect(await store.getMessage(held.messageSid)).toMatchObject({ status: "delivered" });
    expect(await next()).toBeUndefined();
    expect(await store.queueDepths()).toEqual([]);
  });

  it("cannot fail by a late report what was sent again since", async () => {
    const held = await oneUnknown();
    await store.resolveUnknown(held.submissionId, "resend", { at: T0, event: RESENT });
    const again = await next();
    if (again === undefined) throw new Error("it was not queued again");
    await store.settle(again.submissionId, { is: "accepted", reference: "43" }, T0);
    await store.recordReport(held.submissionId, report("failed", "42"));
    expect(await store.getMessage(held.messageSid)).toMatchObject({ status: "sent" });
    await store.recordReport(again.submissionId, report("delivered", "43"));
    expect(await store.getMessage(held.messageSid)).toMatchObject({ status: "delivered" });
  });
});

describe("a report", () => {
  it("that is quicker than the line's answer wins, and the answer is stale", async () => {
    const [submission] = await acceptAndClaim();
    if (submission === undefined) throw new Error("nothing to claim");
    const { message } = await store.recordReport(submission.submissionId, report("delivered", "5"));
    expect(message.status).toBe("delivered");
    const late = await store.settle(submission.submissionId, { is: "accepted", reference: "5" }, T0 + 200);
    expect(late).toMatchObject({ is: "stale", message: { status: "delivered" } });
  });

  it("that is temporary is recorded and settles nothing", async () => {
    const [submission] = await acceptAndClaim();
    if (submission === undefined) throw new Error("nothing to claim");
    await store.settle(submission.submissionId, { is: "accepted", reference: "5" }, T0);
    await store.recordReport(submission.submissionId, report("pending", "5"));
    expect(await store.submissionsOf(submission.messageSid)).toMatchObject([{ reportState: "pending" }]);
    expect(await store.getMessage(submission.messageSid)).toMatchObject({ status: "sent" });
    expect(await store.openSubmissions("sim1", "5")).toHaveLength(1);
  });

  it("that is final is recorded once", async () => {
    const [submission] = await acceptAndClaim();
    if (submission === undefined) throw new Error("nothing to claim");
    await store.settle(submission.submissionId, { is: "accepted", reference: "5" }, T0);
    await store.recordReport(submission.submissionId, report("delivered", "5"));
    expect((await store.recordReport(submission.submissionId, report("failed", "5"))).is).toBe("stale");
  });

  it("may be about any submission of its line and reference, newest first, or one without a reference", async () => {
    const claims = await acceptAndClaim({ parts: ["a", "b", "c", "d"] }, 4);
    const [one, two, three, four] = claims.map((each) => each.submissionId);
    if (one === undefined || two === undefined || three === undefined || four === undefined) {
      throw new Error("four segments expected");
    }
    await store.settle(one, { is: "accepted", reference: "5" }, T0);
    await store.settle(two, { is: "accepted", reference: "6" }, T0);
    await store.settle(three, { is: "unknown", why: "?" }, T0);
    const candidates = await store.openSubmissions("sim1", "5");
    expect(candidates.map((each) => [each.submissionId, each.state])).toEqual([
      [four, "trying"],
      [three, "unknown"],
      [one, "accepted"],
    ]);
    expect(await store.openSubmissions("other", "5")).toEqual([]);
  });

  it("that nobody waits for is parked until it is dropped", async () => {
    const parked = {
      reference: "9",
      recipient: TO,
      state: "delivered",
      status: 0,
      errorCode: null,
      tpScts: null,
      doneAt: null,
      raw: "00",
    } as const;
    await store.parkReport("sim1", parked, T0);
    await store.parkReport("sim1", { ...parked, status: 1 }, T0);
    await store.parkReport("sim2", parked, T0);
    const found = await store.parkedReports("sim1", "9");
    expect(found.map((each) => each.report)).toEqual([parked, { ...parked, status: 1 }]);
    await store.dropParked(found.map((each) => each.parkedId));
    expect(await store.parkedReports("sim1", "9")).toEqual([]);
    expect(await store.parkedReports("sim2", "9")).toHaveLength(1);
  });
});

describe("an answer that comes after its outcome was called unknown", () => {
  const late = (claim: Claim) =>
    store.settle(claim.submissionId, { is: "accepted", reference: "44" }, T0 + 200);

  it("settles it, and its report is recognised", async () => {
    const claim = await oneUnknown();
    expect(await late(claim)).toMatchObject({ is: "settled", message: { status: "sent" } });
    expect(await store.unknownSubmissions()).toEqual([]);
    expect(await store.openSubmissions("sim1", "44")).toMatchObject([{ state: "accepted", reference: "44" }]);
    expect((await late(claim)).is).toBe("stale");
  });

  it("keeps a message that waits to be sent again from being sent again", async () => {
    const claim = await oneUnknown();
    await store.resolveUnknown(claim.submissionId, "resend", { at: T0, event: RESENT });
    expect(await late(claim)).toMatchObject({ is: "settled", message: { status: "sent" } });
    expect(await next()).toBeUndefined();
  });

  it("says nothing of a message that is being sent again", async () => {
    const claim = await oneUnknown();
    await store.resolveUnknown(claim.submissionId, "resend", { at: T0, event: RESENT });
    const again = await next();
    if (again === undefined) throw new Error("nothing to claim");
    expect((await late(claim)).is).toBe("stale");
    const settled = await store.settle(again.submissionId, { is: "accepted", reference: "45" }, T0 + 300);
    expect(settled).toMatchObject({ is: "settled", message: { status: "sent" } });
  });

  it("does not bring back a message that was given up", async () => {
    const claim = await oneUnknown();
    await store.resolveUnknown(claim.submissionId, "failed", { at: T0, event: RESENT });
    expect(await late(claim)).toMatchObject({ is: "stale", message: { status: "failed" } });
  });
});

describe("the end of the daemon", () => {
  it("makes what it was trying unknown, and what it had settled stays", async () => {
    const [settled] = await acceptAndClaim();
    const [trying] = await acceptAndClaim();
    if (settled === undefined || trying === undefined) throw new Error("two messages expected");
    await store.settle(settled.submissionId, { is: "accepted", reference: "1" }, T0);
    const after = await opened.powerCut();
    try {
      expect((await after.store.unknownSubmissions()).map((each) => each.submissionId)).toEqual([
        trying.submissionId,
      ]);
      const [detail] = await after.store.submissionsOf(trying.messageSid);
      expect(detail).toMatchObject({ state: "unknown", why: "the daemon ended while it was on the wire" });
      expect(await after.store.listEvents({ limit: 5 })).toMatchObject([
        {
          type: "message.unknown",
          level: "warning",
          messageSid: trying.messageSid,
          line: "sim1",
          text: expect.stringMatching(/ on sim1: the appliance ended before the answer came\./),
        },
      ]);
      expect(await after.store.getMessage(settled.messageSid)).toMatchObject({ status: "sent" });
      const late = await after.store.settle(trying.submissionId, { is: "released", why: "no" }, T0);
      expect(late.is).toBe("stale");
    } finally {
      await after.remove();
    }
  });
});
