/** What goes out: the Lines' plans and fallbacks, the dispatcher, and the forecast that is made of them. */
import type { Numbers } from "../accounts/numbers.ts";
import type { Line } from "../line/line.ts";
import type { Rate } from "../messaging/outbound/accept.ts";
import { Dispatcher } from "../messaging/outbound/dispatcher.ts";
import { Fallbacks } from "../messaging/outbound/fallback.ts";
import { createForecast } from "../messaging/outbound/forecast-facts.ts";
import type { LineRoster } from "../messaging/outbound/line-roster.ts";
import type { Settled } from "../messaging/outbound/outcomes.ts";
import type { Pending } from "../messaging/outbound/pending.ts";
import type { PhoneTurns } from "../messaging/outbound/phone-turns.ts";
import { Plans } from "../messaging/outbound/plans.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Store } from "../store/store.ts";
import type { Config } from "./config-schema.ts";
import { fallbackRulesOf, rehearsedFallbacks } from "./fallback-rules.ts";
import { plansOf } from "./plans-of.ts";
import { createMaxRateOf } from "./rates.ts";

export function composeOutbound(deps: {
  readonly store: Store;
  readonly config: Config;
  readonly roster: LineRoster;
  readonly numbers: Pick<Numbers, "ofLine">;
  readonly rateOf: (number: string) => Rate;
  readonly turns: PhoneTurns;
  readonly pending: Pending;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every Submission that was handed to a Line. */
  readonly onSettled: (settled: Settled) => void;
}) {
  const { store, config, roster, numbers, rateOf, turns, pending, clock, log, onSettled } = deps;
  const fallbacks = new Fallbacks({
    roster,
    clock,
    rules: fallbackRulesOf(config.lines),
    numbersOf: (line) => numbers.ofLine(line).map(({ phoneNumber }) => phoneNumber),
    onEvent: (event) => pending.own("keep an event", store.addEvent(event)),
  });
  for (const line of rehearsedFallbacks(config.lines))
    log.warn({ line }, "its fallback is simulated: what that takes over reaches nobody's phone");
  const plans = new Plans({ plans: plansOf(config.lines), timeZone: config.site.timezone, clock, store });
  const maxRateOf = createMaxRateOf(config.lines);
  const dispatcher = new Dispatcher({
    store,
    roster,
    clock,
    log,
    rateOf,
    maxRateOf,
    policy: config.outbound,
    turns,
    fallbacks,
    onSettled,
    planTermsOf: (line) => plans.termsOf(line),
  });
  const forecast = createForecast({
    store,
    clock,
    lineOf: (number): Line | null => fallbacks.lineOf(number),
    rateOf,
    maxRateOf,
    throttledTo: (line) => dispatcher.throttledTo(line),
    secondsPerSegment: (line) => dispatcher.secondsPerSegment(line),
    capsOf: (line) => plans.capsOf(line),
  });
  const paceOf = (number: string): number | null => {
    const line = fallbacks.lineOf(number)?.name;
    if (line === undefined) return null;
    const measured = dispatcher.secondsPerSegment(line);
    const most = maxRateOf(line);
    const bounds = [
      dispatcher.throttledTo(line),
      measured === null ? null : 1 / measured,
      most === "unlimited" ? null : most,
    ].filter((bound) => bound !== null);
    return bounds.length === 0 ? null : Math.min(...bounds);
  };
  return { fallbacks, plans, dispatcher, forecast, paceOf };
}
