/**
 * Final result codes, V.250 §5.7.1, 27.007 §9, 27.005 §3.2.5. A final result is a whole line: an operator or a
 * phone-book entry may be called "OK".
 */
export type FinalError = {
  /** `generic`: a bare ERROR or its kin; `cme`, `cms`: with a number or a text. */
  readonly family: "generic" | "cme" | "cms";
  /** Null when the modem gave a text (CMEE=2) or nothing. */
  readonly code: number | null;
  /** As it came. */
  readonly text: string;
};

export type FinalResult = { readonly is: "ok" } | { readonly is: "error"; readonly error: FinalError };

const NUMBERED = /^\+CM([ES]) ERROR ?: ?(.*)$/i;
/** Makers' own: Huawei, Samsung, Motorola, u-blox. CONNECT is data mode, which nobody here asks for. */
const GENERIC =
  /^(?:ERROR|COMMAND NOT SUPPORT|TOO MANY PARAMETERS|NA|MODEM ERROR:.*|\+EXT ERROR:.*|CONNECT\b.*)$/;

export function finalResultOf(line: string): FinalResult | null {
  if (line === "OK") return { is: "ok" };
  const numbered = NUMBERED.exec(line);
  if (numbered !== null) {
    const family = numbered[1]?.toUpperCase() === "S" ? "cms" : "cme";
    const text = (numbered[2] ?? "").trim();
    const code = /^\d+$/.test(text) ? Number.parseInt(text, 10) : null;
    return { is: "error", error: { family, code, text } };
  }
  if (GENERIC.test(line)) return { is: "error", error: { family: "generic", code: null, text: line } };
  return null;
}
