/** What an app is told, and how often it was tried: part of the store's door (`store.ts`). */
import type { NewEvent } from "../runtime/event.ts";
import type { MessageStatus } from "../sms/message.ts";

/** What a webhook tells an app, kept as facts; `webhook/payload.ts` gives them Twilio's spelling. */
export type WebhookFacts =
  | {
      readonly kind: "inbound";
      readonly messageSid: string;
      readonly accountSid: string;
      readonly messagingServiceSid: string | null;
      readonly from: string;
      readonly to: string;
      readonly body: string;
      readonly numSegments: number;
    }
  | {
      readonly kind: "status";
      readonly messageSid: string;
      readonly accountSid: string;
      readonly messagingServiceSid: string | null;
      readonly from: string;
      readonly to: string;
      readonly status: MessageStatus;
      readonly errorCode: number | null;
      readonly doneAt: string | null;
    };

export type HttpMethod = "GET" | "POST";

export type NewWebhook = {
  /** Webhooks of one queue are delivered in order: the Number and the app's origin. See `webhookQueueOf`. */
  readonly queue: string;
  readonly facts: WebhookFacts;
  readonly url: string;
  readonly method: HttpMethod;
  readonly fallbackUrl: string | null;
  readonly fallbackMethod: HttpMethod;
  readonly createdAt: number;
};

export type WebhookTask = NewWebhook & {
  readonly webhookId: string;
  /** One UUID for all tries (contract §9.1). */
  readonly idempotencyToken: string;
  readonly attempts: number;
  readonly notBefore: number;
};

export type WebhookDeferral = {
  readonly attempts: number;
  readonly notBefore: number;
  /** True: it leaves its queue and is retried alone, so that it holds nobody up (DESIGN §4.4). */
  readonly aside: boolean;
  readonly event: NewEvent | null;
};
