/** What the network and a terminal on it say to each other: TPDUs down, SUBMITs up. */

/** `taken`: acknowledged. `full`: no space (cause 22). `absent`: not on the air. `refused`: tried, not acknowledged. */
export type Verdict = "taken" | "full" | "absent" | "refused";

export interface Subscriber {
  readonly number: string;
  /** Answers exactly once. */
  offer(tpdu: Uint8Array, answer: (verdict: Verdict) => void): void;
}

/** `cause`: the number in `+CMS ERROR` (24.011 Annex E, 27.005 §3.2.5). */
export type SubmitOutcome = { readonly is: "taken" } | { readonly is: "refused"; readonly cause: number };
