/**
 * What kind of thing came in. Pure.
 *
 * - `text`: for an app.
 * - `data`: 8-bit or addressed to an application port (WAP push, provisioning, vCards). It becomes a Message whose
 *   body is its text where it reads as text, else base64, and an event; no webhook, since an app that answers
 *   people would answer bytes.
 * - `signal`: for the telephone, not for anyone: short message type 0 (TP-PID 40h), and the download and
 *   depersonalisation types 7Dh–7Fh (23.040 §9.2.3.9); an indication that voice mail waits, or no longer, without a
 *   word of text. Kept raw with an event, never shown as a Message.
 *
 * A text may be flagged besides: class 0 (shown at once on a telephone), or an indication that comes with words. It
 * goes its way like any other; an event says what it was.
 */
import type { InboundSegment } from "../../sms/message.ts";

export type ContentKind = "text" | "data" | "signal";

/** What is special about a text, for a person; null for an ordinary one. */
export function flagOf(parts: readonly InboundSegment[]): string | null {
  const waiting = waitingTextOf(parts.find((part) => hasIndication(part)));
  if (waiting !== null) return waiting;
  return parts.some(({ messageClass }) => messageClass === 0)
    ? "class 0: a telephone shows it at once"
    : null;
}

/** Why a signal is none of an app's business. */
export function signalTextOf(segment: InboundSegment): string {
  const pid = `TP-PID ${segment.tpPid.toString(16).toUpperCase().padStart(2, "0")}h`;
  return SIGNALS.has(segment.tpPid)
    ? `${pid}: meant for the telephone, not for a person`
    : (waitingTextOf(segment) ?? pid);
}

function waitingTextOf(segment: InboundSegment | undefined): string | null {
  const { type, active, count } = segment?.waiting ?? {};
  if (type === undefined) return null;
  if (active !== true) return `no ${type} waits any more`;
  return count === null || count === undefined ? `${type} waits` : `${count} × ${type} waits`;
}

function hasIndication({ waiting }: InboundSegment): boolean {
  return waiting !== undefined && waiting !== null;
}

function isSignal(segment: InboundSegment): boolean {
  if (SIGNALS.has(segment.tpPid)) return true;
  const { userData } = segment;
  const isEmpty = userData.alphabet === "gsm7" ? userData.septets.length === 0 : userData.octets.length === 0;
  return hasIndication(segment) && isEmpty && segment.concatenation === null;
}

const SIGNALS: ReadonlySet<number> = new Set([0x40, 0x7d, 0x7e, 0x7f]);

export function kindOfContent(parts: readonly InboundSegment[]): ContentKind {
  if (parts.some(isSignal)) return "signal";
  const isData = parts.some(
    ({ destinationPort, userData }) => destinationPort !== null || userData.alphabet === "8bit",
  );
  return isData ? "data" : "text";
}
