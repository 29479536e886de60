/**
 * The faults of a modem and its network, by name. Each is a table row: what it does in one sentence, what its
 * numbers default to, and the behaviours it is made of. `FaultBoard` switches them; they stack like any behaviour.
 */
import type { ModemBehaviour, NetworkBehaviour } from "./behaviour.ts";
import { delayReports, holdRegistration, mute } from "./behaviours.ts";
import { cms } from "./call.ts";
import type { FaultDescription, FaultOccasions, FaultSet } from "./fault-settings.ts";
import type { SimulatedModem } from "./modem.ts";
import type { SimulatedNetwork } from "./network.ts";
import { pick, type Random } from "./random.ts";

type ModemWorld = { readonly modem: SimulatedModem; readonly network: SimulatedNetwork };

type FaultKit = FaultOccasions & ModemWorld;

type FaultEffect = {
  readonly modem?: Omit<ModemBehaviour, "name">;
  readonly network?: Omit<NetworkBehaviour, "name">;
  readonly begin?: () => void;
  readonly end?: () => void;
};

type FaultRow = FaultDescription & { readonly make: (kit: FaultKit) => FaultEffect };

const PROMPT = "\r\n> ";

/** What modems say unasked; none of it is anybody's answer. */
const NOISE = [
  "^RSSI: 18",
  "+CIEV: 2,3",
  "RING",
  '*PSUTTZ: 2026,1,4,10,15,30,"+4",0',
  "UNDER-VOLTAGE WARNNING",
  "^BOOT:12345678,0,0,0,6",
] as const;

const FAULTS = {
  hang: {
    text: "says nothing and hears nothing; what comes over the air is stored",
    make: () => ({ modem: mute() }),
  },
  "no-prompt": {
    text: "the prompt of AT+CMGS is lost on its way; ESC gets the modem out of it",
    defaults: { times: 1 },
    make: ({ acts }) => ({
      modem: {
        shapeOutput: (text) => (text.endsWith(PROMPT) && acts() ? text.slice(0, -PROMPT.length) : text),
      },
    }),
  },
  "late-answer": {
    text: "carries out a command `ms` after it was typed",
    defaults: { ms: 10_000, times: 1 },
    make: ({ acts, ms, network }) => ({
      modem: {
        onCommand: (_call, _answer, perform) => {
          if (!acts()) return false;
          network.delays.after(ms, perform);
          return true;
        },
      },
    }),
  },
  "cms-error": {
    text: "answers a send with +CMS ERROR `code`; the network has seen nothing of it",
    defaults: { code: 42 },
    make: ({ acts, code }) => ({
      modem: {
        onSubmit: (answer) => {
          if (!acts()) return false;
          answer(cms(code));
          return true;
        },
      },
    }),
  },
  "cms-error-though-sent": {
    text: "answers a send with +CMS ERROR `code`, though the network took it",
    defaults: { code: 500, times: 1 },
    make: ({ acts, code }) => ({
      modem: { onOutcome: (outcome) => (outcome.is === "taken" && acts() ? cms(code) : null) },
    }),
  },
  "result-lost": {
    text: "the network takes a send and the modem never says so",
    defaults: { times: 1 },
    make: ({ acts }) => ({
      modem: { onOutcome: (outcome) => (outcome.is === "taken" && acts() ? { is: "silence" } : null) },
    }),
  },
  "report-early": {
    text: "the answer to a send comes `ms` late, after its delivery report",
    defaults: { ms: 3000 },
    make: ({ acts, ms, network }) => ({
      modem: {
        onResult: (tell) => {
          if (!acts()) return false;
          network.delays.after(ms, tell);
          return true;
        },
      },
    }),
  },
  "report-lost": {
    text: "the network makes no delivery report",
    make: ({ acts }) => ({ network: { onReport: () => (acts() ? "never" : null) } }),
  },
  "report-late": {
    text: "a delivery report comes `ms` late",
    defaults: { ms: 120_000 },
    make: ({ acts, ms }) => ({
      network: { onReport: (about) => (acts() ? (delayReports(ms).onReport?.(about) ?? null) : null) },
    }),
  },
  "sim-full": {
    text: "has no room for another text; the network keeps them",
    make: ({ modem }) => ({ modem: { isFull: () => true }, end: () => modem.roomAgain() }),
  },
  "urc-anywhere": {
    text: "prints unsolicited lines in front of answers, inside them, and after the prompt",
    defaults: { every: 2 },
    make: ({ acts, random }) => ({
      modem: { shapeOutput: (text) => (acts() ? withNoise(text, random) : text) },
    }),
  },
  unplug: {
    text: "its port is gone until the fault is over",
    make: ({ modem }) => ({ begin: () => modem.pullOut(), end: () => modem.plugIn() }),
  },
  "unplug-rename": {
    text: "its port is gone until the fault is over, and comes back under another name",
    make: ({ modem }) => ({ begin: () => modem.pullOut(), end: () => modem.plugIn({ renamed: true }) }),
  },
  reboot: {
    text: "restarts by itself and is silent for `ms`",
    defaults: { ms: 3000 },
    make: ({ modem, ms }) => ({ begin: () => modem.reboot({ silentMs: ms }) }),
  },
  "power-loss": {
    text: "loses its power in the middle of a send, before or after the network took it, for `ms`",
    defaults: { ms: 3000, times: 1 },
    make: (kit) => powerLoss(kit),
  },
  "no-network": {
    text: "is not registered; texts wait at the service centre",
    make: () => ({ modem: holdRegistration() }),
  },
  "parts-lost": {
    text: "a part of what a phone texts never arrives",
    defaults: { times: 1 },
    make: ({ acts }) => ({ network: { onPart: () => (acts() ? "lost" : null) } }),
  },
  "parts-late": {
    text: "a part of what a phone texts comes `ms` late, behind the others",
    defaults: { ms: 20_000, every: 2 },
    make: ({ acts, ms }) => ({ network: { onPart: () => (acts() ? ms : null) } }),
  },
  "parts-twice": {
    text: "a part of what a phone texts arrives twice",
    defaults: { every: 2 },
    make: ({ acts }) => ({ network: { onPart: () => (acts() ? "twice" : null) } }),
  },
  "slow-air": {
    text: "a send is `ms` longer on the air",
    defaults: { ms: 8000 },
    make: ({ acts, ms }) => ({ network: { onAir: () => (acts() ? ms : null) } }),
  },
  "link-cost": {
    text: "a send that finds the radio link closed takes `ms` longer; AT+CMMS keeps it open",
    defaults: { ms: 2000 },
    make: ({ ms }) => ({ modem: { linkMs: () => ms } }),
  },
} satisfies Readonly<Record<string, FaultRow>>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

export function modemFaults({ modem, network }: ModemWorld): FaultSet {
  const rows: Readonly<Record<string, FaultRow>> = FAULTS;
  const rowOf = (name: string) => (Object.hasOwn(rows, name) ? rows[name] : undefined);
  return {
    names: FAULT_NAMES,
    describe: (name) => rowOf(name) ?? null,
    begin: (name, occasions) => {
      const effect = rowOf(name)?.make({ ...occasions, modem, network }) ?? {};
      const releases = [
        ...(effect.modem === undefined ? [] : [modem.behave({ name, ...effect.modem })]),
        ...(effect.network === undefined ? [] : [network.behave({ name, ...effect.network })]),
      ];
      effect.begin?.();
      return () => {
        for (const release of releases) release();
        effect.end?.();
      };
    },
  };
}

function powerLoss({ acts, ms, modem, random }: FaultKit): FaultEffect {
  let afterwards = false;
  return {
    modem: {
      onSubmit: () => {
        if (!acts()) return false;
        afterwards = random() < 0.5;
        if (afterwards) return false;
        modem.reboot({ silentMs: ms });
        return true;
      },
      onOutcome: () => {
        if (!afterwards) return null;
        afterwards = false;
        modem.reboot({ silentMs: ms });
        return { is: "silence" };
      },
    },
  };
}

function withNoise(text: string, random: Random): string {
  const line = `\r\n${pick(random, NOISE)}\r\n`;
  if (text.endsWith(PROMPT)) return text + line;
  const middle = text.indexOf("\r\n\r\n");
  return middle > 0 && random() < 0.5
    ? `${text.slice(0, middle + 2)}${line}${text.slice(middle + 2)}`
    : `${line}${text}`;
}
