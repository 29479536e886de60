import fc from "fast-check";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import {
  type Parameters,
  requestTarget,
  signature as sign,
} from "../../../src/messaging/webhook/signature.ts";
import type { HttpMethod } from "../../../src/store/store.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const SM = `SM${"a".repeat(32)}`;

const requestUrl = (url: string, method: HttpMethod, params: Parameters) =>
  requestTarget(new URL(url), method, params).href;

/** Of a request as it is configured. */
function signature(of: {
  readonly authToken: string;
  readonly url: string;
  readonly method: HttpMethod;
  readonly params: Parameters;
}): string {
  const requested = requestUrl(of.url, of.method, of.params);
  return sign({ authToken: of.authToken, requested, form: of.method === "POST" ? of.params : [] });
}

const call = (caller: string): Parameters => [
  ["CallSid", "CA1234567890ABCDE"],
  ["Caller", caller],
  ["Digits", "1234"],
  ["From", caller],
  ["To", "+18005551212"],
];

/** Contract §10. */
const VECTORS = [
  {
    name: "the published one",
    authToken: "12345",
    method: "POST",
    url: "https://example.com/myapp.php?foo=1&bar=2",
    params: call("+14158675310"),
    signature: "L/OH5YylLD5NRKLltdqwSvS0BnU=",
  },
  {
    name: "the one of the SDKs' tests",
    authToken: "12345",
    method: "POST",
    url: "https://mycompany.com/myapp.php?foo=1&bar=2",
    params: call("+12349013030"),
    signature: "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
  },
  {
    name: "a small POST to a port",
    authToken: TOKEN,
    method: "POST",
    url: "http://192.168.1.20:5000/sms",
    params: [
      ["Body", "Hi"],
      ["From", "+15558675310"],
      ["To", "+15017122661"],
    ],
    signature: "qn6aT/etj4y+1JsPbqdMRfRtJPw=",
  },
  {
    name: "a GET whose URL has its parameters already",
    authToken: TOKEN,
    method: "GET",
    url: "http://192.168.1.20:5000/sms?From=%2B15558675310&Body=Hi",
    params: [],
    signature: "kEGm5z/CiNFZlygXq/6pd8VjIZU=",
  },
  {
    name: "a GET whose parameters go into the query",
    authToken: TOKEN,
    method: "GET",
    url: "http://192.168.1.20:5000/sms",
    params: [
      ["From", "+15558675310"],
      ["Body", "Hi"],
    ],
    signature: "kEGm5z/CiNFZlygXq/6pd8VjIZU=",
  },
  {
    name: "a JSON body by its hash",
    authToken: TOKEN,
    method: "POST",
    url: "http://192.168.1.20:5000/ev?bodySHA256=4062edaf750fb8074e7e83e0c9028c94e32468a8b6f1614774328ef045150f93",
    params: [],
    signature: "7eI9Bb43BLCTOI/GDgtQmW0pxzc=",
  },
  {
    name: "an inbound message",
    authToken: TOKEN,
    method: "POST",
    url: "http://192.168.1.20:5000/sms?tenant=7",
    params: [
      ["AccountSid", `AC${"b".repeat(32)}`],
      ["ApiVersion", "2010-04-01"],
      ["Body", "Hé & 1+1"],
      ["From", "+15558675310"],
      ["MessageSid", SM],
      ["SmsMessageSid", SM],
      ["SmsSid", SM],
      ["NumMedia", "0"],
      ["NumSegments", "1"],
      ["SmsStatus", "received"],
      ["To", "+15017122661"],
      ["ToCountry", "US"],
    ],
    signature: "Xxqeml1LpPy8vsSvy0atLdpbZ9o=",
  },
] as const;

describe("the signature", () => {
  for (const { name, signature: expected, ...signable } of VECTORS) {
    it(`is Twilio's for ${name}`, () => {
      expect(signature(signable)).toBe(expected);
    });
  }

  it("does not depend on the order of the parameters", () => {
    const { signature: expected, ...signable } = VECTORS[6];
    expect(signature({ ...signable, params: [...signable.params].reverse() })).toBe(expected);
  });

  it("covers each different value of a repeated name once, sorted, as the SDK does", () => {
    const url = "http://app/sms";
    const params: Parameters = [
      ["a", "2"],
      ["a", "1"],
      ["a", "2"],
    ];
    const made = signature({ authToken: TOKEN, url, method: "POST", params });
    expect(twilio.validateRequest(TOKEN, made, url, { a: ["2", "1", "2"] })).toBe(true);
  });
});

/** What is configured, and what the app sees on the wire. */
const URLS = [
  ["http://192.168.1.20:5000", "http://192.168.1.20:5000/"],
  ["http://192.168.1.20:5000/sms", "http://192.168.1.20:5000/sms"],
  ["http://App.LAN/sms", "http://app.lan/sms"],
  ["http://app.lan:80/sms", "http://app.lan/sms"],
  ["https://app.lan:443/sms", "https://app.lan/sms"],
  ["http://user:pa%40ss@app.lan/sms?x=1", "http://app.lan/sms?x=1"],
  ["http://app.lan/sms#rc=2&rp=all", "http://app.lan/sms"],
  ["http://app.lan/sms?name=O'Brien", "http://app.lan/sms?name=O%27Brien"],
  ["http://app.lan/a b?q=a b+c", "http://app.lan/a%20b?q=a%20b+c"],
  ["http://app.lan/météo?ville=Orléans", "http://app.lan/m%C3%A9t%C3%A9o?ville=Orl%C3%A9ans"],
  ["http://[::1]:5000/sms?", "http://[::1]:5000/sms?"],
] as const;

describe("the SDK's validateRequest accepts what is requested", () => {
  for (const [configured, seen] of URLS) {
    it(`by POST to ${configured}`, () => {
      expect(requestUrl(configured, "POST", [["Body", "x"]])).toBe(seen);
      const made = signature({
        authToken: TOKEN,
        url: configured,
        method: "POST",
        params: [["Body", "Hé 1+1"]],
      });
      expect(twilio.validateRequest(TOKEN, made, seen, { Body: "Hé 1+1" })).toBe(true);
    });

    it(`by GET to ${configured}`, () => {
      const params: Parameters = [
        ["Body", "Hé & O'Brien 1+1"],
        ["From", "+33639980001"],
      ];
      const requested = requestUrl(configured, "GET", params);
      expect(new URL(requested).searchParams.get("Body")).toBe("Hé & O'Brien 1+1");
      const made = signature({ authToken: TOKEN, url: configured, method: "GET", params });
      expect(twilio.validateRequest(TOKEN, made, requested, {})).toBe(true);
    });
  }

  it("whatever the parameters say", () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,19}$/);
    const params = fc.uniqueArray(fc.tuple(name, fc.string({ unit: "grapheme" })), {
      selector: ([key]) => key,
    });
    fc.assert(
      fc.property(params, fc.webUrl({ withQueryParameters: true }), (entries, url) => {
        const posted = signature({ authToken: TOKEN, url, method: "POST", params: entries });
        const got = signature({ authToken: TOKEN, url, method: "GET", params: entries });
        const seenByPost = requestUrl(url, "POST", entries);
        const seenByGet = requestUrl(url, "GET", entries);
        return (
          twilio.validateRequest(TOKEN, posted, seenByPost, Object.fromEntries(entries)) &&
          twilio.validateRequest(TOKEN, got, seenByGet, {})
        );
      }),
    );
  });
});
