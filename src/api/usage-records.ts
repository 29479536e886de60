/**
 * Usage Records, contract §7.4, and Balance, §7.3. `count` is messages, `usage` is segments, which is what carriers
 * bill as a message. The appliance knows no prices: every price is nought.
 */

import type { UsageDay } from "../store/reading.ts";
import type { NumberKind } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import { type ApiContext, type ApiRouter, answer } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, pageOf } from "./page.ts";
import { textOf } from "./parameter.ts";
import {
  dayOfInstant,
  dayText,
  type Period,
  periodsOf,
  readDay,
  USAGE_RESOURCES,
  type UsageResource,
} from "./usage-periods.ts";

const PATH = "/2010-04-01/Accounts/:account/Usage/Records";

/** A prepaid account that never runs dry: apps that stop sending when credit is low keep sending. */
const BALANCE = "1000.00";

export function routeUsage(router: ApiRouter, deps: ApiDeps): void {
  router.get(PATH, async (ctx) => answer(ctx, 200, await recordsPage(ctx, deps, "Records")));
  for (const resource of USAGE_RESOURCES) {
    router.get(`${PATH}/${resource}`, async (ctx) =>
      answer(ctx, 200, await recordsPage(ctx, deps, resource)),
    );
  }
  router.get("/2010-04-01/Accounts/:account/Balance", (ctx) => {
    answer(ctx, 200, { account_sid: ctx.state.account.sid, balance: BALANCE, currency: "USD" });
  });
}

type Amount = { readonly count: number; readonly usage: number };
type Numbered = { readonly row: UsageRecord; readonly cursor: string };
type UsageRecord = Amount & { readonly category: string; readonly period: Period };

async function recordsPage(ctx: ApiContext, deps: ApiDeps, resource: UsageResource): Promise<object> {
  const query = new URLSearchParams(ctx.querystring);
  const { account } = ctx.state;
  const now = deps.clock.now();
  const today = dayOfInstant(now);
  const periods = periodsOf(resource, {
    start: dayIn(query, "StartDate", today),
    end: dayIn(query, "EndDate", today),
    since: dayOfInstant(account.createdAt),
    today,
  });
  const accountSids = accountSidsOf(ctx, query, deps);
  const usage = await usageIn(periods, accountSids, deps);
  const category = textOf(query, "Category");
  const categories = category === null ? Object.keys(CATEGORIES) : [category];
  const rows = categories.flatMap((name) =>
    periods.map((period) => ({
      category: name,
      period,
      ...amountOf(name, period, usage, accountSids, deps),
    })),
  );
  const numbered = rows.map((row, index) => ({ row, cursor: String(index).padStart(9, "0") }));
  const cursorOf = ({ cursor }: Numbered) => cursor;
  return pageOf<Numbered>(ctx, {
    key: "usage_records",
    cursor: /^\d{9}$/,
    cursorOf,
    list: listFrom(numbered, cursorOf),
    view: ({ row }) => recordView(row, account.sid, resource, now),
  });
}

function dayIn(query: URLSearchParams, name: string, today: number): number | null {
  const text = textOf(query, name);
  const day = text === null ? null : readDay(text, today);
  if (text !== null && day === null) {
    throw new ApiError(20422, `The '${name}' ${text.slice(0, 40)} is neither a date nor an offset in days.`);
  }
  return day;
}

/** Twilio counts subaccounts in unless it is told not to. */
function accountSidsOf(ctx: ApiContext, query: URLSearchParams, deps: ApiDeps): readonly string[] {
  const { account } = ctx.state;
  if (textOf(query, "IncludeSubaccounts") === "false") return [account.sid];
  return deps.accounts.list(account.sid).map(({ sid }) => sid);
}

async function usageIn(
  periods: readonly Period[],
  accountSids: readonly string[],
  deps: ApiDeps,
): Promise<UsageByDay> {
  const first = Math.min(...periods.map((period) => period.first));
  const last = Math.max(...periods.map((period) => period.last));
  const byDay = new Map<number, UsageDay[]>();
  if (!Number.isFinite(first)) return byDay;
  const rows = await Promise.all(accountSids.map((sid) => deps.store.usage(sid, first, last)));
  for (const row of rows.flat()) byDay.set(row.day, [...(byDay.get(row.day) ?? []), row]);
  return byDay;
}

type UsageByDay = ReadonlyMap<number, readonly UsageDay[]>;

type Category = {
  readonly description: string;
  readonly units: readonly [count: string, usage: string];
  /** Which of the store's categories it is the sum of; for numbers, which kinds. */
  readonly of?: RegExp;
  readonly kinds?: readonly NumberKind[];
};

const MESSAGES = ["messages", "messages"] as const;
const NUMBERS = ["numbers", "numbers"] as const;
const CALLS = ["calls", "minutes"] as const;

const CATEGORIES: Readonly<Record<string, Category>> = {
  sms: { description: "SMS", units: MESSAGES, of: /./ },
  "sms-inbound": { description: "Inbound SMS", units: MESSAGES, of: /^inbound/ },
  "sms-inbound-longcode": {
    description: "Inbound SMS, long code",
    units: MESSAGES,
    of: /^inbound-longcode$/,
  },
  "sms-inbound-shortcode": { description: "Inbound SMS, short code", units: MESSAGES, of: /^inbound-short/ },
  "sms-outbound": { description: "Outbound SMS", units: MESSAGES, of: /^outbound/ },
  "sms-outbound-longcode": { description: "Outbound SMS, long code", units: MESSAGES, of: /^outbound-long/ },
  "sms-outbound-shortcode": {
    description: "Outbound SMS, short code",
    units: MESSAGES,
    of: /^outbound-short/,
  },
  mms: { description: "MMS", units: MESSAGES },
  "mms-inbound": { description: "Inbound MMS", units: MESSAGES },
  "mms-outbound": { description: "Outbound MMS", units: MESSAGES },
  phonenumbers: { description: "Phone Numbers", units: NUMBERS, kinds: ["local", "mobile", "toll-free"] },
  "phonenumbers-local": { description: "Local Phone Numbers", units: NUMBERS, kinds: ["local"] },
  "phonenumbers-mobile": { description: "Mobile Phone Numbers", units: NUMBERS, kinds: ["mobile"] },
  "phonenumbers-tollfree": { description: "Toll-free Phone Numbers", units: NUMBERS, kinds: ["toll-free"] },
  calls: { description: "Voice Minutes", units: CALLS },
  "calls-inbound": { description: "Inbound Voice Minutes", units: CALLS },
  "calls-outbound": { description: "Outbound Voice Minutes", units: CALLS },
  totalprice: { description: "Total Price", units: ["usd", "usd"] },
};

/** Of a category that Twilio may have and this appliance does not, nothing was used. */
function categoryOf(name: string): Category {
  return Object.hasOwn(CATEGORIES, name) && CATEGORIES[name] !== undefined
    ? CATEGORIES[name]
    : { description: name, units: ["", ""] };
}

function amountOf(
  name: string,
  period: Period,
  usage: UsageByDay,
  accountSids: readonly string[],
  deps: ApiDeps,
): Amount {
  const { of, kinds } = categoryOf(name);
  if (kinds !== undefined) {
    const had = accountSids.flatMap((sid) => deps.numbers.list(sid, { kinds }));
    const count = had.filter((number) => dayOfInstant(number.createdAt) <= period.last).length;
    return { count, usage: count };
  }
  let [count, segments] = [0, 0];
  for (const { category, messages, segments: more } of of === undefined ? [] : within(period, usage)) {
    if (of?.test(category) !== true) continue;
    count += messages;
    segments += more;
  }
  return { count, usage: segments };
}

/** Whichever is shorter is walked: the period, of which a list has thousands, or all the days there are. */
function within({ first, last }: Period, usage: UsageByDay): readonly UsageDay[] {
  if (last - first >= usage.size) {
    return [...usage].flatMap(([day, rows]) => (day < first || day > last ? [] : rows));
  }
  return Array.from({ length: last - first + 1 }, (_, index) => usage.get(first + index) ?? []).flat();
}

function recordView(
  record: UsageRecord,
  accountSid: string,
  resource: UsageResource,
  now: number,
): Record<string, unknown> {
  const { description, units } = categoryOf(record.category);
  const path = `/2010-04-01/Accounts/${accountSid}/Usage/Records`;
  const query = `?Category=${encodeURIComponent(record.category)}`;
  const dates = `&StartDate=${dayText(record.period.first)}&EndDate=${dayText(record.period.last)}`;
  const below = resource === "Records" ? "" : `/${resource}`;
  return {
    category: record.category,
    description,
    account_sid: accountSid,
    start_date: dayText(record.period.first),
    end_date: dayText(record.period.last),
    as_of: new Date(now).toISOString().replace(/\.\d{3}Z$/, "+00:00"),
    count: String(record.count),
    count_unit: units[0],
    usage: String(record.usage),
    usage_unit: units[1],
    price: "0.00000",
    price_unit: "usd",
    api_version: "2010-04-01",
    uri: `${path}${below}.json${query}${dates}`,
    subresource_uris: Object.fromEntries(
      USAGE_RESOURCES.map((name) => [snakeCase(name), `${path}/${name}.json${query}`]),
    ),
  };
}

function snakeCase(name: string): string {
  return name.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
