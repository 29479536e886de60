/** The header every PDU begins with, SMPP 3.4 §3.2: command_length, command_id, command_status, sequence_number. */
export const HEADER_OCTETS = 16;

/** A `message_payload` of 64 K octets (§5.3.2.32) and all the fields beside it. */
const MAX_PDU_OCTETS = 70_000;

/** §5.1.2.1: what is set in the command_id of a response. */
export const RESPONSE = 0x80000000;
export const GENERIC_NACK = 0x80000000;

export function isResponse(commandId: number): boolean {
  return commandId >= RESPONSE;
}

/** Why no PDU can have this command_length; null when one can. After such a length nothing can be found again. */
export function impossibleLength(commandLength: number): string | null {
  if (commandLength >= HEADER_OCTETS && commandLength <= MAX_PDU_OCTETS) return null;
  return `what came is not SMPP: a command_length of ${commandLength} octets`;
}
