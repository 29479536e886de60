/** Usage Records and Balance, contract §7.3 and §7.4, through the official SDK. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const TO = "+33639980002";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
  await send(box.client, OWN, "a");
  await send(box.client, OWN, "x".repeat(200));
});

afterAll(() => box.close());

async function send(client: ApiBox["client"], from: string, body: string, site = box): Promise<void> {
  const { store, clock } = site;
  await client.messages.create({ to: TO, from, body });
  const { claims } = await store.claim(from, { line: "sim1", limit: 10, now: clock.now() });
  for (const { submissionId } of claims) {
    await store.settle(submissionId, { is: "accepted", reference: "1" }, clock.now());
  }
}

let received = 0;
async function receive(site: ApiBox, to: string, numSegments: number): Promise<void> {
  const message = {
    sid: `SM${String(++received).padStart(14, "0")}${"d".repeat(18)}`,
    accountSid: site.account.sid,
    from: TO,
    to,
    body: "x",
    numSegments,
    messagingServiceSid: null,
    line: "sim1",
    receivedAt: site.clock.now(),
  };
  await site.store.completeInbound({ keptIds: [], message, webhook: null, event: null });
}

describe("a usage record", () => {
  it("has every field of the contract", async () => {
    const { status, body } = await box.get(
      box.api("/Usage/Records.json?Category=sms-outbound&StartDate=2026-01-01&EndDate=2026-01-31"),
    );
    const path = box.api("/Usage/Records");
    expect(status).toBe(200);
    expect(body["usage_records"]).toEqual([
      {
        category: "sms-outbound",
        description: "Outbound SMS",
        account_sid: box.account.sid,
        start_date: "2026-01-01",
        end_date: "2026-01-31",
        as_of: "2026-01-04T10:15:30+00:00",
        count: "2",
        count_unit: "messages",
        usage: "3",
        usage_unit: "messages",
        price: "0.00000",
        price_unit: "usd",
        api_version: "2010-04-01",
        uri: `${path}.json?Category=sms-outbound&StartDate=2026-01-01&EndDate=2026-01-31`,
        subresource_uris: {
          all_time: `${path}/AllTime.json?Category=sms-outbound`,
          daily: `${path}/Daily.json?Category=sms-outbound`,
          last_month: `${path}/LastMonth.json?Category=sms-outbound`,
          monthly: `${path}/Monthly.json?Category=sms-outbound`,
          this_month: `${path}/ThisMonth.json?Category=sms-outbound`,
          today: `${path}/Today.json?Category=sms-outbound`,
          yearly: `${path}/Yearly.json?Category=sms-outbound`,
          yesterday: `${path}/Yesterday.json?Category=sms-outbound`,
        },
      },
    ]);
  });

  it("exists for every category when none is named, also where nothing was used", async () => {
    const records = await box.client.usage.records.list({ pageSize: 5 });
    const counts = Object.fromEntries(records.map(({ category, count }) => [category, count]));
    expect(counts).toMatchObject({
      sms: "2",
      "sms-inbound": "0",
      "sms-outbound-longcode": "2",
      "sms-outbound-shortcode": "0",
      mms: "0",
      phonenumbers: "1",
      "phonenumbers-mobile": "1",
      calls: "0",
      totalprice: "0",
    });
    expect(await box.client.usage.records.list({ category: "sms-messages-carrierfees" })).toMatchObject([
      { count: "0" },
    ]);
  });

  it("is told by day, month, year and for the usual stretches", async () => {
    const { records } = box.client.usage;
    const category = "sms" as const;
    const shown = (rows: readonly { startDate: Date; count: string }[]) =>
      rows.map(({ startDate, count }) => `${startDate.toISOString().slice(0, 10)} ${count}`);

    expect(shown(await records.daily.list({ category }))).toEqual(["2026-01-04 2"]);
    expect(shown(await records.monthly.list({ category }))).toEqual(["2026-01-04 2"]);
    expect(shown(await records.yearly.list({ category }))).toEqual(["2026-01-04 2"]);
    expect(shown(await records.allTime.list({ category }))).toEqual(["2026-01-04 2"]);
    expect(shown(await records.today.list({ category }))).toEqual(["2026-01-04 2"]);
    expect(shown(await records.yesterday.list({ category }))).toEqual(["2026-01-03 0"]);
    expect(shown(await records.thisMonth.list({ category }))).toEqual(["2026-01-01 2"]);
    expect(shown(await records.lastMonth.list({ category }))).toEqual(["2025-12-01 0"]);
  });

  it.each([
    ["StartDate=-30days", "2025-12-05", "2026-01-04"],
    ["StartDate=-30days&EndDate=-1day", "2025-12-05", "2026-01-03"],
    ["StartDate=-1days&EndDate=+1day", "2026-01-03", "2026-01-05"],
    ["EndDate=2026-01-04", "2026-01-04", "2026-01-04"],
  ])("is asked for by offsets from today: %s", async (dates, start_date, end_date) => {
    const { body } = await box.get(box.api(`/Usage/Records.json?Category=sms&${dates}`));
    expect(body["usage_records"]).toMatchObject([{ start_date, end_date }]);
  });

  it("of the main account counts its subaccounts, unless it is told not to", async () => {
    const made = await box.client.api.v2010.accounts.create({ friendlyName: "Tenant" });
    const account = box.accounts.bySid(made.sid);
    if (account === null) throw new Error("no such account");
    const { phoneNumber } = await provision(box.numbers, account, "+33639981001", "sim1");
    await send(box.clientOf(made.sid, made.authToken), phoneNumber, "theirs");

    const countOf = async (client: ApiBox["client"], options: object) =>
      (await client.usage.records.today.list({ category: "sms", ...options }))[0]?.count;
    expect(await countOf(box.client, {})).toBe("3");
    expect(await countOf(box.client, { includeSubaccounts: false })).toBe("2");
    expect(await countOf(box.clientOf(made.sid, made.authToken), {})).toBe("1");
  });

  it("is refused for a date that is none", async () => {
    const { status, body } = await box.get(box.api("/Usage/Records.json?StartDate=soon"));
    expect({ status, code: body["code"] }).toEqual({ status: 400, code: 20422 });
  });
});

describe("the categories", () => {
  it("are the contract's, each with its words, units and sum", async () => {
    const site = await openApiBox();
    try {
      const short = await provision(site.numbers, site.account, "36123", "sim1", "short-code");
      await provision(site.numbers, site.account, "+33155500001", "sim1", "local");
      await provision(site.numbers, site.account, "+33800000001", "sim1", "toll-free");
      await provision(site.numbers, site.account, "+33800000002", "sim1", "toll-free");
      await send(site.client, OWN, "x".repeat(200), site);
      await send(site.client, short.phoneNumber, "x", site);
      await receive(site, OWN, 4);
      await receive(site, OWN, 1);
      await receive(site, short.phoneNumber, 8);

      const records = await site.client.usage.records.list();
      const shown = records.map((record) => {
        const { category, description, count, countUnit, usage, usageUnit } = record;
        return [category, description, `${count} ${countUnit}`, `${usage} ${usageUnit}`];
      });
      expect(shown).toEqual([
        ["sms", "SMS", "5 messages", "16 messages"],
        ["sms-inbound", "Inbound SMS", "3 messages", "13 messages"],
        ["sms-inbound-longcode", "Inbound SMS, long code", "2 messages", "5 messages"],
        ["sms-inbound-shortcode", "Inbound SMS, short code", "1 messages", "8 messages"],
        ["sms-outbound", "Outbound SMS", "2 messages", "3 messages"],
        ["sms-outbound-longcode", "Outbound SMS, long code", "1 messages", "2 messages"],
        ["sms-outbound-shortcode", "Outbound SMS, short code", "1 messages", "1 messages"],
        ["mms", "MMS", "0 messages", "0 messages"],
        ["mms-inbound", "Inbound MMS", "0 messages", "0 messages"],
        ["mms-outbound", "Outbound MMS", "0 messages", "0 messages"],
        ["phonenumbers", "Phone Numbers", "4 numbers", "4 numbers"],
        ["phonenumbers-local", "Local Phone Numbers", "1 numbers", "1 numbers"],
        ["phonenumbers-mobile", "Mobile Phone Numbers", "1 numbers", "1 numbers"],
        ["phonenumbers-tollfree", "Toll-free Phone Numbers", "2 numbers", "2 numbers"],
        ["calls", "Voice Minutes", "0 calls", "0 minutes"],
        ["calls-inbound", "Inbound Voice Minutes", "0 calls", "0 minutes"],
        ["calls-outbound", "Outbound Voice Minutes", "0 calls", "0 minutes"],
        ["totalprice", "Total Price", "0 usd", "0 usd"],
      ]);
    } finally {
      await site.close();
    }
  });
});

describe("the balance", () => {
  it("is text, and enough for an app that stops when credit is low", async () => {
    const { body } = await box.get(box.api("/Balance.json"));
    expect(body).toEqual({ account_sid: box.account.sid, balance: "1000.00", currency: "USD" });
    expect(Number((await box.client.balance.fetch()).balance)).toBeGreaterThan(0);
  });
});
