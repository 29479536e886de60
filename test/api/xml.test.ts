import { parseXml, XmlElement } from "@rgrove/parse-xml";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { xmlOf } from "../../src/api/write-xml.ts";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const NOW = "Sun, 04 Jan 2026 10:15:30 +0000";
const DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n";

let box: ApiBox;
let sid: string;
let path: string;

beforeAll(async () => {
  box = await openApiBox();
  path = `/2010-04-01/Accounts/${box.account.sid}`;
  const created = await box.post(box.api("/Messages.json"), {
    To: "+33639980002",
    From: OWN,
    Body: 'Porte <1> & "2"\nouverte',
  });
  sid = String(created.body["sid"]);
});

afterAll(() => box.close());

function message(feedback = true): string {
  return (
    `<Message><Sid>${sid}</Sid><AccountSid>${box.account.sid}</AccountSid><ApiVersion>2010-04-01</ApiVersion>` +
    `<To>+33639980002</To><From>${OWN}</From><MessagingServiceSid/>` +
    "<Body>Porte &lt;1&gt; &amp; &quot;2&quot;&#10;ouverte</Body><Status>queued</Status>" +
    "<Direction>outbound-api</Direction><NumSegments>1</NumSegments><NumMedia>0</NumMedia>" +
    `<DateCreated>${NOW}</DateCreated><DateUpdated>${NOW}</DateUpdated><DateSent/><ErrorCode/><ErrorMessage/>` +
    `<Price/><PriceUnit>USD</PriceUnit><Uri>${path}/Messages/${sid}</Uri>` +
    `<SubresourceUris><Media>${path}/Messages/${sid}/Media</Media>` +
    `${feedback ? `<Feedback>${path}/Messages/${sid}/Feedback</Feedback>` : ""}</SubresourceUris></Message>`
  );
}

function response(content: string): string {
  return `${DECLARATION}<TwilioResponse>${content}</TwilioResponse>`;
}

describe("XML", () => {
  it.each(["", ".xml", "/"])("is what a resource answers with the suffix %j", async (suffix) => {
    const answer = await box.get(box.api(`/Messages/${sid}${suffix}`));
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/xml"]);
    expect(answer.text).toBe(response(message()));
  });

  it("is a page whose attributes are the paging, and whose URIs are XML's", async () => {
    const answer = await box.get(box.api("/Messages?To=%2B33639980002&PageSize=1"));
    const uri = `${path}/Messages?To=%2B33639980002&amp;PageSize=1&amp;Page=0`;
    expect(answer.text).toBe(
      response(
        `<Messages firstpageuri="${uri}" nextpageuri="" previouspageuri="" uri="${uri}" page="0" pagesize="1" ` +
          `start="0" end="0">${message()}</Messages>`,
      ),
    );
  });

  it("is what a created resource answers", async () => {
    const answer = await box.post(box.api("/Messages"), { To: "+33639980003", From: OWN, Body: "x" });
    expect(answer.status).toBe(201);
    expect(answer.text).toMatch(/^<\?xml [^>]*\?>\n<TwilioResponse><Message><Sid>SM[0-9a-f]{32}<\/Sid>/);
  });

  it("is an error, before and after authentication", async () => {
    const asked = box.api(`/Messages/SM${"0".repeat(32)}`);
    expect((await box.get(asked)).text).toBe(
      response(
        `<RestException><Code>20404</Code><Message>The requested resource ${asked} was not found</Message>` +
          "<MoreInfo>https://www.twilio.com/docs/errors/20404</MoreInfo><Status>404</Status></RestException>",
      ),
    );
    const refused = await box.get(`${asked}.xml`, { credentials: null });
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="Twilio API"',
    ]);
    expect(refused.text).toContain("<RestException><Code>20003</Code><Detail>");
  });

  it("is nothing for a DELETE", async () => {
    const own = (await box.client.incomingPhoneNumbers.list())[0]?.sid ?? "";
    box.inventory.offer("sim1", [{ phoneNumber: OWN, line: "sim1", kind: "mobile", country: "FR" }]);
    const answer = await box.request(box.api(`/IncomingPhoneNumbers/${own}`), { method: "DELETE" });
    expect([answer.status, answer.text]).toEqual([204, ""]);
    await box.post(box.api("/IncomingPhoneNumbers/Mobile"), { PhoneNumber: OWN });
  });

  it.each([
    ["/Messages/{SM}/Media", /<MediaList [^>]*\/?><\/MediaList>/],
    [
      "/IncomingPhoneNumbers",
      /<IncomingPhoneNumbers [^>]*><IncomingPhoneNumber><Sid>PN.*<Capabilities><Voice>false/,
    ],
    ["/IncomingPhoneNumbers/Mobile", /<IncomingPhoneNumber><Sid>PN.*<VoiceCallerIdLookup>false</],
    [
      "/AvailablePhoneNumbers",
      /<Countries uri="[^"]*"><Country><CountryCode>FR<.*<TollFree>[^<]*\/FR\/TollFree</,
    ],
    ["/AvailablePhoneNumbers/FR", /<TwilioResponse><Country><CountryCode>FR</],
    [
      "/AvailablePhoneNumbers/FR/Local",
      /<AvailablePhoneNumbers uri="[^"]*\/FR\/Local"><\/AvailablePhoneNumbers>/,
    ],
    ["", /<TwilioResponse><Account><Sid>AC.*<ShortCodes>[^<]*\/SMS\/ShortCodes</],
    ["/Keys", /<Keys [^>]*><\/Keys>/],
    ["/Applications", /<Applications [^>]*><\/Applications>/],
  ])("is well formed at %s", async (below, shape) => {
    const { text } = await box.get(box.api(below.replace("{SM}", sid)));
    parseXml(text);
    expect(text).toMatch(shape);
  });

  it("names what is bought by its kind", async () => {
    box.inventory.offer("gsm2", [
      { phoneNumber: "+33639980042", line: "gsm2", kind: "mobile", country: "FR" },
    ]);
    const answer = await box.post(box.api("/IncomingPhoneNumbers/Mobile"), { PhoneNumber: "+33639980042" });
    expect(answer.text).toContain("<TwilioResponse><IncomingPhoneNumber><Sid>PN");
  });

  it("is JSON's business elsewhere", async () => {
    expect((await box.get("/appliance/v1/Lines")).headers.get("content-type")).toBe("application/json");
    const csv = await box.get(box.api("/Messages.csv"));
    expect([csv.status, csv.headers.get("content-type")]).toEqual([404, "application/json"]);
  });

  it("carries any text unharmed, save what XML cannot write", () => {
    const text = fc.string({ unit: "binary" }).map((text) => `x${text}`);
    fc.assert(
      fc.property(text, text, (body, friendlyName) => {
        const one = parseXml(xmlOf({ body, friendly_name: null }, "/2010-04-01/Accounts/AC/Messages/SM"));
        const page = parseXml(xmlOf({ uri: friendlyName, messages: [{ body }] }, "/2010-04-01/Accounts"));
        const list = page.root?.children[0];
        if (!(list instanceof XmlElement)) throw new Error("no list");
        expect([one.text, page.text, list.attributes["uri"]]).toEqual(
          [body, body, friendlyName].map(written),
        );
      }),
    );
  });
});

/** XML 1.0 §2.2. */
function written(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      const isKept = code >= 0x20 ? !isNoCharacter(code) : [9, 10, 13].includes(code);
      return isKept ? character : "\uFFFD";
    })
    .join("");
}

function isNoCharacter(code: number): boolean {
  return (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff;
}
