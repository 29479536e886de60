import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, openApiBox } from "./api-box.ts";

let box: ApiBox;

const FEW = { checkEveryMs: 20, maxHeaderOctets: 4096, maxConnections: 3 };
const IMPATIENT = { ...FEW, headersTimeoutMs: 100, requestTimeoutMs: 200, silenceTimeoutMs: 400 };
/** So that nobody is slow, whatever else the machine does. */
const PATIENT = { ...FEW, headersTimeoutMs: 60_000, requestTimeoutMs: 60_000, silenceTimeoutMs: 60_000 };

afterEach(() => box.close());

/** Settles with everything the server said once it has closed the connection: the test's own limit is the bound. */
async function toldUntilClosed(write: (socket: Socket) => void): Promise<string> {
  const socket = await opened();
  write(socket);
  return untilClosed(socket);
}

function opened(): Promise<Socket> {
  const { hostname, port } = new URL(box.baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.once("error", reject);
  });
}

function untilClosed(socket: Socket): Promise<string> {
  let told = "";
  socket.on("data", (chunk) => {
    told += chunk;
  });
  return new Promise((resolve) => {
    socket.on("error", () => {});
    socket.on("close", () => resolve(told));
  });
}

function authorization(): string {
  const credentials = Buffer.from(`${box.account.sid}:${box.account.authToken}`).toString("base64");
  return `Authorization: Basic ${credentials}\r\n`;
}

describe("a slow client", () => {
  beforeEach(async () => {
    box = await openApiBox({ bounds: IMPATIENT });
  });

  it("that never finishes its headers is told 408 and closed", async () => {
    const told = await toldUntilClosed((socket) => socket.write("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "));
    expect(told).toMatch(/^HTTP\/1\.1 408 /);
    expect(JSON.parse(told.split("\r\n\r\n")[1] ?? "")).toMatchObject({ status: 408, code: 20001 });
  });

  it("that never finishes its body is closed", async () => {
    const told = await toldUntilClosed((socket) =>
      socket.write(
        `POST ${box.api("/Messages.json")} HTTP/1.1\r\nHost: a\r\n${authorization()}Content-Length: 100\r\n\r\nTo=`,
      ),
    );
    expect(told).not.toMatch(/^HTTP\/1\.1 2/);
  });

  it("that says nothing at all is closed", async () => {
    expect(await toldUntilClosed(() => {})).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe("a client", () => {
  beforeEach(async () => {
    box = await openApiBox({ bounds: PATIENT });
  });

  it("whose headers are too large is told 431 in Twilio's shape", async () => {
    const told = await toldUntilClosed((socket) =>
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${"x".repeat(8000)}\r\n\r\n`),
    );
    expect(told).toMatch(/^HTTP\/1\.1 431 /);
    expect(JSON.parse(told.split("\r\n\r\n")[1] ?? "")).toMatchObject({ status: 431, code: 21658 });
  });

  it("that speaks something else is told 400 and closed", async () => {
    const told = await toldUntilClosed((socket) => socket.write("\x16\x03\x01\x00\xa5garbage\r\n\r\n"));
    expect(told).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("that opens more connections than there are finds the last one closed", async () => {
    const held = await Promise.all([opened(), opened(), opened()]);
    const told = await toldUntilClosed((socket) => socket.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"));
    expect(told).toBe("");
    for (const socket of held) socket.destroy();
  });

  it("that goes away in mid-request leaves a server that answers", async () => {
    const socket = await opened();
    socket.write(
      `POST ${box.api("/Messages.json")} HTTP/1.1\r\nHost: a\r\n${authorization()}Content-Length: 9\r\n\r\nTo=`,
    );
    const gone = untilClosed(socket);
    socket.destroy();
    await gone;
    expect((await box.get("/health", { credentials: null })).status).toBe(200);
  });
});
