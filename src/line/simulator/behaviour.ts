/**
 * The fake is a device, not a stub: a test or a rehearsal changes one reaction and inherits the rest.
 *
 * Behaviours stack. The newest gets first refusal at every hook; `true` (or a value) claims the moment, anything
 * else passes it on, at last to the honest modem or network. A hook left out passes. Whoever pushed a behaviour
 * holds its release.
 */
import type { Answer, Call } from "./call.ts";
import type { SubmitOutcome } from "./subscriber.ts";

export type ModemBehaviour = {
  readonly name: string;
  /** Bytes from the TE. `true`: they never reach the parser. */
  readonly onBytes?: (bytes: Uint8Array) => boolean;
  /** Text to the TE. `true`: it is never sent. */
  readonly onOutput?: (text: string) => boolean;
  /** A command about to be carried out; `perform` does what the honest modem does. `true`: answered here, at any time. */
  readonly onCommand?: (call: Call, answer: (answer: Answer) => void, perform: () => void) => boolean;
  /** A complete SUBMIT about to go on the air; `proceed` sends it. `true`: answered here, at any time. */
  readonly onSubmit?: (answer: (answer: Answer) => void, proceed: () => void) => boolean;
  /** What the network said to a SUBMIT; another answer for the TE, or null for the honest one. */
  readonly onOutcome?: (outcome: SubmitOutcome) => Answer | null;
  /** `<stat>` of `+CREG` (27.007 §7.2) in place of the real one. */
  readonly registration?: () => number | null;
  /** Called once, when it is released: what it held back goes on. */
  readonly onRelease?: () => void;
};

export type NetworkBehaviour = {
  readonly name: string;
  /** A STATUS-REPORT about to be made out. A number: so many milliseconds later; `never`: not at all. */
  readonly onReport?: (about: { readonly from: string; readonly to: string }) => number | "never" | null;
  /** What becomes of a text at its recipient: a TP-ST other than 0 means it does not arrive. */
  readonly onArrival?: (about: { readonly from: string; readonly to: string }) => number | null;
  readonly onRelease?: () => void;
};

export type Release = () => void;

export class BehaviourStack<B extends { readonly onRelease?: () => void }> {
  #newestFirst: readonly B[] = [];

  push(behaviour: B): Release {
    this.#newestFirst = [behaviour, ...this.#newestFirst];
    return () => {
      if (!this.#newestFirst.includes(behaviour)) return;
      this.#newestFirst = this.#newestFirst.filter((other) => other !== behaviour);
      behaviour.onRelease?.();
    };
  }

  claimed(by: (behaviour: B) => boolean | undefined): boolean {
    return this.#newestFirst.some((behaviour) => by(behaviour) === true);
  }

  ask<T>(question: (behaviour: B) => T | null | undefined): T | null {
    for (const behaviour of this.#newestFirst) {
      const answer = question(behaviour);
      if (answer !== null && answer !== undefined) return answer;
    }
    return null;
  }
}
