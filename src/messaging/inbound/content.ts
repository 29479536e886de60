/**
 * What kind of thing came in. Pure.
 *
 * - `text`: for an app.
 * - `data`: 8-bit or addressed to an application port (WAP push, provisioning, vCards). It becomes a Message whose
 *   body is its text where it reads as text, else base64, and an event; no webhook, since an app that answers
 *   people would answer bytes.
 * - `signal`: for the telephone, not for anyone: short message type 0 (TP-PID 40h), and the download and
 *   depersonalisation types 7Dh–7Fh (23.040 §9.2.3.9). Kept raw with an event, never shown as a Message.
 */
import type { InboundSegment } from "../../sms/message.ts";

export type ContentKind = "text" | "data" | "signal";

const SIGNALS: ReadonlySet<number> = new Set([0x40, 0x7d, 0x7e, 0x7f]);

export function kindOfContent(parts: readonly InboundSegment[]): ContentKind {
  if (parts.some(({ tpPid }) => SIGNALS.has(tpPid))) return "signal";
  const isData = parts.some(
    ({ destinationPort, userData }) => destinationPort !== null || userData.alphabet === "8bit",
  );
  return isData ? "data" : "text";
}
