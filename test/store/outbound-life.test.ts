import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { FROM, newOutbound, T0, TO } from "./new-outbound.ts";

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

async function claimOne(now = T0, line = "sim1") {
  const { claims } = await store.claim(FROM, { line, limit: 1, now });
  const [claim] = claims;
  if (claim === undefined) throw new Error("nothing to claim");
  return claim;
}

describe("a message of one segment", () => {
  it("is queued, sending, sent and delivered, each announced but the first two", async () => {
    const message = newOutbound({ statusCallback: "http://app.lan:3000/status" });
    const accepted = await store.accept(message);
    expect(accepted).toEqual({ is: "accepted", message: await store.getMessage(message.sid) });

    const claim = await claimOne(T0 + 10);
    expect(claim.segment).toEqual({
      from: FROM,
      to: TO,
      alphabet: "gsm7",
      text: "Bonjour",
      concatenation: null,
      validityMinutes: null,
    });
    expect(await store.getMessage(message.sid)).toMatchObject({
      status: "sending",
      line: null,
      sentAt: null,
    });

    const settled = await store.settle(claim.submissionId, { is: "accepted", reference: "7" }, T0 + 20);
    expect(settled).toMatchObject({
      is: "settled",
      message: { status: "sent", sentAt: T0 + 20, line: "sim1" },
    });

    const [open] = await store.openSubmissions("sim1", "7");
    expect(open).toMatchObject({ submissionId: claim.submissionId, state: "accepted", recipient: TO });
    const reported = await store.recordReport(claim.submissionId, {
      state: "delivered",
      status: 0,
      errorCode: null,
      reference: "7",
      doneAt: "2026-01-04T11:15:31+01:00",
      at: T0 + 30,
    });
    expect(reported).toMatchObject({ is: "settled", message: { status: "delivered" } });
    expect(await store.openSubmissions("sim1", "7")).toEqual([]);

    const queue = `${FROM} http://app.lan:3000`;
    expect(await store.webhookQueues()).toEqual([queue]);
    const statuses: string[] = [];
    for (let task = await store.nextWebhook(queue); task !== null; task = await store.nextWebhook(queue)) {
      if (task.facts.kind === "status") statuses.push(task.facts.status);
      await store.finishWebhook(task.webhookId, { replies: [], events: [] });
    }
    expect(statuses).toEqual(["sent", "delivered"]);
  });
});
