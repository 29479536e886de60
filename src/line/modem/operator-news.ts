/**
 * What a modem line tells the operator: one event for each thing, in a sentence with the line's name and what to do.
 * Events of the recovery ladder's climbs are the ladder's own (`recovery/recovery.ts`).
 */
import type { Clock } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import { maskNumber } from "../../runtime/log.ts";
import type { StorageLevel, SubmitOutcome } from "../line.ts";
import type { RefusedInit } from "./initialise.ts";
import { type NoiseKind, NoiseLog } from "./noise-log.ts";
import { PowerSupply, type Voltage } from "./power-supply.ts";
import { SubscriptionAlarm } from "./subscription-alarm.ts";

type Told = "line.noise" | "line.refused" | "line.storage" | "line.call" | "line.power" | "line.recovery";

export class OperatorNews {
  readonly #line: string;
  readonly #clock: Clock;
  readonly #onEvent: (event: NewEvent) => void;
  readonly #noise = new NoiseLog();
  readonly #supply = new PowerSupply();
  readonly #refusedInit = new Set<number>();
  readonly #subscription = new SubscriptionAlarm();

  constructor(options: {
    readonly line: string;
    readonly clock: Clock;
    readonly onEvent: (event: NewEvent) => void;
  }) {
    this.#line = options.line;
    this.#clock = options.clock;
    this.#onEvent = options.onEvent;
  }

  noise(text: string, kind: NoiseKind): void {
    const news = this.#noise.news(text, kind);
    if (news !== null) this.#tell("line.noise", `${this.#line}: ${news}`);
  }

  /** The sentence goes to the log, so its number is masked; the event's detail does not. */
  called(caller: string | null, isLeftToRing: boolean): void {
    const done = isLeftToRing ? "it is left to ring" : "it is hung up";
    const who = caller === null ? "a withheld number" : maskNumber(caller);
    this.#tell("line.call", `${this.#line}: a call from ${who}; ${done}`, { from: caller });
  }

  storageFillsUp({ name, used, total }: StorageLevel): void {
    const state =
      used < total ? "it is nearly full, and receives nothing once it is" : "it is full and receives nothing";
    this.#tell(
      "line.storage",
      `${this.#line}: the message storage ${name} holds ${used} of ${total}: ${state}. It is being emptied; what stays in it cannot be kept or deleted.`,
    );
  }

  stuck(storage: string, index: number): void {
    this.#tell(
      "line.refused",
      `${this.#line}: a kept message cannot be deleted from ${storage}, index ${index}: empty it by hand`,
    );
  }

  /** One of the operator's own commands, at each start of the modem: told once. */
  initRefused({ place, name }: RefusedInit): void {
    if (this.#refusedInit.has(place)) return;
    this.#refusedInit.add(place);
    this.#tell(
      "line.refused",
      `${this.#line}: the modem refuses ${name}, \`init[${place}]\` of this line; it is left out: correct or remove it in the configuration`,
    );
  }

  cannotReset(why: string | null): void {
    if (why !== null) this.#tell("line.recovery", `${this.#line}: the reset command cannot be run: ${why}`);
  }

  /** By the modem, of its supply. */
  warned(voltage: Voltage): void {
    this.#power(this.#supply.warns(voltage, this.#clock.monotonicMs()));
  }

  /** While it was sending. */
  wentAway(): void {
    this.#power(this.#supply.goesAway(this.#clock.monotonicMs()));
  }

  #power(news: string | null): void {
    if (news !== null) this.#tell("line.power", `${this.#line}: ${news}`);
  }

  submitted(outcome: SubmitOutcome, manufacturer: string | null): void {
    const alarm = this.#subscription.news(outcome, manufacturer);
    if (alarm !== null) this.#tell("line.refused", alarm);
  }

  #tell(type: Told, text: string, detail?: NonNullable<NewEvent["detail"]>): void {
    const level = type === "line.noise" || type === "line.call" ? "info" : "warning";
    const event = { type, level, at: this.#clock.now(), text, line: this.#line } as const;
    this.#onEvent(detail === undefined ? event : { ...event, detail });
  }
}
