/**
 * The last reports of each Line, so that one that comes again is known. A report is acknowledged after it is
 * written down; when the process dies between the two, the modem or the network brings it again. By then nothing
 * waits for it, and it would be taken for the report of whatever else went to that recipient and is in doubt:
 * believed delivered and never sent. Only what was not acknowledged comes again: a few of a modem, and of an SMPP line
 * as many as it takes in at once.
 */
import { createHash } from "node:crypto";
import type { Report } from "../../sms/message.ts";
import type { Store } from "../../store/store.ts";

const KEPT = 16;
/** All of a line's are rewritten with each report. */
const KEPT_AT_MOST = 256;
const MEMORY_KEY = "reports.recent";

export class RecentReports {
  readonly #store: Pick<Store, "getMemory" | "putMemory">;
  readonly #inHandOf: (line: string) => number;
  readonly #ofLine = new Map<string, readonly string[]>();

  /** `inHandOf`: how many reports of a line may wait for their acknowledgement at once. */
  constructor(
    store: Pick<Store, "getMemory" | "putMemory">,
    inHandOf: (line: string) => number = () => KEPT,
  ) {
    this.#store = store;
    this.#inHandOf = inHandOf;
  }

  /** Whether it was written down before. */
  async has(line: string, report: Report): Promise<boolean> {
    if (!this.#ofLine.has(line)) {
      const kept = await this.#store.getMemory(line, MEMORY_KEY);
      this.#ofLine.set(line, kept === null || kept === "" ? [] : kept.split(" "));
    }
    return this.#ofLine.get(line)?.includes(markOf(report)) ?? false;
  }

  /** Called in the tick in which the report is written down: both are in one transaction. */
  add(line: string, report: Report): Promise<void> {
    const kept = Math.min(KEPT_AT_MOST, Math.max(KEPT, this.#inHandOf(line)));
    return this.#put(line, [...this.#others(line, report), markOf(report)].slice(-kept));
  }

  /** It could not be written down after all. */
  forget(line: string, report: Report): Promise<void> {
    return this.#put(line, this.#others(line, report));
  }

  #others(line: string, report: Report): readonly string[] {
    const mark = markOf(report);
    return (this.#ofLine.get(line) ?? []).filter((other) => other !== mark);
  }

  #put(line: string, marks: readonly string[]): Promise<void> {
    this.#ofLine.set(line, marks);
    return this.#store.putMemory(line, MEMORY_KEY, marks.join(" "));
  }
}

function markOf({ reference, recipient, state, status, tpScts, doneAt }: Report): string {
  const told = JSON.stringify([reference, recipient, state, status, tpScts, doneAt]);
  return createHash("sha256").update(told).digest("base64url").slice(0, 12);
}
