/**
 * The TCP or TLS connection to an SMSC. Settled once bytes can flow both ways; a host that takes the connection and
 * never finishes the handshake is given up after `connectTimeoutMs`.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../runtime/clock.ts";
import type { OpenStream } from "../byte-stream.ts";
import { sentenceOf, troubleAt } from "./socket-trouble.ts";

export type SocketTls = {
  /** PEM; absent: those the system trusts. */
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** False takes any certificate. */
  readonly verify: boolean;
};

export type SocketOptions = {
  readonly host: string;
  readonly port: number;
  /** Null: no TLS. */
  readonly tls: SocketTls | null;
  readonly clock: Clock;
  readonly connectTimeoutMs?: number;
};

const CONNECT_TIMEOUT_MS = 15_000;
/** A peer that vanished is found by enquire_link; this finds it too where nobody is bound. */
const KEEP_ALIVE_AFTER_MS = 15_000;

export function openSocket(options: SocketOptions): OpenStream {
  const { host, port, tls, clock, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const where = `${tls === null ? "smpp" : "smpps"}://${host}:${port}`;
  return (signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = tls === null ? connectTcp({ host, port }) : secured(host, port, tls);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
      const timer = clock.timer(connectTimeoutMs, () =>
        fail(troubleAt(where, Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }))),
      );
      const done = () => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        socket.off("error", onError);
      };
      const fail = (error: unknown) => {
        done();
        socket.on("error", () => undefined);
        socket.destroy();
        reject(error);
      };
      const onAbort = () => fail(signal.reason);
      const onError = (error: Error) => fail(troubleAt(where, error));
      signal.addEventListener("abort", onAbort, { once: true });
      socket.on("error", onError);
      socket.once(tls === null ? "connect" : "secureConnect", () => {
        done();
        // In TLS 1.3 an SMSC that wants a certificate says so after the handshake (RFC 8446 §4.4.2.4): whoever hears
        // of an error from here on reads the sentence as well.
        socket.prependListener("error", (error: Error) => {
          error.message = sentenceOf(where, error);
        });
        resolve(socket);
      });
    });
}

function secured(host: string, port: number, { ca, cert, key, verify }: SocketTls): Socket {
  return connectTls({
    host,
    port,
    rejectUnauthorized: verify,
    // An address has no name to ask for (RFC 6066 §3).
    ...(isIP(host) === 0 ? { servername: host } : null),
    ...(ca === undefined ? null : { ca }),
    ...(cert === undefined ? null : { cert }),
    ...(key === undefined ? null : { key }),
  });
}
