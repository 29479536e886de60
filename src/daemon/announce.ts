/**
 * The appliance's name on the network (RFC 6762 and 6763): `NAME._http._tcp.local` (or `_https`) at `NAME.local`, so
 * that an app finds the box without knowing its address. The only door of `bonjour-service`.
 *
 * One responder an address, because the library's own sends over the default route only, and a site without internet
 * may have none. What the library answers is fixed when it begins: when the machine's addresses change, it begins anew.
 * Nothing that goes wrong here ends the daemon or keeps it from its work.
 */
import { Bonjour } from "bonjour-service";
import type { Clock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";

export type Announced = {
  /** Without `.local`. */
  readonly name: string;
  readonly type: "http" | "https";
  readonly txt: Readonly<Record<string, string>>;
  /** Whether it can be reached over IPv6 as well. */
  readonly overIpv6: boolean;
};

/** As far as a packet is looked at (`dns-packet`). */
type Packet = { readonly answers: readonly { name: string; type: string; ttl: number; data: unknown }[] };

/** A goodbye is one packet. */
const GOODBYE_MS = 500;

export class Announcement {
  readonly #announced: Announced;
  readonly #addresses: () => readonly string[];
  readonly #udpPort: number;
  readonly #clock: Clock;
  readonly #log: Log;
  /** By this machine's address. */
  readonly #responders = new Map<string, Bonjour>();
  #port: number | null = null;
  #of: readonly string[] = [];
  /** What has been logged, and is not logged again. */
  readonly #told = new Set<string>();

  constructor(options: {
    readonly announced: Announced;
    /** This machine's, IPv4, at this moment. */
    readonly addresses: () => readonly string[];
    readonly clock: Clock;
    readonly log: Log;
    /** 5353 is mDNS; another is for rehearsals. */
    readonly udpPort?: number;
  }) {
    this.#announced = options.announced;
    this.#addresses = options.addresses;
    this.#udpPort = options.udpPort ?? 5353;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** `port`: where the API listens. */
  start(port: number): void {
    this.#port = port;
    this.#open();
  }

  /** Begins anew when the machine's addresses have changed, and again where it could not begin. */
  async look(): Promise<void> {
    if (this.#port === null) return;
    const now = this.#addresses();
    if (now.join() !== this.#of.join()) await this.#withdraw();
    this.#open();
  }

  /** Withdraws the name: who has it in a cache forgets it. */
  async stop(): Promise<void> {
    this.#port = null;
    await this.#withdraw();
  }

  #open(): void {
    const port = this.#port;
    if (port === null) return;
    this.#of = this.#addresses();
    const { name, type, txt, overIpv6 } = this.#announced;
    const missing = this.#of.filter((address) => !this.#responders.has(address));
    for (const address of missing) {
      const responder = this.#responder(address);
      // No probe: at a name that is taken the library writes to standard output, and falls silent. See #watchName.
      const host = `${name}.local`;
      responder.publish({ name, type, port, host, txt, probe: false, disableIPv6: !overIpv6 });
    }
    if (missing.length > 0)
      this.#log.info({ addresses: missing }, `announced as ${name}._${type}._tcp.local, at ${name}.local`);
  }

  #responder(address: string): Bonjour {
    // `interface` alone would bind the socket to the address, and then no multicast comes in.
    const transport: object = { interface: address, bind: "0.0.0.0", port: this.#udpPort };
    const responder = new Bonjour(transport, (error: unknown) => this.#tellOnce(address, error));
    this.#responders.set(address, responder);
    // Private, and the only way: without a listener the socket's error would end the process.
    const { mdns } = responder["server"];
    mdns.on("error", (error: unknown) => {
      this.#tellOnce(address, error);
      if (this.#responders.get(address) !== responder) return;
      this.#responders.delete(address);
      responder.destroy();
    });
    mdns.on("warning", (error: unknown) => {
      // What others send may be anything; what the system refuses is ours.
      if (error instanceof Error && "syscall" in error) this.#tellOnce(address, error);
    });
    mdns.on("response", (packet: Packet, from: { readonly address: string }) =>
      this.#watchName(packet, from.address),
    );
    return responder;
  }

  /** Two boxes of one name are two answers to one question, and an app gets one or the other. */
  #watchName({ answers }: Packet, from: string): void {
    if (this.#of.includes(from)) return;
    const host = `${this.#announced.name}.local`.toLowerCase();
    const other = answers.find(
      ({ name, type, ttl, data }) =>
        type === "A" && ttl > 0 && name.toLowerCase() === host && !this.#of.includes(String(data)),
    );
    if (other === undefined || this.#told.has(`name ${other.data}`)) return;
    this.#told.add(`name ${other.data}`);
    this.#log.warn(
      { address: other.data },
      `another device calls itself ${host} too; give one of them another \`mdns.name\``,
    );
  }

  #tellOnce(address: string, error: unknown): void {
    const what = `${address}: ${reasonOf(error)}`;
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#log.warn(
      { address, reason: reasonOf(error) },
      "the name could not be announced there; the API is reachable by address, and it is tried again",
    );
  }

  async #withdraw(): Promise<void> {
    const responders = [...this.#responders.values()];
    this.#responders.clear();
    await Promise.all(
      responders.map(
        (responder) =>
          new Promise<void>((resolve) => {
            const end = () => {
              late.cancel();
              responder.destroy(() => resolve());
            };
            const late = this.#clock.timer(GOODBYE_MS, end);
            responder.unpublishAll(end);
          }),
      ),
    );
  }
}
