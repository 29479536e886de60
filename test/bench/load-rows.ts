/** More than the box takes, from more clients than it has: what it refuses, what it holds, what it gives back. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { Crowd, listRequest } from "../harness/crowd.ts";
import type { Loaded } from "./load.ts";
import type { Plan } from "./row.ts";
import { pause, SID, type Site, TOKEN } from "./site.ts";

const POSTS = 500_000;
const CLIENTS = 64;
/** `outbound.maxQueued` unless it is configured. */
const QUEUE_BOUND = 100_000;
const CROWD = { idle: 1000, dribbling: 100, deaf: 20 };
const LOOK_EVERY_MS = 100;
const GONE_WITHIN_MS = 20_000;
const MEGABYTE = 1024 * 1024;

export const LOAD_PLANS: readonly Plan[] = [
  {
    figure: "resident memory, 500,000 posts, 64 writers, a crowd",
    unit: "MB",
    bar: "< 250",
    aim: "< 200",
    once: true,
    site: { peer: null },
    measure: async (site) => {
      const before = site.daemon.descriptors;
      const largest = { resident: 0, log: 0, descriptors: 0 };
      let isOver = false;
      const crowd = await Crowd.open(site.port, listRequest(SID, TOKEN), CROWD);
      const looking = (async () => {
        while (!isOver) {
          largest.resident = Math.max(largest.resident, site.daemon.residentBytes);
          largest.log = Math.max(largest.log, statSync(join(site.dataDir, "pylone.db-wal")).size);
          largest.descriptors = Math.max(largest.descriptors, site.daemon.descriptors);
          await pause(LOOK_EVERY_MS);
        }
      })();
      const loaded = await site.load({ clients: CLIENTS, messages: POSTS, recipients: 10_000 });
      isOver = true;
      await looking;
      crowd.close();
      const left = await leftOver(site, before);
      const { tally, elapsedMs, p99Ms } = loaded;
      const refused = tally["400 21611"] ?? 0;
      const perSecond = (POSTS / elapsedMs) * 1000;
      return {
        value: largest.resident / MEGABYTE,
        loaded: [beyondTheBound(loaded)],
        messages: POSTS,
        note: `${JSON.stringify(tally)}, ${perSecond.toFixed(0)} posts/s, p99 ${p99Ms.toFixed(0)} ms; ${CROWD.idle} idle, ${CROWD.dribbling} dribbling and ${CROWD.deaf} deaf clients beside them; ${largest.descriptors} descriptors at most`,
        also: [
          {
            figure: "of these, refused beyond the queue's bound (21611)",
            unit: "posts",
            bar: String(POSTS - QUEUE_BOUND),
            aim: String(POSTS - QUEUE_BOUND),
            value: refused,
          },
          {
            figure: "descriptors more than before, all clients gone",
            unit: "open",
            bar: "< 1",
            aim: "< 1",
            value: left,
          },
          {
            figure: "largest -wal meanwhile",
            unit: "MB",
            bar: "< 64",
            aim: "< 16",
            value: largest.log / MEGABYTE,
          },
        ],
      };
    },
  },
];

/** A queue that is full answers 400 with 21611, as it should: anything else that is not 2xx voids the row. */
function beyondTheBound(loaded: Loaded): Loaded {
  const { refused, firstRefusal, tally } = loaded;
  const others = Object.keys(tally).filter((answer) => answer !== "201" && answer !== "400 21611");
  return {
    ...loaded,
    refused: refused - (tally["400 21611"] ?? 0),
    firstRefusal: others.length === 0 ? firstRefusal : others.join(", "),
  };
}

async function leftOver(site: Site, before: number): Promise<number> {
  const begun = performance.now();
  while (site.daemon.descriptors > before && performance.now() - begun < GONE_WITHIN_MS) await pause(100);
  return site.daemon.descriptors - before;
}
