/**
 * The user data header (23.040 §9.2.3.24): a list of information elements. All are kept; those the appliance acts on
 * are read out by `headerFactsOf`. An element nobody knows is skipped by its length; of a repeated one the last
 * counts; a concatenation that contradicts itself is as good as none.
 */
import type { Concatenation } from "./message.ts";

export type InformationElement = { readonly iei: number; readonly data: Uint8Array };

export type HeaderFacts = {
  readonly concatenation: Concatenation | null;
  readonly destinationPort: number | null;
  readonly originatorPort: number | null;
  /** 0: the default alphabet. */
  readonly lockingShift: number;
  readonly singleShift: number;
};

const CONCATENATION_8 = 0x00;
const PORTS_8 = 0x04;
const PORTS_16 = 0x05;
const CONCATENATION_16 = 0x08;
const SINGLE_SHIFT = 0x24;
const LOCKING_SHIFT = 0x25;

export const NO_HEADER_FACTS: HeaderFacts = {
  concatenation: null,
  destinationPort: null,
  originatorPort: null,
  lockingShift: 0,
  singleShift: 0,
};

/**
 * The elements of a header, given without its length octet. Null when they do not add up to it: the whole header is
 * then to be ignored (23.040 §9.2.3.24), which loses the joining of parts but not the text.
 */
export function elementsOf(header: Uint8Array): readonly InformationElement[] | null {
  const elements: InformationElement[] = [];
  let at = 0;
  while (at < header.length) {
    const iei = header[at]!;
    const length = header[at + 1];
    if (length === undefined || at + 2 + length > header.length) return null;
    elements.push({ iei, data: header.subarray(at + 2, at + 2 + length) });
    at += 2 + length;
  }
  return elements;
}

/** The header with its length octet; nothing at all when there are no elements. */
export function octetsOfHeader(elements: readonly InformationElement[]): Uint8Array {
  if (elements.length === 0) return new Uint8Array(0);
  const octets: number[] = [0];
  for (const { iei, data } of elements) octets.push(iei, data.length, ...data);
  octets[0] = octets.length - 1;
  return Uint8Array.from(octets);
}

export function headerFactsOf(elements: readonly InformationElement[]): HeaderFacts {
  if (elements.length === 0) return NO_HEADER_FACTS;
  let { concatenation, destinationPort, originatorPort, lockingShift, singleShift } = NO_HEADER_FACTS;
  for (const { iei, data } of elements) {
    switch (iei) {
      case CONCATENATION_8:
      case CONCATENATION_16:
        concatenation = concatenationOf(iei, data) ?? concatenation;
        break;
      case PORTS_8:
        if (data.length < 2) break;
        destinationPort = data[0]!;
        originatorPort = data[1]!;
        break;
      case PORTS_16:
        if (data.length < 4) break;
        destinationPort = (data[0]! << 8) | data[1]!;
        originatorPort = (data[2]! << 8) | data[3]!;
        break;
      case LOCKING_SHIFT:
        lockingShift = data[0] ?? lockingShift;
        break;
      case SINGLE_SHIFT:
        singleShift = data[0] ?? singleShift;
        break;
      default:
        break;
    }
  }
  return { concatenation, destinationPort, originatorPort, lockingShift, singleShift };
}

export function concatenationElement(concatenation: Concatenation): InformationElement {
  const { reference, referenceBits, total, sequence } = concatenation;
  if (total < 1 || total > 255 || sequence < 1 || sequence > total) {
    throw new RangeError(`part ${sequence} of ${total} cannot be numbered`);
  }
  return referenceBits === 8
    ? { iei: CONCATENATION_8, data: Uint8Array.of(reference, total, sequence) }
    : { iei: CONCATENATION_16, data: Uint8Array.of(reference >> 8, reference, total, sequence) };
}

export function portsElement(destinationPort: number, originatorPort: number): InformationElement {
  return {
    iei: PORTS_16,
    data: Uint8Array.of(destinationPort >> 8, destinationPort, originatorPort >> 8, originatorPort),
  };
}

function concatenationOf(iei: number, data: Uint8Array): Concatenation | null {
  const referenceBits = iei === CONCATENATION_8 ? 8 : 16;
  const referenceOctets = referenceBits / 8;
  const total = data[referenceOctets] ?? 0;
  const sequence = data[referenceOctets + 1] ?? 0;
  if (data.length !== referenceOctets + 2 || total === 0 || sequence === 0 || sequence > total) return null;
  const reference = referenceBits === 8 ? data[0]! : (data[0]! << 8) | data[1]!;
  return { reference, referenceBits, total, sequence };
}
