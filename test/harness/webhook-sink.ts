/**
 * An app as apps are: a real HTTP server on a port of its own that answers as it is told, well or badly. It keeps
 * what it was asked, and says when.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export type SinkRequest = {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Query and form fields together; the form wins. */
  readonly params: Readonly<Record<string, string>>;
};

export type Behaviour = (response: ServerResponse, request: SinkRequest) => void;

type Waiter = { readonly count: number; readonly resolve: () => void };

export class WebhookSink {
  readonly requests: SinkRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #behaviours = new Map<string, Behaviour[]>();
  readonly #waiters: Waiter[] = [];
  /** Requests that are open at this moment. */
  openNow = 0;
  /** Connections that were ever made to it. */
  accepted = 0;
  /** The most requests it ever had open at once. */
  mostOpen = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on("connection", (socket) => {
      this.accepted++;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
  }

  static async start(port = 0): Promise<WebhookSink> {
    const sink = new WebhookSink();
    await new Promise<void>((resolve) => sink.#server.listen(port, "127.0.0.1", resolve));
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open at this moment. */
  get connections(): number {
    return this.#sockets.size;
  }

  url(target = "/sms"): string {
    return `http://127.0.0.1:${this.port}${target}`;
  }

  /** One behaviour for each request to `path`, the last of them for all that follow. */
  at(path: string, ...behaviours: readonly Behaviour[]): this {
    this.#behaviours.set(path, [...behaviours]);
    return this;
  }

  /** Settles when `count` requests have come in all. */
  async received(count: number): Promise<readonly SinkRequest[]> {
    if (this.requests.length < count) {
      await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
    }
    return this.requests;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    this.openNow++;
    this.mostOpen = Math.max(this.mostOpen, this.openNow);
    response.on("close", () => {
      this.openNow--;
    });
    response.on("error", () => {});
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = read(incoming, Buffer.concat(chunks).toString("utf8"));
    this.requests.push(request);
    const due = this.#waiters.filter(({ count }) => count <= this.requests.length);
    for (const waiter of due) this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    this.#behaviourAt(request.path)(response, request);
    for (const waiter of due) waiter.resolve();
  }

  #behaviourAt(path: string): Behaviour {
    const listed = this.#behaviours.get(path) ?? [];
    const behaviour = listed.length > 1 ? listed.shift() : listed[0];
    return behaviour ?? says(404, "text/plain", "not here");
  }
}

function read(incoming: IncomingMessage, body: string): SinkRequest {
  const target = incoming.url ?? "/";
  const { pathname, searchParams } = new URL(target, "http://sink");
  return {
    method: incoming.method ?? "",
    target,
    path: pathname,
    headers: incoming.headers,
    body,
    params: { ...Object.fromEntries(searchParams), ...Object.fromEntries(new URLSearchParams(body)) },
  };
}

export function says(
  status: number,
  contentType: string | null,
  body: string | Uint8Array = "",
  headers: Readonly<Record<string, string>> = {},
): Behaviour {
  return (response) => {
    response.writeHead(status, contentType === null ? headers : { "Content-Type": contentType, ...headers });
    response.end(body);
  };
}

/** `inner` stands inside `<Response>`. */
export function twiml(inner: string): Behaviour {
  return says(200, "text/xml", `<?xml version="1.0" encoding="UTF-8"?><Response>${inner}</Response>`);
}

export function redirects(status: number, location: string): Behaviour {
  return says(status, null, "", { Location: location });
}

export const never: Behaviour = () => {};

/** Begins an answer and leaves it at that. */
export const drips: Behaviour = (response) => {
  response.writeHead(200, { "Content-Type": "text/xml" });
  response.write("<Response>");
};

export const resets: Behaviour = (response) => {
  response.socket?.resetAndDestroy();
};

export const closesInTheMiddle: Behaviour = (response) => {
  response.writeHead(200, { "Content-Type": "text/xml", "Content-Length": "1000" });
  response.write("<Response>", () => response.socket?.end());
};

export const isNotHttp: Behaviour = (response) => {
  response.socket?.end("SSH-2.0-OpenSSH_9.2\r\n");
};

/** Writes as long as anybody reads. */
export const neverEnds: Behaviour = (response) => {
  response.writeHead(200, { "Content-Type": "text/xml" });
  const chunk = Buffer.alloc(16_384, "a");
  const write = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once("drain", write);
  };
  write();
};

/** Asks for credentials, and answers with `then` when they are these. */
export function guarded(user: string, password: string, then: Behaviour): Behaviour {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  return (response, request) => {
    if (request.headers.authorization === expected) then(response, request);
    else says(401, "text/plain", "who?", { "WWW-Authenticate": 'Basic realm="app"' })(response, request);
  };
}
