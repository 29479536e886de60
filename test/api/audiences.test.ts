/** Audiences and their members over HTTP, without an SDK: the appliance's own resources have none. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_ATTRIBUTES } from "../../src/accounts/audience/member-fields.ts";
import { type Answer, type ApiBox, openApiBox } from "./api-box.ts";

const AUDIENCES = "/appliance/v1/Audiences";
const PHONE = "+33639980002";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

let serial = 0;

/** Its path, of a name and keyword of its own. */
async function create(form: Record<string, string> = {}): Promise<string> {
  serial += 1;
  const { body } = await box.post(AUDIENCES, { FriendlyName: `Audience ${serial}`, ...form });
  return `${AUDIENCES}/${body["sid"]}`;
}

function refusal({ status, body }: Answer): readonly unknown[] {
  return [status, body["code"], body["message"]];
}

describe("an audience", () => {
  it("is made of a name, and answered whole", async () => {
    const { status, body } = await box.post(AUDIENCES, {
      FriendlyName: "la météo",
      Keyword: " Météo  Brest ",
    });
    const sid = body["sid"] as string;
    expect(status).toBe(201);
    expect(body).toEqual({
      sid: expect.stringMatching(/^AU[0-9a-f]{32}$/),
      friendly_name: "la météo",
      members: 0,
      language: null,
      keywords: ["Météo Brest"],
      confirm: true,
      welcome_text: null,
      goodbye_text: null,
      forward_keywords: false,
      date_created: expect.stringContaining("+0000"),
      date_updated: body["date_created"],
      uri: `${AUDIENCES}/${sid}`,
      subresource_uris: { members: `${AUDIENCES}/${sid}/Members`, csv: `${AUDIENCES}/${sid}/Members.csv` },
    });
    expect((await box.get(`${AUDIENCES}/${sid}`)).body).toEqual(body);
  });

  it("takes form and JSON alike", async () => {
    const json = JSON.stringify({
      FriendlyName: "Wind",
      Keyword: ["VENT", "WIND"],
      Language: "fr",
      Confirm: false,
      ForwardKeywords: true,
      WelcomeText: "Du vent !",
    });
    const { body } = await box.post(AUDIENCES, json, { type: "application/json" });
    expect(body).toMatchObject({
      keywords: ["VENT", "WIND"],
      language: "fr",
      confirm: false,
      forward_keywords: true,
      welcome_text: "Du vent !",
    });
  });

  it("changes what is named; an empty value clears, what is absent stays", async () => {
    const path = await create({
      Keyword: "TEMPS",
      Language: "fr",
      WelcomeText: "Salut",
      GoodbyeText: "Kenavo",
    });
    const { status, body } = await box.post(path, { WelcomeText: "", Language: "", Confirm: "FALSE" });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      keywords: ["TEMPS"],
      language: null,
      confirm: false,
      welcome_text: null,
      goodbye_text: "Kenavo",
    });
    expect((await box.post(path, { Keyword: "" })).body["keywords"]).toEqual([]);
    expect((await box.post(path, "Keyword=TEMPS&Keyword=SKY")).body["keywords"]).toEqual(["TEMPS", "SKY"]);
  });

  it("is listed in the order of creation, page by page, like any list", async () => {
    const made = [];
    for (let n = 0; n < 3; n++) made.push((await create()).split("/").at(-1));
    const sids: unknown[] = [];
    let uri: string | null = `${AUDIENCES}?PageSize=2`;
    while (uri !== null) {
      const { body } = await box.get(uri);
      sids.push(...(body["audiences"] as { sid: string }[]).map(({ sid }) => sid));
      uri = body["next_page_uri"] as string | null;
    }
    expect(sids.slice(-3)).toEqual(made);
    expect(new Set(sids).size).toBe(sids.length);
  });

  it("is deleted with its members and its keyword", async () => {
    const path = await create({ Keyword: "GONE" });
    await box.post(`${path}/Members`, { PhoneNumber: PHONE });
    expect((await box.request(path, { method: "DELETE" })).status).toBe(204);
    for (const below of ["", "/Members", "/Members.csv"]) {
      expect(refusal(await box.get(path + below)).slice(0, 2)).toEqual([404, 20404]);
    }
    expect((await box.request(path, { method: "DELETE" })).status).toBe(404);
    expect((await box.post(AUDIENCES, { FriendlyName: "Again", Keyword: "GONE" })).status).toBe(201);
  });

  it.each([
    [{}, 20002, "FriendlyName"],
    [{ FriendlyName: "x".repeat(65) }, 20002, "64"],
    [{ FriendlyName: "x", Language: "french" }, 20422, "no language tag such as fr"],
    [{ FriendlyName: "x", Confirm: "yes" }, 20422, "true, false"],
    [{ FriendlyName: "x", Keyword: "=1" }, 20422, "a letter or digit first"],
    [{ FriendlyName: "x", Keyword: "STOP" }, 20422, "STOP, START and HELP"],
    [{ FriendlyName: "x", Keyword: "aide" }, 20422, "STOP, START and HELP"],
    [{ FriendlyName: "x", Keyword: "pluie", GoodbyeText: "Pluie." }, 20422, "write a sentence"],
    [{ FriendlyName: "x", WelcomeText: "x".repeat(1601) }, 21617, "1600"],
  ] as const)("is refused when it is %o", async (form, code, words) => {
    const answer = await box.post(AUDIENCES, { ...form });
    expect(refusal(answer)).toEqual([400, code, expect.stringContaining(words)]);
  });

  it("is refused a keyword that another has, or that would be how one leaves another", async () => {
    const path = await create({ FriendlyName: "Snow", Keyword: "NEIGE" });
    for (const keyword of ["neige", "NEIGE STOP", "stop Neige"]) {
      const answer = await box.post(AUDIENCES, { FriendlyName: "x", Keyword: keyword });
      expect(refusal(answer)).toEqual([400, 20422, expect.stringContaining("Snow")]);
    }
    const other = await create();
    expect((await box.post(other, { Keyword: "NEIGE" })).status).toBe(400);
    expect((await box.post(path, { Keyword: "Neige" })).status).toBe(200);
  });

  it("is the main account's alone", async () => {
    const sub = await box.accounts.createSubaccount(box.account.sid, "Sub");
    const answer = await box.get(AUDIENCES, { credentials: `${sub.sid}:${sub.authToken}` });
    expect(refusal(answer).slice(0, 2)).toEqual([403, 20006]);
  });
});

describe("a member", () => {
  it("is put in by a number in any spelling, and answered whole", async () => {
    const path = await create();
    const Attributes = JSON.stringify({ town: " Brest ", floor: 3, note: "" });
    const { status, body } = await box.post(`${path}/Members`, {
      PhoneNumber: "06 39 98 00 02",
      Language: "FR",
      Attributes,
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      sid: expect.stringMatching(/^MB[0-9a-f]{32}$/),
      audience_sid: path.split("/").at(-1),
      phone_number: PHONE,
      language: "fr",
      attributes: { town: "Brest", floor: "3" },
      joined_by: "api",
      date_joined: expect.stringContaining("+0000"),
      date_updated: body["date_joined"],
      opted_out: false,
      opted_out_of: [],
      uri: `${path}/Members/${body["sid"]}`,
    });
    expect((await box.get(body["uri"] as string)).body).toEqual(body);
    expect((await box.get(path)).body["members"]).toBe(1);
  });

  it("is changed, not doubled, when the number comes again; JSON may hold the attributes as they are", async () => {
    const path = await create();
    const first = await box.post(`${path}/Members`, { PhoneNumber: PHONE, Attributes: '{"a":"1","b":"2"}' });
    const json = JSON.stringify({ PhoneNumber: "0639980002", Attributes: { b: null, c: "3" } });
    const again = await box.post(`${path}/Members`, json, { type: "application/json" });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ sid: first.body["sid"], attributes: { a: "1", c: "3" } });
    const changed = await box.post(again.body["uri"] as string, {
      Attributes: '{"a":"","d":"4"}',
      Language: "en",
    });
    expect(changed.body).toMatchObject({
      attributes: { c: "3", d: "4" },
      language: "en",
      phone_number: PHONE,
    });
    expect((await box.get(path)).body["members"]).toBe(1);
  });

  it("is found by its number, and gone when it was deleted", async () => {
    const path = await create();
    const { body } = await box.post(`${path}/Members`, { PhoneNumber: PHONE });
    await box.post(`${path}/Members`, { PhoneNumber: "+33639980003" });
    const query = `${path}/Members?PhoneNumber=${encodeURIComponent("06 39 98 00 02")}`;
    const found = (await box.get(query)).body;
    expect(found).toMatchObject({ members: [{ sid: body["sid"] }], next_page_uri: null });
    expect((await box.request(body["uri"] as string, { method: "DELETE" })).status).toBe(204);
    expect((await box.request(body["uri"] as string, { method: "DELETE" })).status).toBe(404);
    expect((await box.get(query)).body["members"]).toEqual([]);
    expect((await box.get(path)).body["members"]).toBe(1);
  });

  it("is listed by number, each once, while others join", async () => {
    const path = await create();
    const numbers = [5, 1, 4, 2, 3].map((n) => `+3363998001${n}`);
    for (const PhoneNumber of numbers) await box.post(`${path}/Members`, { PhoneNumber });
    const listed: string[] = [];
    let uri: string | null = `${path}/Members?PageSize=2`;
    while (uri !== null) {
      const { body } = await box.get(uri);
      listed.push(...(body["members"] as { phone_number: string }[]).map((member) => member.phone_number));
      uri = body["next_page_uri"] as string | null;
      await box.post(`${path}/Members`, { PhoneNumber: "+33639980010" });
    }
    expect(listed).toEqual([...numbers].sort());
  });

  it("says whom its person has said STOP to", async () => {
    const path = await create();
    const recipient = "+33639980044";
    const { body } = await box.post(`${path}/Members`, { PhoneNumber: recipient });
    const at = box.clock.now();
    await box.store.completeInbound({
      keptIds: [],
      message: {
        sid: `SM${"1".repeat(32)}`,
        accountSid: box.account.sid,
        from: recipient,
        to: "+33639980001",
        body: "STOP",
        numSegments: 1,
        messagingServiceSid: null,
        line: "sim1",
        receivedAt: at,
      },
      webhook: null,
      event: null,
      keyword: { change: { is: "stop", recipient, scopes: ["+33639980001"], at }, reply: null, event: null },
    });
    const now = (await box.get(body["uri"] as string)).body;
    expect(now).toMatchObject({ opted_out: true, opted_out_of: ["+33639980001"] });
  });

  it.each([
    [{}, 21421, "required"],
    [{ PhoneNumber: "06 39" }, 21421, "no phone number"],
    [{ PhoneNumber: "36123" }, 21421, "short code"],
    [{ PhoneNumber: PHONE, Language: "?" }, 20422, "language tag"],
    [{ PhoneNumber: PHONE, Attributes: "town" }, 20422, "a JSON object"],
    [{ PhoneNumber: PHONE, Attributes: "[]" }, 20422, "a JSON object"],
    [{ PhoneNumber: PHONE, Attributes: '{"town":{}}' }, 20422, "must be a text"],
    [{ PhoneNumber: PHONE, Attributes: '{"=a":"1"}' }, 20422, "cannot name an attribute"],
    [{ PhoneNumber: PHONE, Attributes: '{"phone number":"1"}' }, 20422, "a column of every file"],
    [{ PhoneNumber: PHONE, Attributes: '{"town":"a\\nb"}' }, 20422, "on one line"],
  ] as const)("is refused when it is %o", async (form, code, words) => {
    const path = await create();
    const answer = await box.post(`${path}/Members`, { ...form });
    expect(refusal(answer)).toEqual([400, code, expect.stringContaining(words)]);
    expect((await box.get(path)).body["members"]).toBe(0);
  });

  it("has so many attributes and no more", async () => {
    const path = await create();
    const named = (from: number, count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${from + n}`, "x"])));
    const all = await box.post(`${path}/Members`, {
      PhoneNumber: PHONE,
      Attributes: named(0, MAX_ATTRIBUTES),
    });
    expect(all.status).toBe(201);
    const more = await box.post(`${path}/Members`, { PhoneNumber: PHONE, Attributes: named(50, 1) });
    expect(refusal(more)).toEqual([400, 20422, expect.stringContaining(`more than ${MAX_ATTRIBUTES}`)]);
  });

  it.each(["/Members", `/Members/MB${"0".repeat(32)}`, "/Members.csv"])(
    "is nowhere below an audience that is not there: %s",
    async (below) => {
      for (const sid of [`AU${"0".repeat(32)}`, `MB${"0".repeat(32)}`, "x"]) {
        const path = `${AUDIENCES}/${sid}${below}`;
        expect(refusal(await box.get(path)).slice(0, 2)).toEqual([404, 20404]);
        expect(refusal(await box.post(path, { PhoneNumber: PHONE })).slice(0, 2)).toEqual([404, 20404]);
      }
    },
  );
});
