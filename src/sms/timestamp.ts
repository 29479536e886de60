/**
 * TP-SCTS, TP-DT and the absolute validity period (23.040 §9.2.3.11): seven octets of swapped BCD, local time with
 * its zone in quarters of an hour. Kept as ISO 8601 with that zone. A time that cannot be read is null, never a
 * reason to lose the message: networks send nonsense here, and the raw PDU is kept anyway.
 */
export const TIMESTAMP_OCTETS = 7;

const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:Z|([+-])(\d\d):(\d\d))$/;

export function decodeTimestamp(octets: Uint8Array): string | null {
  const year = bcd(octets[0]!);
  const month = bcd(octets[1]!);
  const day = bcd(octets[2]!);
  const hour = bcd(octets[3]!);
  const minute = bcd(octets[4]!);
  const second = bcd(octets[5]!);
  if (year < 0 || hour < 0 || minute < 0 || second < 0) return null;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return null;
  const fullYear = year >= 90 ? 1900 + year : 2000 + year;
  if (day > daysIn(fullYear, month)) return null;
  return `${fullYear}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${zoneOf(octets[6]!)}`;
}

/** Null gives seven zero octets, which read back as null. */
export function encodeTimestamp(iso: string | null): Uint8Array {
  const octets = new Uint8Array(TIMESTAMP_OCTETS);
  if (iso === null) return octets;
  const match = ISO.exec(iso);
  if (match === null) throw new RangeError("a timestamp is ISO 8601 to the second, with its zone");
  const [, year, month, day, hour, minute, second, sign, zoneHours, zoneMinutes] = match;
  const fields = [Number(year) % 100, month, day, hour, minute, second];
  fields.forEach((field, index) => {
    octets[index] = swapped(Number(field));
  });
  const quarters = Math.floor((Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0)) / 15);
  if (quarters > 79) throw new RangeError("a timestamp's zone is at most 79 quarters of an hour");
  octets[6] = swapped(quarters) | (sign === "-" ? 8 : 0);
  return octets;
}

/** −1 when a nibble is no decimal digit. */
function bcd(octet: number): number {
  const tens = octet & 15;
  const units = octet >> 4;
  return tens > 9 || units > 9 ? -1 : tens * 10 + units;
}

/** The zone's units may exceed 9: some service centres count on in hexadecimal. */
function zoneOf(octet: number): string {
  const quarters = (octet & 7) * 10 + (octet >> 4);
  const sign = (octet & 8) !== 0 && quarters !== 0 ? "-" : "+";
  return `${sign}${two(quarters >> 2)}:${two((quarters & 3) * 15)}`;
}

function swapped(value: number): number {
  return ((value % 10) << 4) | Math.floor(value / 10);
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
