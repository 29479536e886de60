/** The figures that must not grow with what is stored: each measured beside a thousand messages and a million. */
import type { Measurement, Plan } from "./row.ts";
import type { Seeds } from "./seed.ts";
import { NUMBER, PHONE, SID, Site, type SiteOptions } from "./site.ts";

const FEW = 1000;
const MANY = 1_000_000;
const EACH = 10_000;
const WARM = 2000;
const PAGES = 200;
const RECIPIENTS = 10_000;
/** As many messages to each recipient, however many there are: a page of them has as many rows. */
const OF_EACH = 100;

const siteWith = (seeds: Seeds, messages: number): SiteOptions => ({
  peer: { is: "smsc", acceptPerSecond: null, isShut: true, deliver: 0, window: 50 },
  prepare: (dataDir) =>
    seeds.into(dataDir, {
      messages,
      accountSid: SID,
      from: NUMBER,
      to: PHONE,
      recipients: messages / OF_EACH,
    }),
});

const RATIO = { unit: "×", bar: "< 1.3", aim: "< 1.1" };

/** Processor time of the daemon for one of each, in microseconds. */
type Costs = { readonly accept: number; readonly list: number; readonly dispatch: number };

async function costs(site: Site): Promise<Costs & { readonly loaded: Measurement["loaded"] }> {
  const spent = async (count: number, work: () => Promise<unknown>) => {
    const before = site.daemon.processorSeconds;
    await work();
    return ((site.daemon.processorSeconds - before) * 1e6) / count;
  };
  const load = (messages: number) => site.load({ clients: 64, messages, recipients: RECIPIENTS });
  const warm = await load(WARM);
  const loaded = [warm];
  const accept = await spent(EACH, async () => loaded.push(await load(EACH)));
  const list = await spent(PAGES, async () => {
    for (let page = 0; page < PAGES; page++) {
      const to = page % 2 === 0 ? "" : `&To=%2B${Number(PHONE.slice(1)) + (page % (FEW / OF_EACH))}`;
      await site.api(`/2010-04-01/Accounts/${SID}/Messages.json?PageSize=50${to}`);
    }
  });
  site.peer?.signal("SIGUSR2");
  await site.restart();
  const dispatch = await spent(WARM + EACH, () => site.carrier(({ accepted }) => accepted === WARM + EACH));
  return { accept, list, dispatch, loaded };
}

export const historyPlans = (seeds: Seeds): readonly Plan[] => [
  {
    figure: "accept: cost at 1,000,000 stored to cost at 1,000",
    ...RATIO,
    site: siteWith(seeds, MANY),
    measure: async (site) => {
      const many = await costs(site);
      const small = await Site.open(siteWith(seeds, FEW));
      const few = await costs(small).finally(() => small.close());
      const kinds = ["accept", "list", "dispatch"] as const;
      const note = kinds
        .map((kind) => `${kind} ${many[kind].toFixed(0)} to ${few[kind].toFixed(0)} µs of processor`)
        .join(", ");
      return {
        value: many.accept / few.accept,
        loaded: [...many.loaded, ...few.loaded],
        note,
        also: [
          { figure: "list: the same", ...RATIO, value: many.list / few.list },
          { figure: "dispatch: the same", ...RATIO, value: many.dispatch / few.dispatch },
        ],
      };
    },
  },
  {
    figure: "start to ready with 1,000,000 stored",
    unit: "ms",
    bar: "< 2000",
    aim: "< 2000",
    site: siteWith(seeds, MANY),
    measure: async (site) => {
      const first = site.readyAfterMs;
      await site.restart();
      return { value: site.readyAfterMs, loaded: [], note: `the first start ${first.toFixed(0)} ms` };
    },
  },
];
