/**
 * Host names to addresses, for webhooks only.
 *
 * Two rules. An address of the appliance's own ports is refused here, at the look-up whose answer is connected
 * to: a name that gives one address to a check and another to the connection gains nothing. And at most two
 * look-ups run at once: `getaddrinfo` takes one of libuv's four threads until the resolver gives up, and the
 * serial ports need those threads. (c-ares would need none, but does not know `.local` names and `/etc/hosts`.)
 * A name that did not resolve the last time may take only one of the two: apps whose names are dead wait for each
 * other, and for nobody else.
 */
import { promises as dns, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";

/** `address` is an IP address, `port` where it would be connected to. */
export type IsOwnAddress = (address: string, port: number) => boolean;
export type ResolveName = (host: string) => Promise<readonly LookupAddress[]>;

export class OwnAddressError extends Error {
  constructor() {
    super("a webhook may not reach this appliance's own ports");
    this.name = "OwnAddressError";
  }
}

const AT_ONCE = 2;
const SUSPECTS_AT_ONCE = 1;
/** Names that did not resolve are remembered so many. */
const MAX_SUSPECTS = 1000;

type Waiting = { readonly isSuspect: boolean; readonly go: () => void };

export class NameLookup {
  readonly #resolve: ResolveName;
  readonly #isOwnAddress: IsOwnAddress;
  readonly #underWay = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #waiting: Waiting[] = [];
  readonly #suspects = new Set<string>();
  #running = 0;
  #runningSuspects = 0;

  constructor(isOwnAddress: IsOwnAddress, resolve: ResolveName = (host) => dns.lookup(host, { all: true })) {
    this.#isOwnAddress = isOwnAddress;
    this.#resolve = resolve;
  }

  /** Literal addresses are never looked up: they are checked with this. */
  isOwnLiteral(target: URL): boolean {
    const host = target.hostname.replace(/^\[|\]$/g, "");
    return isIP(host) !== 0 && this.#isOwnAddress(host, portOf(target));
  }

  /** The `lookup` of a connection to `target`. */
  for(target: URL): LookupFunction {
    const port = portOf(target);
    return (host, options, callback) => {
      this.#addressesOf(host).then(
        (addresses) => {
          const own = addresses.some(({ address }) => this.#isOwnAddress(address, port));
          const first = addresses[0];
          if (own || first === undefined) callback(own ? new OwnAddressError() : notFound(host), []);
          else if (options.all) callback(null, [...addresses]);
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, []),
      );
    };
  }

  #addressesOf(host: string): Promise<readonly LookupAddress[]> {
    let pending = this.#underWay.get(host);
    if (pending === undefined) {
      pending = this.#inTurn(host).finally(() => this.#underWay.delete(host));
      this.#underWay.set(host, pending);
    }
    return pending;
  }

  async #inTurn(host: string): Promise<readonly LookupAddress[]> {
    const isSuspect = this.#suspects.has(host);
    await new Promise<void>((go) => {
      this.#waiting.push({ isSuspect, go });
      this.#startWhoMay();
    });
    try {
      const addresses = await this.#resolve(host);
      this.#suspects.delete(host);
      return addresses;
    } catch (error) {
      if (this.#suspects.size < MAX_SUSPECTS) this.#suspects.add(host);
      throw error;
    } finally {
      this.#running--;
      if (isSuspect) this.#runningSuspects--;
      this.#startWhoMay();
    }
  }

  #startWhoMay(): void {
    while (this.#running < AT_ONCE) {
      const room = this.#runningSuspects < SUSPECTS_AT_ONCE;
      const next = this.#waiting.findIndex(({ isSuspect }) => room || !isSuspect);
      const [waiting] = next < 0 ? [] : this.#waiting.splice(next, 1);
      if (waiting === undefined) return;
      this.#running++;
      if (waiting.isSuspect) this.#runningSuspects++;
      waiting.go();
    }
  }
}

export function portOf(target: URL): number {
  if (target.port !== "") return Number(target.port);
  return target.protocol === "https:" ? 443 : 80;
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`no address for ${host}`), { code: "ENOTFOUND" });
}
