/** A recipient of a town texts STOP. */
import type { InboundSegment } from "../../../src/sms/message.ts";
import type { ServiceRecord } from "../../../src/store/settings-document.ts";
import { ACCOUNT, NUMBER } from "../numbers.ts";
import type { Town } from "./town.ts";

/** To the first line's number, which is in the service's pool, or in none. */
export async function optOut(
  site: Town,
  recipient: string,
  service: ServiceRecord | null = null,
): Promise<void> {
  const { store, keys } = site.life;
  const at = site.clock.now();
  const messagingServiceSid = service?.sid ?? null;
  const segment: InboundSegment = {
    from: recipient,
    to: NUMBER,
    userData: { alphabet: "gsm7", septets: Uint8Array.of(), lockingShift: 0, singleShift: 0 },
    concatenation: null,
    tpScts: null,
    tpPid: 0,
    tpDcs: 0,
    messageClass: null,
    destinationPort: null,
    fingerprint: recipient,
    raw: "",
  };
  const message = {
    sid: keys.sid("SM"),
    accountSid: ACCOUNT,
    from: recipient,
    to: NUMBER,
    body: "STOP",
    numSegments: 1,
    messagingServiceSid,
    line: "sim1",
    receivedAt: at,
  };
  const scopes = [NUMBER, ...(messagingServiceSid === null ? [] : [messagingServiceSid])];
  const change = { is: "stop", recipient, scopes, at } as const;
  await store.keepInbound(
    { line: "sim1", receivedAt: at, segment },
    { keptIds: [], message, webhook: null, event: null, keyword: { change, reply: null, event: null } },
  );
}
