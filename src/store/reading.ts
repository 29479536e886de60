/** What the store answers beside Messages: usage, a place in a queue; and which Messages and events are asked for. */
import type { EventLevel } from "../runtime/event.ts";

/** Which way, and what the account's own side of it was. */
export type UsageCategory = `${"inbound" | "outbound"}-${"longcode" | "shortcode" | "alphanumeric"}`;

export type UsageDay = {
  readonly accountSid: string;
  /** UTC days since 1970-01-01. */
  readonly day: number;
  readonly category: UsageCategory;
  readonly messages: number;
  readonly segments: number;
};

/** Where an outbound Message stands among those that wait for the same Number, or would if its time had come. */
export type Standing = {
  readonly queue: string;
  readonly isBroadcast: boolean;
  /** A part of it is with the network, or on its way there. */
  readonly hasBegun: boolean;
  readonly expiresAt: number;
  /** Segments of this Message that nobody has yet. */
  readonly waitingSegments: number;
  /** What goes before it, or would if its time to try again were now. */
  readonly messagesAhead: number;
  readonly segmentsAhead: number;
  /** While it is scheduled, and in no queue yet: when it joins it. */
  readonly sendAt: number | null;
  /** When its turn comes it fails, because its recipient has said STOP since. */
  readonly isOptedOut: boolean;
};

/** A received Message's webhook that its app has not answered yet. */
export type WebhookStanding = {
  readonly url: string;
  /** Tries that failed. */
  readonly attempts: number;
  /** Those of its queue that are asked before it. */
  readonly ahead: number;
  /** The first of its queue, which is itself where none is ahead. */
  readonly head: { readonly attempts: number; readonly notBefore: number };
};

export type MessageFilter = {
  readonly accountSid: string;
  readonly from?: string;
  readonly to?: string;
  /** `sentAt` (createdAt while null) at or after, epoch ms. */
  readonly sentFrom?: number;
  /** `sentAt` (createdAt while null) strictly before, epoch ms. */
  readonly sentBefore?: number;
  /** Only messages created before this one (exclusive): the paging cursor. */
  readonly beforeSid?: string;
  readonly limit: number;
};

export type EventFilter = {
  readonly beforeSid?: string;
  readonly level?: EventLevel;
  readonly type?: string;
  readonly messageSid?: string;
  readonly limit: number;
};

export type QueueDepth = {
  readonly queue: string;
  readonly messages: number;
  readonly segments: number;
  /** When the oldest Message that waits was created, backing off or not; null when all of them are on the air. */
  readonly oldestAt: number | null;
};
/** What an app says became of a Message (contract §3.9). */
export type Feedback = {
  readonly outcome: "confirmed" | "unconfirmed";
  readonly createdAt: number;
  readonly updatedAt: number;
};
