/**
 * From first contact to a modem that can send and tells of what arrives, for a well-behaved modem. What it cannot
 * do without is asked for `patiently`, what is good to have with `may`. Text mode and its commands (`+CSMP`,
 * `+CSDH`) are left alone: nothing here uses them.
 */
import { Fault } from "../../runtime/fault.ts";
import type { LineFacts, LineMemory } from "../line.ts";
import { type Ask, lineOf, may, patiently } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { ATTENTION, CFUN_FULL, query, SPEAK_UP, set } from "./commands.ts";
import { askIccid, askImsi, askOwnNumber, identify } from "./identity.ts";
import { type Indications, setIndications } from "./indications.ts";
import { initialise, type RefusedInit, takeSteps } from "./initialise.ts";
import { unlock } from "./pin.ts";
import { chooseProfile } from "./profiles/choose.ts";
import type { ModemProfile } from "./profiles/profile.ts";
import { askRegistration, type Registration } from "./registration.ts";
import { askSignal, type Signal } from "./signal.ts";
import { ensureSmsc } from "./smsc.ts";
import { chooseStorage, type Storages } from "./storage.ts";

export type BringUpTools = {
  readonly ask: Ask;
  /** Writes outside any command. */
  readonly type: (text: string) => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly memory: LineMemory;
  readonly pin: string | null;
  readonly smsc: string | null;
  /** The operator's own commands (`lines[].init`). */
  readonly init: readonly string[];
  readonly onInitRefused: (refused: RefusedInit) => void;
  /** Known from here on: what this modem says unasked, and how fast it may be asked. */
  readonly onProfile: (profile: ModemProfile) => void;
};

/** What the modem was found and made to be. */
export type Setup = {
  readonly profile: ModemProfile;
  readonly facts: Omit<LineFacts, "lastSentAt" | "lastReceivedAt">;
  /** ICCID, else IMSI, else IMEI: whose messages these are. */
  readonly sim: string;
  readonly storages: Storages;
  /** What `+CNMI` was set to; null when the modem takes none of ours. */
  readonly indications: Indications | null;
  /** True when `+CMT` and `+CDS` have to be acknowledged (`+CSMS=1`). */
  readonly acknowledges: boolean;
  /** Goes into each PDU where the modem cannot keep it. */
  readonly smscInPdu: string | null;
  readonly registration: Registration;
};

export type BroughtUp =
  | { readonly is: "up"; readonly setup: Setup }
  /** Needs a person. */
  | { readonly is: "refused"; readonly reason: string };

export type Network = {
  readonly facts: Pick<LineFacts, "operator" | "technology" | "signalDbm">;
  readonly signal: Signal | null;
};

const ATTENTION_TRIES = 10;
const SETTLE_MS = 100;
const SIM_TRIES = 30;

/** Throws a Fault when the modem does not answer or refuses what it must do. */
export async function bringUp(tools: BringUpTools): Promise<BroughtUp> {
  const { ask } = tools;
  await greet(tools);
  await may(ask, set("ATE0"));
  await may(ask, set("ATV1"));
  await may(ask, set("AT+CMEE=1"));
  const identity = await identify(ask);
  const profile = chooseProfile(identity.manufacturer, identity.model);
  tools.onProfile(profile);
  await takeSteps(ask, profile.init);
  await initialise(ask, tools.init, tools.onInitRefused);

  const cfun = await lineOf(ask, query("AT+CFUN?"));
  if (cfun !== null && fieldsOf(cfun)[0] !== "1") await may(ask, CFUN_FULL);

  let iccid: string | null = null;
  const standIn = identity.imei ?? "unknown";
  const sim = async () => {
    iccid ??= await askIccid(ask, profile.iccid);
    return iccid ?? standIn;
  };
  const { sleep, memory, pin } = tools;
  const unlocked = await unlock({ ask, sleep, memory, pin, sim, standIn, counter: profile.pinCounter });
  if (unlocked.is === "refused") return unlocked;
  if (unlocked.is === "failed") {
    throw new Fault({ code: "line.not-ready", disposition: "line", message: unlocked.reason });
  }

  await takeSteps(ask, profile.initWithSim);
  await may(ask, set('AT+CSCS="GSM"'));
  const acknowledges = await usePhase2Plus(ask, profile);
  await patiently(ask, set("AT+CMGF=0"), { tries: SIM_TRIES, sleep: tools.sleep });
  const storages = await chooseStorage(ask, tools.sleep, profile.storages);
  iccid ??= await askIccid(ask, profile.iccid);
  const smsc = await ensureSmsc({ ask, memory: tools.memory, configured: tools.smsc, sim: await sim() });
  const indications = await setIndications(ask, tools.sleep, profile.indications);

  if ((await may(ask, set("AT+CREG=2"))) === null) await may(ask, set("AT+CREG=1"));
  // `+CREG` alone does not speak for LTE.
  await may(ask, set("AT+CEREG=1"));
  const registration = await askRegistration(ask);
  const imsi = await askImsi(ask);
  const ownNumber = await askOwnNumber(ask);
  return {
    is: "up",
    setup: {
      profile,
      facts: {
        ...identity,
        iccid,
        imsi,
        ownNumber,
        smsc: smsc.address,
        ...(await askNetwork(ask)).facts,
      },
      sim: iccid ?? imsi ?? identity.imei ?? "unknown",
      storages,
      indications,
      acknowledges,
      smscInPdu: smsc.inPdu,
      registration,
    },
  };
}

/** Operator, access technology and signal: what changes while the line runs. */
export async function askNetwork(ask: Ask): Promise<Network> {
  const cops = await lineOf(ask, query("AT+COPS?", 30_000));
  const signal = await askSignal(ask);
  const fields = cops === null ? [] : fieldsOf(cops);
  return {
    facts: {
      operator: fields[2] ? fields[2] : null,
      technology: TECHNOLOGIES[Number(fields[3] ?? "NaN")] ?? null,
      signalDbm: signal?.dbm ?? null,
    },
    signal,
  };
}

/** 27.007 §7.3, <AcT>. */
const TECHNOLOGIES: Readonly<Record<number, string>> = {
  0: "GSM",
  1: "GSM",
  2: "UTRAN",
  3: "EDGE",
  4: "HSDPA",
  5: "HSUPA",
  6: "HSPA",
  7: "LTE",
  8: "EC-GSM-IoT",
  9: "NB-IoT",
  10: "LTE",
  11: "NR",
  12: "NR",
  13: "EN-DC",
};

/** ESC closes a prompt somebody left open; then AT until it is answered. */
async function greet(tools: BringUpTools): Promise<void> {
  await tools.type("\x1b\r");
  await tools.sleep(SETTLE_MS);
  for (let attempt = 1; attempt <= ATTENTION_TRIES; attempt++) {
    // One that was told to be quiet, or to answer in digits, is deaf to nothing but seems so.
    const result = await tools.ask(attempt % 4 === 0 ? SPEAK_UP : ATTENTION);
    if (result.is === "lost") {
      throw new Fault({ code: "modem.link-lost", disposition: "line", message: result.reason });
    }
    if (result.is === "ok") {
      // This OK may be the ESC's, or an earlier try's: what is still coming must not answer the next command.
      await tools.sleep(SETTLE_MS);
      return;
    }
  }
  throw new Fault({
    code: "at.timeout",
    disposition: "line",
    message: `no answer to AT, ${ATTENTION_TRIES} times: is this the modem's AT port, and at the right speed?`,
  });
}

/** Phase 2+ lets us acknowledge what is delivered to us directly, once it is kept (27.005 §3.2.1). */
async function usePhase2Plus(ask: Ask, profile: ModemProfile): Promise<boolean> {
  if (profile.phase2Plus && (await may(ask, query("AT+CSMS=1"))) !== null) return true;
  await may(ask, query("AT+CSMS=0"));
  return false;
}
