/**
 * How far the Segments of an outbound Message have come, one character each:
 *
 *   .  nobody has it yet        a  the network has it       d  its report says delivered
 *   t  a Line is trying         u  nobody knows             x  it will never arrive
 *
 * What the Message as a whole may claim, and whether it stands in its queue, follows from these alone.
 */
import type { MessageStatus } from "../sms/message.ts";
import type { Lane } from "./store.ts";

export type SegmentState = "." | "t" | "a" | "u" | "d" | "x";

export function stateAt(progress: string, position: number): SegmentState {
  return progress.charAt(position) as SegmentState;
}

export function withState(progress: string, position: number, state: SegmentState): string {
  return progress.slice(0, position) + state + progress.slice(position + 1);
}

/** The first Segment nobody has yet, or -1. */
export function firstWaiting(progress: string): number {
  return progress.indexOf(".");
}

/** Segments that still ask for room in the queue. */
export function waitingSegments(message: { status: MessageStatus; progress: string }): number {
  return isMoving(message.status) ? message.progress.split(".").length - 1 : 0;
}

/** On its way: neither done with nor waiting for reports only. */
export function isMoving(status: MessageStatus): boolean {
  return status === "queued" || status === "sending";
}

/**
 * A Message's place in its queue, null when nothing of it can be claimed: a single message the network has a part
 * of (0), then single messages (1), then broadcasts (2), begun or not: an alert waits for no rest of a long one. One
 * unknown Segment holds the rest: whether the network has it decides whether the rest is worth sending.
 */
export function rankOf(message: {
  status: MessageStatus;
  progress: string;
  retryAt: number | null;
  lane: Lane;
}): number | null {
  const { status, progress, retryAt, lane } = message;
  if (!isMoving(status) || retryAt !== null) return null;
  if (!progress.includes(".") || progress.includes("u")) return null;
  if (lane === "broadcast") return 2;
  return /[tad]/.test(progress) ? 0 : 1;
}

/** The status the Segments amount to, once the Message is sending and none of them failed. */
export function statusOf(progress: string): "sending" | "sent" | "delivered" {
  if (/^d+$/.test(progress)) return "delivered";
  return /^[ad]+$/.test(progress) ? "sent" : "sending";
}
