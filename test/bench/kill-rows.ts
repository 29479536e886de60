/** The daemon is killed while a text is on its way to the network; the modem stores the delivery reports meanwhile. */
import { randomInt } from "node:crypto";
import type { Loaded } from "./load.ts";
import type { Plan } from "./row.ts";

const KILLS = 10;
/** Long enough that a kill at any moment of it is in mid-send. */
const AIR_MS = 300;

export const KILL_PLANS: readonly Plan[] = [
  {
    figure: "kill -9 in mid-send, stored reports: lost",
    unit: "messages",
    bar: "< 1",
    aim: "< 1",
    site: { peer: { is: "modem", airMs: AIR_MS } },
    measure: async (site) => {
      const loaded: Loaded[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const from = site.peer?.lines.length ?? 0;
        loaded.push(await site.load({ clients: 1, messages: 1, recipients: 1, first: kill }));
        await site.times("pdu", 1, from);
        await new Promise((resolve) => setTimeout(resolve, randomInt(AIR_MS)));
        site.daemon.signal("SIGKILL");
        await site.daemon.ended;
        await site.restart();
        await site.lineReady();
        await site.delivered(kill + 1);
      }
      const texts = await site.handsets();
      const arrived = new Set(texts).size;
      return {
        value: KILLS - arrived,
        loaded,
        note: `${KILLS} kills, each while the only text was in the air (${AIR_MS} ms)`,
        also: [
          {
            figure: "kill -9 in mid-send, stored reports: doubled",
            unit: "messages",
            bar: "< 1",
            aim: "< 1",
            value: texts.length - arrived,
          },
        ],
      };
    },
  },
];
