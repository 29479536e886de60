/** Where a webhook goes, and what the store is told when that has changed for those that still wait. */
import type { NewEvent } from "../runtime/event.ts";

type HttpMethod = "GET" | "POST";

export type WebhookTarget = {
  /** Webhooks of one queue are delivered in order: the Number and the app's origin. See `webhookQueueOf`. */
  readonly queue: string;
  readonly url: string;
  readonly method: HttpMethod;
  readonly fallbackUrl: string | null;
  readonly fallbackMethod: HttpMethod;
};

/** Of the inbound webhooks of one Number. What was put aside, or off, for the old app's sake is so no more. */
export type Redirection = {
  /** The Number texts come in to, and the account that has it: what was another's stays another's. */
  readonly to: string;
  readonly accountSid: string;
  /** Null: there is none; they end, each with the event. */
  readonly target: WebhookTarget | null;
  readonly event: NewEvent;
};

export type Redirected = { readonly moved: number; readonly ended: number };

export function isSameTarget(one: WebhookTarget, other: WebhookTarget): boolean {
  return (
    one.queue === other.queue &&
    one.url === other.url &&
    one.method === other.method &&
    one.fallbackUrl === other.fallbackUrl &&
    one.fallbackMethod === other.fallbackMethod
  );
}
