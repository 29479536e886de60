/** Real sockets on the loopback: TCP, TLS with and without trust, and what a person is told when it fails. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { openSocket, type SocketTls } from "../../../src/line/smpp/open-socket.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { SELF_SIGNED } from "../../harness/self-signed.ts";

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket: Socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const echoing = (socket: Socket) => {
  socket.on("error", () => undefined);
  socket.pipe(socket);
};

const open = (port: number, tls: SocketTls | null, host = "127.0.0.1") =>
  openSocket({ host, port, tls, clock: systemClock })(new AbortController().signal);

async function echoed(stream: Awaited<ReturnType<typeof open>>): Promise<string> {
  stream.write("hello");
  const [chunk] = await once(stream, "data");
  stream.destroy();
  return String(chunk);
}

describe("a socket to an SMSC", () => {
  test("is TCP without TLS options", async () => {
    expect(await echoed(await open(await listening(createServer(echoing)), null))).toBe("hello");
  });

  test("is TLS with the authority that is given", async () => {
    const port = await listening(createTlsServer(SELF_SIGNED, echoing));
    expect(await echoed(await open(port, { ca: SELF_SIGNED.cert, verify: true }))).toBe("hello");
  });

  test("is TLS with any certificate where it is not to be verified", async () => {
    const port = await listening(createTlsServer(SELF_SIGNED, echoing));
    expect(await echoed(await open(port, { verify: false }))).toBe("hello");
  });

  test("refuses a certificate nobody trusts, and says what to give", async () => {
    const port = await listening(createTlsServer(SELF_SIGNED, echoing));
    await expect(open(port, { verify: true })).rejects.toMatchObject({
      code: "line.closed",
      disposition: "line",
      message: expect.stringMatching(
        /^smpps:\/\/127\.0\.0\.1:\d+ has a certificate nobody here trusts .*`tls\.ca`$/,
      ),
    });
  });

  test("shows its own certificate to an SMSC that asks for one", async () => {
    const server = createTlsServer(
      { ...SELF_SIGNED, ca: SELF_SIGNED.cert, requestCert: true, rejectUnauthorized: true },
      (socket) => {
        socket.on("error", () => undefined);
        socket.end(`you are ${socket.getPeerCertificate().subject.CN}`);
      },
    );
    const port = await listening(server);
    const stream = await open(port, { ca: SELF_SIGNED.cert, ...SELF_SIGNED, verify: true });
    const [chunk] = await once(stream, "data");
    stream.destroy();
    expect(String(chunk)).toBe("you are app.test");
  });

  test("says who refuses the connection, and the mend", async () => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    await once(server, "close");
    await expect(open(port, null)).rejects.toMatchObject({
      code: "line.closed",
      message: expect.stringMatching(
        /^smpp:\/\/127\.0\.0\.1:\d+ refuses the connection: correct host and port/,
      ),
    });
  });

  test("says that there is no such host", async () => {
    await expect(open(2775, null, "smsc.invalid")).rejects.toMatchObject({
      code: "line.closed",
      message: expect.stringMatching(/^smpp:\/\/smsc\.invalid:2775 /),
    });
  });

  test("gives up on a peer that takes the connection and never finishes the handshake", async () => {
    const clock = new FakeClock();
    const port = await listening(createServer(() => undefined));
    const opening = openSocket({
      host: "127.0.0.1",
      port,
      tls: { verify: true },
      clock,
      connectTimeoutMs: 15_000,
    })(new AbortController().signal);
    const failing = expect(opening).rejects.toMatchObject({
      message: expect.stringContaining("cannot be reached"),
    });
    await clock.advance(15_000);
    await failing;
    expect(clock.pending).toBe(0);
  });

  test("is given up when the line stops", async () => {
    const clock = new FakeClock();
    const port = await listening(createServer(() => undefined));
    const stopping = new AbortController();
    const opening = openSocket({ host: "127.0.0.1", port, tls: { verify: true }, clock })(stopping.signal);
    const failing = expect(opening).rejects.toThrow("enough");
    stopping.abort(new Error("enough"));
    await failing;
    expect(clock.pending).toBe(0);
  });
});
