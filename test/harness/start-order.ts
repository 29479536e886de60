/** The order in which test files start: what takes longest first, or the run ends with one worker at work alone. */
import { statSync } from "node:fs";
import type { TestSequencer, TestSpecification } from "vitest/node";

/**
 * The files whose path has one of `first` in it, in that order, then the others, largest first. For `sequence.sequencer` of
 * a configuration.
 */
export function startOrder(first: readonly string[]): new () => TestSequencer {
  const rank = ({ moduleId }: TestSpecification) => {
    const at = first.findIndex((part) => moduleId.includes(part));
    return at === -1 ? first.length : at;
  };
  const size = ({ moduleId }: TestSpecification) => statSync(moduleId).size;
  return class {
    async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return files.toSorted((a, b) => rank(a) - rank(b) || size(b) - size(a));
    }

    /** What `--shard` leaves: there is one machine. */
    async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
      return files;
    }
  };
}
