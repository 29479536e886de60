/** The door's commands that let go of what was kept long enough: a batch at a time, so that nobody waits for them. */

/** Epoch milliseconds: what is older goes. */
export type KeptSince = {
  readonly messages: number;
  readonly events: number;
  /** Parts of Messages that are shown with gaps, for those that may still come. */
  readonly shownParts: number;
  /** PDUs that could not be read. */
  readonly undecodable: number;
  readonly fingerprints: number;
  readonly parkedReports: number;
};

/** `isDone`: there is nothing left to do; else the next batch is asked for. */
export type Batch = { readonly changed: number; readonly isDone: boolean };

export interface RetentionCommands {
  /** Deletes what is from before, the oldest first; looks at `limit` rows or so. */
  prune(before: KeptSince, limit: number): Promise<Batch>;
  /** Deletes the oldest retired Messages beyond so many. They are counted first, once, in batches as well. */
  pruneBeyond(messages: number, limit: number): Promise<Batch>;
  /** Erases the texts of retired Messages that were created before; of those too that are retired later. */
  redactBefore(at: number, limit: number): Promise<Batch>;
}
