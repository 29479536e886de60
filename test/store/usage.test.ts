/** Usage counters: what they count, when, and that asking costs days and not messages. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UsageDay } from "../../src/store/reading.ts";
import type { NewInbound, NewOutbound } from "../../src/store/store.ts";
import { type InProcess, openInProcess, storeOver } from "./in-process.ts";
import { keptSince } from "./kept-since.ts";
import { ACCOUNT, FROM, newOutbound, newSid, T0 } from "./new-outbound.ts";

const DAY = 86_400_000;
const TODAY = Math.floor(T0 / DAY);

let opened: InProcess;

beforeEach(() => {
  opened = openInProcess();
});

afterEach(() => opened.close());

async function send(given: Partial<NewOutbound> = {}, at = T0): Promise<void> {
  const store = storeOver(opened);
  const message = newOutbound({ createdAt: at, expiresAt: at + DAY, ...given });
  await store.accept(message);
  for (;;) {
    const { claims } = await store.claim(message.queue, { line: "sim1", limit: 10, now: at });
    if (claims.length === 0) return;
    for (const { submissionId } of claims) {
      await store.settle(submissionId, { is: "accepted", reference: "1" }, at);
    }
  }
}

async function receive(given: Partial<NewInbound> = {}): Promise<void> {
  await storeOver(opened).completeInbound({
    keptIds: [],
    message: {
      sid: newSid(),
      accountSid: ACCOUNT,
      from: "+33639980009",
      to: FROM,
      body: "x",
      numSegments: 1,
      messagingServiceSid: null,
      line: "sim1",
      receivedAt: T0,
      ...given,
    },
    webhook: null,
    event: null,
  });
}

async function used(first = TODAY, last = TODAY): Promise<Record<string, readonly number[]>> {
  const rows: readonly UsageDay[] = await storeOver(opened).usage(ACCOUNT, first, last);
  return Object.fromEntries(
    rows.map(({ day, category, messages, segments }) => [`${day - TODAY} ${category}`, [messages, segments]]),
  );
}

describe("usage", () => {
  it("counts what was sent and what came in, by the account's own side of it", async () => {
    await send();
    await send({ parts: ["one ", "two"], body: "one two" });
    await send({ from: "36123", queue: "36123" });
    await send({ from: "PYLONE", queue: "PYLONE" });
    await receive({ numSegments: 3 });
    await receive({ to: "36123" });

    expect(await used()).toEqual({
      "0 outbound-longcode": [2, 3],
      "0 outbound-shortcode": [1, 1],
      "0 outbound-alphanumeric": [1, 1],
      "0 inbound-longcode": [1, 3],
      "0 inbound-shortcode": [1, 1],
    });
  });

  it("is the same before and after retirement, and after the messages are pruned", async () => {
    await send();
    await send({}, T0 + DAY);
    const before = await used(TODAY, TODAY + 1);
    expect(before).toEqual({ "0 outbound-longcode": [1, 1], "1 outbound-longcode": [1, 1] });

    const store = storeOver(opened);
    await store.retire({ sentBefore: T0 + 3 * DAY, limit: 100 });
    expect(opened.db.prepare("SELECT count(*) AS rows FROM message").get()).toEqual({ rows: 0 });
    expect(await used(TODAY, TODAY + 1)).toEqual(before);
    await store.prune(keptSince({ messages: T0 + 9 * DAY }), 100);
    expect(opened.db.prepare("SELECT count(*) AS rows FROM message_retired").get()).toEqual({ rows: 0 });
    expect(await used(TODAY, TODAY + 1)).toEqual(before);
  });

  it("leaves out what never left, and what is another account's", async () => {
    await storeOver(opened).accept(newOutbound());
    await send({ accountSid: "AC2", from: "+33639980077", queue: "+33639980077" });
    await storeOver(opened).expire(T0 + 2 * DAY);
    await storeOver(opened).retire({ sentBefore: 0, limit: 100 });
    expect(await used()).toEqual({});
  });

  it("is asked of the counters by their key, and writes nothing when a message is accepted", () => {
    const plan = opened.db
      .prepare("EXPLAIN QUERY PLAN SELECT * FROM usage_day WHERE accountSid = ? AND day BETWEEN ? AND ?")
      .all("x", 1, 2) as { detail: string }[];
    expect(plan.map(({ detail }) => detail)).toEqual([
      "SEARCH usage_day USING PRIMARY KEY (accountSid=? AND day>? AND day<?)",
    ]);
    opened.commands.accept(newOutbound());
    expect(opened.db.prepare("SELECT count(*) AS rows FROM usage_day").get()).toEqual({ rows: 0 });
  });
});
