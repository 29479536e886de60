import type { StoredMessage } from "../../src/store/store.ts";
import type { SubmissionDetail } from "../../src/store/submission-record.ts";

type Sent = {
  readonly queue: string;
  readonly parts: number;
  /** Which one it was to be accepted. */
  readonly sequence: number;
  /** Per part: how often the network took it. */
  readonly takes: number[];
  firstTake: number | null;
  /** How often an event said that a part in doubt is sent again. */
  resent: number;
};

export type Totals = {
  outbound: number;
  inbound: number;
  delivered: number;
  sentOnly: number;
  doubled: number;
  unknown: number;
  resent: number;
  compared: number;
};

/** What was asked for, what the network saw, and whether the two agree. */
export class Ledger {
  readonly totals: Totals = {
    outbound: 0,
    inbound: 0,
    delivered: 0,
    sentOnly: 0,
    doubled: 0,
    unknown: 0,
    resent: 0,
    compared: 0,
  };
  readonly problems: string[] = [];
  readonly #sent = new Map<string, Sent>();
  readonly #texted = new Map<string, string>();
  readonly #kept = new Map<string, { readonly sequence: number; readonly take: number }[]>();
  #takes = 0;
  #sequence = 0;

  /** Still to be judged. */
  get open(): readonly string[] {
    return [...this.#sent.keys()];
  }

  get awaited(): number {
    return this.#texted.size;
  }

  accepted(sid: string, message: { readonly queue: string; readonly parts: number }): void {
    this.#sequence += 1;
    this.totals.outbound += 1;
    const takes = Array.from({ length: message.parts }, () => 0);
    this.#sent.set(sid, { ...message, sequence: this.#sequence, takes, firstTake: null, resent: 0 });
  }

  /** The network took a part. */
  taken(sid: string, sequence: number): void {
    const sent = this.#sent.get(sid);
    if (sent === undefined) {
      this.problem(`the network took part ${sequence} of ${sid}, which was over already`);
      return;
    }
    this.#takes += 1;
    sent.firstTake ??= this.#takes;
    sent.takes[sequence - 1] = (sent.takes[sequence - 1] ?? 0) + 1;
  }

  /** An event said so. */
  resent(sid: string): void {
    const sent = this.#sent.get(sid);
    if (sent !== undefined) sent.resent += 1;
    this.totals.resent += 1;
  }

  /** The message is over: it is compared with what the network saw, and forgotten. */
  judge(message: StoredMessage, submissions: readonly SubmissionDetail[]): void {
    const sent = this.#sent.get(message.sid);
    if (sent === undefined) return;
    this.#sent.delete(message.sid);
    const { sid, status } = message;
    if (status !== "delivered" && status !== "sent") {
      this.problem(`${sid} ended ${status}, ${message.errorCode}: ${historyOf(submissions)}`);
      return;
    }
    this.totals[status === "delivered" ? "delivered" : "sentOnly"] += 1;
    sent.takes.forEach((takes, index) => {
      const ofPart = submissions.filter((submission) => submission.index === index);
      this.totals.unknown += ofPart.filter(({ state }) => state === "unknown").length;
      this.totals.doubled += Math.max(0, takes - 1);
      if (takes === 0)
        this.problem(
          `${sid} is ${status} and the network never took part ${index + 1}: ${historyOf(submissions)}`,
        );
    });
    const twice = sent.takes.reduce((sum, takes) => sum + Math.max(0, takes - 1), 0);
    if (twice > sent.resent)
      this.problem(
        `${sid} went out ${twice} times more than asked for, and ${sent.resent} resends were told`,
      );
    const keptItsPlace =
      message.attempts === 0 && sent.resent === 0 && submissions.every(({ state }) => state === "accepted");
    if (!keptItsPlace || sent.firstTake === null) return;
    const kept = this.#kept.get(sent.queue) ?? [];
    kept.push({ sequence: sent.sequence, take: sent.firstTake });
    this.#kept.set(sent.queue, kept);
  }

  texted(body: string, from: string): void {
    this.totals.inbound += 1;
    this.#texted.set(body, from);
  }

  /** An app would be told of this text. */
  received(from: string, body: string): void {
    const sender = this.#texted.get(body);
    if (sender === undefined) this.problem(`"${body.slice(0, 12)}…" came twice, or was never sent`);
    else if (sender !== from) this.problem(`"${body.slice(0, 12)}…" came from ${from}, not from ${sender}`);
    this.#texted.delete(body);
  }

  close(): void {
    for (const sid of this.#sent.keys()) this.problem(`${sid} never came to an end`);
    for (const [queue, kept] of this.#kept) {
      this.totals.compared += kept.length;
      kept.sort((a, b) => a.sequence - b.sequence);
      kept.forEach(({ sequence, take }, index) => {
        if (take < (kept[index - 1]?.take ?? 0))
          this.problem(`the ${sequence}th message, of ${queue}, went out before an earlier one`);
      });
    }
    for (const body of this.#texted.keys()) this.problem(`"${body.slice(0, 12)}…" never came in`);
  }

  problem(text: string): void {
    this.problems.push(text);
  }
}

function historyOf(submissions: readonly SubmissionDetail[]): string {
  const told = submissions.map(({ index, state, reference, startedAt, settledAt, reportState, why }) => {
    const at = (epoch: number | null) => (epoch === null ? "-" : new Date(epoch).toISOString().slice(11, 23));
    return `part ${index + 1} ${at(startedAt)} to ${at(settledAt)} ${state} ${reference} report ${reportState} (${why})`;
  });
  return told.join("; ");
}
