/**
 * Refusals that the driver can mend by itself, once: nothing was sent, and the same message may go in another
 * form. Everything else is the queue's to decide.
 */
import { assertNever } from "../../runtime/assert-never.ts";
import type { Segment } from "../../sms/message.ts";
import type { SubmitOutcome } from "../line.ts";

export type SecondTry =
  /** 330: the modem has forgotten the service centre, which the PDU can carry. */
  | { readonly is: "with-smsc" }
  /** 198, 199: the service centre takes no validity period, and has one of its own. */
  | { readonly is: "without-validity" }
  /** 515 of SIMCom's: a bad address, or a device that is busy. */
  | { readonly is: "again"; readonly afterMs: number };

export function secondTryOf(outcome: SubmitOutcome): SecondTry | null {
  if (outcome.is !== "rejected" || outcome.fault.code !== "modem.cms") return null;
  const { status, disposition } = outcome.fault;
  if (status === 330) return { is: "with-smsc" };
  if (status === 198 || status === 199) return { is: "without-validity" };
  if (status === 515 && disposition === "reject") return { is: "again", afterMs: 1000 };
  return null;
}

/** The segment to send instead, or null when there is no other way to send it. */
export async function prepareSecondTry(
  segment: Segment,
  second: SecondTry,
  tools: {
    /** Puts the service centre's number into every PDU from now on; false when nobody knows it. */
    readonly recallSmsc: () => Promise<boolean>;
    readonly sleep: (ms: number) => Promise<void>;
  },
): Promise<Segment | null> {
  switch (second.is) {
    case "with-smsc":
      return (await tools.recallSmsc()) ? segment : null;
    case "without-validity":
      return segment.validityMinutes === null ? null : { ...segment, validityMinutes: null };
    case "again":
      await tools.sleep(second.afterMs);
      return segment;
    default:
      return assertNever(second);
  }
}
