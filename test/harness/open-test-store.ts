import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import type { Fault } from "../../src/runtime/fault.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";

/** The compiled worker: Node 20 does not run TypeScript in a thread. */
export const TEST_WORKER_URL = new URL("../../dist/store/worker.js", import.meta.url);

export type TestStore = {
  readonly store: Store;
  readonly dataDir: string;
  /** What `onFatal` was called with. */
  readonly faults: readonly Fault[];
  /** Closes it and opens it again on the same data. */
  readonly reopen: () => Promise<TestStore>;
  /**
   * What a power cut at this moment would leave, opened: the files as they are now, never closed. A process of
   * its own copies them, because opening them in this one would drop the store's lock.
   */
  readonly powerCut: () => Promise<TestStore>;
  /** Closes it and removes its data. */
  readonly remove: () => Promise<void>;
};

/** The disk is a real one and takes real time, whatever day the test says it is: a still clock would wait for ever. */
function onRealDisk(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonicMs: () => systemClock.monotonicMs(),
    timer: (ms, fire) => systemClock.timer(ms, fire),
    sleep: (ms, options) => systemClock.sleep(ms, options),
  };
}

/** A store in a temporary folder of its own, through the real worker. */
export async function openTestStore(
  options: { readonly dataDir?: string; readonly clock?: Clock } = {},
): Promise<TestStore> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "pylone-store-")));
  const faults: Fault[] = [];
  const store = await openStore({
    dataDir,
    onFatal: (fault) => faults.push(fault),
    workerUrl: TEST_WORKER_URL,
    ...(options.clock === undefined ? {} : { clock: onRealDisk(options.clock) }),
  });
  return {
    store,
    dataDir,
    faults,
    reopen: async () => {
      await store.close();
      return openTestStore({ ...options, dataDir });
    },
    powerCut: async () => {
      const copy = await mkdtemp(join(tmpdir(), "pylone-store-"));
      await promisify(execFile)("cp", ["-r", `${dataDir}/.`, copy]);
      return openTestStore({ ...options, dataDir: copy });
    },
    remove: async () => {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
