import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ApiClient } from "../../src/cli/api-client.ts";
import { Failure } from "../../src/cli/failure.ts";
import { SELF_SIGNED } from "../harness/self-signed.ts";

const CREDENTIALS = { sid: `AC${"0".repeat(32)}`, authToken: "secret" };
/** Of another key: not the one the server shows. */
const OTHER_CERT = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUf/Y32Z0RTSfGOIt/9VM5boBOsG0wCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKb3RoZXIudGVzdDAgFw0yNjExMjgyMzA2MjhaGA8yMTI2MTEw
NDIzMDYyOFowFTETMBEGA1UEAwwKb3RoZXIudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABIYXjkOyJ3LsXRBn1bPlPf36DbyaGqyY1/2ZVjskWuZvzxjxhCHW
HNWTsSf9FhWYVPF/LAzGNLTVzIf6S9eujVOjUzBRMB0GA1UdDgQWBBS8ws9eBm6E
5wDz2w+KYDwvoxVpWTAfBgNVHSMEGDAWgBS8ws9eBm6E5wDz2w+KYDwvoxVpWTAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDToKuys62N57nKuOxC
gqzQMDjSfG2OAk+QbGuuUcgwgAIgT72qWKZ/xXEbu2/QUin6yHGdRnLpuptTQ9UQ
m9ypyZU=
-----END CERTIFICATE-----
`;

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

async function serve(listener: RequestListener, tls = false): Promise<string> {
  const server = tls ? createHttpsServer(SELF_SIGNED, listener) : createHttpServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clientAt = (url: string, certificate: string | null = null) =>
  new ApiClient({ url, certificate, credentials: CREDENTIALS });

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (answer) => answer,
    (error: unknown) => (error instanceof Failure ? `${error.exitCode}: ${error.message}` : error),
  );

describe("the API client", () => {
  it("does not call a daemon to be started that is there and does not answer", async () => {
    const url = await serve(() => {});
    const client = new ApiClient({ url, certificate: null, credentials: CREDENTIALS }, { patienceMs: 100 });
    expect(await failureOf(client.get("/health"))).toBe(
      `69: the daemon does not answer at ${url} (no answer within 0.1 s); \`journalctl -u pylone -e\` says what it does; \`systemctl restart pylone\``,
    );
  });

  it("asks with the main account's credentials, and puts it where the path says {AC}", async () => {
    const url = await serve((request, response) => {
      response.end(JSON.stringify({ asked: request.url, by: request.headers.authorization }));
    });
    expect(await clientAt(url).get("{AC}/Messages.json", { PageSize: "2" })).toEqual({
      asked: `/2010-04-01/Accounts/${CREDENTIALS.sid}/Messages.json?PageSize=2`,
      by: `Basic ${btoa(`${CREDENTIALS.sid}:secret`)}`,
    });
  });

  it.each([
    { status: 401, exit: 77, says: "does not take the credentials of its data folder: no (20003)" },
    { status: 403, exit: 77, says: "does not take the credentials" },
    { status: 429, exit: 75, says: "cannot do it now: no (20003); try again" },
    { status: 503, exit: 75, says: "cannot do it now" },
    { status: 400, exit: 65, says: "65: no (20003)" },
    { status: 404, exit: 65, says: "65: no (20003)" },
    { status: 500, exit: 70, says: "70: no (20003)" },
  ])("fails with $exit on an answer of $status", async ({ status, exit, says }) => {
    const url = await serve((_request, response) => {
      response.writeHead(status).end(JSON.stringify({ code: 20003, message: "no" }));
    });
    const failure = await failureOf(clientAt(url).get("/x"));
    expect(failure).toMatch(new RegExp(`^${exit}: `));
    expect(failure).toContain(says);
  });

  it("fails with 69 where nobody answers, or something else than pylone does", async () => {
    const url = await serve((_request, response) => void response.end("<html>"));
    expect(await failureOf(clientAt(url).get("/x"))).toBe(
      `69: what answers at ${url} is not pylone (HTTP 200)`,
    );
    for (const server of servers) server.close();
    expect(await failureOf(clientAt(url).get("/x"))).toBe(
      `69: the daemon does not answer at ${url} (nothing listens there); start it with \`systemctl start pylone\` or \`pylone serve\``,
    );
  });

  it("knows a daemon with TLS by the certificate of the configuration, and tells no other its token", async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked++;
      response.end("{}");
    }, true);
    expect(await clientAt(url, SELF_SIGNED.cert).get("/x")).toEqual({});
    expect(asked).toBe(1);
    expect(await failureOf(clientAt(url, OTHER_CERT).get("/x"))).toMatch(
      /^69: what answers at https:\S+ shows another certificate than `http\.tls\.cert` holds/,
    );
    expect(asked).toBe(1);
  });
});
