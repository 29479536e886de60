/** The faults of an SMSC, by name, as `faults.ts` has those of a modem; the same name means the same of both. */
import { STATUS } from "./codec/command-status.ts";
import type { FaultDescription, FaultOccasions, FaultSet } from "./fault-settings.ts";
import { between, type Random } from "./random.ts";
import type { SimulatedSmsc } from "./smsc.ts";
import type { SmscBehaviour } from "./smsc-behaviour.ts";
import type { SmscSession } from "./smsc-session.ts";
import { TokenBucket } from "./token-bucket.ts";

type FaultKit = FaultOccasions & {
  readonly smsc: SimulatedSmsc;
  readonly after: (ms: number, fire: () => void) => void;
};

type FaultEffect = {
  readonly behaviour?: Omit<SmscBehaviour, "name">;
  readonly begin?: () => void;
};

type FaultRow = FaultDescription & { readonly make: (kit: FaultKit) => FaultEffect };

const DELIVER_SM = 0x05;
const HEADER_OCTETS = 16;

const SMSC_FAULTS = {
  hang: {
    text: "hears nothing and says nothing on connections that stay open",
    make: () => ({ behaviour: { isMute: () => true } }),
  },
  "half-open": {
    text: "is silent and reads nothing either: what is sent to it fills the connection",
    make: () => ({ behaviour: { isDeaf: () => true } }),
  },
  throttle: {
    text: "takes `perSecond` submit_sm a second and answers the others with ESME_RTHROTTLED",
    defaults: { perSecond: 40 },
    make: (kit) => throttle(kit),
  },
  "queue-full": {
    text: "answers a submit_sm with ESME_RMSGQFUL",
    make: ({ acts }) => refusing(acts, STATUS.queueFull),
  },
  "submit-error": {
    text: "answers a submit_sm with command_status `code`; the network has seen nothing of it",
    defaults: { code: STATUS.systemError },
    make: ({ acts, code }) => refusing(acts, code),
  },
  "submit-error-though-sent": {
    text: "answers a submit_sm with command_status `code`, though the network took it",
    defaults: { code: STATUS.systemError, times: 1 },
    make: ({ acts, code }) => ({ behaviour: { onTaken: () => (acts() ? code : null) } }),
  },
  "result-lost": {
    text: "the network takes a submit_sm and no answer ever comes",
    defaults: { times: 1 },
    make: ({ acts }) => ({ behaviour: { onAnswer: () => acts() } }),
  },
  "late-answer": {
    text: "answers a submit_sm `ms` late; those behind it are not held up",
    defaults: { ms: 2000 },
    make: (kit) => lateAnswer(kit),
  },
  "report-early": {
    text: "the answer to a submit_sm comes `ms` late, after its receipt",
    defaults: { ms: 3000 },
    make: (kit) => lateAnswer(kit),
  },
  "report-lost": {
    text: "makes no receipt",
    make: ({ acts }) => ({ behaviour: { onReceipt: () => (acts() ? "never" : null) } }),
  },
  "report-late": {
    text: "a receipt comes `ms` late",
    defaults: { ms: 120_000 },
    make: ({ acts, ms }) => ({ behaviour: { onReceipt: () => (acts() ? ms : null) } }),
  },
  "report-twice": {
    text: "a receipt comes twice",
    make: ({ acts }) => ({ behaviour: { onReceipt: () => (acts() ? "twice" : null) } }),
  },
  undelivered: {
    text: "a receipt says UNDELIV with `err` `code`",
    defaults: { code: 1 },
    make: ({ acts, code }) => ({ behaviour: { onVerdict: () => (acts() ? code : null) } }),
  },
  "receipts-text": {
    text: "receipts have no TLVs",
    make: () => spelling({ form: "text" }),
  },
  "receipts-tlvs": {
    text: "receipts have TLVs and no text",
    make: () => spelling({ form: "TLVs" }),
  },
  "receipts-upper": {
    text: "receipts are written in capitals, their dates with seconds",
    make: () => spelling({ letters: "upper case", seconds: true }),
  },
  "ids-decimal": {
    text: "receipts spell the message id in decimal",
    make: () => spelling({ ids: "decimal" }),
  },
  "ids-padded": {
    text: "receipts spell the message id in decimal, with noughts in front",
    make: () => spelling({ ids: "padded-decimal" }),
  },
  "ids-upper": {
    text: "receipts spell the message id in capital hexadecimal",
    make: () => spelling({ ids: "upper-hex" }),
  },
  "ids-reused": {
    text: "gives a message the id of the one before it",
    defaults: { every: 2 },
    make: ({ acts }) => ({ behaviour: { onId: (last) => (acts() ? last : null) } }),
  },
  disconnect: {
    text: "every connection breaks off, `ms` after the fault began",
    make: ({ smsc, after, ms }) => ({
      begin: () => after(ms, () => smsc.dropAll("a fault: disconnected")),
    }),
  },
  "disconnect-in-send": {
    text: "the connection breaks off at a submit_sm, before or after the network took it",
    defaults: { times: 1 },
    make: (kit) => disconnectInSend(kit),
  },
  unbind: {
    text: "asks every ESME to unbind, `ms` after the fault began",
    make: ({ smsc, after, ms }) => ({
      begin: () =>
        after(ms, () => {
          for (const session of smsc.sessions) session.unbind();
        }),
    }),
  },
  "short-binds": {
    text: "a connection breaks off `ms` after it was made",
    defaults: { ms: 10_000 },
    make: ({ smsc, after, ms }) => {
      const cut = (session: SmscSession) => after(ms, () => session.drop("a fault: cut short"));
      return { behaviour: { onConnection: cut }, begin: () => smsc.sessions.forEach(cut) };
    },
  },
  "refuse-binds": {
    text: "answers a bind with command_status `code`",
    defaults: { code: STATUS.bindFailed },
    make: ({ acts, code }) => ({ behaviour: { onBind: () => (acts() ? code : null) } }),
  },
  unplug: {
    text: "cannot be reached until the fault is over; connections break off",
    make: ({ smsc }) => ({
      behaviour: { isDown: () => true },
      begin: () => smsc.dropAll("a fault: out of reach"),
    }),
  },
  garbage: {
    text: "random bytes come before a PDU",
    defaults: { times: 1 },
    make: ({ acts, random }) => ({
      behaviour: { shapeOutput: (bytes) => (acts() ? Buffer.concat([noise(random), bytes]) : bytes) },
    }),
  },
  "unknown-pdus": {
    text: "a PDU of an unknown command comes before another, and a deliver_sm has an unknown TLV",
    defaults: { every: 2 },
    make: ({ acts, random }) => ({
      behaviour: { shapeOutput: (bytes) => (acts() ? withUnknowns(bytes, random) : bytes) },
    }),
  },
  outbind: {
    text: "every connection, new ones too, gets an outbind",
    make: ({ smsc }) => {
      const ask = (session: SmscSession) => session.send("outbind", { system_id: "sim", password: "sim" });
      return { behaviour: { onConnection: ask }, begin: () => smsc.sessions.forEach(ask) };
    },
  },
  alert: {
    text: "every connection gets an alert_notification, then more before the answers to submit_sm",
    defaults: { every: 10 },
    make: ({ smsc, acts }) => ({
      behaviour: {
        onSubmit: (session) => {
          if (acts()) alert(session);
          return false;
        },
      },
      begin: () => smsc.sessions.forEach(alert),
    }),
  },
  "parts-lost": {
    text: "a part of what a phone texts never arrives",
    defaults: { times: 1 },
    make: ({ acts }) => ({ behaviour: { onPart: () => (acts() ? "lost" : null) } }),
  },
  "parts-late": {
    text: "a part of what a phone texts comes `ms` late, behind the others",
    defaults: { ms: 20_000, every: 2 },
    make: ({ acts, ms }) => ({ behaviour: { onPart: () => (acts() ? ms : null) } }),
  },
  "parts-twice": {
    text: "a part of what a phone texts arrives twice",
    defaults: { every: 2 },
    make: ({ acts }) => ({ behaviour: { onPart: () => (acts() ? "twice" : null) } }),
  },
} satisfies Readonly<Record<string, FaultRow>>;

export type SmscFaultName = keyof typeof SMSC_FAULTS;

export const SMSC_FAULT_NAMES = Object.keys(SMSC_FAULTS) as SmscFaultName[];

export function smscFaults(smsc: SimulatedSmsc): FaultSet {
  const rows: Readonly<Record<string, FaultRow>> = SMSC_FAULTS;
  const rowOf = (name: string) => (Object.hasOwn(rows, name) ? rows[name] : undefined);
  const { delays } = smsc.network;
  return {
    names: SMSC_FAULT_NAMES,
    describe: (name) => rowOf(name) ?? null,
    begin: (name, occasions) => {
      const after = (ms: number, fire: () => void) => delays.after(ms, fire);
      const effect = rowOf(name)?.make({ ...occasions, smsc, after }) ?? {};
      const release = smsc.behave({ name, ...effect.behaviour });
      effect.begin?.();
      return release;
    },
  };
}

function refusing(acts: () => boolean, status: number): FaultEffect {
  return {
    behaviour: {
      onSubmit: (_session, answer) => {
        if (!acts()) return false;
        answer(status);
        return true;
      },
    },
  };
}

function throttle({ acts, perSecond, smsc }: FaultKit): FaultEffect {
  const { clock } = smsc.network;
  const bucket = new TokenBucket(perSecond, clock.monotonicMs());
  return refusing(() => !bucket.take(clock.monotonicMs()) && acts(), STATUS.throttled);
}

function lateAnswer({ acts, after, ms }: FaultKit): FaultEffect {
  return {
    behaviour: {
      onAnswer: (tell) => {
        if (!acts()) return false;
        after(ms, tell);
        return true;
      },
    },
  };
}

function disconnectInSend({ acts, random }: FaultKit): FaultEffect {
  let afterwards = false;
  const drop = (session: SmscSession) => {
    session.drop("a fault: disconnected in a send");
    return true;
  };
  return {
    behaviour: {
      onSubmit: (session) => {
        if (!acts()) return false;
        afterwards = random() < 0.5;
        return afterwards ? false : drop(session);
      },
      onAnswer: (_tell, session) => {
        if (!afterwards) return false;
        afterwards = false;
        return drop(session);
      },
    },
  };
}

function spelling(change: Partial<Parameters<NonNullable<SmscBehaviour["shapeSpelling"]>>[0]>): FaultEffect {
  return { behaviour: { shapeSpelling: (plain) => ({ ...plain, ...change }) } };
}

function alert(session: SmscSession): void {
  session.send("alert_notification", {
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: "33612345678",
    esme_addr_ton: 1,
    esme_addr_npi: 1,
    esme_addr: "33755500001",
  });
}

function noise(random: Random): Buffer {
  return Buffer.from(Array.from({ length: between(random, 4, 40) }, () => between(random, 0, 255)));
}

/** 0x00010200 and up are for vendors to define (SMPP 3.4 §5.1.2.1), TLVs from 0x1400 too (§5.3.2). */
function withUnknowns(bytes: Buffer, random: Random): Buffer {
  const body = noise(random);
  const header = Buffer.alloc(HEADER_OCTETS);
  header.writeUInt32BE(HEADER_OCTETS + body.length, 0);
  header.writeUInt32BE(0x00010203, 4);
  header.writeUInt32BE(between(random, 1, 0x7fffffff), 12);
  if (bytes.readUInt32BE(4) !== DELIVER_SM) return Buffer.concat([header, body, bytes]);
  const extended = Buffer.concat([bytes, Buffer.of(0x14, 0x03, 0, 2, 0xca, 0xfe)]);
  extended.writeUInt32BE(extended.length, 0);
  return Buffer.concat([header, body, extended]);
}
