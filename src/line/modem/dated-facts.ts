/** What a modem has just told of itself, with when: a signal of an hour ago is no signal. */
import type { LineFacts } from "../line.ts";

export function datedFacts(told: Partial<LineFacts>, now: number): Partial<LineFacts> {
  return {
    ...told,
    ...(told.signalDbm === undefined ? {} : { networkAskedAt: now }),
    ...(told.smsc === undefined ? {} : { smscAskedAt: now }),
  };
}
