/**
 * The TCP or TLS connection to an SMSC. Settled once bytes can flow both ways; a host that takes the connection and
 * never finishes the handshake is given up after `connectTimeoutMs`.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../runtime/clock.ts";
import { Fault } from "../../runtime/fault.ts";
import type { OpenStream } from "../byte-stream.ts";

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
      const timer = clock.timer(connectTimeoutMs, () => fail(faultOf(where, "ETIMEDOUT", "no answer")));
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
      const onError = (error: NodeJS.ErrnoException) =>
        fail(faultOf(where, error.code, error.message, error));
      signal.addEventListener("abort", onAbort, { once: true });
      socket.on("error", onError);
      socket.once(tls === null ? "connect" : "secureConnect", () => {
        done();
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

/** What, where, and the mend. */
function faultOf(where: string, code: string | undefined, problem: string, cause?: unknown): Fault {
  return new Fault({
    code: "line.closed",
    disposition: "line",
    message: sentenceOf(where, code, problem),
    cause,
  });
}

function sentenceOf(where: string, code: string | undefined, problem: string): string {
  switch (code) {
    case "ECONNREFUSED":
      return `${where} refuses the connection: correct host and port in \`url\`, or ask the carrier whether this address may connect`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${where} cannot be found: correct the host in \`url\`, or mend the name service`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${where} cannot be reached: check the network, the host in \`url\` and the firewall`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return `${where} has a certificate nobody here trusts (${code}): give its authority as \`tls.ca\``;
    case "CERT_HAS_EXPIRED":
      return `${where} has a certificate that has expired: ask the carrier, and check this machine's clock`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${where} has a certificate for another name: correct the host in \`url\``;
    default:
      return `${where} cannot be opened: ${problem}`;
  }
}
