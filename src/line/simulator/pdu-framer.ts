/** Bytes → PDUs, by `command_length` (SMPP 3.4 §3.2), however they were cut on their way. */

/** A length no PDU can have; what follows it on this connection means nothing. */
export class ImpossibleLength extends Error {
  constructor(length: number) {
    super(`a command_length of ${length}`);
    this.name = "ImpossibleLength";
  }
}

const HEADER_OCTETS = 16;

/** More than any message this network carries needs. */
const MAX_OCTETS = 16_384;

export class PduFramer {
  #rest: Buffer = Buffer.alloc(0);

  /** The PDUs that are now complete. */
  *push(chunk: Buffer): Generator<Buffer, void> {
    let octets = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    while (octets.length >= 4) {
      const length = octets.readUInt32BE(0);
      if (length < HEADER_OCTETS || length > MAX_OCTETS) throw new ImpossibleLength(length);
      if (octets.length < length) break;
      yield octets.subarray(0, length);
      octets = octets.subarray(length);
    }
    this.#rest = octets;
  }
}
