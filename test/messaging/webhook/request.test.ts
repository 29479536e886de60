import { getEventListeners } from "node:events";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import fc from "fast-check";
import twilio from "twilio";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CredentialMemory } from "../../../src/messaging/webhook/credentials.ts";
import { NameLookup } from "../../../src/messaging/webhook/lookup.ts";
import { type DocumentRequest, requestDocument } from "../../../src/messaging/webhook/request.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { SELF_SIGNED } from "../../harness/self-signed.ts";
import {
  closesInTheMiddle,
  drips,
  guarded,
  isNotHttp,
  never,
  neverEnds,
  redirects,
  resets,
  says,
  twiml,
  WebhookSink,
} from "../../harness/webhook-sink.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const UUID = "38053878-a5d4-4295-a906-cca8f58027c9";
const PARAMS = [
  ["Body", "Hé & 1+1"],
  ["From", "+33612345678"],
] as const;

let sink: WebhookSink;
let clock: FakeClock;
let ownPorts: number[];
let abort: AbortController;
let credentials: CredentialMemory;

beforeEach(async () => {
  sink = await WebhookSink.start();
  clock = new FakeClock();
  ownPorts = [];
  abort = new AbortController();
  credentials = new CredentialMemory();
});
afterEach(() => sink.stop());

function ask(url: string, more: Partial<DocumentRequest> = {}) {
  const lookup = new NameLookup(
    (_address, port) => ownPorts.includes(port),
    async (host) => {
      if (host === "gone.test") throw Object.assign(new Error("no"), { code: "ENOTFOUND" });
      return [{ address: "127.0.0.1", family: 4 }];
    },
  );
  return requestDocument(
    { url, method: "POST", params: PARAMS, authToken: TOKEN, idempotencyToken: UUID, jar: null, ...more },
    { clock, timeoutMs: 15_000, lookup, credentials, signal: abort.signal },
  );
}

/** An app behind https, with a certificate nobody has signed. */
async function askSecurely(verifyTls: boolean | undefined) {
  const asked: string[] = [];
  const server = createSecureServer(SELF_SIGNED, (request, response) => {
    asked.push(request.url ?? "");
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const lookup = new NameLookup(
    () => false,
    async () => [{ address: "127.0.0.1", family: 4 }],
  );
  const result = await requestDocument(
    {
      url: `https://127.0.0.1:${port}/sms`,
      method: "POST",
      params: PARAMS,
      authToken: TOKEN,
      idempotencyToken: UUID,
      jar: null,
    },
    {
      clock,
      timeoutMs: 15_000,
      lookup,
      credentials,
      signal: abort.signal,
      ...(verifyTls === undefined ? {} : { verifyTls }),
    },
  );
  await new Promise((resolve) => server.close(resolve));
  return { result, asked };
}

describe("an app with a self-signed certificate", () => {
  it.each([undefined, true])("is told nothing (11237): verifyTls is %s", async (verifyTls) => {
    const { result, asked } = await askSecurely(verifyTls);
    expect(result).toMatchObject({ is: "unanswered", code: 11237 });
    expect(asked).toEqual([]);
  });

  it("is asked where the installation says so", async () => {
    const { result, asked } = await askSecurely(false);
    expect(result).toMatchObject({ is: "answered", answer: { status: 200 } });
    expect(asked).toEqual(["/sms"]);
  });
});

const signedFor = (index: number, host = `127.0.0.1:${sink.port}`) => {
  const seen = sink.requests[index];
  const form = seen?.method === "POST" ? Object.fromEntries(new URLSearchParams(seen.body)) : {};
  const header = String(seen?.headers["x-twilio-signature"]);
  return twilio.validateRequest(TOKEN, header, `http://${host}${seen?.target}`, form);
};

describe("a request to an app", () => {
  it("looks like Twilio's", async () => {
    sink.at("/sms", twiml("<Message>hi</Message>"));
    const result = await ask(sink.url("/sms?tenant=7"));
    expect(result).toMatchObject({ is: "answered", answer: { status: 200, flaw: null } });
    const [seen] = sink.requests;
    expect(seen).toMatchObject({
      method: "POST",
      target: "/sms?tenant=7",
      body: "Body=H%C3%A9+%26+1%2B1&From=%2B33612345678",
    });
    expect(seen?.headers).toMatchObject({
      host: `127.0.0.1:${sink.port}`,
      "user-agent": "TwilioProxy/1.1",
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      "content-length": String(seen?.body.length),
      accept: "*/*",
      "i-twilio-idempotency-token": UUID,
      "x-home-region": "us1",
    });
    expect(signedFor(0)).toBe(true);
  });

  it("by GET puts the parameters into the query and sends no body", async () => {
    sink.at("/sms", twiml(""));
    await ask(sink.url("/sms?name=O'Brien#ct=2000"), { method: "GET" });
    expect(sink.requests[0]).toMatchObject({
      method: "GET",
      target: "/sms?name=O%27Brien&Body=H%C3%A9+%26+1%2B1&From=%2B33612345678",
      body: "",
    });
    expect(sink.requests[0]?.headers["content-type"]).toBeUndefined();
    expect(signedFor(0)).toBe(true);
  });

  it("leaves no connection, timer or listener behind", async () => {
    sink.at("/sms", twiml(""));
    await ask(sink.url());
    await until(() => sink.connections === 0);
    expect(clock.pending).toBe(0);
    expect(getEventListeners(abort.signal, "abort")).toEqual([]);
  });

  it("sends the URL's credentials only after it was asked for them", async () => {
    sink.at("/sms", guarded("user", "p@ss", twiml("")));
    const url = sink.url().replace("http://", "http://user:p%40ss@");
    expect(await ask(url)).toMatchObject({ is: "answered", answer: { status: 200 } });
    expect(sink.requests.map(({ headers }) => headers.authorization !== undefined)).toEqual([false, true]);
    expect(signedFor(1)).toBe(true);
  });

  it("without credentials takes a 401 as the answer", async () => {
    sink.at("/sms", guarded("user", "pass", twiml("")));
    expect(await ask(sink.url())).toMatchObject({ is: "answered", answer: { status: 401 } });
    expect(sink.requests).toHaveLength(1);
  });

  it("does not repeat credentials that were refused", async () => {
    sink.at("/sms", guarded("user", "pass", twiml("")));
    const result = await ask(sink.url().replace("http://", "http://user:wrong@"));
    expect(result).toMatchObject({ answer: { status: 401 } });
    expect(sink.requests).toHaveLength(2);
  });
});

describe("a redirect", () => {
  it.each([301, 302, 303])("of %i is followed by a GET without parameters, signed anew", async (status) => {
    sink.at("/sms", redirects(status, "/moved?x=1")).at("/moved", twiml("<Message>hi</Message>"));
    const result = await ask(sink.url());
    expect(result).toMatchObject({ is: "answered", documentUrl: sink.url("/moved?x=1") });
    expect(sink.requests[1]).toMatchObject({ method: "GET", target: "/moved?x=1", body: "" });
    expect(signedFor(1)).toBe(true);
  });

  it.each([307, 308])("of %i repeats the request, signed anew", async (status) => {
    sink.at("/sms", redirects(status, "moved")).at("/moved", twiml(""));
    await ask(sink.url());
    expect(sink.requests[1]).toMatchObject({
      method: "POST",
      target: "/moved",
      body: sink.requests[0]?.body,
    });
    expect(signedFor(1)).toBe(true);
  });

  it("is followed five times and not six", async () => {
    sink.at("/sms", redirects(307, "/sms"));
    expect(await ask(sink.url())).toMatchObject({ is: "refused", code: 11215 });
    expect(sink.requests).toHaveLength(6);
  });

  it("takes the credentials along on the same host only", async () => {
    const other = await WebhookSink.start();
    try {
      other.at("/in", guarded("user", "pass", twiml("")));
      sink
        .at("/sms", redirects(307, "/same"))
        .at("/same", guarded("user", "pass", redirects(307, other.url("/in"))));
      const result = await ask(sink.url().replace("http://", "http://user:pass@"));
      expect(result).toMatchObject({ answer: { status: 401 } });
      expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    } finally {
      await other.stop();
    }
  });

  it.each(["file:///etc/passwd", "ftp://example.com/", "javascript:1"])(
    "to %s is refused",
    async (location) => {
      sink.at("/sms", redirects(302, location));
      expect(await ask(sink.url())).toMatchObject({ is: "refused", code: 11100 });
    },
  );

  it("to what is not a URL is refused", async () => {
    sink.at("/sms", redirects(302, "http://[nonsense"));
    expect(await ask(sink.url())).toMatchObject({ is: "refused", code: 11200 });
  });
});

describe("the appliance's own ports", () => {
  it.each(["127.0.0.1", "2130706433", "localhost", "[::1]"])("are not asked as %s", async (host) => {
    ownPorts = [sink.port];
    expect(await ask(`http://${host}:${sink.port}/health`)).toMatchObject({ is: "refused", code: 11100 });
    expect(sink.requests).toHaveLength(0);
    expect(sink.mostOpen).toBe(0);
  });

  it.each(["127.0.0.1", "name.test"])("are not reached by a redirect to %s", async (host) => {
    const own = await WebhookSink.start();
    try {
      ownPorts = [own.port];
      sink.at("/sms", redirects(307, `http://${host}:${own.port}/2010-04-01/Accounts.json`));
      expect(await ask(sink.url())).toMatchObject({ is: "refused", code: 11100 });
      expect(own.requests).toHaveLength(0);
    } finally {
      await own.stop();
    }
  });

  it("do not stop other ports of the same machine", async () => {
    ownPorts = [1];
    sink.at("/sms", twiml(""));
    expect(await ask(`http://name.test:${sink.port}/sms`)).toMatchObject({ is: "answered" });
    expect(signedFor(0, `name.test:${sink.port}`)).toBe(true);
  });
});

describe("an app that does not answer as it should", () => {
  it("gives Twilio's code for a refused connection and an unknown name", async () => {
    const port = await freePort();
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({ is: "unanswered", code: 11202 });
    expect(await ask("http://gone.test/")).toMatchObject({ is: "unanswered", code: 11210 });
  });

  it.each(["", "sms", "ftp://app/", "file:///etc/passwd"])("is not asked at %j", async (url) => {
    expect(await ask(url)).toMatchObject({ is: "refused", code: 11100 });
  });

  it("is given up on when it is silent for the whole time", async () => {
    sink.at("/sms", never);
    const pending = ask(sink.url());
    await sink.received(1);
    await clock.advance(14_999);
    expect(sink.connections).toBe(1);
    await clock.advance(1);
    expect(await pending).toMatchObject({ is: "unanswered", code: 11200 });
    await until(() => sink.connections === 0);
    expect(clock.pending).toBe(0);
  });

  it("is given up on when it begins an answer and does not end it", async () => {
    sink.at("/sms", drips);
    const pending = ask(sink.url("/sms#rt=2000"));
    await sink.received(1);
    await clock.advance(2_000);
    const result = await pending;
    // The headers may or may not have been read by then; it is the same trouble.
    const code = result.is === "answered" ? result.answer.flaw?.code : result.code;
    expect(code).toBe(11200);
    expect(clock.pending).toBe(0);
  });

  it("is given up on when no connection comes about in five seconds", async () => {
    const lookup = new NameLookup(
      () => false,
      () => new Promise(() => {}),
    );
    const pending = requestDocument(
      {
        url: "http://slow.test/",
        method: "POST",
        params: [],
        authToken: TOKEN,
        idempotencyToken: UUID,
        jar: null,
      },
      { clock, timeoutMs: 15_000, lookup, credentials, signal: abort.signal },
    );
    await clock.advance(5_000);
    expect(await pending).toMatchObject({ is: "unanswered", code: 11201 });
    expect(clock.pending).toBe(0);
  });

  it("is read no further than 64 kB", async () => {
    sink.at("/sms", neverEnds);
    expect(await ask(sink.url())).toMatchObject({ is: "answered", answer: { flaw: { code: 11750 } } });
    await until(() => sink.connections === 0);
    sink.at("/sms", says(200, "text/xml", Buffer.alloc(3_000_000, "a")));
    expect(await ask(sink.url())).toMatchObject({ is: "answered", answer: { flaw: { code: 11750 } } });
    await until(() => sink.connections === 0);
  });

  it("may reset the connection", async () => {
    sink.at("/sms", resets);
    expect(await ask(sink.url())).toMatchObject({ is: "unanswered", code: 11200 });
  });

  it("may hang up in the middle of its answer", async () => {
    sink.at("/sms", closesInTheMiddle);
    expect(await ask(sink.url())).toMatchObject({ is: "answered", answer: { flaw: { code: 11200 } } });
  });

  it("may not be speaking HTTP at all", async () => {
    sink.at("/sms", isNotHttp);
    expect(await ask(sink.url())).toMatchObject({ is: "unanswered", code: 11206 });
  });

  it("may not be speaking TLS", async () => {
    expect(await ask(sink.url().replace("http:", "https:"))).toMatchObject({ is: "unanswered", code: 11220 });
  });

  it("is left at once when the appliance stops", async () => {
    sink.at("/sms", never);
    const pending = ask(sink.url());
    await sink.received(1);
    abort.abort(new Error("stopping"));
    await expect(pending).rejects.toThrow("stopping");
    await until(() => sink.connections === 0);
    expect(clock.pending).toBe(0);
  });
});

describe("any octets at all in place of an answer", () => {
  it("are an outcome and never an exception", async () => {
    let answer = Buffer.alloc(0);
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
    const head = fc.constantFrom(
      "",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 302 X\r\nLocation: ",
      "HTTP/1.1 200 OK\r\n\r\n",
    );
    try {
      await fc.assert(
        fc.asyncProperty(head, fc.uint8Array({ maxLength: 200 }), async (start, octets) => {
          answer = Buffer.concat([Buffer.from(start), octets]);
          expect(["answered", "unanswered", "refused"]).toContain((await ask(url)).is);
        }),
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    expect(clock.pending).toBe(0);
  });
});

describe("connection overrides", () => {
  it("repeat at once what the URL says is to be repeated", async () => {
    sink.at("/sms", says(500, null), says(500, null), twiml(""));
    expect(await ask(sink.url("/sms#rc=2&rp=5xx"))).toMatchObject({ answer: { status: 200 } });
    expect(sink.requests).toHaveLength(3);
    expect(sink.requests[0]?.target).toBe("/sms");
  });

  it("repeat nothing else", async () => {
    sink.at("/sms", says(404, null));
    expect(await ask(sink.url("/sms#rc=5&rp=5xx,ct"))).toMatchObject({ answer: { status: 404 } });
    expect(sink.requests).toHaveLength(1);
  });

  it("shorten the total time", async () => {
    sink.at("/sms", never);
    const pending = ask(sink.url("/sms#tt=300"));
    await sink.received(1);
    await clock.advance(300);
    expect(await pending).toMatchObject({ is: "unanswered", code: 11203 });
  });

  it("with an unknown word are refused with 11243", async () => {
    expect(await ask(sink.url("/sms#rp=6xx"))).toMatchObject({ is: "refused", code: 11243 });
    expect(sink.requests).toHaveLength(0);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle(1);
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
