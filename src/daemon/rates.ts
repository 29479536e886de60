/** Segments per second: of a Number, what its line says, else by its kind (DESIGN §5); of a line as a whole. */
import type { NumberKind, NumberRecord } from "../store/settings-document.ts";
import type { LineConfig } from "./config-schema.ts";

export type Rate = number | "unlimited";

const BY_KIND: Readonly<Record<NumberKind, number>> = {
  local: 1,
  mobile: 1,
  "toll-free": 3,
  "short-code": 100,
  alphanumeric: 10,
};

/** A number nobody knows sends as slowly as a mobile. */
const SLOWEST = BY_KIND.mobile;

export function createRateOf(
  lines: readonly LineConfig[],
  numberOf: (phoneNumber: string) => NumberRecord | null,
): (phoneNumber: string) => Rate {
  const overrides = new Map(lines.map((line) => [line.name, line.segmentsPerSecond]));
  return (phoneNumber) => {
    const record = numberOf(phoneNumber);
    if (record === null) return SLOWEST;
    return overrides.get(record.line) ?? BY_KIND[record.kind];
  };
}

export function createMaxRateOf(lines: readonly LineConfig[]): (line: string) => Rate {
  const bounds = new Map(
    lines.flatMap((line) => (line.type === "smpp" ? [[line.name, line.maxSegmentsPerSecond] as const] : [])),
  );
  return (line) => bounds.get(line) ?? "unlimited";
}
