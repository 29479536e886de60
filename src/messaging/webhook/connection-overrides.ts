/**
 * Connection overrides in a URL's fragment (contract §9.6): `https://host/path#ct=2000&rc=2&rp=ct,5xx`. The
 * fragment is never sent nor signed. Values out of range are ignored. Unlike Twilio, nothing is repeated at once
 * unless the URL says how often (`rc`) or when (`rp`, then once): the queue itself tries again.
 */
export type RepeatOn = "4xx" | "5xx" | "ct" | "rt";

export type Connection = {
  /** From the look-up of the name to the end of the TLS handshake. */
  readonly connectMs: number;
  /** For the first byte of the answer, and between two packets of it. */
  readonly readMs: number;
  /** For everything: redirects, authentication and repetitions included. */
  readonly totalMs: number;
  readonly repeats: number;
  readonly repeatOn: ReadonlySet<RepeatOn>;
  /** False: no server name in the TLS handshake. */
  readonly sni: boolean;
};

const CONNECT_MS = 5_000;
const ALL: readonly RepeatOn[] = ["4xx", "5xx", "ct", "rt"];

const NO_OVERRIDES = new URLSearchParams();

/** `null`: `rp` names something unknown, which Twilio refuses with 11243. */
export function connectionOf(url: URL, timeoutMs: number): Connection | null {
  const overrides = url.hash === "" ? NO_OVERRIDES : new URLSearchParams(url.hash.slice(1));
  const repeatOn = repeatsOn(overrides.get("rp"));
  if (repeatOn === null) return null;
  return {
    connectMs: within(overrides.get("ct"), 100, 10_000) ?? CONNECT_MS,
    readMs: within(overrides.get("rt"), 100, 15_000) ?? timeoutMs,
    totalMs: within(overrides.get("tt"), 100, 15_000) ?? timeoutMs,
    repeats: within(overrides.get("rc"), 0, 5) ?? (overrides.has("rp") ? 1 : 0),
    repeatOn,
    sni: overrides.get("sni") !== "n",
  };
}

function within(text: string | null, least: number, most: number): number | null {
  if (text === null || !/^\d{1,6}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

function repeatsOn(text: string | null): ReadonlySet<RepeatOn> | null {
  if (text === null) return new Set<RepeatOn>(["ct"]);
  const chosen = new Set<RepeatOn>();
  for (const word of text.split(",")) {
    if (word === "all") for (const each of ALL) chosen.add(each);
    else if (isRepeatOn(word)) chosen.add(word);
    else return null;
  }
  return chosen;
}

function isRepeatOn(word: string): word is RepeatOn {
  return (ALL as readonly string[]).includes(word);
}
