/** The subscription refuses texts: a person has to look, but need not be told at every try. */
import type { SubmitOutcome } from "../line.ts";
import { cmsErrorOf } from "./cms-errors.ts";

export class SubscriptionAlarm {
  #told = false;

  /** The sentence for an event, or null when it is no news. */
  news(outcome: SubmitOutcome, manufacturer: string | null): string | null {
    if (outcome.is === "accepted") this.#told = false;
    if (outcome.is !== "rejected" || outcome.fault.code !== "modem.cms" || this.#told) return null;
    const { status } = outcome.fault;
    if (status === null || cmsErrorOf(status, manufacturer).class !== "account") return null;
    this.#told = true;
    return `${outcome.fault.message}: the subscription refuses texts (no credit, barred, or not provisioned); ask the operator`;
  }
}
