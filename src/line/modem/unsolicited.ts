/** What an unsolicited line tells (27.005 §3.4, 27.007 §7.2 and §8.3, and makers' words for the rest). Pure. */
import { afterColon, fieldsOf } from "./at/command.ts";
import { type Voltage, voltageIn } from "./power-supply.ts";

export type News =
  /** `+CMTI`, `+CDSI`: in a storage, to be read there. */
  | { readonly is: "stored"; readonly storage: string; readonly index: number }
  /** `+CMT`, `+CDS`: the message itself. */
  | { readonly is: "routed"; readonly pdu: string }
  /** A storage has no room; null where the modem does not say which. */
  | { readonly is: "full"; readonly storage: string | null }
  | { readonly is: "registration"; readonly stat: number }
  /** Another SIM, none, or one that is locked. */
  | { readonly is: "sim-changed" }
  /** The supply is too weak, or too strong. */
  | { readonly is: "voltage"; readonly voltage: Voltage }
  /** Something that is worth a look at the modem. */
  | { readonly is: "look" }
  | { readonly is: "nothing" };

const NOTHING: News = { is: "nothing" };

export function newsOf(text: string, pdu: string | null): News {
  if (/^\+C(?:MTI|DSI):/.test(text)) {
    const [storage = "", index = ""] = fieldsOf(text);
    // `+CMTI: ,-1`: announced but stored nowhere.
    return /^\d+$/.test(index) ? { is: "stored", storage, index: Number.parseInt(index, 10) } : NOTHING;
  }
  if (/^\+C(?:MT|DS):/.test(text)) return pdu === null ? NOTHING : { is: "routed", pdu };
  if (/^(?:\^SMMEMFULL:|SMS FULL)/.test(text)) {
    return { is: "full", storage: /"([A-Z]{2})"/.exec(text)?.[1] ?? null };
  }
  if (/^\+CREG:/.test(text)) {
    const stat = fieldsOf(text)[0] ?? "";
    return /^\d+$/.test(stat) ? { is: "registration", stat: Number.parseInt(stat, 10) } : NOTHING;
  }
  if (/^\+CPIN:/.test(text)) return /^"?READY"?$/.test(afterColon(text)) ? NOTHING : { is: "sim-changed" };
  const voltage = voltageIn(text);
  if (voltage !== null) return { is: "voltage", voltage };
  // `+CREG` alone does not speak for LTE.
  if (/^\+CEREG:/.test(text)) return { is: "look" };
  if (/^(?:Call Ready|SMS Ready|SMS DONE|\+QIND: SMS DONE|#QSS: ?3)$/.test(text)) return { is: "look" };
  return NOTHING;
}
