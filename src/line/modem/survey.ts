/**
 * What a modem is and how it fares, for whoever looks and does not run it (`pylone modems`, `pylone doctor`). Only
 * questions are asked: nothing is sent, read, deleted or unlocked, no try of a PIN is spent. `ATE0` and `+CMEE=1`,
 * without which the answers cannot be read, are forgotten at the next power-up and set again by every program.
 *
 * As in `find/probe-port.ts`, nothing but `AT` is typed until something has said OK, and what has no IMEI is no modem.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { BytePort } from "../byte-port.ts";
import type { LineFacts, StorageLevel } from "../line.ts";
import { type Ask, lineOf, may } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { Dialogue } from "./at/dialogue.ts";
import { askNetwork } from "./bring-up.ts";
import { ATTENTION, query, set } from "./commands.ts";
import { askIccid, askOwnNumber, identify } from "./identity.ts";
import { lookAtSim, triesLeft } from "./pin.ts";
import { chooseProfile } from "./profiles/choose.ts";
import { askRegistration, type Registration } from "./registration.ts";
import { isPoor } from "./signal.ts";
import { askSmsc } from "./smsc.ts";
import { GENERIC_URCS } from "./urcs.ts";

export type Survey = Pick<
  LineFacts,
  "manufacturer" | "model" | "iccid" | "operator" | "technology" | "signalDbm"
> & {
  readonly imei: string;
  /** `asks`: for a PIN or PUK, `asksFor` has the SIM's words. `silent`: it is being read, or broken. */
  readonly sim: "ready" | "absent" | "asks" | "silent";
  readonly asksFor: string;
  /** Of the PIN; null where the modem does not tell. */
  readonly triesLeft: number | null;
  readonly registration: Registration;
  readonly isSignalPoor: boolean;
  readonly smsc: string | null;
  readonly ownNumber: string | null;
  /** Of the storage texts are received in. */
  readonly storage: StorageLevel | null;
};

const TRIES = 5;

/** Null when no modem answers. Throws a Fault when the link breaks in between. The port is the caller's to close. */
export async function surveyModem(port: BytePort, clock: Clock): Promise<Survey | null> {
  const nothing = () => undefined;
  const dialogue = new Dialogue({
    port,
    clock,
    urcs: GENERIC_URCS,
    handlers: {
      onUrc: nothing,
      onRestart: nothing,
      onEcho: nothing,
      onLate: nothing,
      onNoise: nothing,
      onResync: nothing,
      onMute: nothing,
      onClose: nothing,
    },
  });
  try {
    return await survey((command, options) => dialogue.run(command, options));
  } finally {
    dialogue.end("the survey is over");
  }
}

async function survey(ask: Ask): Promise<Survey | null> {
  if (!(await answers(ask))) return null;
  await may(ask, set("ATE0"));
  await may(ask, set("AT+CMEE=1"));
  const identity = await identify(ask);
  const { imei } = identity;
  if (imei === null) return null;
  const profile = chooseProfile(identity.manufacturer, identity.model);
  const sim = await lookAtSim(ask);
  const network = await askNetwork(ask);
  return {
    ...identity,
    imei,
    sim: sim.is,
    asksFor: sim.is === "asks" ? sim.text : "",
    triesLeft: sim.is === "asks" ? await triesLeft(ask, profile.pinCounter) : null,
    iccid: sim.is === "absent" ? null : await askIccid(ask, profile.iccid),
    registration: await askRegistration(ask),
    ...network.facts,
    isSignalPoor: network.signal !== null && isPoor(network.signal),
    smsc: sim.is === "ready" ? await askSmsc(ask) : null,
    ownNumber: sim.is === "ready" ? await askOwnNumber(ask) : null,
    storage: sim.is === "ready" ? await askStorage(ask) : null,
  };
}

async function answers(ask: Ask): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // One that is just starting says so, and is not lost.
    if ((await ask(ATTENTION)).is === "ok") return true;
  }
  return false;
}

/** `+CPMS: "ME",12,23,"ME",12,23,"SM",0,10`: the third is where texts are received (27.005 §3.2.2). */
async function askStorage(ask: Ask): Promise<StorageLevel | null> {
  const fields = fieldsOf((await lineOf(ask, query("AT+CPMS?"))) ?? "");
  const [name, used, total] = fields.slice(6);
  const level = { name: name ?? "", used: Number(used ?? "NaN"), total: Number(total ?? "NaN") };
  return level.name !== "" && level.used >= 0 && level.total > 0 ? level : null;
}
