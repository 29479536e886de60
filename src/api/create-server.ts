/**
 * The sockets under the API, bounded against slow and greedy clients: headers within ten seconds, a whole request
 * within thirty, sixteen kilobytes of headers, an idle or unread connection closed after a minute, so many
 * connections and no more. What is no HTTP at all still gets an error in Twilio's shape.
 */
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import type Koa from "koa";
import { ApiError, type ApiErrorCode, errorBody } from "./api-error.ts";

export type ServerBounds = {
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Nothing sent or received for this long: closed, even in the middle of an answer nobody reads. */
  readonly silenceTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** How often the first two are looked at. */
  readonly checkEveryMs: number;
  readonly maxHeaderOctets: number;
  readonly maxConnections: number;
};

export const SERVER_BOUNDS: ServerBounds = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  silenceTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  checkEveryMs: 2_000,
  maxHeaderOctets: 16 * 1024,
  maxConnections: 2_000,
};

export type TlsMaterial = { readonly cert: string | Buffer; readonly key: string | Buffer };

/** Not listening yet. */
export function createServer(
  app: Koa,
  options: { readonly tls?: TlsMaterial | undefined; readonly bounds?: ServerBounds } = {},
): Server {
  const bounds = options.bounds ?? SERVER_BOUNDS;
  const http = {
    headersTimeout: bounds.headersTimeoutMs,
    requestTimeout: bounds.requestTimeoutMs,
    keepAliveTimeout: bounds.keepAliveTimeoutMs,
    connectionsCheckingInterval: bounds.checkEveryMs,
    maxHeaderSize: bounds.maxHeaderOctets,
  };
  const handle = app.callback();
  const onRequest = (...pair: Parameters<typeof handle>) => void handle(...pair);
  const server: Server =
    options.tls === undefined
      ? createHttpServer(http, onRequest)
      : createHttpsServer({ ...http, ...options.tls }, onRequest);
  server.timeout = bounds.silenceTimeoutMs;
  server.maxConnections = bounds.maxConnections;
  server.on("clientError", answerClientError);
  return server;
}

function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [statusLine, code, message] = clientErrorOf(error.code);
  const body = JSON.stringify({
    ...errorBody(new ApiError(code, message)),
    status: Number.parseInt(statusLine, 10),
  });
  socket.end(
    `HTTP/1.1 ${statusLine}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function clientErrorOf(code: string | undefined): readonly [string, ApiErrorCode, string] {
  if (code === "HPE_HEADER_OVERFLOW") {
    return ["431 Request Header Fields Too Large", 21658, "The request's headers are too large."];
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return ["408 Request Timeout", 20001, "The request did not arrive in time."];
  }
  return ["400 Bad Request", 20001, "The request is not valid HTTP."];
}
