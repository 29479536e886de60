/**
 * What of a modem or an SMSC may be held and let go again at the control port: its answers, its network, a send
 * before it is on the air, the result of one that was taken; a modem's SIM, its antenna, its SIM's service centre.
 */
import type { ModemBehaviour, Release } from "./behaviour.ts";
import {
  forgetSmsc,
  holdRegistration,
  holdSends,
  mute,
  removeSim,
  swallowResults,
  weakenSignal,
} from "./behaviours.ts";
import { STATUS } from "./codec/command-status.ts";
import type { SimulatedModem } from "./modem.ts";
import type { SimulatedSmsc } from "./smsc.ts";
import type { SmscBehaviour } from "./smsc-behaviour.ts";

export type Holdable = {
  readonly names: readonly string[];
  readonly hold: (name: string) => Release;
  readonly reboot: () => void;
  /** Somebody rings; "" withholds the number. False: nobody can get through. Absent: it has no telephone. */
  readonly ring?: (from: string) => boolean;
  /** The SIM: whether a PIN or a PUK is asked for, and how many tries of the PIN are left. */
  readonly card?: () => { readonly state: string; readonly triesLeft: number };
};

const MODEM_HOLDS: Readonly<Record<string, () => ModemBehaviour>> = {
  mute,
  registration: holdRegistration,
  sends: holdSends,
  results: () => swallowResults(Number.POSITIVE_INFINITY),
  sim: removeSim,
  signal: () => weakenSignal(-111),
  smsc: forgetSmsc,
};

const SMSC_HOLDS: Readonly<Record<string, () => Omit<SmscBehaviour, "name">>> = {
  mute: () => ({ isMute: () => true }),
  binds: () => ({ onBind: () => STATUS.bindFailed }),
  sends: holdSubmits,
  results: () => ({ onAnswer: () => true }),
};

export function modemHolds(modem: SimulatedModem): Holdable {
  return {
    names: Object.keys(MODEM_HOLDS),
    hold: (name) => modem.behave(entry(MODEM_HOLDS, name)()),
    reboot: () => modem.reboot(),
    ring: (from) => modem.ring(from),
    card: () => modem.card,
  };
}

/** A reboot loses the connections; what waits for the ESME is kept. */
export function smscHolds(smsc: SimulatedSmsc): Holdable {
  return {
    names: Object.keys(SMSC_HOLDS),
    hold: (name) => smsc.behave({ name: `hold ${name}`, ...entry(SMSC_HOLDS, name)() }),
    reboot: () => smsc.dropAll("the SMSC restarts"),
  };
}

/** A submit_sm stays at the SMSC, unanswered, until released. */
function holdSubmits(): Omit<SmscBehaviour, "name"> {
  let held: (() => void)[] = [];
  return {
    onSubmit: (_session, _answer, proceed) => {
      held.push(proceed);
      return true;
    },
    onRelease: () => {
      for (const proceed of held) proceed();
      held = [];
    },
  };
}

function entry<T>(holds: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(holds, name) ? holds[name] : undefined;
  if (found === undefined) throw new Error(`there is no ${name} to hold`);
  return found;
}
