import { expect } from "vitest";
import { webhookQueueOf } from "../../../src/messaging/webhook/webhook-queue-of.ts";
import type { KeySequence } from "../../../src/runtime/ids.ts";
import type { Store } from "../../../src/store/store.ts";
import type { FakeClock } from "../../harness/fake-clock.ts";

export const AC = `AC${"b".repeat(32)}`;
export const NUMBER = "+33639980001";
export const HANDSET = "+33612345678";

export type Text = {
  readonly body: string;
  readonly to?: string;
  readonly url?: string;
  readonly fallbackUrl?: string;
  /** Parts of it are missing. */
  readonly isIncomplete?: boolean;
};

let fingerprints = 0;

/** A phone texts a Number: the message and its webhook are committed together. */
export async function receiveText(
  store: Store,
  { keys, clock }: { readonly keys: KeySequence; readonly clock: FakeClock },
  { body, to = NUMBER, url = "", fallbackUrl, isIncomplete = false }: Text,
): Promise<string> {
  const sid = keys.sid("SM");
  const at = clock.now();
  const common = { accountSid: AC, messagingServiceSid: null, from: HANDSET, to, body, numSegments: 1 };
  const result = await store.keepInbound(
    {
      line: "sim1",
      receivedAt: at,
      segment: {
        from: HANDSET,
        to,
        userData: { alphabet: "gsm7", septets: new Uint8Array([80]), lockingShift: 0, singleShift: 0 },
        concatenation: null,
        tpScts: null,
        tpPid: 0,
        tpDcs: 0,
        messageClass: null,
        destinationPort: null,
        fingerprint: String(++fingerprints),
        raw: "00",
      },
    },
    {
      keptIds: [],
      message: { sid, ...common, line: "sim1", receivedAt: at },
      webhook: {
        queue: webhookQueueOf(to, url),
        facts: { kind: "inbound", messageSid: sid, ...common, ...(isIncomplete ? { isIncomplete } : {}) },
        url,
        method: "POST",
        fallbackUrl: fallbackUrl ?? null,
        fallbackMethod: "POST",
        createdAt: at,
      },
      event: null,
    },
  );
  expect(result.is).toBe("completed");
  return sid;
}
