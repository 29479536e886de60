/** What the appliance says of a SIM plan that is used up. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAccept } from "../../src/messaging/outbound/accept.ts";
import { KeySequence } from "../../src/runtime/ids.ts";
import type { Lane } from "../../src/store/store.ts";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const MIDNIGHT = "Sun, 04 Jan 2026 23:00:00 +0000";

let box: ApiBox;

beforeAll(async () => {
  const segments = { minute: null, hour: null, day: 2, month: null };
  const plan = { segments, recipients: null, warnAtPercent: 80, monthStartsOn: 1 };
  box = await openApiBox({ plans: { sim1: plan } });
});

afterAll(() => box.close());

async function queue(body: string, lane: Lane): Promise<string> {
  const keys = new KeySequence(box.clock, box.store.newestKey);
  const { accept } = createAccept({ store: box.store, keys, clock: box.clock, limits: { maxQueued: 100 } });
  const result = await accept({
    accountSid: box.account.sid,
    direction: "outbound-api",
    from: OWN,
    to: "+33639980002",
    body,
    messagingServiceSid: null,
    statusCallback: null,
    queue: OWN,
    lane,
    validitySeconds: null,
    segmentsPerSecond: 1,
  });
  if (result.is !== "accepted") throw new Error(`not accepted: ${result.is}`);
  await box.clock.advance(1);
  return result.message.sid;
}

const explanationOf = async (sid: string) =>
  (await box.get(`/appliance/v1/Messages/${sid}/Explanation`)).body;

/** What the dispatcher does for the line. */
async function claimed(limit: number): Promise<void> {
  const startsAt = Date.UTC(2026, 0, 3, 23);
  const day = { startsAt, endsAt: startsAt + 86_400_000, segments: 2 };
  const free = { startsAt, endsAt: startsAt + 86_400_000, segments: null };
  const periods = { minute: free, hour: free, day, month: free };
  const plan = { periods, recipients: null, warnAtPercent: 80 };
  await box.store.claim(OWN, { line: "sim1", limit, now: box.clock.now(), plan });
}

describe("a line whose plan has room for one more segment", () => {
  it("explains why a broadcast of two waits and when it goes on, and that one of one does not", async () => {
    const first = await queue("first", "broadcast");
    await claimed(1);
    const long = await queue("x".repeat(200), "broadcast");
    const short = await queue("short", "broadcast");
    expect(await explanationOf(long)).toMatchObject({
      reason:
        "The SIM plan of sim1 allows 2 segments a day, which leaves no room for it: broadcasts go on at 2026-01-04T23:00:00.000Z.",
      next_attempt: MIDNIGHT,
      forecast: null,
    });
    expect((await explanationOf(short))["reason"]).toContain("1 message is before it");
    expect((await explanationOf(first))["reason"]).toContain("It is with its line");
  });

  it("says nothing of the plan to an alert", async () => {
    const alert = await queue("alert", "single");
    expect((await explanationOf(alert))["reason"]).toBe("It is next in its queue.");
  });

  it("shows it among the lines", async () => {
    const { body } = await box.get("/appliance/v1/Lines");
    const lines = body["lines"] as readonly Record<string, unknown>[];
    const planOf = (name: string) => lines.find((line) => line["name"] === name)?.["plan"];
    expect(planOf("sim1")).toMatchObject({
      segments_per_day: { cap: 2, used: 1, ends: MIDNIGHT },
      broadcasts_wait_until: null,
    });
    expect(lines.filter(({ plan }) => plan === null)).toHaveLength(lines.length - 1);
  });
});
