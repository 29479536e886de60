/** The part of the store's door that is about the wall clock. */

export type ClockStep = {
  /** By how much the clock was set, in milliseconds: positive is ahead. */
  readonly byMs: number;
  /** What it shows now. */
  readonly at: number;
  /**
   * What was written before this start has waited as long as the new time says: it is vouched for, and the box may have
   * been off for as long as the clock was behind. Otherwise that moves as well: nothing expires on anybody's slip.
   */
  readonly judgesOld: boolean;
};

export interface ClockCommands {
  /** Every date that something waits for keeps its distance from now; called in the tick in which the clock is set. */
  clockStepped(step: ClockStep): Promise<void>;
}
