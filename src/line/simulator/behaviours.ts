/**
 * The misbehaviours that tests and rehearsals use. Each is a value to push on a modem or a network (`behave`);
 * those with a count pass everything on once it is used up. Make a new one for every push.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { ModemBehaviour, NetworkBehaviour } from "./behaviour.ts";
import { cme, cms, ERROR, ok } from "./call.ts";

/** Not on the air: `stat` as in 27.007 §7.2, default 2 (searching). Texts wait at the service centre. */
export function holdRegistration(stat = 2): ModemBehaviour {
  return { name: "hold registration", registration: () => stat };
}

/** The SIM is taken out: nothing that needs one answers. */
export function removeSim(): ModemBehaviour {
  const needsSim: readonly string[] = [
    "+CPIN",
    "+CCID",
    "+CIMI",
    "+CNUM",
    "+CSCA",
    "+CPMS",
    "+CRSM",
    "+CPINR",
  ];
  return {
    name: "no SIM",
    registration: () => 0,
    onCommand: ({ name }, answer) => {
      if (needsSim.includes(name)) answer(cme(10));
      return needsSim.includes(name);
    },
  };
}

/** No antenna: it is registered, it says, and hears next to nothing (`dbm`: −113 to −51, null for unknown). */
export function weakenSignal(dbm: number | null): ModemBehaviour {
  const rssi = dbm === null ? 99 : Math.round((dbm + 113) / 2);
  return {
    name: "weak signal",
    onCommand: ({ name, kind }, answer) => {
      if (name === "+CSQ" && kind !== "test") answer(ok(`+CSQ: ${rssi},99`));
      else if (name === "+CESQ") answer(ok("+CESQ: 99,99,255,255,255,255"));
      else return false;
      return true;
    },
  };
}

/** The SIM knows no service centre, and none that is set stays. */
export function forgetSmsc(): ModemBehaviour {
  return {
    name: "no SMSC",
    onCommand: ({ name, kind }, answer) => {
      if (name !== "+CSCA") return false;
      answer(kind === "read" ? ok('+CSCA: "",129') : ERROR);
      return true;
    },
  };
}

/** Swallows every byte and says nothing. What comes over the air is stored all the same. */
export function mute(): ModemBehaviour {
  return { name: "mute", onBytes: () => true, onOutput: () => true };
}

/** `+CMS ERROR` for the next sends, after the PDU or in place of the prompt. The network has seen nothing. */
export function refuseSends(options: {
  readonly cms: number;
  readonly count?: number;
  readonly instead?: "of the prompt" | "of the result";
}): ModemBehaviour {
  const next = countdown(options.count ?? 1);
  const refusal = cms(options.cms);
  const name = `refuse sends with ${options.cms}`;
  if (options.instead === "of the prompt")
    return {
      name,
      onCommand: (call, answer) => {
        if (call.name !== "+CMGS" || call.kind !== "set" || !next()) return false;
        answer(refusal);
        return true;
      },
    };
  return {
    name,
    onSubmit: (answer) => {
      if (!next()) return false;
      answer(refusal);
      return true;
    },
  };
}

/** The network takes the SMS and the modem never says so: an unknown outcome. It goes on to answer other commands. */
export function swallowResults(count = 1): ModemBehaviour {
  const next = countdown(count);
  return {
    name: "swallow results",
    onOutcome: (outcome) => (outcome.is === "taken" && next() ? { is: "silence" } : null),
  };
}

/** A complete SUBMIT stays in the modem until released, and the modem answers nothing meanwhile. */
export function holdSends(): ModemBehaviour {
  let held: (() => void)[] = [];
  return {
    name: "hold sends",
    onSubmit: (_answer, proceed) => {
      held.push(proceed);
      return true;
    },
    onRelease: () => {
      for (const proceed of held) proceed();
      held = [];
    },
  };
}

/** The prompt of `AT+CMGS` comes `ms` late, or with `null` never: then only a reboot helps. */
export function delayPrompt(ms: number | null, clock: Clock): ModemBehaviour {
  return {
    name: "delay the prompt",
    onCommand: (call, _answer, perform) => {
      if (call.name !== "+CMGS" || call.kind !== "set") return false;
      if (ms !== null) clock.timer(ms, perform);
      return true;
    },
  };
}

export function suppressReports(): NetworkBehaviour {
  return { name: "suppress reports", onReport: () => "never" };
}

export function delayReports(ms: number): NetworkBehaviour {
  return { name: "delay reports", onReport: () => ms };
}

/** Texts (to one number, or all) do not arrive; the report says why (TP-ST, 23.040 §9.2.3.15). */
export function failDeliveries(tpSt: number, to?: string): NetworkBehaviour {
  return {
    name: `fail deliveries with ${tpSt}`,
    onArrival: (about) => (to === undefined || about.to === to ? tpSt : null),
  };
}

function countdown(count: number): () => boolean {
  let left = count;
  return () => {
    left -= 1;
    return left >= 0;
  };
}
