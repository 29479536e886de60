/**
 * The GSM 7-bit default alphabet and its extension (23.038 §6.2.1, §6.2.1.1), and the lookups built from them and
 * from the national tables. 09 is capital Ç: lists made from unicode.org's GSM0338.TXT have the small one and are
 * wrong. `·` in an extension table marks what is not assigned.
 */
import { NATIONAL_LOCKING_ROWS, NATIONAL_SINGLE_ROWS } from "./gsm7-national-tables.ts";

const DEFAULT_LOCKING = [
  "@£$¥èéùìòÇ\nØø\rÅå",
  "Δ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ",
  " !\"#¤%&'()*+,-./",
  "0123456789:;<=>?",
  "¡ABCDEFGHIJKLMNO",
  "PQRSTUVWXYZÄÖÑÜ§",
  "¿abcdefghijklmno",
  "pqrstuvwxyzäöñüà",
];
const DEFAULT_SINGLE = [
  "··········\f·····",
  "····^···········",
  "········{}·····\\",
  "············[~]·",
  "|···············",
  "················",
  "·····€··········",
  "················",
];

export const ESCAPE = 0x1b;

/** Marks, in `SEPTET_OF`, a character of the extension: two septets, the second in the low seven bits. */
export const EXTENDED = 0x80;
export const NOT_IN_ALPHABET = 0xff;

/** One character per septet. */
export type LockingTable = readonly string[];
/** Where nothing is assigned, the locking table in force decides. */
export type SingleShiftTable = readonly (string | undefined)[];

function lockingTable(rows: readonly string[]): LockingTable {
  return rows.join("").split("");
}

function singleShiftTable(rows: readonly string[]): SingleShiftTable {
  const table: (string | undefined)[] = rows
    .join("")
    .split("")
    .map((character) => (character === "·" ? undefined : character));
  // 23.038 §6.2.1.1 note 1: ESC ESC is reserved for another table, shown as a space until there is one.
  table[ESCAPE] = " ";
  return table;
}

const DEFAULT_LOCKING_TABLE = lockingTable(DEFAULT_LOCKING);
const DEFAULT_SINGLE_TABLE = singleShiftTable(DEFAULT_SINGLE);
const LOCKING_TABLES = new Map([...NATIONAL_LOCKING_ROWS].map(([id, rows]) => [id, lockingTable(rows)]));
const SINGLE_TABLES = new Map([...NATIONAL_SINGLE_ROWS].map(([id, rows]) => [id, singleShiftTable(rows)]));

/** The default alphabet for 0 and for languages nobody has defined (23.038 §6.2.1.2.4). */
export function lockingTableOf(language: number): LockingTable {
  return language === 0 ? DEFAULT_LOCKING_TABLE : (LOCKING_TABLES.get(language) ?? DEFAULT_LOCKING_TABLE);
}

export function singleShiftTableOf(language: number): SingleShiftTable {
  return language === 0 ? DEFAULT_SINGLE_TABLE : (SINGLE_TABLES.get(language) ?? DEFAULT_SINGLE_TABLE);
}

/** By UTF-16 code unit up to U+20AC, the alphabet's highest: its septet, `EXTENDED` with it, or `NOT_IN_ALPHABET`. */
export const SEPTET_OF: Uint8Array = (() => {
  const septets = new Uint8Array(0x20ad).fill(NOT_IN_ALPHABET);
  for (let septet = 0; septet < 128; septet++) {
    const extended = DEFAULT_SINGLE_TABLE[septet];
    if (extended !== undefined && septet !== ESCAPE) septets[extended.charCodeAt(0)] = EXTENDED | septet;
  }
  for (let septet = 0; septet < 128; septet++) {
    if (septet !== ESCAPE) septets[DEFAULT_LOCKING_TABLE[septet]!.charCodeAt(0)] = septet;
  }
  return septets;
})();
