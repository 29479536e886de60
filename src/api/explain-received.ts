/**
 * "Does my app know of it": what became of a received Message's webhook. While it waits the store tells; once it has
 * ended nothing is left of it but, where that was no answer, an event.
 */
import type { Event } from "../runtime/event.ts";
import type { WebhookStanding } from "../store/reading.ts";

export type WebhookFate = {
  /** Null when none waits. */
  readonly standing: WebhookStanding | null;
  /** Why its app was never told, in the words of the event that says so. */
  readonly untold: string | null;
};

export type WebhookView = {
  /** Scheme, host and port: the rest of a URL may hold secrets. */
  readonly app: string;
  readonly attempts: number;
  readonly ahead: number;
  /** When its queue is asked again, not before; null when it is asked now. */
  readonly nextAttemptAt: number | null;
};

export function viewOfWebhook(standing: WebhookStanding, now: number): WebhookView {
  const { url, attempts, ahead, head } = standing;
  const nextAttemptAt = head.attempts > 0 && head.notBefore > now ? head.notBefore : null;
  return { app: URL.canParse(url) ? new URL(url).origin : "(not a URL)", attempts, ahead, nextAttemptAt };
}

export function explainReceived({ standing, untold }: WebhookFate, now: number): string {
  if (standing === null) {
    if (untold !== null) return `It came in, and no app was told: ${untold}`;
    return "It came in. No webhook of it waits and no event tells of one that failed: its app answered it, its number had no URL then, or it was the keyword of an audience.";
  }
  const { app, attempts, ahead, nextAttemptAt } = viewOfWebhook(standing, now);
  const next =
    nextAttemptAt === null ? "is being asked" : `is asked again at ${new Date(nextAttemptAt).toISOString()}`;
  if (ahead > 0) {
    const before = ahead === 1 ? "1 webhook stands before it" : `${ahead} webhooks stand before it`;
    const tries = standing.head.attempts;
    const why = tries === 0 ? "" : `was not taken in ${attemptsText(tries)} and `;
    return `Its webhook waits for ${app}: ${before}, the first of which ${why}${next}.`;
  }
  if (attempts === 0) return `Its webhook is with ${app}, which has not answered yet.`;
  return `${app} did not take its webhook in ${attemptsText(attempts)}; it ${next}.`;
}

/** From the events about one Message. */
export function untoldOf(events: readonly Event[]): string | null {
  const end = events.find(
    ({ type, level, detail }) =>
      type === "inbound.unrouted" ||
      (type === "audience.changed" && detail?.["forwarded"] === false) ||
      (type === "webhook.failed" && level === "error"),
  );
  return end?.text ?? null;
}

function attemptsText(attempts: number): string {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}
