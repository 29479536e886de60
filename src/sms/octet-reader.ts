import { DecodeError } from "./decode-error.ts";

/** A cursor over a PDU. Reading past the end is a DecodeError that names the field being read. */
export class OctetReader {
  readonly #octets: Uint8Array;
  #offset = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#octets.length - this.#offset;
  }

  octet(field: string): number {
    const octet = this.#octets[this.#offset];
    if (octet === undefined) throw new DecodeError(field, this.#offset, "the PDU ends here");
    this.#offset++;
    return octet;
  }

  take(count: number, field: string): Uint8Array {
    if (count > this.remaining) {
      throw new DecodeError(field, this.#offset, `needs ${count} octets, ${this.remaining} are left`);
    }
    const taken = this.#octets.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    return taken;
  }

  /** Up to `count` octets: what is there, when there is less. */
  takeAtMost(count: number): Uint8Array {
    return this.take(Math.min(count, this.remaining), "");
  }
}
