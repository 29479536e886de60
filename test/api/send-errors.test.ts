import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault } from "../../src/runtime/fault.ts";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const TO = "+33639980002";
const MG = `MG${"0".repeat(32)}`;
const ok = { To: TO, From: OWN, Body: "x" };

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
  await provision(box.numbers, box.account, "36123", "gsm2", "short-code");
  await provision(box.numbers, box.account, "HARBOUR", "gsm2", "alphanumeric");
  await provision(box.numbers, box.account, "36205", "inbox", "short-code");
  const other = { ...box.account, sid: `AC${"c".repeat(32)}` };
  await provision(box.numbers, other, "+33639980077", "gsm2");
});

afterAll(() => box.close());

/** Contract §3.1's check order from top to bottom; every row is wrong further down as well where it can be. */
const REFUSALS: readonly [why: string, form: Record<string, string>, status: number, code: number][] = [
  ["no parameters at all", {}, 400, 21604],
  ["an empty To", { ...ok, To: "" }, 400, 21604],
  ["a To that is only a space", { ...ok, To: " " }, 400, 21604],
  ["no sender", { To: "bad", Body: "x" }, 400, 21603],
  ["no content", { To: "bad", From: "bad!" }, 400, 21602],
  ["an empty Body", { To: "bad", From: "bad!", Body: "" }, 400, 21602],
  ["a To that is no number", { ...ok, To: "12", From: "bad!" }, 400, 21211],
  ["an alphanumeric To", { ...ok, To: "Weather", From: "bad!" }, 400, 21211],
  ["a To on another channel", { ...ok, To: `whatsapp:${TO}` }, 400, 21211],
  ["a To with too many digits", { ...ok, To: "+336399800021234" }, 400, 21211],
  ["a From that is none of the three kinds", { ...ok, From: "bad!", MessagingServiceSid: "x" }, 400, 21212],
  ["a service SID that is none", { To: TO, Body: "x", MessagingServiceSid: "MG12" }, 400, 21705],
  ["a service nobody made", { To: TO, Body: "x", MessagingServiceSid: MG }, 404, 21701],
  ["a service nobody made, given as From", { To: TO, Body: "x", From: MG }, 404, 21701],
  [
    "a service beside a From that is not owned",
    { ...ok, From: "+33639980042", MessagingServiceSid: MG },
    404,
    21701,
  ],
  ["a From nobody owns", { ...ok, From: "+33639980042", To: "+33639980042" }, 400, 21606],
  ["a From whose line only receives", { ...ok, From: "36205" }, 400, 21606],
  ["a From of another account", { ...ok, From: "+33639980077" }, 400, 21606],
  ["an alphanumeric From nobody owns", { ...ok, From: "PYLONE" }, 400, 21606],
  ["a short code sending abroad", { ...ok, From: "36123", To: "+14155551212" }, 400, 21606],
  ["To equal to From", { ...ok, To: "06 39 98 00 01", Body: "x".repeat(1601) }, 400, 21266],
  ["a short code as To", { ...ok, To: "36124", Body: "x".repeat(1601) }, 400, 21265],
  ["a name to a country that blocks names", { ...ok, From: "HARBOUR", To: "+14155551212" }, 400, 21612],
  ["1601 characters", { ...ok, Body: "x".repeat(1601), MediaUrl: "http://a.test/x" }, 400, 21617],
  ["801 emoji, which are 1602 units", { ...ok, Body: "🙂".repeat(801) }, 400, 21617],
  ["media that is no URL", { ...ok, MediaUrl: "ftp://a.test/x", StatusCallback: "x" }, 400, 21620],
  ["media", { ...ok, MediaUrl: "http://a.test/x", StatusCallback: "x" }, 400, 21621],
  ["media instead of a Body", { To: TO, From: OWN, MediaUrl: "http://a.test/x" }, 400, 21621],
  ["a content template", { To: TO, From: OWN, ContentSid: `HX${"0".repeat(32)}` }, 400, 21655],
  ["content variables without a template", { ...ok, ContentVariables: "{}" }, 400, 21654],
  ["a relative callback", { ...ok, StatusCallback: "/status", ValidityPeriod: "0" }, 400, 21609],
  ["a callback that is no http", { ...ok, StatusCallback: "javascript:alert(1)" }, 400, 21609],
  [
    "a callback of 4001 characters",
    { ...ok, StatusCallback: `http://a.test/${"x".repeat(3987)}` },
    400,
    21609,
  ],
  ["a validity of 0", { ...ok, ValidityPeriod: "0", SendAt: "x" }, 400, 21624],
  ["a validity of 36001", { ...ok, ValidityPeriod: "36001" }, 400, 21624],
  ["a validity that is no whole number", { ...ok, ValidityPeriod: "1.5" }, 400, 21624],
  [
    "a schedule without a service",
    { ...ok, ScheduleType: "fixed", SendAt: "2026-01-05T00:00:00Z" },
    400,
    35118,
  ],
  ["a SendAt alone", { ...ok, SendAt: "2026-01-05T00:00:00Z" }, 400, 35118],
  ["a ScheduleType without SendAt", { ...ok, ScheduleType: "fixed" }, 400, 35111],
  ["another ScheduleType", { ...ok, ScheduleType: "soon" }, 400, 35126],
];

describe("POST Messages refuses", () => {
  it.each(REFUSALS)("%s", async (_why, form, status, code) => {
    const answer = await box.post(box.api("/Messages.json"), form);

    expect([answer.status, answer.body["code"]]).toEqual([status, code]);
    expect(answer.body).toEqual({
      code,
      message: expect.stringMatching(/./),
      more_info: `https://www.twilio.com/docs/errors/${code}`,
      status,
    });
  });

  it("a name to a country that blocks names, in Twilio's words", async () => {
    const answer = await box.post(box.api("/Messages.json"), { ...ok, From: "HARBOUR", To: "+14155551212" });
    expect(answer.body["message"]).toBe(
      "The 'To' phone number: +14155551212, is not currently reachable using the 'From' phone number: HARBOUR via SMS.",
    );
  });

  it("eleven media", async () => {
    const media = Array.from({ length: 11 }, () => "MediaUrl=http%3A%2F%2Fa.test%2Fx").join("&");
    const answer = await box.post(box.api("/Messages.json"), `${new URLSearchParams(ok)}&${media}`);

    expect(answer.body["code"]).toBe(21623);
  });

  it("and leaves no row behind", async () => {
    expect(await box.client.messages.list()).toEqual([]);
  });
});

describe("POST Messages where only some countries are allowed", () => {
  it("refuses the others with 21408, and what belongs to none, after everything else that is wrong", async () => {
    const homely = await openApiBox({ countries: ["FR", "BE"] });
    const code = async (form: Record<string, string>) =>
      (await homely.post(homely.api("/Messages.json"), { From: OWN, Body: "x", ...form })).body["code"];
    try {
      const abroad = await homely.post(homely.api("/Messages.json"), { ...ok, To: "+14155550142" });
      expect([abroad.status, abroad.body["code"], abroad.body["message"]]).toEqual([
        400,
        21408,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: +14155550142.",
      ]);
      expect(await code({ To: "+883510012345" })).toBe(21408);
      expect(await code({ To: "+14155550142", ScheduleType: "soon" })).toBe(35126);
      expect(await code({ To: TO })).toBeUndefined();
      expect(await code({ To: "+32470123456" })).toBeUndefined();
    } finally {
      await homely.close();
    }
  });
});

describe("POST Messages takes", () => {
  it.each([
    ["1600 characters", { Body: "x".repeat(1600) }],
    ["the ends of the validity range", { ValidityPeriod: "36000" }],
    [
      "a callback on a private address with user info and a fragment",
      { StatusCallback: "http://u:p@10.0.0.2:5000/s#rc=2" },
    ],
    ["a callback on a host with an underscore", { StatusCallback: "http://my_app:5000/s" }],
    ["a callback with a raw space", { StatusCallback: "http://app.lan/s?place=La Rochelle" }],
    [
      "what Twilio knows and an SMS does not need",
      {
        SmartEncoded: "false",
        MaxPrice: "1",
        Attempt: "2",
        ForceDelivery: "true",
        ShortenUrls: "true",
        SendAsMms: "true",
        PersistentAction: "geo:1,2",
        TrafficType: "free",
        RiskCheck: "disable",
        MessageIntent: "notifications",
        FallbackFrom: OWN,
        ProvideFeedback: "true",
        ContentRetention: "retain",
        AddressRetention: "retain",
      },
    ],
    ["parameters nobody knows", { Colour: "blue", to: "lower case is another parameter" }],
    ["a To with a plus that became a space", { To: " 33639980002" }],
  ])("%s", async (_what, extra) => {
    expect((await box.post(box.api("/Messages.json"), { ...ok, ...extra })).status).toBe(201);
  });
});

describe("POST Messages when it cannot be kept", () => {
  it("answers 21611 when the sender's queue is full, and keeps what is in it", async () => {
    const small = await openApiBox({ maxQueued: 2 });
    try {
      await small.client.messages.create({ to: TO, from: OWN, body: "1" });
      await small.client.messages.create({ to: TO, from: OWN, body: "2" });
      await expect(small.client.messages.create({ to: TO, from: OWN, body: "3" })).rejects.toMatchObject({
        status: 400,
        code: 21611,
      });
      expect(await small.client.messages.list()).toHaveLength(2);
    } finally {
      await small.close();
    }
  });

  it("answers 35125 when no more may be scheduled", async () => {
    const full = await openApiBox({
      accept: { accept: async () => ({ is: "queue-full", queuedSegments: 0 }) },
    });
    try {
      const { sid } = await full.client.messaging.v1.services.create({ friendlyName: "Alerts" });
      const phoneNumberSid = full.numbers.byNumber(OWN)?.sid ?? "";
      await full.client.messaging.v1.services(sid).phoneNumbers.create({ phoneNumberSid });
      const sendAt = new Date(full.clock.now() + 3_600_000);
      const later = { to: TO, body: "x", messagingServiceSid: sid, scheduleType: "fixed", sendAt } as const;
      await expect(full.client.messages.create(later)).rejects.toMatchObject({ status: 400, code: 35125 });
    } finally {
      await full.close();
    }
  });

  it.each([
    ["20503 when the disk does not keep its word", "store.failed", 503, 20503],
    ["20500 without the reason for anything unforeseen", "line.closed", 500, 20500],
  ] as const)("answers %s", async (_what, code, status, expected) => {
    const fault = new Fault({ code, disposition: "reject", message: "the inside of the house" });
    const broken = await openApiBox({ accept: { accept: () => Promise.reject(fault) } });
    try {
      const answer = await broken.post(broken.api("/Messages.json"), ok);
      expect([answer.status, answer.body["code"]]).toEqual([status, expected]);
      expect(answer.text).not.toContain("house");
    } finally {
      await broken.close();
    }
  });

  it("answers 20005 on an account that is not active", async () => {
    await box.settings.change((document) => ({
      ...document,
      accounts: document.accounts.map((account) => ({ ...account, status: "suspended" })),
    }));
    const answer = await box.post(box.api("/Messages.json"), ok);

    expect([answer.status, answer.body["code"]]).toEqual([403, 20005]);
  });
});
