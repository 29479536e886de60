import { createHmac } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseXml } from "@rgrove/parse-xml";
import { afterEach, describe, expect, it } from "vitest";
import { createWeatherApp, forecastFor, twiml } from "../../src/examples/weather.ts";

let server: Server | null = null;
afterEach(async () => {
  await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
  server = null;
});

async function listen(check: { authToken: string; url: string } | null): Promise<string> {
  const listening = createWeatherApp(check).listen(0, "127.0.0.1");
  server = listening;
  await new Promise((resolve) => listening.once("listening", resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    body,
    headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
  });
}

describe("the weather app", () => {
  it("answers a place's forecast, whatever its case, accents and white space", () => {
    expect(forecastFor("Paris")).toMatch(/^Paris: /);
    expect(forecastFor("  zurich\n")).toMatch(/^Zürich: /);
    expect(forecastFor("MONTRÉAL")).toMatch(/^Montréal: /);
  });

  it("helps whoever texts something else", () => {
    for (const text of ["", "Atlantis", "toString", "__proto__", "<b>"])
      expect(forecastFor(text)).toMatch(/^Text a place .*Paris/);
  });

  it("writes TwiML that an XML parser reads back to the same text", () => {
    const text = `5 < 6 & "7" > ']]>' é`;
    expect(parseXml(twiml(text)).root?.text).toBe(text);
  });

  it("answers a text with one Message", async () => {
    const answer = await post(`${await listen(null)}/sms`, "From=%2B33612345678&Body=paris");
    expect(answer.headers.get("content-type")).toBe("text/xml; charset=utf-8");
    const { root } = parseXml(await answer.text());
    expect(root?.name).toBe("Response");
    expect(root?.text).toBe(forecastFor("Paris"));
  });

  it("gives a broadcast tomorrow's forecast, of the town in its URL or in a member's attributes", async () => {
    const base = await listen(null);
    const answer = await fetch(`${base}/forecast?town=zurich&BroadcastSid=BC1`);
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await answer.text()).toMatch(/^Tomorrow in Zürich: fog/);
    const own = new URLSearchParams({ Attributes: '{"town":"Cairo"}' });
    expect(await (await fetch(`${base}/forecast?${own}`)).text()).toMatch(/^Tomorrow in Cairo: clear/);
    for (const query of ["", "town=Atlantis", "Attributes={", "Attributes=null", "Attributes=[1]"]) {
      expect((await fetch(`${base}/forecast?${query}`)).status).toBe(404);
    }
  });

  it("gives it to nobody whose request is not signed, where that is checked", async () => {
    const authToken = "0123456789abcdef0123456789abcdef";
    const base = await listen({ authToken, url: "http://weather.example/sms" });
    const signed = "http://weather.example/forecast?town=Paris";
    const signature = createHmac("sha1", authToken).update(signed).digest("base64");
    const ask = (headers: Record<string, string>) => fetch(`${base}/forecast?town=Paris`, { headers });
    expect((await ask({})).status).toBe(403);
    expect((await ask({ "X-Twilio-Signature": signature })).status).toBe(200);
  });

  it("answers nothing but POST /sms and GET /forecast", async () => {
    const base = await listen(null);
    expect((await post(base, "Body=Paris")).status).toBe(404);
    expect((await fetch(`${base}/sms`)).status).toBe(404);
  });

  it("refuses a body no text message has", async () => {
    expect((await post(`${await listen(null)}/sms`, `Body=${"x".repeat(70_000)}`)).status).toBe(413);
  });

  it("refuses what is not signed, once it knows the token and its own URL", async () => {
    // Contract §10, third vector.
    const check = { authToken: "0123456789abcdef0123456789abcdef", url: "http://192.168.1.20:5000/sms" };
    const base = await listen(check);
    const body = "Body=Hi&From=%2B15558675310&To=%2B15017122661";
    const known = { "X-Twilio-Signature": "qn6aT/etj4y+1JsPbqdMRfRtJPw=" };
    expect((await post(`${base}/sms`, body, known)).status).toBe(200);
    expect((await post(`${base}/sms`, body.replace("Hi", "Ho"), known)).status).toBe(403);
    expect((await post(`${base}/sms`, body)).status).toBe(403);
    const signature = createHmac("sha1", check.authToken).update(`${check.url}Bodyé&Empty`).digest("base64");
    const other = await post(`${base}/sms`, "Empty=&Body=%C3%A9%26", { "X-Twilio-Signature": signature });
    expect(other.status).toBe(200);
  });
});
