/** What a message costs the disk: bytes towards it, and syncs. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { DiskCounts } from "./disk-counts.ts";
import type { Loaded } from "./load.ts";
import type { Plan } from "./row.ts";
import { pause, type Site } from "./site.ts";

const ONE_BY_ONE = 20;
const LOADED = 20_000;
const ACCEPTS = 20_000;
const FLAT_OUT = 50_000;
const LOOK_EVERY_MS = 20;
const KB = 1024;

const COUNTING = ["--import", new URL("disk-counts.js", import.meta.url).href];

export const DISK_PLANS: readonly Plan[] = [
  {
    figure: "bytes written per message, one a second",
    unit: "KB",
    bar: "< 60",
    aim: "< 33",
    site: { peer: { is: "modem", airMs: 0 } },
    measure: async (site) => {
      const before = site.daemon.writtenBytes;
      const loaded: Loaded[] = [];
      for (let message = 0; message < ONE_BY_ONE; message++) {
        loaded.push(await site.load({ clients: 1, messages: 1, first: message }));
        await pause(1000);
      }
      await site.delivered(ONE_BY_ONE);
      return { value: (site.daemon.writtenBytes - before) / ONE_BY_ONE / KB, loaded, note: "to delivered" };
    },
  },
  {
    figure: "bytes written per message, loaded",
    unit: "KB",
    bar: "< 10",
    aim: "< 6",
    site: {
      peer: { is: "smsc", acceptPerSecond: null, isShut: false, deliver: 0, receipts: true, window: 50 },
    },
    measure: async (site) => {
      const before = site.daemon.writtenBytes;
      const loaded = await site.load({ clients: 64, messages: LOADED, recipients: LOADED });
      await site.carrier(({ delivered }) => delivered === LOADED);
      await site.delivered(LOADED);
      const written = (site.daemon.writtenBytes - before) / LOADED / KB;
      return { value: written, loaded: [loaded], messages: LOADED, note: "over SMPP, to delivered" };
    },
  },
  {
    figure: "syncs per accepted message, 64 clients",
    unit: "syncs",
    bar: "< 1",
    aim: "< 0.1",
    site: { peer: null, nodeArgs: COUNTING },
    measure: async (site) => {
      const before = await counts(site);
      const loaded = await site.load({ clients: 64, messages: ACCEPTS, recipients: ACCEPTS });
      const after = await counts(site);
      const [commits, checkpoints] = [after.commits - before.commits, after.checkpoints - before.checkpoints];
      const note = `${commits} commits for ${ACCEPTS} messages, ${checkpoints} checkpoints of two syncs`;
      return { value: (commits + 2 * checkpoints) / ACCEPTS, loaded: [loaded], note };
    },
  },
  {
    figure: "largest -wal under flat-out writes",
    unit: "MB",
    bar: "< 64",
    aim: "< 16",
    site: { peer: null },
    measure: async (site) => {
      let largest = 0;
      let over = false;
      const looking = (async () => {
        while (!over) {
          largest = Math.max(largest, statSync(join(site.dataDir, "pylone.db-wal")).size);
          await pause(LOOK_EVERY_MS);
        }
      })();
      const loaded = await site.load({ clients: 64, messages: FLAT_OUT, recipients: FLAT_OUT });
      over = true;
      await looking;
      return { value: largest / KB / KB, loaded: [loaded], messages: FLAT_OUT };
    },
  },
];

async function counts(site: Site): Promise<DiskCounts> {
  const from = site.daemon.lines.length;
  site.daemon.signal("SIGUSR2");
  return site.daemon.line((line) => {
    const said = JSON.parse(line) as DiskCounts;
    return said.is === "disk" ? said : null;
  }, from);
}
