/**
 * The nouns, used everywhere and for nothing else:
 *
 * - **Message**: what an app sends or receives, any length. Has a Twilio status and nothing but that.
 * - **Segment**: one SMS's worth of a Message (one TPDU, one `submit_sm`). Cut once, when the Message is
 *   accepted; a Line encodes a Segment and never re-cuts it.
 * - **Submission**: one attempt to hand one Segment to one Line; holds the TP-MR or SMPP `message_id`.
 * - **Report**: a delivery report (SMS-STATUS-REPORT, delivery receipt).
 * - **Line**: a way to the carrier: a modem with its SIM, or an SMPP bind. Serves one or more Numbers.
 */

/** Contract §3.3. `accepted`, `scheduled` and `canceled` belong to messaging services. */
export const MESSAGE_STATUSES = [
  "accepted",
  "scheduled",
  "canceled",
  "queued",
  "sending",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "received",
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** Status never goes back; a final state is never left (contract §3.3). */
export const NEXT_STATUSES: Readonly<Record<MessageStatus, readonly MessageStatus[]>> = {
  accepted: ["queued", "failed", "canceled"],
  scheduled: ["queued", "failed", "canceled"],
  queued: ["sending", "failed", "canceled"],
  sending: ["sent", "delivered", "undelivered", "failed"],
  sent: ["delivered", "undelivered"],
  canceled: [],
  delivered: [],
  undelivered: [],
  failed: [],
  received: [],
};

export type Direction = "inbound" | "outbound-api" | "outbound-reply";

export type Alphabet = "gsm7" | "ucs2" | "8bit";

/** 23.040 §9.2.3.24.1 and §9.2.3.24.8. */
export type Concatenation = {
  readonly reference: number;
  readonly referenceBits: 8 | 16;
  readonly total: number;
  /** 1-based. */
  readonly sequence: number;
};

/** One SMS's worth of an outbound Message. */
export type Segment = {
  /** Originating address as the app gave it: E.164, short code or alphanumeric. A modem's SIM decides alone. */
  readonly from: string;
  /** Destination address: E.164 with `+`, or a short code. */
  readonly to: string;
  readonly alphabet: "gsm7" | "ucs2";
  /** This part's text. Fits one segment in `alphabet`, with `concatenation`'s header where there is one. */
  readonly text: string;
  readonly concatenation: Concatenation | null;
  /** How long the network may keep trying, in minutes; null: the network's own default. */
  readonly validityMinutes: number | null;
};

/** What a part carries before parts are joined: characters may be split across parts, so text comes later. */
export type UserData =
  | {
      readonly alphabet: "gsm7";
      /** One septet per octet, header and fill bits removed. */
      readonly septets: Uint8Array;
      /** National language tables, 23.038 Annex A; 0 = default. */
      readonly lockingShift: number;
      readonly singleShift: number;
    }
  | { readonly alphabet: "ucs2" | "8bit"; readonly octets: Uint8Array };

/** One SMS's worth of an inbound Message, as a Line hands it over. */
export type InboundSegment = {
  /** Originating address: `+` digits (international), bare digits, or alphanumeric text. Never normalised here. */
  readonly from: string;
  /** Which of the Line's Numbers it was sent to; null when the Line has one SIM and cannot know. */
  readonly to: string | null;
  readonly userData: UserData;
  readonly concatenation: Concatenation | null;
  /**
   * 23.040 §9.2.3.11 as ISO 8601 with the network's own zone; null when unreadable. Decoration: it orders nothing
   * but what one modem's one listing shows (`line/modem/listing-order.ts`).
   */
  readonly tpScts: string | null;
  readonly tpPid: number;
  readonly tpDcs: number;
  readonly messageClass: 0 | 1 | 2 | 3 | null;
  /** Application port addressing, 23.040 §9.2.3.24.3 and .4; null for ordinary text. */
  readonly destinationPort: number | null;
  /** Absent or null for all but a message waiting indication (23.038 §4, 23.040 §9.2.3.24.2). */
  readonly waiting?: MessageWaitingFacts | null;
  /** Equal for two deliveries of the same TPDU; a hash, hex. */
  readonly fingerprint: string;
  /** The PDU as it came, hex, for diagnosis. */
  readonly raw: string;
};

/** Something waits for the subscriber elsewhere. */
export type MessageWaitingFacts = {
  readonly type: "voicemail" | "fax" | "email" | "other";
  readonly active: boolean;
  /** Null when the network does not say. */
  readonly count: number | null;
};

/** A delivery report as a Line hands it over. */
export type Report = {
  /** TP-MR or SMPP `message_id`, as text. */
  readonly reference: string;
  readonly recipient: string;
  readonly state: "delivered" | "pending" | "failed";
  /** TP-Status (23.040 §9.2.3.15) or SMPP `message_state`; with `kind` of the Line it maps to Twilio's code. */
  readonly status: number;
  readonly errorCode: number | null;
  readonly tpScts: string | null;
  /** Discharge time as ISO 8601, shown, never computed with. */
  readonly doneAt: string | null;
  readonly raw: string;
};
