/** Addresses of SMPP, with TON and NPI beside them, and the network's own spelling (SMPP 3.4 §5.2.5, §5.2.6). */
import { isAddress } from "./address.ts";

export type SmppAddress = { readonly ton: number; readonly npi: number; readonly address: string };

const INTERNATIONAL = 1;
const NATIONAL = 2;
const NETWORK_SPECIFIC = 3;
const ALPHANUMERIC = 5;
const ISDN = 1;
const UNKNOWN = 0;

const SHORT_CODE = /^[1-9][0-9]{0,7}$/;

/** null: nothing that the network could route. */
export function numberOf({ ton, address }: SmppAddress): string | null {
  const number = ton === INTERNATIONAL && !address.startsWith("+") ? `+${address}` : address;
  return isAddress(number) ? number : null;
}

export function smppAddressOf(number: string): SmppAddress {
  if (number.startsWith("+")) return { ton: INTERNATIONAL, npi: ISDN, address: number.slice(1) };
  if (SHORT_CODE.test(number)) return { ton: NETWORK_SPECIFIC, npi: UNKNOWN, address: number };
  if (/^[0-9*#]+$/.test(number)) return { ton: NATIONAL, npi: ISDN, address: number };
  return { ton: ALPHANUMERIC, npi: UNKNOWN, address: number };
}
