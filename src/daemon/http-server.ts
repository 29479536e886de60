/**
 * The API's socket in the daemon's life: which address it takes, why it could not, and a stop that lets requests
 * that are already in finish.
 */
import type { Server, ServerResponse } from "node:http";
import type { Clock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Config } from "./config-schema.ts";

/** How long a request that is already in may take once the daemon stops. */
const FINISH_MS = 2_000;

export class HttpServer {
  readonly #server: Server;
  readonly #http: Config["http"];
  readonly #clock: Clock;
  readonly #answering = new Set<ServerResponse>();

  constructor(options: { http: Config["http"]; clock: Clock; server: Server }) {
    this.#http = options.http;
    this.#clock = options.clock;
    this.#server = options.server;
    this.#server.on("request", (_request, response) => {
      this.#answering.add(response);
      response.once("close", () => this.#answering.delete(response));
    });
  }

  /** The port in use; before `start` the one configured. */
  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : this.#http.port;
  }

  /** Settles with the port in use. Rejects with what `whyNotListening` can explain. */
  start(): Promise<number> {
    const { host, port } = this.#http;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", reject);
        resolve(this.port);
      });
    });
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    for (const response of this.#answering)
      if (!response.headersSent) response.setHeader("Connection", "close");
    const force = this.#clock.timer(FINISH_MS, () => this.#server.closeAllConnections());
    await closed;
    force.cancel();
  }
}

/** One sentence for the operator: which address, which key, the mend. */
export function whyNotListening(error: unknown, { host, port }: Config["http"]): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  const where = `cannot listen on ${host}:${port} (http.host, http.port)`;
  switch (code) {
    case "EADDRINUSE":
      return `${where}: another program has this address; stop it, or choose another http.port or PYLONE_HTTP_PORT`;
    case "EADDRNOTAVAIL":
      return `${where}: this machine has no such address now; mend http.host, or use 0.0.0.0 for every address`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${where}: the name has no address; mend http.host`;
    case "EACCES":
      return `${where}: this user may not take that port; choose one above 1023`;
    default:
      return `${where}: ${reasonOf(error)}`;
  }
}
