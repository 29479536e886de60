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
  /** Text on its way to the TE, changed; asked before `onOutput`, oldest behaviour first. */
  readonly shapeOutput?: (text: string) => string;
  /** Text to the TE. `true`: it is never sent. */
  readonly onOutput?: (text: string) => boolean;
  /** A command about to be carried out; `perform` does what the honest modem does. `true`: answered here, at any time. */
  readonly onCommand?: (call: Call, answer: (answer: Answer) => void, perform: () => void) => boolean;
  /** A complete SUBMIT about to go on the air; `proceed` sends it. `true`: answered here, at any time. */
  readonly onSubmit?: (answer: (answer: Answer) => void, proceed: () => void) => boolean;
  /** What the network said to a SUBMIT; another answer for the TE, or null for the honest one. */
  readonly onOutcome?: (outcome: SubmitOutcome) => Answer | null;
  /** The answer to a SUBMIT that was on the air is about to be told. `true`: `tell` is called later, or never. */
  readonly onResult?: (tell: () => void) => boolean;
  /** `true`: there is no room for another text, whatever the storages say. */
  readonly isFull?: () => boolean;
  /** What opening the link to the network costs a send that finds it closed, in milliseconds. */
  readonly linkMs?: () => number | null;
  /** `<stat>` of `+CREG` (27.007 §7.2) in place of the real one. */
  readonly registration?: () => number | null;
  /** Called once, when it is released: what it held back goes on. */
  readonly onRelease?: () => void;
};

export type NetworkBehaviour = {
  readonly name: string;
  /** A STATUS-REPORT about to be made out. A number: so many milliseconds later; `never`: not at all. */
  readonly onReport?: (about: { readonly from: string; readonly to: string }) => number | "never" | null;
  /** What becomes of a SUBMIT at its recipient: a TP-ST other than 0 means it does not arrive. `text` is the part's. */
  readonly onArrival?: (about: {
    readonly from: string;
    readonly to: string;
    readonly text: string;
    readonly sequence: number;
  }) => number | null;
  /** One part of a phone's text on its way to a modem. A number: so many milliseconds later, behind others. */
  readonly onPart?: (about: {
    readonly from: string;
    readonly to: string;
  }) => "lost" | "twice" | number | null;
  /** How much longer a SUBMIT is on the air, in milliseconds. */
  readonly onAir?: () => number | null;
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

  /** Oldest first, each changing what the one before made of it. */
  shaped<T>(value: T, by: (behaviour: B, value: T) => T): T {
    return this.#newestFirst.reduceRight((shaped, behaviour) => by(behaviour, shaped), value);
  }

  ask<T>(question: (behaviour: B) => T | null | undefined): T | null {
    for (const behaviour of this.#newestFirst) {
      const answer = question(behaviour);
      if (answer !== null && answer !== undefined) return answer;
    }
    return null;
  }
}
