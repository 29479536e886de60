import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Concatenation, InboundSegment } from "../../src/sms/message.ts";
import type { Completion, KeepResult, Store } from "../../src/store/store.ts";
import { openTestStore, type TestStore } from "../harness/open-test-store.ts";
import { ACCOUNT, FROM, newSid, T0, TO } from "./new-outbound.ts";

let opened: TestStore;
let store: Store;

beforeEach(async () => {
  opened = await openTestStore();
  store = opened.store;
});

afterEach(() => opened.remove());

const HOUR = 3_600_000;
const QUEUE = `${FROM} http://app.lan`;

function segment(fingerprint: string, given: Partial<InboundSegment> = {}): InboundSegment {
  return {
    from: TO,
    to: null,
    userData: {
      alphabet: "gsm7",
      septets: new Uint8Array([80, 97, 127, 0]),
      lockingShift: 0,
      singleShift: 1,
    },
    concatenation: null,
    tpScts: "2026-01-04T11:15:30+01:00",
    tpPid: 0,
    tpDcs: 0,
    messageClass: null,
    destinationPort: null,
    fingerprint,
    raw: "0791",
    ...given,
  };
}

function part(sequence: number, given: Partial<Concatenation> = {}): Concatenation {
  return { reference: 7, referenceBits: 8, total: 2, sequence, ...given };
}

function completion(given: Partial<Completion> = {}): Completion {
  const message = {
    sid: newSid(),
    accountSid: ACCOUNT,
    from: TO,
    to: FROM,
    body: "Paris",
    numSegments: 1,
    messagingServiceSid: null,
    line: "sim1",
    receivedAt: T0,
  };
  return {
    keptIds: [],
    message,
    webhook: {
      queue: QUEUE,
      facts: {
        kind: "inbound",
        messageSid: message.sid,
        accountSid: ACCOUNT,
        messagingServiceSid: null,
        from: TO,
        to: FROM,
        body: "Paris",
        numSegments: 1,
      },
      url: "http://app.lan/sms",
      method: "POST",
      fallbackUrl: null,
      fallbackMethod: "POST",
      createdAt: T0,
    },
    event: null,
    ...given,
  };
}

async function keep(kept: InboundSegment, line = "sim1", receivedAt = T0): Promise<KeepResult> {
  return store.keepInbound({ line, receivedAt, segment: kept }, null);
}

async function keptId(kept: InboundSegment, line = "sim1"): Promise<string> {
  const result = await keep(kept, line);
  if (result.is !== "kept") throw new Error(`it is ${result.is}`);
  return result.keptId;
}

describe("an inbound segment", () => {
  it("comes back exactly as it was kept, octets and all, after a power cut", async () => {
    const kept = segment("a1", { concatenation: part(1) });
    const octets = segment("a2", { userData: { alphabet: "ucs2", octets: new Uint8Array([0, 80, 255]) } });
    await keep(kept);
    await keep(octets, "sim2", T0 + 1);
    const after = await opened.powerCut();
    try {
      expect((await after.store.unfinishedInbound()).map(({ keptId: _keptId, ...rest }) => rest)).toEqual([
        { line: "sim1", receivedAt: T0, segment: kept },
        { line: "sim2", receivedAt: T0 + 1, segment: octets },
      ]);
    } finally {
      await after.remove();
    }
  });

  it("is a duplicate when the same TPDU comes again within 72 hours on the same line", async () => {
    await keep(segment("a1"));
    expect(await keep(segment("a1"), "sim1", T0 + 72 * HOUR - 1)).toEqual({ is: "duplicate" });
    expect((await keep(segment("a1"), "sim2")).is).toBe("kept");
    expect((await keep(segment("a1"), "sim1", T0 + 72 * HOUR)).is).toBe("kept");
    expect(await keep(segment("a1"), "sim1", T0 + 73 * HOUR)).toEqual({ is: "duplicate" });
  });

  it("is a duplicate still after its message was completed and the store reopened", async () => {
    await store.keepInbound({ line: "sim1", receivedAt: T0, segment: segment("a1") }, completion());
    opened = await opened.reopen();
    store = opened.store;
    expect(await keep(segment("a1"), "sim1", T0 + 1)).toEqual({ is: "duplicate" });
  });

  it("is given with the kept parts of the same message, oldest first, and no others", async () => {
    await keep(segment("a1", { concatenation: part(2) }));
    await keep(segment("a2", { concatenation: part(1, { reference: 8 }) }));
    await keep(segment("a3", { concatenation: part(1, { total: 3 }) }));
    await keep(segment("a4", { concatenation: part(1, { referenceBits: 16 }) }));
    await keep(segment("a5", { concatenation: part(1), from: "+33600000000" }));
    await keep(segment("a6", { concatenation: part(1), to: "+33755500001" }));
    await keep(segment("a7", { concatenation: part(1) }), "sim2");
    await keep(segment("a8"));
    const last = await keep(segment("a9", { concatenation: part(1) }));
    if (last.is !== "kept") throw new Error(`it is ${last.is}`);
    expect(last.siblings.map((each) => each.segment.fingerprint)).toEqual(["a1", "a9"]);
    expect(last.siblings.at(-1)?.keptId).toBe(last.keptId);
  });

  it("alone is its own only sibling", async () => {
    const kept = await keep(segment("a1"));
    expect(kept).toMatchObject({ is: "kept", siblings: [{ line: "sim1", receivedAt: T0 }] });
  });
});

describe("a completed inbound message", () => {
  it("of one part is kept, received and on its way to the app in one step", async () => {
    const told: string[] = [];
    store.onWebhook(({ queue }) => told.push(queue));
    const done = completion({
      event: { type: "inbound.unrouted", level: "warning", at: T0, text: "no app" },
    });
    const result = await store.keepInbound({ line: "sim1", receivedAt: T0, segment: segment("a1") }, done);
    expect(result).toEqual({ is: "completed", message: await store.getMessage(done.message.sid) });
    expect(result).toMatchObject({
      message: { direction: "inbound", status: "received", sentAt: T0, body: "Paris", retryAt: null },
    });
    expect(told).toEqual([QUEUE]);
    expect((await store.nextWebhook(QUEUE))?.facts).toEqual(done.webhook?.facts);
    expect(await store.unfinishedInbound()).toEqual([]);
    expect(await store.listEvents({ limit: 5 })).toHaveLength(1);
  });

  it("takes its kept parts out of the inbox, once", async () => {
    const keptIds = [
      await keptId(segment("a1", { concatenation: part(1) })),
      await keptId(segment("a2", { concatenation: part(2) })),
    ];
    const rest = await keptId(segment("a3"));
    expect(await store.completeInbound(completion({ keptIds }))).toBe(true);
    expect((await store.unfinishedInbound()).map((each) => each.keptId)).toEqual([rest]);
    const again = completion({ keptIds: [keptIds[0] ?? "", rest] });
    expect(await store.completeInbound(again)).toBe(false);
    expect((await store.unfinishedInbound()).map((each) => each.keptId)).toEqual([rest]);
    expect(await store.getMessage(again.message.sid)).toBeNull();
  });

  it("leaves nothing behind, not even the fingerprint, when it cannot be written", async () => {
    const first = completion();
    await store.keepInbound({ line: "sim1", receivedAt: T0, segment: segment("a1") }, first);
    const clash = store.keepInbound({ line: "sim1", receivedAt: T0, segment: segment("a2") }, first);
    await expect(clash).rejects.toThrow("UNIQUE");
    expect((await keep(segment("a2"))).is).toBe("kept");
  });
});
