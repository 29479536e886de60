/** `message_state`, SMPP 3.4 §5.2.28, and the words receipts use for it (Appendix B). 9 is SMPP 5.0's. */
import type { Report } from "../../sms/message.ts";

export const MESSAGE_STATES: readonly {
  readonly messageState: number;
  readonly name: string;
  /** As in a receipt's `stat:`, which has seven letters for most. */
  readonly stat: string;
  readonly state: Report["state"];
}[] = [
  { messageState: 0, name: "SCHEDULED", stat: "SCHEDULED", state: "pending" },
  { messageState: 1, name: "ENROUTE", stat: "ENROUTE", state: "pending" },
  { messageState: 2, name: "DELIVERED", stat: "DELIVRD", state: "delivered" },
  { messageState: 3, name: "EXPIRED", stat: "EXPIRED", state: "failed" },
  { messageState: 4, name: "DELETED", stat: "DELETED", state: "failed" },
  { messageState: 5, name: "UNDELIVERABLE", stat: "UNDELIV", state: "failed" },
  // Somebody has read it on the subscriber's behalf: it is not on the handset, and no more will come (§5.2.28).
  { messageState: 6, name: "ACCEPTED", stat: "ACCEPTD", state: "pending" },
  { messageState: 7, name: "UNKNOWN", stat: "UNKNOWN", state: "failed" },
  { messageState: 8, name: "REJECTED", stat: "REJECTD", state: "failed" },
  { messageState: 9, name: "SKIPPED", stat: "SKIPPED", state: "failed" },
];

const BY_STATE = new Map(MESSAGE_STATES.map((row) => [row.messageState, row]));
const BY_WORD = new Map(
  MESSAGE_STATES.flatMap((row) => [
    [row.stat, row.messageState],
    [row.name, row.messageState],
  ]),
);

/** A state nobody knows is no verdict: what is final is said again. */
export function stateOf(messageState: number): Report["state"] {
  return BY_STATE.get(messageState)?.state ?? "pending";
}

/** `DELIVRD`, `delivered`, `2`, and cut or padded words that begin like one; null for what is like none. */
export function messageStateOf(word: string): number | null {
  const upper = word.toUpperCase();
  const exact = BY_WORD.get(upper);
  if (exact !== undefined) return exact;
  if (/^\d$/.test(word)) return Number(word);
  if (upper.length < 5) return null;
  for (const [known, messageState] of BY_WORD) {
    if (known.startsWith(upper.slice(0, 5))) return messageState;
  }
  return null;
}
