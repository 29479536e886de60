/** Lines nobody understands: each new kind is told of once. What nobody understands may matter, but not twice. */
export type NoiseKind = "unknown" | "stale" | "damaged";

const MOST_KINDS = 100;

export class NoiseLog {
  readonly #seen = new Set<string>();

  /** The sentence for an event, or null when it is no news. A late answer has only been too slow. */
  news(text: string, kind: NoiseKind): string | null {
    if (kind === "stale") return null;
    // Only a result's name is shown: the rest of a line may be somebody's text.
    const name = /^[+^*#$%!&_][A-Z0-9]+(?=[:=]|$)/.exec(text)?.[0] ?? "a line without a name";
    if (this.#seen.has(name) || this.#seen.size > MOST_KINDS) return null;
    this.#seen.add(name);
    return `${name} was not understood (${kind}); it is counted and ignored`;
  }
}
