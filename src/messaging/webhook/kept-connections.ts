/**
 * Connections to apps, kept open a little for the next webhook: a new one costs more than all else a webhook takes.
 * They are closed after four idle seconds, before the five after which Node's own servers, and many others, hang up.
 * Whom a connection leads to was checked when it was made (`lookup.ts`), and it leads nowhere else.
 */
import { type Agent, Agent as PlainAgent } from "node:http";
import { Agent as SecureAgent } from "node:https";

const IDLE_MS = 4_000;
/** Of one app; as many as it has places (`places.ts`). */
const IDLE_PER_APP = 32;

const OPTIONS = {
  keepAlive: true,
  scheduling: "lifo",
  timeout: IDLE_MS,
  maxFreeSockets: IDLE_PER_APP,
} as const;

export class KeptConnections {
  readonly #plain = new PlainAgent(OPTIONS);
  readonly #secure = new SecureAgent(OPTIONS);

  agentFor(url: URL): Agent {
    return url.protocol === "https:" ? this.#secure : this.#plain;
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}
