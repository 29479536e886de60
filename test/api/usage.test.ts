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

async function send(client: ApiBox["client"], from: string, body: string): Promise<void> {
  await client.messages.create({ to: TO, from, body });
  const { claims } = await box.store.claim(from, { line: "sim1", limit: 10, now: box.clock.now() });
  for (const { submissionId } of claims) {
    await box.store.settle(submissionId, { is: "accepted", reference: "1" }, box.clock.now());
  }
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

describe("the balance", () => {
  it("is text, and enough for an app that stops when credit is low", async () => {
    const { body } = await box.get(box.api("/Balance.json"));
    expect(body).toEqual({ account_sid: box.account.sid, balance: "1000.00", currency: "USD" });
    expect(Number((await box.client.balance.fetch()).balance)).toBeGreaterThan(0);
  });
});
