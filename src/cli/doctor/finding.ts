/** What the doctor finds: one thing looked at, how it is, and where it is not well the next step. */
export type Verdict = "pass" | "warn" | "fail";

export type Finding = {
  /** `configuration`, `disk`, `line gsm1: SIM`. */
  readonly about: string;
  readonly status: Verdict;
  /** What was seen; of a trouble its cause. */
  readonly text: string;
  /** Null where nothing is to be done. */
  readonly next: string | null;
};

export const pass = (about: string, text: string): Finding => ({ about, status: "pass", text, next: null });
export const warn = (about: string, text: string, next: string): Finding => ({
  about,
  status: "warn",
  text,
  next,
});
export const fail = (about: string, text: string, next: string): Finding => ({
  about,
  status: "fail",
  text,
  next,
});

/**
 * Reasons are written `what: the mend` throughout the program: the mend is the next step. `otherwise`: where a reason
 * has none.
 */
export function failFor(about: string, reason: string, otherwise: string, status: Verdict = "fail"): Finding {
  const [, text = reason, mend = otherwise] = /^(.*?\S): (.+)$/s.exec(reason) ?? [];
  return { about, status, text, next: mend };
}
