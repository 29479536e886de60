/** Real sockets on the loopback: TCP, TLS with and without trust, and what a person is told when it fails. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { openSocket, type SocketTls } from "../../../src/line/smpp/open-socket.ts";
import { sentenceOf } from "../../../src/line/smpp/socket-trouble.ts";
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

  const saying = (text: string) => expect.objectContaining({ message: expect.stringContaining(text) });
  /** What is heard of a stream that opened. */
  const broken = async (stream: Awaited<ReturnType<typeof open>>) => {
    const error = await new Promise<Error>((resolve) => stream.once("error", resolve));
    return error.message;
  };

  test("says that no TLS is spoken where a plain SMSC answers", async () => {
    const nack = Buffer.from("00000010800000000000000300000000", "hex");
    const port = await listening(createServer((socket) => socket.on("error", () => undefined).write(nack)));
    const opening = open(port, { verify: true });
    await expect(opening).rejects.toEqual(
      saying(`no TLS is spoken at smpps://127.0.0.1:${port}: write smpp://`),
    );
  });

  test("says what to look for where the connection ends before TLS stands", async () => {
    const port = await listening(createServer((socket) => socket.on("error", () => undefined).end()));
    await expect(open(port, { verify: true })).rejects.toEqual(
      saying("if no TLS is spoken there write smpp://"),
    );
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "says that a certificate of ours is wanted, over %s",
    async (version) => {
      const server = createTlsServer(
        {
          ...SELF_SIGNED,
          ca: SELF_SIGNED.cert,
          requestCert: true,
          rejectUnauthorized: true,
          maxVersion: version,
        },
        echoing,
      );
      const port = await listening(server);
      const reason = await open(port, { ca: SELF_SIGNED.cert, verify: true }).then(
        broken,
        (error: Error) => error.message,
      );
      expect(reason).toMatch(/^smpps:\/\/127\.0\.0\.1:\d+ [^\n]* give `tls\.cert` and `tls\.key`[^\n]*$/);
      expect(reason).not.toMatch(/openssl|error:/i);
    },
  );

  test("says that its certificate is for another name", async () => {
    const port = await listening(createTlsServer(SELF_SIGNED, echoing));
    const opening = open(port, { ca: SELF_SIGNED.cert, verify: true }, "localhost");
    await expect(opening).rejects.toEqual(saying("has a certificate for another name: correct the host"));
  });

  test("says who cut the connection, and what to do should it go on", async () => {
    const port = await listening(
      createServer((socket) => socket.once("data", () => socket.resetAndDestroy())),
    );
    const stream = await open(port, null);
    const reason = broken(stream);
    stream.write("bind");
    expect(await reason).toMatch(
      /^smpp:\/\/127\.0\.0\.1:\d+ cut the connection \(ECONNRESET\): should it go on, /,
    );
  });

  test.each([
    ["CERT_HAS_EXPIRED", "has a certificate that has expired: ask the carrier"],
    ["CERT_NOT_YET_VALID", "is not valid yet: check this machine's clock"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "nobody here trusts"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "does not take our certificate (unknown ca): give `tls.cert`"],
    ["ERR_SSL_SOMETHING", "do not agree on TLS (unknown ca): ask the carrier"],
  ])("says %s in words, on one line", (code, words) => {
    const raw = new Error("80EC2189C77F0000:error:0A000418:SSL routines:x.c:1601:SSL alert number 48\n");
    const sentence = sentenceOf("smpps://smsc:3550", Object.assign(raw, { code, reason: "unknown ca" }));
    expect(sentence).toContain(words);
    expect(sentence).toMatch(/^smpps:\/\/smsc:3550 [^\n]+$/);
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
