/** `/appliance/v1/Broadcasts`, its runs, and `/appliance/v1/Clock`, as they are asked and answered. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { settle } from "../harness/fake-clock.ts";
import { type ApiBox, type BoxOptions, OWN, openApiBox } from "./api-box.ts";

const PATH = "/appliance/v1/Broadcasts";
let box: ApiBox;
let audience = "";

async function opened(options: BoxOptions = {}): Promise<void> {
  box = await openApiBox(options);
  const made = await box.post("/appliance/v1/Audiences", { FriendlyName: "Meteo" });
  audience = String(made.body["sid"]);
  for (const [phone, name] of [
    ["+33612345671", "Ann"],
    ["+33612345672", "Zoë"],
  ] as const) {
    await box.post(`/appliance/v1/Audiences/${audience}/Members`, {
      PhoneNumber: phone,
      Attributes: JSON.stringify({ name }),
    });
  }
}
beforeEach(() => opened());
afterEach(() => box.close());

const fields = (more: Record<string, string> = {}): Record<string, string> => ({
  FriendlyName: "Morning",
  Cron: "0 7 * * *",
  From: OWN,
  AudienceSid: audience,
  Body: "Hello {{name}}",
  ...more,
});
const without = (name: string) =>
  Object.fromEntries(Object.entries(fields()).filter(([key]) => key !== name));

async function created(more: Record<string, string> = {}): Promise<string> {
  const answer = await box.post(PATH, fields(more));
  if (answer.status !== 201) throw new Error(answer.text);
  return String(answer.body["sid"]);
}

describe("a broadcast", () => {
  it("is made, shown, listed, changed and deleted", async () => {
    const answer = await box.post(PATH, fields({ QuietHours: "22:00-6:30" }));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      sid: expect.stringMatching(/^BC[0-9a-f]{32}$/),
      friendly_name: "Morning",
      status: "active",
      cron: "0 7 * * *",
      at: null,
      time_zone: "Europe/Paris",
      from: OWN,
      messaging_service_sid: null,
      audience_sid: audience,
      body: "Hello {{name}}",
      body_url: null,
      on_body_failure: "skip",
      fallback_text: null,
      max_segments: 6,
      if_missed: "catch-up",
      deadline_minutes: 600,
      quiet_hours: "22:00-06:30",
    });
    const next = answer.body["next_runs"] as { date: string; local: string }[];
    expect(next).toHaveLength(10);
    expect(next[0]).toEqual({ date: "Mon, 05 Jan 2026 06:00:00 +0000", local: "2026-01-05 07:00 GMT+1" });

    const path = String(answer.body["uri"]);
    expect((await box.get(path)).body).toEqual(answer.body);
    expect((await box.get(PATH)).body["broadcasts"]).toEqual([answer.body]);
    const changed = await box.post(path, { At: "2026-02-01T18:00+01:00", QuietHours: "" });
    expect(changed.body).toMatchObject({
      cron: null,
      at: "Sun, 01 Feb 2026 17:00:00 +0000",
      quiet_hours: null,
    });
    expect(changed.body["next_runs"]).toHaveLength(1);
    expect((await box.post(path, { Status: "paused" })).body).toMatchObject({
      status: "paused",
      next_runs: [],
    });
    expect((await box.request(path, { method: "DELETE" })).status).toBe(204);
    expect((await box.get(path)).status).toBe(404);
  });

  it("warns where its quiet hours cover its time", async () => {
    const answer = await box.post(PATH, fields({ QuietHours: "22:00-07:30" }));
    expect(answer.body["warnings"]).toEqual([
      "The run of 2026-01-05 07:00 GMT+1 is in its quiet hours: nothing of it is sent before 2026-01-05 07:30 GMT+1.",
    ]);
    expect((await box.post(PATH, fields({ QuietHours: "22:00-06:30" }))).body["warnings"]).toEqual([]);
  });

  it("warns that nobody is sent anything where its deadline is before their end", async () => {
    const late = fields({ QuietHours: "22:00-08:00", DeadlineMinutes: "60" });
    const { body } = await box.post(PATH, late);
    expect(body["warnings"]).toEqual([
      "The run of 2026-01-05 07:00 GMT+1 is in its quiet hours: nothing of it is sent before 2026-01-05 08:00 GMT+1. Its deadline, 2026-01-05 08:00 GMT+1, is no later: nobody is sent anything.",
    ]);
    const dry = await box.get(`${PATH}/${String(body["sid"])}/DryRun`);
    expect(JSON.stringify(dry.body["warnings"])).toContain("is no later: nobody is sent anything");
  });

  it("keeps its audience: that is deleted after it", async () => {
    const made = await box.post(PATH, fields({ FriendlyName: "keeper" }));
    const audience = `/appliance/v1/Audiences/${String(made.body["audience_sid"])}`;
    const refused = await box.request(audience, { method: "DELETE" });
    expect([refused.status, refused.body["code"]]).toEqual([400, 20422]);
    expect(refused.body["message"]).toContain("is still to be sent to it: delete that first");
    expect((await box.get(audience)).status).toBe(200);
  });

  it("takes JSON as well", async () => {
    const answer = await box.post(PATH, JSON.stringify(fields()), { type: "application/json" });
    expect(answer.status).toBe(201);
  });

  it.each<[Record<string, string>, number, RegExp]>([
    [{ TimeZone: "Paris" }, 20422, /did you mean Europe\/Paris\?/],
    [{ TimeZone: "Europe/Pariss" }, 20422, /did you mean Europe\/Paris\?/],
    [{ TimeZone: "+01:00" }, 20422, /IANA/],
    [{ Timezone: "Europe/Paris" }, 20001, /did you mean 'TimeZone'\?/],
    [{ Cron: "0 0 30 2 *" }, 20422, /no day there is ever fits/],
    [{ Cron: "0 7 * *" }, 20422, /4 fields/],
    [{ Cron: "0 7 * * 9" }, 20422, /dayOfWeek/],
    [{ At: "2026-02-01T18:00Z" }, 20001, /not both/],
    [{ Body: "Hi {{nmae}}" }, 20422, /No member has the attribute nmae .*\{\{nmae\|otherwise\}\}/],
    [{ Body: "Hi {{name" }, 20422, /no counterpart/],
    [{ Body: "x".repeat(1500) }, 21617, /10 segments, and 6 are allowed/],
    [{ Body: "x".repeat(6100) }, 21617, /6100 characters/],
    [{ Body: "x", BodyUrl: "http://app.example/" }, 20001, /not both/],
    [{ AudienceSid: `AU${"0".repeat(32)}` }, 20422, /does not exist/],
    [{ AudienceSid: "Meteo" }, 20422, /AU and 32 hex digits/],
    [{ From: "+33611111111" }, 21606, /no number of this account/],
    [{ MessagingServiceSid: `MG${"0".repeat(32)}` }, 20001, /not both/],
    [{ QuietHours: "late" }, 20422, /22:00-06:30/],
    [{ QuietHours: "07:00-07:00" }, 20422, /two different times/],
    [{ MaxSegments: "40" }, 20422, /1 to 24/],
    [{ IfMissed: "maybe" }, 20422, /catch-up, skip/],
    [{ FallbackText: "x".repeat(1000) }, 21617, /FallbackText/],
  ])("is refused with %o", async (more, code, why) => {
    const answer = await box.post(PATH, fields(more));
    expect(answer.body).toMatchObject({ code, message: expect.stringMatching(why), status: 400 });
    expect((await box.get(PATH)).body["broadcasts"]).toEqual([]);
  });

  it.each(["FriendlyName", "Cron", "From", "AudienceSid", "Body"])(
    "is refused without its %s",
    async (name) => {
      expect(await box.post(PATH, without(name))).toMatchObject({ status: 400 });
    },
  );

  it.each<[string, RegExp]>([
    ["2026-02-01 18:00", /with its time and zone/],
    ["2026-02-01", /with its time and zone/],
    ["2025-02-01T18:00Z", /has passed/],
  ])("is refused at %s", async (at, why) => {
    const answer = await box.post(PATH, { ...without("Cron"), At: at });
    expect(answer.body).toMatchObject({ code: 20422, message: expect.stringMatching(why) });
  });

  it("with a fallback rule and no fallback text is refused, and with a URL that is none", async () => {
    const url = { ...without("Body"), BodyUrl: "http://app.example/f" };
    const answer = await box.post(PATH, { ...url, OnBodyFailure: "fallback" });
    expect(answer.body).toMatchObject({ message: expect.stringMatching(/needs a FallbackText/) });
    expect((await box.post(PATH, { ...url, BodyUrl: "ftp://app.example/f" })).status).toBe(400);
    expect((await box.post(PATH, url)).status).toBe(201);
  });

  it("of which some lack an attribute needs a word for them", async () => {
    await box.post(`/appliance/v1/Audiences/${audience}/Members`, { PhoneNumber: "+33612345673" });
    const refused = await box.post(PATH, fields());
    expect(refused.body).toMatchObject({
      message: expect.stringMatching(/1 of 3 members lack the attribute name/),
    });
    expect((await box.post(PATH, fields({ Body: "Hello {{name|you}}" }))).status).toBe(201);
    expect((await box.post(PATH, fields({ FallbackText: "Hello" }))).status).toBe(201);
  });

  it("is refused on a change as on making it, and nothing of the change is kept", async () => {
    const sid = await created();
    const answer = await box.post(`${PATH}/${sid}`, { FriendlyName: "Evening", Cron: "0 25 * * *" });
    expect(answer.body).toMatchObject({ code: 20422, message: expect.stringMatching(/hour/) });
    expect((await box.get(`${PATH}/${sid}`)).body).toMatchObject({
      friendly_name: "Morning",
      cron: "0 7 * * *",
    });
  });

  it("is the main account's only, and unknown ones are 404", async () => {
    const sub = await box.accounts.createSubaccount(box.account.sid, "sub");
    expect((await box.get(PATH, { credentials: `${sub.sid}:${sub.authToken}` })).status).toBe(403);
    for (const path of [
      `${PATH}/BC${"0".repeat(32)}`,
      `${PATH}/nonsense`,
      `${PATH}/BC${"0".repeat(32)}/Runs`,
    ]) {
      expect((await box.get(path)).status).toBe(404);
    }
    expect((await box.post(`${PATH}/BC${"0".repeat(32)}/Runs`, {})).status).toBe(404);
    expect((await box.get(PATH, { credentials: null })).status).toBe(401);
  });
});

describe("a dry run", () => {
  it("shows each text, its segments, its encoding and what forced it, and a forecast", async () => {
    const sid = await created({ Body: "Hello {{name}}, 5 €" });
    const { body } = await box.get(`${PATH}/${sid}/DryRun`);
    expect(body).toMatchObject({
      would_send: true,
      reason: null,
      members: 2,
      recipients: 2,
      segments: 2,
      skipped: { opted_out: 0, refused: 0, no_text: 0 },
      forecast: "2 people, 2 segments, done by 2026-01-05 07:01 GMT+1 on 1 line",
      warnings: [],
      messages: [
        {
          to: "+33612345671",
          from: OWN,
          body: "Hello Ann, 5 €",
          num_segments: 1,
          encoding: "GSM-7",
          forced_by: null,
        },
        {
          to: "+33612345672",
          from: OWN,
          body: "Hello Zoë, 5 €",
          num_segments: 1,
          encoding: "UCS-2",
          forced_by: "ë",
        },
      ],
    });
    const listed = await box.client.messages.list();
    expect(listed).toEqual([]);
  });
});

describe("a run", () => {
  it("is begun now, shown with its counts and its members, and canceled while it waits", async () => {
    const sid = await created();
    const begun = await box.post(`${PATH}/${sid}/Runs`, {});
    expect(begun.status).toBe(201);
    expect(begun.body).toMatchObject({
      sid: expect.stringMatching(/^BR[0-9a-f]{32}$/),
      broadcast_sid: sid,
      cause: "operator",
    });
    const path = String(begun.body["uri"]);
    const run = await queued(path, 2);
    expect(run).toMatchObject({
      status: "started",
      members: 2,
      segments: 2,
      outcomes: { accepted: 2, opted_out: 0, refused: 0, no_text: 0, late: 0 },
      messages: { queued: 2 },
    });
    const { members } = (await box.get(`${path}/Members`)).body as { members: { message_sid: string }[] };
    expect(members).toMatchObject([
      { phone_number: "+33612345671", outcome: "accepted" },
      { phone_number: "+33612345672", outcome: "accepted" },
    ]);
    const message = await box.client.messages(members[0]?.message_sid ?? "").fetch();
    expect(message).toMatchObject({ to: "+33612345671", body: "Hello Ann", status: "queued" });
    expect((await box.get(`${PATH}/${sid}/Runs`)).body["runs"]).toMatchObject([
      { sid: run["sid"], messages: null },
    ]);
    const canceled = await box.post(path, { Status: "canceled" });
    expect(canceled.body).toMatchObject({ status: "canceled", messages: { canceled: 2 } });
    const again = await box.post(path, { Status: "canceled" });
    expect(again.body).toMatchObject({ code: 20422, message: "The run has ended already." });
  });

  it("of an empty audience, of a paused broadcast, and on a doubtful clock is refused", async () => {
    const made = await box.post("/appliance/v1/Audiences", { FriendlyName: "Nobody" });
    const empty = await created({ AudienceSid: String(made.body["sid"]), Body: "Hello" });
    expect((await box.post(`${PATH}/${empty}/Runs`, {})).body).toMatchObject({
      code: 20422,
      message: "Nothing would be sent: the audience is empty.",
    });
    const sid = await created();
    await box.post(`${PATH}/${sid}`, { Status: "paused" });
    expect((await box.post(`${PATH}/${sid}/Runs`, {})).body).toMatchObject({
      message: expect.stringMatching(/paused/),
    });
  });

  it("waits for the clock, until the operator vouches for it", async () => {
    await box.close();
    await opened({ whyClockUntrusted: "the NTP service has not synchronised it yet" });
    const sid = await created();
    expect((await box.post(`${PATH}/${sid}/Runs`, {})).body).toMatchObject({
      code: 20422,
      message: expect.stringMatching(/not synchronised it yet.*POST \/appliance\/v1\/Clock/),
    });
    expect((await box.get("/appliance/v1/Clock")).body).toEqual({
      date: "Sun, 04 Jan 2026 10:15:30 +0000",
      trusted: false,
      reason: "the NTP service has not synchronised it yet",
      vouched: "never",
    });
    expect((await box.post("/appliance/v1/Clock", {})).status).toBe(400);
    expect((await box.post("/appliance/v1/Clock", { Trust: "maybe" })).status).toBe(400);
    expect((await box.post("/appliance/v1/Clock", { Trust: "now" })).body).toMatchObject({
      trusted: true,
      vouched: "now",
    });
    expect((await box.post(`${PATH}/${sid}/Runs`, {})).status).toBe(201);
  });
});

/** Nothing is sent here: so many of it wait. */
async function queued(path: string, count: number): Promise<Record<string, unknown>> {
  for (let round = 0; round < 200; round++) {
    const { body } = await box.get(path);
    if ((body["messages"] as { queued?: number }).queued === count) return body;
    await settle();
  }
  throw new Error(`${path} does not begin`);
}
