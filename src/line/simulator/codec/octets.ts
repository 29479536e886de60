/** Octets and their hex spelling, and the one error the codec throws. */

/** These octets are not what the network accepts. */
export class UnreadableTpdu extends Error {
  constructor(what: string) {
    super(what);
    this.name = "UnreadableTpdu";
  }
}

const HEX = /^(?:[0-9A-Fa-f]{2})*$/;

export function hexOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex").toUpperCase();
}

/** null: an odd number of digits, or something that is no digit. */
export function octetsOf(hex: string): Uint8Array | null {
  return HEX.test(hex) ? new Uint8Array(Buffer.from(hex, "hex")) : null;
}

export class OctetReader {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  octet(what: string): number {
    const octet = this.#octets[this.#at];
    if (octet === undefined) throw new UnreadableTpdu(`${what} is missing`);
    this.#at += 1;
    return octet;
  }

  take(count: number, what: string): Uint8Array {
    if (this.#at + count > this.#octets.length) throw new UnreadableTpdu(`${what} is cut short`);
    this.#at += count;
    return this.#octets.slice(this.#at - count, this.#at);
  }

  get left(): number {
    return this.#octets.length - this.#at;
  }
}
