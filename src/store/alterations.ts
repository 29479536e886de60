/**
 * What an app may do to a Message afterwards (contract §3.6, §3.7, §3.9): erase its text, delete it, cancel it
 * while it is scheduled, say how it fared. Text and row are needed as long as a Segment may still be handed to a
 * line, so a Message is altered only once nothing of it can be. `sent` is far enough: a report that comes later
 * needs no text, and finds nobody when the Message is gone.
 *
 * A webhook that waits for its app keeps its own copy of the text until it is delivered or given up: it is what
 * the app was promised.
 */
import { keyOfSid } from "../runtime/ids.ts";
import type { Database, Statement } from "./database.ts";
import { deleteBefore } from "./events.ts";
import type { MessageRow } from "./message-row.ts";
import { type Messages, storedOf } from "./messages.ts";
import { isMoving } from "./progress.ts";
import type { Feedback } from "./reading.ts";
import type { Retired, RetiredRow } from "./retired.ts";
import type { CancelResult, RedactResult } from "./store.ts";
import type { Submissions } from "./submissions.ts";

type Found =
  | { readonly in: "hot"; readonly row: MessageRow }
  | { readonly in: "retired"; readonly row: RetiredRow };

export class Alterations {
  readonly #messages: Messages;
  readonly #submissions: Submissions;
  readonly #retired: Retired;
  readonly #putFeedback: Statement<[number, string, number, number], Feedback>;
  readonly #deleteFeedback: Statement<[number]>;
  readonly #pruneFeedback: Statement<[number, number]>;

  constructor(db: Database, tables: { messages: Messages; submissions: Submissions; retired: Retired }) {
    this.#messages = tables.messages;
    this.#submissions = tables.submissions;
    this.#retired = tables.retired;
    this.#putFeedback = db.prepare(`
      INSERT INTO feedback (messageKey, outcome, createdAt, updatedAt) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET outcome = excluded.outcome, updatedAt = excluded.updatedAt
      RETURNING outcome, createdAt, updatedAt`);
    this.#deleteFeedback = db.prepare("DELETE FROM feedback WHERE messageKey = ?");
    this.#pruneFeedback = db.prepare(deleteBefore("feedback", "messageKey"));
  }

  redact(sid: string, at: number): RedactResult {
    const found = this.#find(sid);
    if (found === null) return { is: "unknown" };
    if (found.in === "retired")
      return { is: "redacted", message: storedOf(this.#retired.redact(found.row, at)) };
    if (mayBeSent(found.row)) return { is: "unfinished" };
    return { is: "redacted", message: storedOf(this.#messages.redact(found.row, at)) };
  }

  delete(sid: string): "deleted" | "unfinished" | "unknown" {
    const found = this.#find(sid);
    if (found === null) return "unknown";
    if (found.in === "hot") {
      if (mayBeSent(found.row)) return "unfinished";
      this.#submissions.deleteOf(found.row.key);
      this.#messages.remove(found.row);
    } else {
      this.#retired.remove(found.row);
    }
    this.#deleteFeedback.run(found.row.key);
    return "deleted";
  }

  cancelScheduled(sid: string, at: number): CancelResult {
    const found = this.#find(sid);
    if (found === null) return { is: "unknown" };
    if (found.in === "retired" || found.row.status !== "scheduled") return { is: "not-scheduled" };
    return {
      is: "canceled",
      message: storedOf(this.#messages.change(found.row, { status: "canceled" }, at)),
    };
  }

  keepFeedback(sid: string, outcome: Feedback["outcome"], at: number): Feedback | null {
    const found = this.#find(sid);
    if (found === null) return null;
    return this.#putFeedback.get(found.row.key, outcome, at, at) ?? null;
  }

  pruneFeedback(beforeKey: number, limit: number): number {
    return this.#pruneFeedback.run(beforeKey, limit).changes;
  }

  #find(sid: string): Found | null {
    const key = keyOfSid(sid);
    if (key === null) return null;
    const hot = this.#messages.byKey(key);
    if (hot?.sid === sid) return { in: "hot", row: hot };
    const old = this.#retired.bySid(key, sid);
    return old === null ? null : { in: "retired", row: old };
  }
}

/** A failed Message whose last Segment is still on the air counts: its Submission has to be settled first. */
function mayBeSent(row: MessageRow): boolean {
  return (
    isMoving(row.status) ||
    row.status === "accepted" ||
    row.status === "scheduled" ||
    row.progress.includes("t")
  );
}
