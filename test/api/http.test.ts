import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

const TO = "+33639980002";

let box: ApiBox;
let sid: string;

beforeAll(async () => {
  box = await openApiBox();
  sid = (await box.client.messages.create({ to: TO, from: OWN, body: "x" })).sid;
});

afterAll(() => box.close());

/** `fetch` would put the path in order; this asks for it as it is. */
function rawStatus(path: string): Promise<number> {
  const { hostname, port } = new URL(box.baseUrl);
  const auth = `${box.account.sid}:${box.account.authToken}`;
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path, auth }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

describe("a form body", () => {
  const post = (body: string, type: string | null = "application/x-www-form-urlencoded") =>
    box.post(box.api("/Messages.json"), body, { type });

  it.each([
    ["%20 for a space", `To=%2B33639980002&From=%2B33639980001&Body=a%20b`, "a b"],
    ["+ for a space", `To=%2B33639980002&From=%2B33639980001&Body=a+b`, "a b"],
    ["a plus that was never encoded in To and From", "To=+33639980002&From=+33639980001&Body=a%2Bb", "a+b"],
    ["bytes that are not encoded at all", "To=%2B33639980002&From=%2B33639980001&Body=é🙂", "é🙂"],
    ["UTF-8, percent-encoded", "To=%2B33639980002&From=%2B33639980001&Body=%F0%9F%99%82", "🙂"],
    ["bytes that are no UTF-8", "To=%2B33639980002&From=%2B33639980001&Body=%FFx", "\uFFFDx"],
    ["a percent sign that stands alone", "To=%2B33639980002&From=%2B33639980001&Body=100%", "100%"],
    ["line breaks", "To=%2B33639980002&From=%2B33639980001&Body=a%0D%0Ab", "a\r\nb"],
    ["= and & in a value", "To=%2B33639980002&From=%2B33639980001&Body=a=b%26c", "a=b&c"],
    ["a repeated key, of which the first counts", "To=%2B33639980002&From=%2B33639980001&Body=1&Body=2", "1"],
  ])("may hold %s", async (_what, form, body) => {
    const answer = await post(form);
    expect([answer.status, answer.body["body"], answer.body["to"]]).toEqual([201, body, TO]);
  });

  it("is understood with a charset, and without a content type", async () => {
    const form = `To=%2B33639980002&From=%2B33639980001&Body=x`;
    expect((await post(form, "application/x-www-form-urlencoded; charset=UTF-8")).status).toBe(201);
    expect((await post(form, null)).status).toBe(201);
  });

  it.each(["application/json", "text/plain", "multipart/form-data; boundary=x"])(
    "is all Twilio's resources understand: with %s the parameters look absent",
    async (type) => {
      const answer = await post(JSON.stringify({ To: TO, From: OWN, Body: "x" }), type);
      expect([answer.status, answer.body["code"]]).toEqual([400, 21604]);
    },
  );

  it("of more than 256 KB is refused and ends the connection", async () => {
    const announced = await post(`Body=${"x".repeat(256 * 1024)}`);
    expect([announced.status, announced.body["code"]]).toEqual([413, 21658]);
    expect(announced.headers.get("connection")).toBe("close");

    const { hostname, port } = new URL(box.baseUrl);
    const auth = `${box.account.sid}:${box.account.authToken}`;
    const chunked = await new Promise((resolve, reject) => {
      const request = httpRequest(
        { hostname, port, auth, method: "POST", path: box.api("/Messages.json") },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on("error", reject);
      for (let count = 0; count < 6; count++) request.write("x".repeat(50 * 1024));
      request.end();
    });
    expect(chunked).toBe(413);
  });
});

describe("a path", () => {
  it("may end in a slash", async () => {
    expect((await box.get(box.api("/Messages.json/"))).status).toBe(200);
    expect((await box.get(box.api(`/Messages/${sid}.json/`))).status).toBe(200);
  });

  it("takes SIDs with hex digits of either case", async () => {
    const upper = (text: string) => text.slice(0, 2) + text.slice(2).toUpperCase();
    const answer = await box.get(
      `/2010-04-01/Accounts/${upper(box.account.sid)}/Messages/${upper(sid)}.json`,
      { credentials: `${upper(box.account.sid)}:${box.account.authToken}` },
    );
    expect(answer.body["sid"]).toBe(sid);
  });

  it.each([
    "/",
    "/favicon.ico",
    "/2010-04-01",
    "/2010-04-01/Accounts/AC/Messages.json",
    `/2010-04-01/Accounts/AC${"0".repeat(32)}/Messages.json`,
    "{api}/messages.json",
    "{api}/Message.json",
    "{api}/Messages.csv",
    "{api}/Messages/SM12.json",
    `{api}/Messages/PN${"0".repeat(32)}.json`,
    `{api}/Messages/SM${"0".repeat(32)}.json`,
    `{api}/Messages/SM${"0".repeat(32)}/Media.json`,
    `{api}/IncomingPhoneNumbers/PN${"0".repeat(32)}.json`,
    "/appliance/v1/Nothing",
    `/appliance/v1/Messages/SM${"0".repeat(32)}`,
  ])("that leads nowhere is 404 in Twilio's shape: %s", async (path) => {
    const asked = path.replace("{api}", box.api(""));
    const { status, body } = await box.get(asked);

    expect(status).toBe(404);
    expect(body).toEqual({
      code: 20404,
      message: `The requested resource ${asked} was not found`,
      more_info: "https://www.twilio.com/docs/errors/20404",
      status: 404,
    });
  });

  it.each(["/%", "/2010-04-01/Accounts/%zz/Messages.json", "//x/2010-04-01", "/%2e%2e/health", "/\\"])(
    "that is damaged is 404 and no more: %s",
    async (path) => {
      expect(await rawStatus(path)).toBe(404);
    },
  );

  it.each([
    ["PUT", "/Messages.json"],
    ["DELETE", "/IncomingPhoneNumbers.json"],
    ["DELETE", ".json"],
    ["OPTIONS", "/Messages.json"],
    ["PATCH", "/Messages.json"],
  ])("asked with %s where that is no method is 405: %s", async (method, below) => {
    const answer = await box.request(box.api(below), { method });

    expect([answer.status, answer.body["code"]]).toEqual([405, 20004]);
    expect(answer.headers.get("allow")).toContain("GET");
  });
});

describe("a page in a browser", () => {
  it("may not read what the API answers, nor is its preflight answered", async () => {
    const headers = { Origin: "http://page.lan", "Access-Control-Request-Method": "POST" };
    const preflight = { method: "OPTIONS", headers, credentials: null };
    const answers = [
      await box.get(box.api("/Messages.json"), { headers }),
      await box.request(box.api("/Messages.json"), preflight),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401]);
    for (const answer of answers) {
      const names = [...answer.headers.keys()].filter((name) => name.startsWith("access-control-"));
      expect(names).toEqual([]);
    }
  });
});

describe("credentials", () => {
  const NONE = {
    code: 20003,
    detail: "Your AccountSid or AuthToken was incorrect.",
    message: "Authenticate",
  };

  it.each([
    ["none", null],
    ["an unknown account", `AC${"0".repeat(32)}:${"0".repeat(32)}`],
    ["no password", "{sid}:"],
    ["a wrong token", "{sid}:0123456789abcdef0123456789abcdee"],
    ["a longer token", "{sid}:{token}0"],
    ["a shorter token", "{sid}:0123456789abcdef"],
    ["no colon", "{sid}"],
    ["somebody else's SID with the right token", `AC${"0".repeat(32)}:{token}`],
    ["an empty SID", ":{token}"],
  ])("that are %s are 401 with a challenge", async (_what, text) => {
    const credentials =
      text?.replace("{sid}", box.account.sid).replace("{token}", box.account.authToken) ?? null;
    const answer = await box.get(box.api("/Messages.json"), { credentials });

    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe('Basic realm="Twilio API"');
    expect(answer.body).toEqual({
      ...NONE,
      more_info: "https://www.twilio.com/docs/errors/20003",
      status: 401,
    });
    // The next row is not the ninth guess of the same address.
    await box.get(box.api("/Messages.json"));
  });

  it("of another scheme are 401", async () => {
    const answer = await box.get(box.api("/Messages.json"), {
      credentials: null,
      headers: { Authorization: "Bearer 0123" },
    });
    expect(answer.status).toBe(401);
  });

  it("are asked for before anything is said about a path", async () => {
    expect((await box.get("/nothing", { credentials: null })).status).toBe(401);
    expect((await box.get("/appliance/v1/Lines", { credentials: null })).status).toBe(401);
  });

  it("of a parent open a subaccount's path, and not the other way round", async () => {
    const child = {
      ...box.account,
      sid: `AC${"e".repeat(32)}`,
      authToken: "e".repeat(32),
      ownerAccountSid: box.account.sid,
    };
    await box.settings.change((document) => ({ ...document, accounts: [...document.accounts, child] }));
    const own = `${child.sid}:${child.authToken}`;

    expect((await box.get(`/2010-04-01/Accounts/${child.sid}.json`)).body["sid"]).toBe(child.sid);
    expect((await box.get(`/2010-04-01/Accounts/${child.sid}.json`, { credentials: own })).status).toBe(200);
    expect((await box.get(box.api("/Messages.json"), { credentials: own })).status).toBe(404);
    expect((await box.get(`/2010-04-01/Accounts/${child.sid}/Messages/${sid}.json`)).status).toBe(404);
    const appliance = await box.get("/appliance/v1/Lines", { credentials: own });
    expect([appliance.status, appliance.body["code"]]).toEqual([403, 20006]);
  });
});

describe("every answer", () => {
  it("carries a request id of its own", async () => {
    const ids = await Promise.all(
      [box.api("/Messages.json"), "/nothing", "/health"].map(async (path) =>
        (await box.get(path)).headers.get("twilio-request-id"),
      ),
    );
    for (const id of ids) expect(id).toMatch(/^RQ[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(3);
  });
});

describe("health", () => {
  it("needs no credentials and shows the checks", async () => {
    const answer = await box.get("/health", { credentials: null });
    expect([answer.status, answer.body]).toEqual([200, { status: "pass", checks: {} }]);
    expect((await box.request("/health", { method: "POST", credentials: null })).status).toBe(405);
  });

  it.each([
    ["warn", 200],
    ["fail", 503],
  ] as const)("of %s answers %d", async (status, expected) => {
    const report = { status, checks: { store: { status, text: "does not commit" } } };
    const ill = await openApiBox({ health: async () => report });
    try {
      const answer = await ill.get("/health", { credentials: null });
      expect([answer.status, answer.body]).toEqual([expected, report]);
    } finally {
      await ill.close();
    }
  });
});
