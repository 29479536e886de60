/**
 * Sending one Segment: `AT+CMGS`, and what its end means (27.005 §3.5.1, §4.3).
 *
 * Everything before the PDU has been written leaves the network untouched: such an end is `rejected`, never
 * `unknown`, whatever code the modem gives. From the Ctrl-Z on the network decides: an answer that does not
 * say what it decided is `unknown`. A `+CMGS:` line proves acceptance even if the final result never came.
 */
import { assertNever } from "../../runtime/assert-never.ts";
import { type Disposition, Fault } from "../../runtime/fault.ts";
import type { SubmitOutcome } from "../line.ts";
import { afterColon, type CommandResult, type Phase } from "./at/command.ts";
import type { FinalError } from "./at/final-result.ts";
import { cmeErrorOf } from "./cme-errors.ts";
import { cmsErrorOf, cmsErrorOfText } from "./cms-errors.ts";

/** TP-FCS C5h: the SC still holds the same message, so it has it. */
const DUPLICATE_SM = 197;

/** What became of a Segment; `line` names the line in the sentences, `manufacturer` settles makers' codes. */
export function outcomeOf(
  result: CommandResult,
  context: { readonly line: string; readonly manufacturer: string | null },
): SubmitOutcome {
  const accepted = acceptedBy(result);
  if (accepted !== null) return accepted;
  const { line } = context;
  switch (result.is) {
    case "ok":
      // After an ESC, or when the modem took the PDU for cancelled, OK comes alone: no proof of anything.
      return sent(result.phase)
        ? unknown({
            code: "at.error",
            message: `${line}: OK without +CMGS after the PDU; the outcome is unknown`,
          })
        : rejected({
            code: "at.error",
            disposition: "line",
            message: `${line}: AT+CMGS answered OK without a prompt`,
          });
    case "error":
      return refused(result.error, result.phase, context);
    case "timeout":
      return sent(result.phase)
        ? unknown({ code: "at.timeout", message: `${line}: no answer from the network to the PDU in time` })
        : rejected({ code: "at.timeout", disposition: "line", message: `${line}: no prompt after AT+CMGS` });
    case "lost":
      return sent(result.phase)
        ? unknown({
            code: "modem.link-lost",
            message: `${line}: the link broke after the PDU: ${result.reason}`,
          })
        : rejected({ code: "line.closed", disposition: "line", message: `${line}: ${result.reason}` });
    case "aborted":
      return rejected({
        code: "line.stopped",
        disposition: "line",
        message: `${line}: withdrawn before it was sent`,
      });
    default:
      return assertNever(result);
  }
}

export function faultOfError(error: FinalError, prefix: string, manufacturer: string | null): Fault {
  const given = error.code === null ? error.text : String(error.code);
  switch (error.family) {
    case "cms": {
      const row =
        error.code === null ? cmsErrorOfText(error.text, manufacturer) : cmsErrorOf(error.code, manufacturer);
      const text = row === null ? error.text : `${row.code} ${row.text}`;
      return new Fault({
        code: "modem.cms",
        disposition: row?.disposition ?? "unknown",
        message: `${prefix}: +CMS ERROR ${text}`,
        ...(row === null ? {} : { status: row.code }),
      });
    }
    case "cme": {
      const row = error.code === null ? null : cmeErrorOf(error.code);
      return new Fault({
        code: "at.error",
        disposition: row?.disposition ?? "unknown",
        message: `${prefix}: +CME ERROR ${row === null ? given : `${row.code} ${row.text}`}`,
        ...(error.code === null ? {} : { status: error.code }),
      });
    }
    case "generic":
      return new Fault({ code: "at.error", disposition: "unknown", message: `${prefix}: ${error.text}` });
    default:
      return assertNever(error.family);
  }
}

/** The TP-MR of `+CMGS: 44`, `+CMGS:44` or `+CMGS: 44,"25/05/05,10:00:00+08"`. */
export function referenceOf(line: string): string | null {
  const reference = /^\d+/.exec(afterColon(line))?.[0];
  return reference === undefined ? null : String(Number.parseInt(reference, 10));
}

function acceptedBy(result: CommandResult): SubmitOutcome | null {
  if (result.is === "aborted" || !sent(result.phase)) return null;
  const lines = result.lines.map((line) => line.text);
  if (result.is === "timeout") lines.push(...result.late);
  for (const line of lines) {
    const reference = line.startsWith("+CMGS:") ? referenceOf(line) : null;
    if (reference !== null) return { is: "accepted", reference };
  }
  return null;
}

function refused(
  error: FinalError,
  phase: Phase,
  { line, manufacturer }: { readonly line: string; readonly manufacturer: string | null },
): SubmitOutcome {
  const fault = faultOfError(error, line, manufacturer);
  if (!sent(phase)) {
    if (fault.disposition !== "unknown") return { is: "rejected", fault };
    // Without a prompt nothing was sent: a code that leaves the outcome open elsewhere blames the modem here.
    return { is: "rejected", fault: withDisposition(fault, "line") };
  }
  if (fault.code === "modem.cms" && fault.status === DUPLICATE_SM) return { is: "accepted", reference: "" };
  return fault.disposition === "unknown" ? { is: "unknown", fault } : { is: "rejected", fault };
}

function sent(phase: Phase): boolean {
  return phase === "result";
}

function withDisposition(fault: Fault, disposition: Disposition): Fault {
  return new Fault({
    code: fault.code,
    disposition,
    message: fault.message,
    ...(fault.status === null ? {} : { status: fault.status }),
  });
}

function rejected(fields: ConstructorParameters<typeof Fault>[0]): SubmitOutcome {
  return { is: "rejected", fault: new Fault(fields) };
}

function unknown(fields: Omit<ConstructorParameters<typeof Fault>[0], "disposition">): SubmitOutcome {
  return { is: "unknown", fault: new Fault({ ...fields, disposition: "unknown" }) };
}
