/** The part of the store's door that is about the wall clock. */

export type ClockStep = {
  /** By how much the clock was set, in milliseconds: positive is ahead. */
  readonly byMs: number;
  /** What it shows now. */
  readonly at: number;
  /**
   * The clock was right until then, so that everything that waits was written by it. Otherwise only what was made since
   * this start is known to be: the box may have been off for as long as the clock was behind.
   */
  readonly wasRight: boolean;
};

export interface ClockCommands {
  /** Every date that something waits for keeps its distance from now; called in the tick in which the clock is set. */
  clockStepped(step: ClockStep): Promise<void>;
}
