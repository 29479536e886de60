/**
 * "Why is it not sent": one sentence for the strongest reason there is, and when it will be. Pure: facts in, words
 * out. The forecast is the queue before it at its Number's rate, from its next attempt on; it knows nothing of other
 * Numbers on the same Line nor of what fails on the way, and there is none while the Line is not ready. What is
 * scheduled has the one of the queue as it stands, from its instant on.
 */
import type { Spill } from "../messaging/outbound/choose-line.ts";
import { assertNever } from "../runtime/assert-never.ts";
import type { MessageStatus } from "../sms/message.ts";
import type { Standing } from "../store/reading.ts";
import type { StoredMessage } from "../store/store.ts";
import { explainReceived, viewOfWebhook, type WebhookFate } from "./explain-received.ts";

export type WaitingFacts = {
  /** Null when nothing of it waits to be sent. */
  readonly standing: Standing | null;
  readonly isAccountActive: boolean;
  /** The Line that serves its sender; null when none does. */
  readonly line: {
    readonly name: string;
    readonly state: string;
    readonly reason: string;
    /** False: it is made to receive and nothing else. */
    readonly sends: boolean;
  } | null;
  /** The Line that stands in for that one; null when none does. */
  readonly fallback: {
    readonly name: string;
    readonly spill: Spill;
    /** Until it does. */
    readonly inMs: number | null;
    readonly state: string;
    readonly reason: string;
    /** Its carrier does not take this sender. */
    readonly isRefused: boolean;
  } | null;
  /** No room in the SIM plan of its Line, and it is a broadcast. */
  readonly planStop: { readonly text: string; readonly until: number } | null;
  readonly segmentsPerSecond: number | "unlimited";
  /** Of a received Message. */
  readonly webhook: WebhookFate;
  readonly now: number;
};

export type Explanation = {
  readonly reason: string;
  /** Not before this instant; null when it may go at any time, or never. */
  readonly nextAttemptAt: number | null;
  /** When its last Segment should be handed over; null when nobody can say. */
  readonly forecastAt: number | null;
};

export function explain(message: StoredMessage, facts: WaitingFacts): Explanation {
  const { standing, webhook, now } = facts;
  const { status } = message;
  if (status === "received") {
    const nextAttemptAt =
      webhook.standing === null ? null : viewOfWebhook(webhook.standing, now).nextAttemptAt;
    return { reason: explainReceived(webhook, now), nextAttemptAt, forecastAt: null };
  }
  if (standing === null) return { reason: settled(message, status), nextAttemptAt: null, forecastAt: null };
  if (facts.isAccountActive && standing.isOptedOut) {
    return { reason: planned(standing) + OPTED_OUT, nextAttemptAt: null, forecastAt: null };
  }
  const lineObstacle = obstacleOf(facts);
  const stop = lineObstacle === null ? facts.planStop : null;
  const obstacle = stop === null ? lineObstacle : `${stop.text}.`;
  const detour = detourOf(facts);
  const forecastAt = obstacle === null ? forecast(message, standing, facts) : null;
  const late = forecastAt !== null && forecastAt > standing.expiresAt;
  const warning = late ? " At this rate its validity period ends first: it would fail with 30036." : "";
  if (standing.sendAt !== null) {
    const reason = `${planned(standing)}${obstacle ?? detour}`.trim() + warning;
    return { reason, nextAttemptAt: standing.sendAt, forecastAt };
  }
  const reason = (obstacle ?? detour + turn(message, standing, facts)) + warning;
  return { reason, nextAttemptAt: stop?.until ?? message.retryAt, forecastAt };
}

const OPTED_OUT = "The recipient has opted out of messages from its sender: it will fail with 21610.";

function planned({ sendAt }: Standing): string {
  return sendAt === null ? "" : `It is scheduled for ${new Date(sendAt).toISOString()}. `;
}

/** What holds up the whole queue. */
function obstacleOf({ isAccountActive, line, standing, fallback }: WaitingFacts): string | null {
  if (!isAccountActive) return "Its account is not active: it will fail with 30002.";
  if (line === null) return `No line serves ${standing?.queue ?? "its sender"}: it waits until one does.`;
  if (!line.sends) {
    const number = standing?.queue ?? "its sender";
    return `No line sends from ${number}: ${line.name} only receives (\`bind: receiver\`). It waits until one does.`;
  }
  if (line.state === "ready" || isCarried(fallback)) return null;
  const down = `Its line ${line.name} is ${line.state}: ${line.reason}`;
  return fallback === null ? `${down}.` : `${down}; ${whyNotCarried(fallback)}.`;
}

type Fallback = NonNullable<WaitingFacts["fallback"]>;

function isCarried(fallback: Fallback | null): boolean {
  return fallback?.spill === "carrying" && fallback.state === "ready" && !fallback.isRefused;
}

/** Why the other Line does not take it now. */
function whyNotCarried({ name, spill, inMs, state, reason, isRefused }: Fallback): string {
  if (isRefused) return `its fallback ${name} does not take its sender, so it waits`;
  if (spill === "waiting" && inMs !== null) {
    return `should that last, it goes over ${name} in ${Math.ceil(inMs / 1000)} s`;
  }
  return `its fallback ${name} is ${state}: ${reason}`;
}

/** It takes another way than usual. */
function detourOf({ line, fallback }: WaitingFacts): string {
  if (line === null || line.state === "ready" || !isCarried(fallback)) return "";
  return `Its line ${line.name} is ${line.state}, so it goes over ${fallback?.name}. `;
}

function turn(message: StoredMessage, standing: Standing, facts: WaitingFacts): string {
  const why = message.waitingFor === null ? "" : ` (${message.waitingFor})`;
  if (message.retryAt !== null && message.retryAt > facts.now) {
    if (message.attempts === 0) {
      return `It waits${why}; it is looked at again at ${new Date(message.retryAt).toISOString()}.`;
    }
    const tries = message.attempts === 1 ? "1 attempt" : `${message.attempts} attempts`;
    return `${tries} failed${why}; it is tried again at ${new Date(message.retryAt).toISOString()}.`;
  }
  if (standing.messagesAhead > 0) {
    const messages = standing.messagesAhead === 1 ? "1 message is" : `${standing.messagesAhead} messages are`;
    const rate = facts.segmentsPerSecond;
    const pace = rate === "unlimited" ? "as fast as its line takes them" : `${rate} a second`;
    return `${messages} before it with ${standing.segmentsAhead} segments, which go out ${pace}.`;
  }
  if (message.status === "sending") {
    const { waitingSegments } = standing;
    const rest = waitingSegments === 1 ? "1 segment follows" : `${waitingSegments} segments follow`;
    return `Part of it is with the network; ${rest}${why}.`;
  }
  return `It is next in its queue${why}.`;
}

function settled(message: StoredMessage, status: Exclude<MessageStatus, "received">): string {
  const { errorCode, errorMessage } = message;
  const why = `${errorCode === null ? "" : ` with ${errorCode}`}: ${errorMessage ?? "no reason given"}`;
  switch (status) {
    case "accepted":
      return "It waits for its messaging service to choose a sender.";
    case "scheduled":
      return "It waits for the time it is scheduled for.";
    case "queued":
    case "sending":
      return message.waitingFor === null
        ? "It is with its line, whose answer has not come yet."
        : `It waits: ${message.waitingFor}.`;
    case "sent":
      return "The network has it; no delivery report has come.";
    case "delivered":
      return "It was delivered.";
    case "undelivered":
      return `The network did not deliver it${why}.`;
    case "failed":
      return `It failed${why}.`;
    case "canceled":
      return "It was canceled before it was sent.";
    default:
      return assertNever(status);
  }
}

function forecast(message: StoredMessage, standing: Standing, facts: WaitingFacts): number {
  const { now, segmentsPerSecond } = facts;
  const { segmentsAhead, waitingSegments, sendAt } = standing;
  const msOf = (segments: number) =>
    segmentsPerSecond === "unlimited" ? 0 : Math.ceil((segments / segmentsPerSecond) * 1000);
  const byQueue = now + msOf(segmentsAhead + waitingSegments);
  return Math.max(byQueue, message.retryAt ?? 0, sendAt === null ? 0 : sendAt + msOf(waitingSegments));
}
