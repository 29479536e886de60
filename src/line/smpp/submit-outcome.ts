/** What the SMSC's answer to a `submit_sm` means for the Submission. */
import { assertNever } from "../../runtime/assert-never.ts";
import { Fault } from "../../runtime/fault.ts";
import type { SubmitOutcome } from "../line.ts";
import { commandStatusOf, nameOfStatus } from "./command-status.ts";
import type { Fields } from "./session.ts";
import type { WindowedAnswer } from "./submit-window.ts";

export function outcomeOf(answer: WindowedAnswer, line: string): SubmitOutcome {
  switch (answer.is) {
    case "response":
      return answer.status === 0
        ? { is: "accepted", reference: messageIdOf(answer.fields) }
        : refusedWith(answer.status, line);
    case "nack":
      return refusedWith(answer.status, line);
    case "timeout":
      return unknown("smpp.timeout", `${line}: the SMSC did not answer submit_sm in time`);
    case "closed":
      return unknown(
        "line.closed",
        `${line} was lost while a submit_sm was unanswered: ${answer.closed.reason}`,
      );
    case "not-written":
      return answer.why === "closed"
        ? rejected("line.not-ready", "line", `${line} cannot send now: ${answer.reason}`)
        : rejected("smpp.invalid", "reject", `${line}: the segment cannot be encoded: ${answer.reason}`);
    case "withdrawn":
      return rejected("line.stopped", "line", `${line}: withdrawn before it was written`);
    default:
      return assertNever(answer);
  }
}

/** Some SMSCs give none: their reports are found by the recipient alone. */
export function messageIdOf(fields: Fields): string {
  const messageId = fields["message_id"];
  return typeof messageId === "string" ? messageId : "";
}

function refusedWith(status: number, line: string): SubmitOutcome {
  const { disposition } = commandStatusOf(status);
  const message = `${line}: the SMSC refuses submit_sm: ${nameOfStatus(status)}`;
  return { is: "rejected", fault: new Fault({ code: "smpp.status", disposition, status, message }) };
}

function rejected(
  code: "line.not-ready" | "line.stopped" | "smpp.invalid",
  disposition: "line" | "reject",
  message: string,
): SubmitOutcome {
  return { is: "rejected", fault: new Fault({ code, disposition, message }) };
}

function unknown(code: "line.closed" | "smpp.timeout", message: string): SubmitOutcome {
  return { is: "unknown", fault: new Fault({ code, disposition: "unknown", message }) };
}
