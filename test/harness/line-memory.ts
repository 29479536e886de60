import type { LineMemory } from "../../src/line/line.ts";

/** A Line's memory that outlives nothing but the Line; `entries` is open to the test. */
export function memoryInMemory(
  entries = new Map<string, string>(),
): LineMemory & { readonly entries: Map<string, string> } {
  return {
    entries,
    get: (key) => Promise.resolve(entries.get(key) ?? null),
    put: (key, value) => {
      entries.set(key, value);
      return Promise.resolve();
    },
  };
}
