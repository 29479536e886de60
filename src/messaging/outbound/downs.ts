/**
 * Messages that bring their modem down: the link broke, or the modem stopped answering, while this Message was being
 * handed over. Once may be chance and twice bad luck; the third time it is set aside as failed, or it would take
 * the line down for ever and nothing behind it would be sent.
 *
 * Counted in memory: what takes a modem down does not take this process down.
 */
import type { Line, SubmitOutcome } from "../../line/line.ts";

export const DOWNS_ALLOWED = 3;
/** Bounds the memory; a Message forgotten begins anew. */
const REMEMBERED = 1000;

export class Downs {
  readonly #counts = new Map<string, number>();

  /** An answer has come. Returns how often this Message has brought a modem down. */
  count(messageSid: string, outcome: SubmitOutcome, line: Pick<Line, "kind" | "status">): number {
    if (!isDown(outcome, line)) {
      if (outcome.is === "accepted") this.#counts.delete(messageSid);
      return this.of(messageSid);
    }
    const count = this.of(messageSid) + 1;
    this.#counts.delete(messageSid);
    this.#counts.set(messageSid, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > REMEMBERED && oldest !== undefined) this.#counts.delete(oldest);
    return count;
  }

  of(messageSid: string): number {
    return this.#counts.get(messageSid) ?? 0;
  }
}

/** A carrier's bind that closes says nothing about the message; a modem that is gone in the middle of one may. */
function isDown(outcome: SubmitOutcome, { kind, status }: Pick<Line, "kind" | "status">): boolean {
  if (kind !== "modem" || outcome.is === "accepted") return false;
  const { code } = outcome.fault;
  return (
    code === "modem.link-lost" ||
    code === "line.closed" ||
    (code === "at.timeout" && status.state !== "ready")
  );
}
