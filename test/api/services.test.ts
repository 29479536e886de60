/** Messaging services as the official SDK drives them (contract §6), key for key. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const SECOND = "+33639980002";
const NOW = "2026-01-04T10:15:30Z";

let box: ApiBox;

beforeEach(async () => {
  box = await openApiBox();
});

afterEach(() => box.close());

const v1 = () => box.client.messaging.v1;

function sidOfNumber(phoneNumber: string): string {
  const sid = box.numbers.byNumber(phoneNumber)?.sid;
  if (sid === undefined) throw new Error(`there is no ${phoneNumber}`);
  return sid;
}

describe("a messaging service", () => {
  it("is created with every documented key, its defaults, and URLs on the host the client used", async () => {
    const answer = await box.post("/v1/Services", {
      FriendlyName: "Alerts",
      InboundRequestUrl: "http://192.168.1.20:5000/in",
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("content-type")).toBe("application/json");
    const sid = String(answer.body["sid"]);
    expect(sid).toMatch(/^MG[0-9a-f]{32}$/);
    const url = `${box.baseUrl}/v1/Services/${sid}`;
    expect(answer.body).toEqual({
      sid,
      account_sid: box.account.sid,
      friendly_name: "Alerts",
      date_created: NOW,
      date_updated: NOW,
      inbound_request_url: "http://192.168.1.20:5000/in",
      inbound_method: "POST",
      fallback_url: null,
      fallback_method: "POST",
      status_callback: null,
      sticky_sender: true,
      mms_converter: true,
      smart_encoding: true,
      scan_message_content: "inherit",
      fallback_to_long_code: false,
      area_code_geomatch: true,
      synchronous_validation: false,
      validity_period: 36_000,
      usecase: "undeclared",
      us_app_to_person_registered: false,
      use_inbound_webhook_on_number: false,
      url,
      links: {
        phone_numbers: `${url}/PhoneNumbers`,
        short_codes: `${url}/ShortCodes`,
        alpha_senders: `${url}/AlphaSenders`,
        messages: `${url}/Messages`,
        us_app_to_person: `${url}/Compliance/Usa2p`,
        us_app_to_person_usecases: `${url}/Compliance/Usa2p/Usecases`,
        channel_senders: `${url}/ChannelSenders`,
        destination_alpha_senders: `${url}/DestinationAlphaSenders`,
      },
    });
  });

  it("is created, fetched, updated, listed and removed by the SDK", async () => {
    const created = await v1().services.create({
      friendlyName: "Alerts",
      stickySender: false,
      validityPeriod: 600,
      usecase: "notifications",
    });
    expect(created).toMatchObject({ stickySender: false, validityPeriod: 600, usecase: "notifications" });
    expect(created.dateCreated).toEqual(new Date(NOW));

    await box.clock.advance(5_000);
    const updated = await v1().services(created.sid).update({
      friendlyName: "Alarms",
      smartEncoding: false,
      useInboundWebhookOnNumber: true,
      statusCallback: "http://app.lan/status",
      fallbackMethod: "GET",
    });
    expect(updated).toMatchObject({
      friendlyName: "Alarms",
      smartEncoding: false,
      useInboundWebhookOnNumber: true,
      statusCallback: "http://app.lan/status",
      fallbackMethod: "GET",
      stickySender: false,
      dateUpdated: new Date("2026-01-04T10:15:35Z"),
    });
    expect((await v1().services(created.sid).fetch()).friendlyName).toBe("Alarms");
    expect((await v1().services.list()).map(({ sid }) => sid)).toEqual([created.sid]);
    expect(await v1().services(created.sid).remove()).toBe(true);
    await expect(v1().services(created.sid).fetch()).rejects.toMatchObject({ status: 404, code: 20404 });
    expect(await v1().services.list()).toEqual([]);
  });

  it("clears a URL that is given empty, and outlives a restart", async () => {
    const { sid } = await v1().services.create({ friendlyName: "A", fallbackUrl: "http://app.lan/f" });
    await v1()
      .services(sid)
      .phoneNumbers.create({ phoneNumberSid: sidOfNumber(OWN) });
    expect((await box.post(`/v1/Services/${sid}`, { FallbackUrl: "" })).body["fallback_url"]).toBeNull();
    const { openSettings } = await import("../../src/store/settings.ts");
    const reread = await openSettings(box.dataDir);
    expect(reread.document.services).toEqual(box.settings.document.services);
  });

  it.each([
    [{}, 20002],
    [{ FriendlyName: "" }, 20002],
    [{ FriendlyName: "x".repeat(65) }, 20002],
    [{ FriendlyName: "A", InboundRequestUrl: "ftp://app" }, 21402],
    [{ FriendlyName: "A", InboundMethod: "PUT" }, 21403],
    [{ FriendlyName: "A", ValidityPeriod: "0" }, 21624],
    [{ FriendlyName: "A", ValidityPeriod: "36001" }, 21624],
    [{ FriendlyName: "A", StickySender: "maybe" }, 20422],
    [{ FriendlyName: "A", Usecase: "spam" }, 20422],
    [{ FriendlyName: "A", ScanMessageContent: "often" }, 20422],
  ])("is refused with %o: %i", async (form, code) => {
    expect(await box.post("/v1/Services", form as Record<string, string>)).toMatchObject({
      status: 400,
      body: { code },
    });
  });

  it("of another account does not exist", async () => {
    const service = await box.services.create(`AC${"9".repeat(32)}`, "Theirs", {});
    for (const path of [`/v1/Services/${service.sid}`, `/v1/Services/${service.sid}/PhoneNumbers`]) {
      expect(await box.get(path)).toMatchObject({ status: 404, body: { code: 20404 } });
    }
    expect((await box.get("/v1/Services")).body["services"]).toEqual([]);
  });
});

describe("pages", () => {
  it("carry the seven keys of meta, absolute URLs, and lead through everything once", async () => {
    for (const name of ["A", "B", "C"]) await v1().services.create({ friendlyName: name });
    const first = await box.get("/v1/Services?PageSize=2");
    const token = /PageToken=(\w+)/.exec(JSON.stringify(first.body))?.[1];
    expect(first.body["meta"]).toEqual({
      page: 0,
      page_size: 2,
      first_page_url: `${box.baseUrl}/v1/Services?PageSize=2&Page=0`,
      previous_page_url: null,
      url: `${box.baseUrl}/v1/Services?PageSize=2&Page=0`,
      next_page_url: `${box.baseUrl}/v1/Services?PageSize=2&Page=1&PageToken=${token}`,
      key: "services",
    });
    const names = (await v1().services.list({ pageSize: 2 })).map(({ friendlyName }) => friendlyName);
    expect([...names].sort()).toEqual(["A", "B", "C"]);
  });

  it("of an empty list are whole, too", async () => {
    const { body } = await box.get("/messaging/v1/Services");
    expect(body["services"]).toEqual([]);
    expect(body["meta"]).toMatchObject({ url: `${box.baseUrl}/messaging/v1/Services?PageSize=50&Page=0` });
  });

  it("name the host that the client named", async () => {
    const { request } = await import("node:http");
    const text = await new Promise<string>((resolve, reject) => {
      const auth = `${box.account.sid}:${box.account.authToken}`;
      const call = request(`${box.baseUrl}/v1/Services`, { auth, headers: { Host: "pi.lan:8080" } });
      call.on("response", (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve(body));
      });
      call.on("error", reject).end();
    });
    expect(JSON.parse(text).meta.url).toBe("http://pi.lan:8080/v1/Services?PageSize=50&Page=0");
  });
});

describe("the sender pool", () => {
  let service: string;
  beforeEach(async () => {
    service = (await v1().services.create({ friendlyName: "Alerts" })).sid;
  });

  it("takes a phone number, shows it key for key, and lets it go", async () => {
    const numberSid = sidOfNumber(OWN);
    const path = `/v1/Services/${service}/PhoneNumbers`;
    const added = await box.post(path, { PhoneNumberSid: numberSid });
    expect(added.status).toBe(201);
    const resource = {
      sid: numberSid,
      account_sid: box.account.sid,
      service_sid: service,
      date_created: NOW,
      date_updated: NOW,
      phone_number: OWN,
      country_code: "FR",
      capabilities: ["SMS"],
      url: `${box.baseUrl}${path}/${numberSid}`,
    };
    expect(added.body).toEqual(resource);
    expect((await box.get(`${path}/${numberSid}`)).body).toEqual(resource);
    const listed = await v1().services(service).phoneNumbers.list();
    expect(listed.map(({ phoneNumber }) => phoneNumber)).toEqual([OWN]);
    expect(await v1().services(service).phoneNumbers(numberSid).remove()).toBe(true);
    expect(await v1().services(service).phoneNumbers.list()).toEqual([]);
    expect(box.numbers.byNumber(OWN)).not.toBeNull();
  });

  it("takes short codes and alphanumeric senders as the resources they are", async () => {
    const code = await provision(box.numbers, box.account, "36123", "sim1", "short-code");
    await provision(box.numbers, box.account, "PYLONE", "sim1", "alphanumeric");
    const shortCodeSid = `SC${code.sid.slice(2)}`;
    const shortCode = await v1().services(service).shortCodes.create({ shortCodeSid });
    expect(shortCode).toMatchObject({ sid: shortCodeSid, shortCode: "36123", countryCode: "FR" });
    const alpha = await v1().services(service).alphaSenders.create({ alphaSender: "PYLONE" });
    expect(alpha).toMatchObject({ alphaSender: "PYLONE", capabilities: ["SMS"] });
    expect(alpha.sid).toMatch(/^AI[0-9a-f]{32}$/);
    expect((await v1().services(service).alphaSenders(alpha.sid).fetch()).alphaSender).toBe("PYLONE");
    expect(await v1().services(service).shortCodes.list()).toHaveLength(1);
    expect(await v1().services(service).phoneNumbers.list()).toEqual([]);
    expect(await v1().services(service).alphaSenders(alpha.sid).remove()).toBe(true);
    expect(await v1().services(service).shortCodes(shortCodeSid).remove()).toBe(true);
    await expect(v1().services(service).shortCodes(shortCodeSid).fetch()).rejects.toMatchObject({
      code: 20404,
    });
  });

  it("takes an alphanumeric sender for one country, beside the one for all", async () => {
    await provision(box.numbers, box.account, "PYLONE", "sim1", "alphanumeric");
    await provision(box.numbers, box.account, "PYLONEFR", "sim1", "alphanumeric");
    const { destinationAlphaSenders, alphaSenders } = v1().services(service);
    const path = `/v1/Services/${service}/DestinationAlphaSenders`;
    const added = await box.post(path, { AlphaSender: "PYLONEFR", IsoCountryCode: "fr" });
    expect([added.status, added.body]).toEqual([
      201,
      {
        sid: expect.stringMatching(/^AI[0-9a-f]{32}$/),
        account_sid: box.account.sid,
        service_sid: service,
        date_created: NOW,
        date_updated: NOW,
        alpha_sender: "PYLONEFR",
        iso_country_code: "FR",
        capabilities: ["SMS"],
        url: `${box.baseUrl}${path}/${String(added.body["sid"])}`,
      },
    ]);
    const forAll = await destinationAlphaSenders.create({ alphaSender: "PYLONE" });
    expect(forAll.isoCountryCode).toBe("");
    await destinationAlphaSenders.create({ alphaSender: "PYLONEFR", isoCountryCode: "BE" });

    const listed = async (filter: object) =>
      (await destinationAlphaSenders.list(filter)).map((each) => each.isoCountryCode).sort();
    expect(await listed({})).toEqual(["", "BE", "FR"]);
    expect(await listed({ isoCountryCode: "BE" })).toEqual(["BE"]);
    expect((await alphaSenders.list()).map(({ sid }) => sid)).toEqual([forAll.sid]);
    const again = destinationAlphaSenders.create({ alphaSender: "PYLONEFR", isoCountryCode: "FR" });
    await expect(again).rejects.toMatchObject({ status: 409, code: 21710 });
    const nowhere = destinationAlphaSenders.create({ alphaSender: "PYLONE", isoCountryCode: "ZZ" });
    await expect(nowhere).rejects.toMatchObject({ status: 400, code: 20422 });

    const senderTo = async (to: string) => {
      const sent = await box.client.messages.create({ to, body: "x", messagingServiceSid: service });
      return (await box.client.messages(sent.sid).fetch()).from;
    };
    expect(await senderTo("+33639980099")).toBe("PYLONEFR");
    expect(await senderTo("+4915112345678")).toBe("PYLONE");

    const { openSettings } = await import("../../src/store/settings.ts");
    expect((await openSettings(box.dataDir)).document.services).toEqual(box.settings.document.services);
    const one = destinationAlphaSenders(String(added.body["sid"]));
    expect((await one.fetch()).alphaSender).toBe("PYLONEFR");
    expect(await one.remove()).toBe(true);
    expect(await senderTo("+33639980098")).toBe("PYLONE");
  });

  it("has no senders of other channels, and a service says what it may be for", async () => {
    expect(await v1().services(service).channelSenders.list()).toEqual([]);
    const { body } = await box.get(`/v1/Services/${service}/ChannelSenders`);
    expect(body).toMatchObject({ senders: [], meta: { key: "senders" } });
    const { usecases } = await v1().usecases.fetch();
    expect(usecases.map((each: { usecase: string }) => each.usecase)).toEqual([
      "notifications",
      "marketing",
      "verification",
      "discussion",
      "poll",
      "undeclared",
    ]);
    expect(Object.keys(usecases[0])).toEqual(["usecase", "friendly_name", "purpose"]);
  });

  it.each([
    ["PhoneNumbers", { PhoneNumberSid: `PN${"0".repeat(32)}` }, 400, 21421],
    ["PhoneNumbers", {}, 400, 21421],
    ["ShortCodes", { ShortCodeSid: `SC${"0".repeat(32)}` }, 400, 21421],
    ["AlphaSenders", { AlphaSender: "NOBODY" }, 400, 21657],
    ["DestinationAlphaSenders", { AlphaSender: "NOBODY", IsoCountryCode: "FR" }, 400, 21657],
  ])("refuses at %s what is not the account's: %o", async (path, form, status, code) => {
    const answer = await box.post(`/v1/Services/${service}/${path}`, form as Record<string, string>);
    expect(answer).toMatchObject({ status, body: { code } });
  });

  it("has a number once, and no other service has it", async () => {
    const phoneNumberSid = sidOfNumber(OWN);
    const other = await v1().services.create({ friendlyName: "Other" });
    const [one, two] = await Promise.allSettled([
      v1().services(service).phoneNumbers.create({ phoneNumberSid }),
      v1().services(service).phoneNumbers.create({ phoneNumberSid }),
    ]);
    expect([one.status, two.status].sort()).toEqual(["fulfilled", "rejected"]);
    await expect(v1().services(service).phoneNumbers.create({ phoneNumberSid })).rejects.toMatchObject({
      status: 409,
      code: 21710,
    });
    await expect(v1().services(other.sid).phoneNumbers.create({ phoneNumberSid })).rejects.toMatchObject({
      status: 409,
      code: 21712,
    });
  });

  it("loses a number that is no longer the account's", async () => {
    await provision(box.numbers, box.account, SECOND, "gsm2");
    await v1()
      .services(service)
      .phoneNumbers.create({ phoneNumberSid: sidOfNumber(SECOND) });
    await box.settings.change((document) => ({
      ...document,
      numbers: document.numbers.filter(({ phoneNumber }) => phoneNumber !== SECOND),
    }));
    expect(await v1().services(service).phoneNumbers.list()).toEqual([]);
  });

  it("is full at 400 senders", async () => {
    const senders = Array.from({ length: 400 }, (_, index) => ({
      sid: `PN${index.toString(16).padStart(32, "0")}`,
      kind: "phone-number" as const,
      numberSid: `PN${index.toString(16).padStart(32, "0")}`,
      createdAt: 0,
      updatedAt: 0,
    }));
    await box.settings.change((document) => ({
      ...document,
      services: document.services.map((each) => ({ ...each, senders })),
    }));
    await expect(
      v1()
        .services(service)
        .phoneNumbers.create({ phoneNumberSid: sidOfNumber(OWN) }),
    ).rejects.toMatchObject({ code: 21714 });
  });
});

describe("what is not served", () => {
  it.each([
    ["/v1/Services/{MG}/Compliance/Usa2p"],
    ["/v1/a2p/BrandRegistrations"],
    ["/v1/Tollfree/Verifications"],
    ["/v1/Deactivations"],
    ["/v1/LinkShortening/Domains/x"],
  ])("%s answers 404 in Twilio's shape", async (path) => {
    const { sid } = await v1().services.create({ friendlyName: "Alerts" });
    const asked = path.replace("{MG}", sid);
    expect(await box.get(asked)).toMatchObject({
      status: 404,
      body: { code: 20404, message: `The requested resource ${asked} was not found`, status: 404 },
    });
  });
});
