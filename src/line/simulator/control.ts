/**
 * The control port of a simulator that runs as its own process: play a phone, read the phones, hold modem or SMSC.
 * JSON out; form or JSON in. For rehearsals and tests on one machine: no authentication, so it listens where it
 * is told and is never part of the appliance itself.
 *
 * - `GET /Messages` → `{ messages: [{ direction, from, to, body, at, parts }] }`, newest last
 * - `POST /Messages` `From`, `To`, `Body` → a phone texts the modem, or a number behind the SMSC
 * - `POST /Control` `{ "hold": NAME }` or `{ "release": NAME }` (`holds.ts`), `{ "reboot": true }`, or `{ "ring": FROM }`
 *   for a call to the modem; of `line`, which is `modem` or `smsc`, where both run
 * - `GET /Control` → `{ lines: { NAME: { held, card } } }`; `card` of the modem's SIM: `{ state, triesLeft }`
 * - `GET /Faults` → `{ faults, kinds }`; `POST /Faults` `Fault`, `Seconds`, … switches one on (`fault-desk.ts`);
 *   `DELETE /Faults` or `/Faults/ID` switches all or one off
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Log, maskNumber } from "../../runtime/log.ts";
import type { Release } from "./behaviour.ts";
import type { FaultDesk } from "./fault-desk.ts";
import type { HandsetMessage } from "./handsets.ts";
import type { Holdable } from "./holds.ts";
import type { SimulatedNetwork } from "./network.ts";

const BODY_MAX = 64 * 1024;

type Fields = Readonly<Record<string, unknown>>;
type Reply = { readonly status: number; readonly body: unknown };

export class Control {
  readonly #lines: ReadonlyMap<string, Holdable>;
  readonly #network: SimulatedNetwork;
  readonly #faults: FaultDesk;
  readonly #log: Log;
  readonly #holds = new Map<string, Map<string, Release>>();

  constructor(options: {
    /** By name; the first is meant where none is given. */
    readonly lines: ReadonlyMap<string, Holdable>;
    readonly network: SimulatedNetwork;
    readonly faults: FaultDesk;
    readonly log: Log;
  }) {
    this.#lines = options.lines;
    this.#network = options.network;
    this.#faults = options.faults;
    this.#log = options.log;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#reply(request);
    const json = `${JSON.stringify(body)}\n`;
    response.writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(json),
    });
    response.end(json);
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    const route = `${request.method} ${(request.url ?? "/").split("?")[0]}`;
    if (route === "GET /Messages")
      return { status: 200, body: { messages: this.#network.messages().map(shown) } };
    if (route === "GET /Faults")
      return { status: 200, body: { faults: this.#faults.list(), kinds: this.#faults.kinds() } };
    if (route === "GET /Control") return { status: 200, body: { lines: this.#state() } };
    if (route.startsWith("DELETE /Faults")) return this.#faultOff(route.slice("DELETE /Faults".length));
    if (!["POST /Messages", "POST /Control", "POST /Faults"].includes(route))
      return {
        status: 404,
        body: {
          error: `There is no ${route}: GET and POST /Messages, GET and POST /Control, GET, POST and DELETE /Faults exist.`,
        },
      };
    const fields = await readFields(request);
    if (typeof fields === "string") return bad(fields);
    if (route === "POST /Faults") return this.#faultOn(fields);
    return route === "POST /Messages" ? this.#text(fields) : this.#control(fields);
  }

  #faultOn(fields: Fields): Reply {
    const fault = this.#faults.switchOn(fields);
    return typeof fault === "string" ? bad(fault) : { status: 201, body: fault };
  }

  #faultOff(path: string): Reply {
    if (path === "") this.#faults.allOff();
    else if (!this.#faults.switchOff(path.slice(1)))
      return { status: 404, body: { error: `The fault ${path.slice(1)} is not on.` } };
    return { status: 200, body: { faults: this.#faults.list() } };
  }

  #text(fields: Fields): Reply {
    for (const name of ["From", "To", "Body"])
      if (typeof fields[name] !== "string") return bad(`${name} is missing: From, To and Body are texts.`);
    const { From: from, To: to, Body: body } = fields as Readonly<Record<"From" | "To" | "Body", string>>;
    const result = this.#network.text({ from, to, body });
    if (!result.accepted) return bad(`The text is not sent: ${result.reason}.`);
    this.#log.info({ from: maskNumber(from), to: maskNumber(to), parts: result.parts }, "a phone texts");
    return { status: 201, body: { parts: result.parts } };
  }

  #state() {
    const shown = [...this.#lines].map(([name, { card }]) => {
      const held = [...(this.#holds.get(name)?.keys() ?? [])];
      return [name, card === undefined ? { held } : { held, card: card() }];
    });
    return Object.fromEntries(shown);
  }

  /** A number, or nothing for one that is withheld. */
  #ring(line: string, held: Holdable, from: unknown): Reply {
    if (held.ring === undefined) return bad(`${line} has no telephone: ring the modem.`);
    if (typeof from !== "string" || !/^\+?\d{0,20}$/.test(from))
      return bad('ring is a number as in "+33612345678", or "" for one that is withheld.');
    if (!held.ring(from)) return bad("Nobody gets through: the modem is off the network, or somebody rings.");
    this.#log.info({ line, from: maskNumber(from) }, "somebody rings");
    return { status: 200, body: { ringing: true } };
  }

  #control({ line, hold, release, reboot, ring }: Fields): Reply {
    const name = line ?? this.#lines.keys().next().value;
    const held = typeof name === "string" ? this.#lines.get(name) : undefined;
    if (typeof name !== "string" || held === undefined)
      return bad(`${JSON.stringify(name)} does not run here: ${[...this.#lines.keys()].join(", ")} does.`);
    if (ring !== undefined) return this.#ring(name, held, ring);
    const names = held.names.join(", ");
    for (const what of [hold, release])
      if (what !== undefined && !(typeof what === "string" && held.names.includes(what)))
        return bad(`${JSON.stringify(what)} cannot be held or released: ${names} can.`);
    if (hold === undefined && release === undefined && reboot === undefined)
      return bad(`Nothing to do: give hold or release with one of ${names}, reboot, or ring.`);
    const holds = this.#holds.get(name) ?? new Map<string, Release>();
    this.#holds.set(name, holds);
    if (typeof release === "string") {
      holds.get(release)?.();
      holds.delete(release);
    }
    if (typeof hold === "string" && !holds.has(hold)) holds.set(hold, held.hold(hold));
    if (reboot !== undefined) held.reboot();
    const now = [...holds.keys()];
    this.#log.info({ line: name, held: now, rebooted: reboot !== undefined }, "simulator controlled");
    return { status: 200, body: { held: now } };
  }
}

function shown({ direction, from, to, body, at, parts }: HandsetMessage) {
  return { direction, from, to, body, at: new Date(at).toISOString(), parts };
}

function bad(error: string): Reply {
  return { status: 400, body: { error } };
}

/** The fields, or the sentence that says what is wrong with them. */
async function readFields(request: IncomingMessage): Promise<Fields | string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length <= BODY_MAX) chunks.push(chunk);
  }
  if (length > BODY_MAX) return `The body is larger than ${BODY_MAX} bytes.`;
  const text = Buffer.concat(chunks).toString("utf8");
  if (!(request.headers["content-type"] ?? "").includes("json"))
    return Object.fromEntries(new URLSearchParams(text));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
    return "The JSON body is not an object.";
  } catch {
    return "The body is not JSON, though its Content-Type says so.";
  }
}
