import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PlanPeriod, PlanTerms } from "../../src/store/plan-commands.ts";
import type { Claim, NewOutbound, Settlement, Store } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { keptSince } from "./kept-since.ts";
import { FROM, newOutbound, T0 } from "./new-outbound.ts";

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

const LENGTHS: Readonly<Record<PlanPeriod, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  month: 30 * 86_400_000,
};

type Caps = Partial<Record<PlanPeriod, number>> & { recipients?: number };

/** Periods of equal length, which is all the store knows of a calendar. */
function terms(caps: Caps, now = T0): PlanTerms {
  const period = (name: PlanPeriod) => {
    const startsAt = Math.floor(now / LENGTHS[name]) * LENGTHS[name];
    return { startsAt, endsAt: startsAt + LENGTHS[name], segments: caps[name] ?? null };
  };
  return {
    periods: { minute: period("minute"), hour: period("hour"), day: period("day"), month: period("month") },
    recipients: caps.recipients ?? null,
    warnAtPercent: 80,
  };
}

async function accept(count: number, given: Partial<NewOutbound> = {}): Promise<readonly string[]> {
  const messages = Array.from({ length: count }, () =>
    newOutbound({ lane: "broadcast", expiresAt: T0 + 90 * LENGTHS.day, ...given }),
  );
  for (const message of messages) expect((await store.accept(message)).is).toBe("accepted");
  return messages.map(({ sid }) => sid);
}

function claim(caps: Caps, limit = 100, now = T0) {
  return store.claim(FROM, { line: "sim1", limit, now, plan: terms(caps, now) });
}

async function settle(claims: readonly Claim[], settlement: Settlement): Promise<void> {
  for (const { submissionId } of claims) await store.settle(submissionId, settlement, T0 + 1);
}

async function used(): Promise<readonly number[]> {
  const use = await store.planUse("sim1");
  return [...Object.values(use?.periods ?? {}).map(({ segments }) => segments), use?.recipients ?? 0];
}

const eventsOf = async () =>
  (await store.listEvents({ limit: 100 })).map(({ type, text }) => [type, text]).reverse();

describe("a cap on segments", () => {
  it("holds the broadcasts that come after it, and says until when", async () => {
    await accept(5);
    const first = await claim({ day: 3 });
    expect(first.claims).toHaveLength(3);
    const second = await claim({ day: 3 });
    expect(second).toEqual({ claims: [], nextDueAt: terms({}).periods.day.endsAt });
  });

  it("lets single messages go on, and counts them", async () => {
    await accept(2);
    await claim({ day: 2 });
    await accept(3);
    const alerts = await accept(2, { lane: "single" });
    const { claims } = await claim({ day: 2 });
    expect(claims.map(({ messageSid }) => messageSid)).toEqual(alerts);
    expect(await used()).toEqual([4, 4, 4, 4, 0]);
  });

  it("begins anew with its period, and the longest of those that are reached decides", async () => {
    await accept(9);
    expect((await claim({ minute: 2, hour: 3 })).claims).toHaveLength(2);
    const minute = terms({}).periods.minute.endsAt;
    expect(await claim({ minute: 2, hour: 3 })).toEqual({ claims: [], nextDueAt: minute });
    expect((await claim({ minute: 2, hour: 3 }, 100, minute)).claims).toHaveLength(1);
    const { nextDueAt } = await claim({ minute: 2, hour: 3 }, 100, minute);
    expect(nextDueAt).toBe(terms({}).periods.hour.endsAt);
    expect((await claim({ minute: 2, hour: 3 }, 100, nextDueAt ?? 0)).claims).toHaveLength(2);
  });

  it("lets no message begin that it has no room for, and lets one end that has begun", async () => {
    const [long] = await accept(1, { parts: ["one ", "two ", "three"] });
    const [short] = await accept(1);
    await accept(1, { lane: "single" });
    expect((await claim({ day: 3 }, 1)).claims).toHaveLength(1);
    expect((await claim({ day: 3 })).claims).toEqual([]);
    const next = T0 + LENGTHS.day;
    expect((await claim({ day: 3 }, 1, next)).claims.map(({ messageSid }) => messageSid)).toEqual([long]);
    await accept(2, { lane: "single" });
    await claim({ day: 3 }, 2, next);
    const rest = (await claim({ day: 3 }, 100, next)).claims.map(({ messageSid }) => messageSid);
    expect(rest).toEqual([long, long]);
    expect((await store.getMessage(short ?? ""))?.status).toBe("queued");
  });

  it("that is smaller than a message has a whole period for it", async () => {
    const [long] = await accept(1, { parts: ["one ", "two ", "three"] });
    expect((await claim({ minute: 2 })).claims.map(({ messageSid }) => messageSid)).toEqual([
      long,
      long,
      long,
    ]);
  });

  it("counts a text that its line takes whole as what it is on the air", async () => {
    await accept(1, { parts: ["long"], numSegments: 7 });
    await claim({ day: 10 });
    expect(await used()).toEqual([7, 7, 7, 7, 0]);
    await accept(1, { parts: ["long"], numSegments: 7 });
    expect((await claim({ day: 10 })).claims).toEqual([]);
  });

  it("is of a line: another one has its own", async () => {
    await accept(2);
    await claim({ day: 1 });
    const { claims } = await store.claim(FROM, { line: "sim2", limit: 9, now: T0, plan: terms({ day: 1 }) });
    expect(claims).toHaveLength(1);
  });
});

describe("what counts", () => {
  it("is what the network has or may have", async () => {
    await accept(6);
    const { claims } = await claim({ day: 100 });
    const settlements: readonly Settlement[] = [
      { is: "accepted", reference: "1" },
      { is: "unknown", why: "no answer" },
      { is: "failed", errorCode: 30003, why: "barred" },
      { is: "retry", retryAt: T0 + 5000, why: "busy" },
      { is: "released", why: "the line stopped" },
    ];
    for (const [at, settlement] of settlements.entries()) await settle(claims.slice(at, at + 1), settlement);
    expect(await used()).toEqual([3, 3, 3, 3, 0]);
  });

  it("is given back once, whatever is said twice", async () => {
    await accept(2);
    const { claims } = await claim({ day: 100 });
    await settle(claims.slice(0, 1), { is: "released", why: "the line stopped" });
    await settle(claims.slice(0, 1), { is: "released", why: "the line stopped" });
    expect((await used())[0]).toBe(1);
  });

  it("is not given back to a period it was not counted in", async () => {
    await accept(3);
    const { claims } = await claim({ day: 100 }, 1);
    await claim({ day: 100 }, 1, T0 + LENGTHS.minute);
    await settle(claims, { is: "released", why: "the line stopped" });
    expect(await used()).toEqual([1, 1, 1, 1, 0]);
  });

  it("survives a power cut, what was on the wire too", async () => {
    await accept(5);
    const { claims } = await claim({ day: 3 });
    await settle(claims.slice(0, 1), { is: "accepted", reference: "1" });
    const after = await opened.powerCut();
    try {
      expect((await after.store.planUse("sim1"))?.periods.day.segments).toBe(3);
      const next = await after.store.claim(FROM, {
        line: "sim1",
        limit: 9,
        now: T0,
        plan: terms({ day: 3 }),
      });
      expect(next.claims).toEqual([]);
    } finally {
      await after.remove();
    }
  });

  it("stays when the clock is set back", async () => {
    await accept(3);
    await claim({ day: 2 });
    expect((await claim({ day: 2 }, 100, T0 - LENGTHS.day)).claims).toEqual([]);
    await accept(1, { lane: "single" });
    await claim({ day: 2 }, 100, T0 - LENGTHS.day);
    expect(await used()).toEqual([3, 3, 3, 3, 0]);
  });

  it("is nothing where a line has no plan", async () => {
    await accept(1);
    const { claims } = await store.claim(FROM, { line: "sim1", limit: 9, now: T0 });
    await settle(claims, { is: "released", why: "the line stopped" });
    expect(await store.planUse("sim1")).toBeNull();
  });
});

describe("a cap on recipients", () => {
  const one = { to: "+33600000001" };
  const two = { to: "+33600000002" };

  it("holds a broadcast to somebody new, and nothing behind it", async () => {
    await accept(1, one);
    await claim({ recipients: 1 });
    const [held] = await accept(1, two);
    const [known] = await accept(1, one);
    const { claims } = await claim({ recipients: 1 });
    expect(claims.map(({ messageSid }) => messageSid)).toEqual([known]);
    const message = await store.getMessage(held ?? "");
    expect(message).toMatchObject({ status: "queued", attempts: 0, retryAt: T0 + LENGTHS.hour });
    expect(message?.waitingFor).toContain("the SIM plan of sim1 allows 1 different recipients a month");
    expect(
      (await claim({ recipients: 2 }, 9, T0 + LENGTHS.hour)).claims.map(({ messageSid }) => messageSid),
    ).toEqual([held]);
  });

  it("counts each once, single messages' too, and forgets whom the network did not take", async () => {
    await accept(2, one);
    await accept(1, { ...two, lane: "single" });
    const { claims } = await claim({ recipients: 9 });
    expect((await used()).at(-1)).toBe(2);
    await settle(claims.slice(0, 2), { is: "failed", errorCode: 30003, why: "barred" });
    expect((await used()).at(-1)).toBe(1);
    await settle(claims.slice(2), { is: "released", why: "the line stopped" });
    expect((await used()).at(-1)).toBe(0);
  });

  it("begins anew with the month, whose recipients are pruned", async () => {
    await accept(1, one);
    await claim({ recipients: 1 });
    await accept(1, two);
    const later = T0 + LENGTHS.month;
    expect((await claim({ recipients: 1 }, 9, later)).claims).toHaveLength(1);
    expect((await used()).at(-1)).toBe(1);
    expect((await store.prune(keptSince({}), 100)).changed).toBe(1);
    expect((await used()).at(-1)).toBe(1);
  });
});

describe("events", () => {
  it("tell once in a period that a cap is near, and that it is reached", async () => {
    await accept(4);
    await claim({ day: 5 }, 3);
    expect(await eventsOf()).toEqual([]);
    await claim({ day: 5 }, 1);
    expect(await eventsOf()).toEqual([
      [
        "plan.near",
        "sim1 has used 4 of the 5 segments a day of its SIM plan; at 5 broadcasts wait until 2026-01-05T00:00:00.000Z.",
      ],
    ]);
    await accept(3, { lane: "single" });
    for (let at = 0; at < 3; at++) await claim({ day: 5 }, 1);
    expect((await eventsOf()).slice(1)).toEqual([
      [
        "plan.reached",
        "sim1 has reached the 5 segments a day of its SIM plan: broadcasts wait until 2026-01-05T00:00:00.000Z, single messages go on and are counted.",
      ],
    ]);
    await accept(5);
    await claim({ day: 5 }, 100, T0 + LENGTHS.day);
    expect((await eventsOf()).map(([type]) => type)).toEqual([
      "plan.near",
      "plan.reached",
      "plan.near",
      "plan.reached",
    ]);
  });

  it("tell nothing of a minute, which is a pace", async () => {
    await accept(2);
    await claim({ minute: 1 });
    expect(await eventsOf()).toEqual([]);
  });
});
