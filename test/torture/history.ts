/** What happened in a torture, seen from outside. Times are milliseconds of one clock, the torturer's own. */

/** An app's POST. Its text begins with `out ID`. */
export type Post = {
  readonly id: number;
  readonly round: number;
  readonly from: string;
  readonly postedAt: number;
  /** When the 201 was there; null: the daemon died before. */
  readonly answeredAt: number | null;
  readonly sid: string | null;
};

/** A phone's text to one of the box's numbers. Its text begins with `in ID`. */
export type Text = {
  readonly id: number;
  readonly round: number;
  readonly to: string;
  readonly isLong: boolean;
  readonly textedAt: number;
  readonly takenAt: number;
};

/** A text on a handset. `text` is how it begins: `out 7`, `re in 7`. */
export type Arrival = { readonly from: string; readonly text: string };

/** A webhook the app got. */
export type Told = {
  /** The same for every try of one webhook. */
  readonly token: string;
  readonly kind: "status" | "inbound";
  readonly sid: string;
  readonly status: string;
  /** How the text begins that came in; empty for a status. */
  readonly text: string;
  readonly toldAt: number;
  /** Answered with a reply, `re in 7`. */
  readonly isReplied: boolean;
};

/** SIGKILL to the daemon, or the app's own end: from then until the next one was begun. */
export type Accident = {
  readonly is: "kill" | "app restart";
  readonly round: number;
  readonly at: number;
  readonly until: number;
};

/** A Message as the API shows it in the end. */
export type Shown = {
  readonly sid: string;
  readonly direction: string;
  readonly from: string;
  readonly status: string;
  /** How the text begins. */
  readonly text: string;
};

export type LineFacts = {
  readonly name: string;
  readonly number: string;
  readonly window: number;
  /** A delivery report that came while nobody listened is still there: nothing needs to double. */
  readonly storesReports: boolean;
};

export type History = {
  readonly lines: readonly LineFacts[];
  readonly posts: readonly Post[];
  readonly texts: readonly Text[];
  /** Of all lines, oldest first. */
  readonly arrivals: readonly Arrival[];
  /** Oldest first. */
  readonly told: readonly Told[];
  readonly accidents: readonly Accident[];
  readonly shown: readonly Shown[];
  /** Of each event that nobody knows whether a Segment was sent, its line. */
  readonly inDoubt: readonly string[];
  /** By SID, how many events said that a Segment in doubt is sent again. */
  readonly resent: ReadonlyMap<string, number>;
};

/** `out 7`, `in 7` or `re in 7`; the whole text where it begins otherwise. */
export function beginningOf(text: string): string {
  return /^(?:out|in|re in) \d+/.exec(text)?.[0] ?? text;
}
