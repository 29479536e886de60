/**
 * The only thing a decoder of this room throws, whatever the octets. `field` is the standard's name of what was
 * being read (`TP-OA`, `TP-UD.UDHL`), `offset` the octet at which it went wrong, counted from the start of the PDU.
 * The message never quotes what was decoded: it may be somebody's text.
 */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly field: string;
  readonly offset: number;

  constructor(field: string, offset: number, problem: string) {
    super(`${field} at octet ${offset}: ${problem}`);
    this.field = field;
    this.offset = offset;
  }
}
