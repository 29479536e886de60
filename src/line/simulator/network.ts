/**
 * A mobile network that exists only in memory: a service centre with a mailbox for each modem, and handsets
 * for every other number. Time passes only on the injected clock; with air times of 0 nothing waits for it.
 */
import type { Clock } from "../../runtime/clock.ts";
import { type Log, maskNumber } from "../../runtime/log.ts";
import { BehaviourStack, type NetworkBehaviour, type Release } from "./behaviour.ts";
import { isAddress, NUMERIC } from "./codec/address.ts";
import { UnreadableTpdu } from "./codec/octets.ts";
import {
  decodeSubmit,
  encodeDeliver,
  encodeStatusReport,
  isStatusReport,
  type Submit,
  type Timestamp,
} from "./codec/tpdu.ts";
import { cutText, partOf, textOf, type UserData } from "./codec/user-data.ts";
import { Delays } from "./delays.ts";
import type { Exchange, Parcel } from "./exchange.ts";
import { type HandsetMessage, Handsets } from "./handsets.ts";
import { Mailbox } from "./mailbox.ts";
import type { SubmitOutcome, Subscriber } from "./subscriber.ts";

export type AirTime = {
  /** From Ctrl-Z to the network's answer. Default 300 ms. */
  readonly submitMs?: number;
  /** From the service centre to a handset or a modem, each SMS. Default 300 ms. */
  readonly deliverMs?: number;
  /** From the arrival of a text to its STATUS-REPORT leaving the service centre. Default 100 ms. */
  readonly reportMs?: number;
  /** Until a delivery that was not acknowledged is tried again. Default 30 s (TRAM, 24.011 §10). */
  readonly retryMs?: number;
};

export type NetworkOptions = {
  readonly clock: Clock;
  readonly log?: Log;
  readonly airTime?: AirTime | undefined;
  /** The zone of TP-SCTS. Default 0. */
  readonly utcOffsetMinutes?: number;
  /** The service centre's own address, in front of every PDU it delivers. */
  readonly smsc?: string;
};

/** An SMS on its way from somebody to somebody, whatever it came in by. */
export type Carried = UserData & {
  readonly from: string;
  readonly destination: string;
  readonly tpPid: number;
};

export type TextResult =
  | { readonly accepted: true; readonly parts: number }
  | { readonly accepted: false; readonly reason: string };

/** `+CMS ERROR: 96`: mandatory information is invalid (24.011 Annex E-2). */
const INVALID_MANDATORY_INFORMATION = 96;

/** 23.040 §9.2.3.15: received by the SME. */
const DELIVERED = 0;

/** The same clause: congestion, and the service centre does not try again. */
const CONGESTION = 0x60;

export class SimulatedNetwork {
  readonly clock: Clock;
  readonly smsc: string;
  readonly delays: Delays;
  readonly #log: Log | null;
  readonly airTime: Required<AirTime>;
  readonly #utcOffsetMinutes: number;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #exchanges = new Map<string, Exchange>();
  readonly #handsets = new Handsets();
  readonly #behaviours = new BehaviourStack<NetworkBehaviour>();
  readonly #listeners = new Set<(message: HandsetMessage) => void>();
  readonly #lastDeliver = new Map<string, Uint8Array>();
  #reference = 0;

  constructor(options: NetworkOptions) {
    this.clock = options.clock;
    this.smsc = options.smsc ?? "+33609001390";
    this.delays = new Delays(options.clock);
    this.#log = options.log ?? null;
    this.airTime = { submitMs: 300, deliverMs: 300, reportMs: 100, retryMs: 30_000, ...options.airTime };
    this.#utcOffsetMinutes = options.utcOffsetMinutes ?? 0;
  }

  get submitMs(): number {
    return this.airTime.submitMs + (this.#behaviours.ask((behaviour) => behaviour.onAir?.()) ?? 0);
  }

  behave(behaviour: NetworkBehaviour): Release {
    return this.#behaviours.push(behaviour);
  }

  /** Forgets everything that is due later. */
  stop(): void {
    this.delays.stop();
  }

  attach(subscriber: Subscriber): void {
    this.#claim(subscriber.number);
    this.#mailboxes.set(subscriber.number, new Mailbox(subscriber, this.delays, this.airTime));
  }

  /** Texts to this number go to a service centre of its own. */
  serve(number: string, exchange: Exchange): void {
    this.#claim(number);
    this.#exchanges.set(number, exchange);
  }

  #claim(number: string): void {
    if (this.#mailboxes.has(number)) throw new Error(`${number} is already a modem on this network`);
    if (this.#exchanges.has(number))
      throw new Error(`${number} is already served by an SMSC of this network`);
  }

  /** A modem is on the air again, or has space again (RP-SMMA): what waits for it is offered. */
  wake(number: string): void {
    this.#mailboxes.get(number)?.wake();
  }

  /** How many TPDUs wait for this modem. */
  waitingFor(number: string): number {
    return this.#mailboxes.get(number)?.length ?? 0;
  }

  /** Every text on a handset, newest last; bounded. */
  messages(): readonly HandsetMessage[] {
    return this.#handsets.messages;
  }

  /** Called when a text is complete on a handset. */
  onDelivered(listener: (message: HandsetMessage) => void): Release {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A phone texts one of the modems, or a number behind an SMSC. */
  text(message: { readonly from: string; readonly to: string; readonly body: string }): TextResult {
    const { from, to, body } = message;
    const mailbox = this.#mailboxes.get(to);
    const exchange = this.#exchanges.get(to);
    if (mailbox === undefined && exchange === undefined)
      return refused(`${to} is nobody's number on this network`);
    if (!NUMERIC.test(to)) return refused(`${to} is a name, and no phone can text one`);
    if (this.#mailboxes.has(from)) return refused(`${from} is a modem, not a phone`);
    if (this.#exchanges.has(from)) return refused(`${from} is behind an SMSC, not a phone`);
    if (exchange?.isFull === true) return refused("as many texts as may wait at the SMSC already do");
    if (!isAddress(from))
      return refused("a phone's number is + and digits, digits, or a name of at most 11 characters");
    this.#reference = (this.#reference + 1) & 255;
    const parts = cutText(body, this.#reference);
    if (parts === null) return refused("the text needs more than 255 parts");
    const sentAt = this.timestamp();
    if (mailbox !== undefined) this.#post(mailbox, { from, to, parts, sentAt });
    else
      this.delays.after(this.airTime.deliverMs, () =>
        exchange?.receive({ from, to, parts, sentAt }, () => {}),
      );
    this.#handsets.sent(from, to, body, parts.length, sentAt.epochMs);
    this.#log?.debug({ from: maskNumber(from), to: maskNumber(to), parts: parts.length }, "a phone texts");
    return { accepted: true, parts: parts.length };
  }

  #post(mailbox: Mailbox, { from, to, parts, sentAt }: Parcel): void {
    for (const part of parts) {
      const tpdu = encodeDeliver({ ...part, originator: from, tpPid: 0, sentAt });
      const fate = this.#behaviours.ask((behaviour) => behaviour.onPart?.({ from, to })) ?? "once";
      if (typeof fate === "number") this.delays.after(fate, () => this.#deliver(to, mailbox, tpdu));
      else if (fate !== "lost") this.#deliver(to, mailbox, tpdu);
      if (fate === "twice") this.#deliver(to, mailbox, tpdu);
    }
  }

  /** Offers any TPDU to a modem: rehearsals of what no phone would send. */
  inject(to: string, tpdu: Uint8Array): void {
    const mailbox = this.#mailboxes.get(to);
    if (mailbox === undefined) throw new Error(`${to} is not a modem on this network`);
    this.#deliver(to, mailbox, tpdu);
  }

  /** The last DELIVER again, as after a lost RP-ACK. false: there was none. */
  redeliver(to: string): boolean {
    const tpdu = this.#lastDeliver.get(to);
    if (tpdu === undefined) return false;
    this.inject(to, tpdu);
    return true;
  }

  /** A modem's SUBMIT has come over the air. */
  submit(from: string, tpdu: Uint8Array): SubmitOutcome {
    let submit: Submit;
    try {
      submit = decodeSubmit(tpdu);
    } catch (error) {
      if (!(error instanceof UnreadableTpdu)) throw error;
      this.#log?.warn({ from: maskNumber(from), why: error.message }, "SUBMIT refused");
      return { is: "refused", cause: INVALID_MANDATORY_INFORMATION };
    }
    const sentAt = this.timestamp();
    this.#log?.debug({ from: maskNumber(from), to: maskNumber(submit.destination) }, "SUBMIT taken");
    this.carry({ ...submit, from }, (tpSt) => this.#report(from, submit, sentAt, tpSt));
    return { is: "taken" };
  }

  /** One SMS to whom it is for: a handset, a modem, or a number behind an SMSC. `arrived` says how it ended. */
  carry(sms: Carried, arrived: (tpSt: number) => void): void {
    const { from, destination: to } = sms;
    const { deliverMs } = this.airTime;
    const sentAt = this.timestamp();
    const tpSt = this.#behaviours.ask((behaviour) => behaviour.onArrival?.(aboutArrival(sms))) ?? DELIVERED;
    const mailbox = this.#mailboxes.get(to);
    const exchange = this.#exchanges.get(to);
    if (tpSt !== DELIVERED) this.delays.after(deliverMs, () => arrived(tpSt));
    else if (mailbox !== undefined)
      this.#deliver(to, mailbox, encodeDeliver({ ...sms, originator: from, sentAt }), () =>
        arrived(DELIVERED),
      );
    else if (exchange === undefined) this.delays.after(deliverMs, () => this.#arriveAtHandset(sms, arrived));
    else
      this.delays.after(deliverMs, () => {
        if (exchange.isFull) arrived(CONGESTION);
        else exchange.receive({ from, to, parts: [sms], sentAt }, () => arrived(DELIVERED));
      });
  }

  #deliver(to: string, mailbox: Mailbox, tpdu: Uint8Array, onTaken?: () => void): void {
    if (!isStatusReport(tpdu)) this.#lastDeliver.set(to, tpdu);
    mailbox.put(tpdu, onTaken);
  }

  #arriveAtHandset(sms: Carried, arrived: (tpSt: number) => void): void {
    const message = this.#handsets.receive(sms.from, sms, this.clock.now());
    arrived(DELIVERED);
    if (message !== null) for (const listener of this.#listeners) listener(message);
  }

  #report(modem: string, submit: Submit, sentAt: Timestamp, tpSt: number): void {
    if (!submit.statusReport) return;
    const { tpMr, destination: recipient } = submit;
    const about = { from: modem, to: recipient };
    const extra = this.#behaviours.ask((behaviour) => behaviour.onReport?.(about)) ?? 0;
    if (extra === "never") return;
    const tpdu = encodeStatusReport({ tpMr, recipient, sentAt, doneAt: this.timestamp(), tpSt });
    this.delays.after(this.airTime.reportMs + extra, () => this.#mailboxes.get(modem)?.put(tpdu));
  }

  timestamp(): Timestamp {
    return { epochMs: this.clock.now(), utcOffsetMinutes: this.#utcOffsetMinutes };
  }
}

function aboutArrival(sms: Carried) {
  return {
    from: sms.from,
    to: sms.destination,
    text: textOf([sms]),
    sequence: partOf(sms)?.sequence ?? 1,
  };
}

function refused(reason: string): TextResult {
  return { accepted: false, reason };
}
