/** Every resource, key for key: a key that is missing or of another type breaks one SDK or another. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { APP_TOKEN, type ApiBox, OWN, openApiBox } from "./api-box.ts";

const TO = "+33639980002";
const NOW = "Sun, 04 Jan 2026 10:15:30 +0000";

let box: ApiBox;
let sid: string;
let path: string;

beforeAll(async () => {
  box = await openApiBox();
  path = `/2010-04-01/Accounts/${box.account.sid}`;
});

afterAll(() => box.close());

function message(over: Record<string, unknown>) {
  return {
    sid,
    account_sid: box.account.sid,
    api_version: "2010-04-01",
    to: TO,
    from: OWN,
    messaging_service_sid: null,
    body: "Porte ouverte",
    status: "queued",
    direction: "outbound-api",
    num_segments: "1",
    num_media: "0",
    date_created: NOW,
    date_updated: NOW,
    date_sent: null,
    error_code: null,
    error_message: null,
    price: null,
    price_unit: "USD",
    uri: `${path}/Messages/${sid}.json`,
    subresource_uris: {
      media: `${path}/Messages/${sid}/Media.json`,
      feedback: `${path}/Messages/${sid}/Feedback.json`,
    },
    ...over,
  };
}

describe("the answer's body", () => {
  it("is a Message, when one is created", async () => {
    const answer = await box.post(box.api("/Messages.json"), { To: TO, From: OWN, Body: "Porte ouverte" });
    sid = String(answer.body["sid"]);

    expect(answer.status).toBe(201);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.body).toEqual(
      message({ subresource_uris: { media: `${path}/Messages/${sid}/Media.json` } }),
    );
  });

  it("is a Message with its date and error, once it has them", async () => {
    const { claims } = await box.store.claim(OWN, { line: "sim1", limit: 1, now: box.clock.now() });
    await box.store.settle(
      claims[0]?.submissionId ?? "",
      { is: "accepted", reference: "1" },
      box.clock.now() + 2000,
    );
    await box.store.recordReport(claims[0]?.submissionId ?? "", {
      state: "failed",
      status: 0x41,
      errorCode: 30005,
      reference: "1",
      doneAt: null,
      at: box.clock.now() + 5000,
    });
    const { body } = await box.get(box.api(`/Messages/${sid}.json`));

    expect(body).toEqual(
      message({
        status: "undelivered",
        date_sent: "Sun, 04 Jan 2026 10:15:32 +0000",
        date_updated: "Sun, 04 Jan 2026 10:15:35 +0000",
        error_code: 30005,
        error_message: expect.toSatisfy((text: unknown) => text === null || typeof text === "string"),
      }),
    );
  });

  it("is a page of Messages", async () => {
    const { body } = await box.get(box.api("/Messages.json?To=%2B33639980002&PageSize=1"));
    const first = `${path}/Messages.json?To=%2B33639980002&PageSize=1&Page=0`;

    expect(body).toEqual({
      first_page_uri: first,
      next_page_uri: null,
      previous_page_uri: null,
      uri: first,
      page: 0,
      page_size: 1,
      start: 0,
      end: 0,
      messages: [expect.objectContaining({ sid })],
    });
  });

  it("is an inbound Message", async () => {
    await box.store.keepInbound(
      {
        line: "sim1",
        receivedAt: box.clock.now(),
        segment: {
          from: "Meteo",
          to: null,
          userData: { alphabet: "gsm7", septets: new Uint8Array(), lockingShift: 0, singleShift: 0 },
          concatenation: null,
          tpScts: null,
          tpPid: 0,
          tpDcs: 0,
          messageClass: null,
          destinationPort: null,
          fingerprint: "00",
          raw: "00",
        },
      },
      {
        keptIds: [],
        message: {
          sid: `SM${"0".repeat(14)}${"d".repeat(18)}`,
          accountSid: box.account.sid,
          from: "Meteo",
          to: OWN,
          body: "Paris",
          numSegments: 1,
          messagingServiceSid: null,
          line: "sim1",
          receivedAt: box.clock.now(),
        },
        webhook: null,
        event: null,
      },
    );
    const { body } = await box.get(box.api("/Messages.json?From=Meteo"));
    sid = `SM${"0".repeat(14)}${"d".repeat(18)}`;

    expect(body["messages"]).toEqual([
      message({
        from: "Meteo",
        to: OWN,
        body: "Paris",
        status: "received",
        direction: "inbound",
        date_sent: NOW,
      }),
    ]);
  });

  it("is an empty page of media", async () => {
    const uri = `${path}/Messages/${sid}/Media.json?PageSize=50&Page=0`;

    expect((await box.get(box.api(`/Messages/${sid}/Media.json`))).body).toEqual({
      media_list: [],
      uri,
      first_page_uri: uri,
      next_page_uri: null,
      previous_page_uri: null,
      page: 0,
      page_size: 50,
      start: 0,
      end: 0,
    });
  });

  it("is an IncomingPhoneNumber", async () => {
    const pn = box.numbers.byNumber(OWN)?.sid ?? "";
    const answer = await box.get(box.api(`/IncomingPhoneNumbers/${pn}.json`));

    expect(answer.body).toEqual({
      sid: pn,
      account_sid: box.account.sid,
      friendly_name: "06 39 98 00 01",
      phone_number: OWN,
      capabilities: { voice: false, sms: true, mms: false, fax: false },
      sms_url: "",
      sms_method: "POST",
      sms_fallback_url: "",
      sms_fallback_method: "POST",
      sms_application_sid: "",
      voice_url: "",
      voice_method: "POST",
      voice_fallback_url: "",
      voice_fallback_method: "POST",
      voice_application_sid: null,
      voice_caller_id_lookup: false,
      voice_receive_mode: "voice",
      status_callback: "",
      status_callback_method: "POST",
      api_version: "2010-04-01",
      address_requirements: "none",
      beta: false,
      origin: "twilio",
      address_sid: null,
      identity_sid: null,
      bundle_sid: null,
      trunk_sid: null,
      emergency_status: "Inactive",
      emergency_address_sid: null,
      emergency_address_status: "unregistered",
      status: "in-use",
      type: "mobile",
      date_created: NOW,
      date_updated: NOW,
      uri: `${path}/IncomingPhoneNumbers/${pn}.json`,
      subresource_uris: { assigned_add_ons: `${path}/IncomingPhoneNumbers/${pn}/AssignedAddOns.json` },
    });
  });

  it("is an Account", async () => {
    const { body } = await box.get(`${path}.json`);
    const names =
      "available_phone_numbers calls conferences incoming_phone_numbers notifications outgoing_caller_ids recordings transcriptions addresses signing_keys connect_apps sip authorized_connect_apps usage keys applications short_codes queues messages balance";

    expect(body).toEqual({
      sid: box.account.sid,
      friendly_name: "pylone",
      status: "active",
      type: "Full",
      auth_token: APP_TOKEN,
      owner_account_sid: box.account.sid,
      date_created: NOW,
      date_updated: NOW,
      uri: `${path}.json`,
      subresource_uris: Object.fromEntries(
        names.split(" ").map((name) => [name, expect.stringMatching(/^\/2010-04-01\/Accounts\/AC.*\.json$/)]),
      ),
    });
  });
});

describe("dates", () => {
  it("are English and +0000 whatever the locale and zone of the box", async () => {
    const before = process.env["TZ"];
    process.env["TZ"] = "Asia/Tokyo";
    try {
      const { body } = await box.get(`${path}.json`);
      expect(body["date_created"]).toBe(NOW);
    } finally {
      if (before === undefined) delete process.env["TZ"];
      else process.env["TZ"] = before;
    }
  });
});
