import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { CredentialMemory } from "../../../src/messaging/webhook/credentials.ts";
import { challengeOf, digestAuthorization } from "../../../src/messaging/webhook/digest.ts";
import { NameLookup } from "../../../src/messaging/webhook/lookup.ts";
import { requestDocument } from "../../../src/messaging/webhook/request.ts";
import { FakeClock } from "../../harness/fake-clock.ts";

/** RFC 7616 §3.9.1: the example, by both algorithms. */
const RFC = {
  realm: "http-auth@example.org",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  opaque: "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
  cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  uri: "/dir/index.html",
} as const;

describe("the Digest of RFC 7616", () => {
  it.each([
    ["MD5", "md5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "sha256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ] as const)("is its example's by %s", (algorithm, hash, response) => {
    const { realm, nonce, opaque, cnonce, uri } = RFC;
    const header = digestAuthorization(
      { scheme: "digest", realm, nonce, opaque, algorithm, hash, qop: "auth", stale: false },
      { username: "Mufasa", password: "Circle of Life" },
      { method: "GET", uri, count: 1, cnonce },
    );
    expect(header).toContain(`response="${response}"`);
    expect(header).toContain(`nc=00000001`);
    expect(header).toContain(`algorithm=${algorithm}`);
  });

  it("is RFC 2617's example without qop, by MD5 and unsaid", () => {
    const challenge = challengeOf(
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    );
    if (challenge?.scheme !== "digest") throw new Error("no challenge");
    const header = digestAuthorization(
      challenge,
      { username: "Mufasa", password: "Circle Of Life" },
      { method: "GET", uri: "/dir/index.html", count: 1, cnonce: "x" },
    );
    expect(header).toContain('response="670fd8c2df070c60b045671b8b24ff02"');
    expect(header).not.toMatch(/qop|nc=|cnonce|algorithm/);
  });
});

describe("a challenge", () => {
  it.each([
    ["Basic alone", 'Basic realm="a, b"', "basic"],
    [
      "the stronger Digest of several",
      'Digest realm="r", nonce="1", algorithm=MD5, Digest realm="r", nonce="2", algorithm=SHA-256',
      "sha256",
    ],
    ["Digest before Basic", 'Basic realm="r", Digest realm="r",nonce="n" , qop="auth,auth-int"', "md5"],
    [
      "Basic where the Digest is not spoken here",
      'Digest nonce="n", algorithm=SHA-512-256, Basic realm="r"',
      "basic",
    ],
    [
      "Basic where the Digest insists on auth-int",
      'Digest nonce="n", qop="auth-int", Basic realm="r"',
      "basic",
    ],
    ["nothing where nothing is spoken here", 'Bearer realm="r", Negotiate', null],
    ["nothing where there is none", null, null],
    ["nothing of a Digest without a nonce", 'Digest realm="r"', null],
  ])("is %s", (_what, header, expected) => {
    const challenge = challengeOf(header);
    expect(
      challenge === null || challenge.scheme === "basic" ? (challenge?.scheme ?? null) : challenge.hash,
    ).toBe(expected);
  });

  it("has its quotes taken away and its words in any case", () => {
    expect(challengeOf('dIgEsT REALM="say \\"hi\\"", Nonce=abc, QOP=auth, stale=TRUE')).toMatchObject({
      realm: 'say "hi"',
      nonce: "abc",
      qop: "auth",
      stale: true,
    });
  });

  it("is never an exception, whatever the header, and is read in no time", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 500 }), (text) => {
        challengeOf(text);
        challengeOf(`Digest ${text}`);
      }),
    );
    expect(challengeOf(`Digest ${'a="'.repeat(5_000)}`)).toBeNull();
  });
});

/** A server that verifies Digest by the RFC's words, and counts nonces. */
class DigestServer {
  readonly seen: ("none" | "good" | "replayed" | "bad")[] = [];
  nonce = "first";
  readonly #server: Server;
  readonly #algorithm: "MD5" | "SHA-256";
  #count = 0;

  private constructor(algorithm: "MD5" | "SHA-256") {
    this.#algorithm = algorithm;
    this.#server = createServer((request, response) => {
      const verdict = this.#verdict(request);
      this.seen.push(verdict);
      request.resume();
      if (verdict === "good") response.writeHead(200, { "content-type": "text/xml" }).end("<Response/>");
      else {
        const challenge = `Digest realm="app", qop="auth", algorithm=${algorithm}, nonce="${this.nonce}", opaque="o"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      }
    });
  }

  static async start(algorithm: "MD5" | "SHA-256"): Promise<DigestServer> {
    const server = new DigestServer(algorithm);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  url(userinfo: string, target = "/sms?a=1"): string {
    return `http://${userinfo}@127.0.0.1:${(this.#server.address() as AddressInfo).port}${target}`;
  }

  restart(): void {
    this.nonce = randomBytes(8).toString("hex");
    this.#count = 0;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #verdict({ headers, method, url }: IncomingMessage): "none" | "good" | "replayed" | "bad" {
    const { authorization } = headers;
    if (authorization === undefined) return "none";
    const fields = new Map(
      [...authorization.matchAll(/(\w+)="?([^",]*)"?/g)].map(([, name = "", value = ""]) => [name, value]),
    );
    const field = (name: string) => fields.get(name) ?? "";
    const hash = (text: string) =>
      createHash(this.#algorithm === "MD5" ? "md5" : "sha256")
        .update(text)
        .digest("hex");
    const secret = hash("user:app:pa ss");
    const parts = [secret, field("nonce"), field("nc"), field("cnonce"), "auth", hash(`${method}:${url}`)];
    if (field("nonce") !== this.nonce || field("uri") !== url || field("opaque") !== "o") return "bad";
    if (field("response") !== hash(parts.join(":"))) return "bad";
    const count = Number.parseInt(field("nc"), 16);
    if (count <= this.#count) return "replayed";
    this.#count = count;
    return "good";
  }
}

describe("an app behind Digest", () => {
  let server: DigestServer;
  const credentials = new CredentialMemory();
  afterEach(() => server.stop());

  const ask = (userinfo: string, method: "GET" | "POST" = "POST") =>
    requestDocument(
      {
        url: server.url(userinfo),
        method,
        params: [["Body", "Hé"]],
        authToken: "1".repeat(32),
        idempotencyToken: "t",
        jar: null,
      },
      {
        clock: new FakeClock(),
        timeoutMs: 15_000,
        lookup: new NameLookup(() => false),
        credentials,
        signal: new AbortController().signal,
      },
    );

  it.each(["MD5", "SHA-256"] as const)(
    "by %s is given credentials when it asks, and from then on at once, each time with the next count",
    async (algorithm) => {
      server = await DigestServer.start(algorithm);
      expect(await ask("user:pa%20ss")).toMatchObject({ answer: { status: 200 } });
      expect(await ask("user:pa%20ss")).toMatchObject({ answer: { status: 200 } });
      expect(await ask("user:pa%20ss", "GET")).toMatchObject({ answer: { status: 200 } });
      expect(server.seen).toEqual(["none", "good", "good", "good"]);
    },
  );

  it("that was restarted, and knows its nonce no more, is asked once more and not failed", async () => {
    server = await DigestServer.start("SHA-256");
    await ask("user:pa%20ss");
    server.restart();
    expect(await ask("user:pa%20ss")).toMatchObject({ answer: { status: 200 } });
    expect(server.seen).toEqual(["none", "good", "bad", "good"]);
  });

  it("is not asked again and again with a password it refuses", async () => {
    server = await DigestServer.start("SHA-256");
    expect(await ask("user:wrong")).toMatchObject({ answer: { status: 401 } });
    expect(server.seen).toEqual(["none", "bad"]);
    expect(await ask("user:wrong")).toMatchObject({ answer: { status: 401 } });
    expect(server.seen.length).toBeLessThanOrEqual(4);
  });

  it("does not get one user's credentials for another's", async () => {
    server = await DigestServer.start("MD5");
    await ask("user:pa%20ss");
    await ask("other:pa%20ss");
    expect(server.seen.slice(2)).toEqual(["none", "bad"]);
  });
});
