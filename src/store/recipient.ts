/** What the store knows of a recipient: what they opted out of, and who of a service writes to them. */

/** Said by a recipient: `stop` blocks the pairs (recipient, scope), `start` lifts them. */
export type OptOutChange = {
  readonly is: "stop" | "start";
  readonly recipient: string;
  /** Numbers and service SIDs. */
  readonly scopes: readonly string[];
  readonly at: number;
};

/** What the choice of a sender out of a service's pool needs to know. */
export type PoolFacts = {
  /** Who of the service wrote to this recipient last. */
  readonly sticky: string | null;
  /** Of each queue that was asked about, in that order. */
  readonly queuedSegments: readonly number[];
};
