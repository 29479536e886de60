/**
 * Type of number and numbering plan (SMPP 3.4 §5.2.5, §5.2.6), written and read. Inferred from what the address is
 * unless the configuration says otherwise: E.164 1/1 without its `+`, a short code 3/0, a name 5/0.
 */
import type { AddressKind } from "./smpp-line-options.ts";

export type WireAddress = { readonly ton: number; readonly npi: number; readonly digits: string };

const INTERNATIONAL = { ton: 1, npi: 1 } as const;
/** Network specific: what carriers ask for most, and what other gateways do when they are told nothing. */
const SHORT_CODE = { ton: 3, npi: 0 } as const;
const NATIONAL = { ton: 0, npi: 1 } as const;
const NAME = { ton: 5, npi: 0 } as const;

const LONGEST_SHORT_CODE = 8;

export function wireAddressOf(address: string, kind: AddressKind): WireAddress {
  const inferred = inferredKindOf(address);
  return {
    ton: kind.ton ?? inferred.ton,
    npi: kind.npi ?? inferred.npi,
    digits: inferred === INTERNATIONAL ? address.slice(1) : address,
  };
}

function inferredKindOf(address: string): { readonly ton: number; readonly npi: number } {
  if (/^\+\d+$/.test(address)) return INTERNATIONAL;
  if (!/^[\d*#]+$/.test(address)) return NAME;
  return address.length <= LONGEST_SHORT_CODE ? SHORT_CODE : NATIONAL;
}

/** `+` and digits when it says that it is international; otherwise as it came. */
export function addressFromWire(address: string, ton: number): string {
  return ton === INTERNATIONAL.ton && /^\d+$/.test(address) ? `+${address}` : address;
}

/** A receipt may write its recipient without the `+`, or nationally: the last digits decide. */
export function likelySame(one: string, other: string): boolean {
  const [a, b] = [one.replace(/^\+/, ""), other.replace(/^\+/, "")];
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a];
  const tail = shorter.replace(/^0+/, "");
  return a === b || (tail.length >= LEAST_TAIL_DIGITS && longer.endsWith(tail));
}

const LEAST_TAIL_DIGITS = 7;
