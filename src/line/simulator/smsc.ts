/**
 * An SMSC that exists only in memory and speaks SMPP 3.4: what an SMPP line is bound to in tests, in rehearsals and
 * behind `url: sim:`. Its phones are those of the simulated network. It keeps texts and receipts until the ESME has
 * taken them; when too many wait, it takes no more (ESME_RMSGQFUL).
 */
import type { Duplex } from "node:stream";
import type { Clock } from "../../runtime/clock.ts";
import { Fault } from "../../runtime/fault.ts";
import { type Log, maskNumber } from "../../runtime/log.ts";
import { BehaviourStack, type Release } from "./behaviour.ts";
import { STATUS } from "./codec/command-status.ts";
import {
  MESSAGE_STATES,
  type MessageState,
  networkErrorCode,
  receiptText,
  stateOf,
} from "./codec/receipt.ts";
import {
  type DefaultAlphabet,
  deliveredMessages,
  type LongMessages,
  userDataOf,
} from "./codec/short-message.ts";
import { numberOf, smppAddressOf } from "./codec/smpp-address.ts";
import type { Timestamp } from "./codec/tpdu.ts";
import { textOf, type UserData } from "./codec/user-data.ts";
import { Deliveries, type DeliverSm } from "./deliveries.ts";
import { duplexPair } from "./duplex-pair.ts";
import type { Exchange, Parcel } from "./exchange.ts";
import { type IdForm, MessageIds, spelled } from "./message-ids.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { SmscBehaviour, Spelling } from "./smsc-behaviour.ts";
import { type BindRequest, type SessionHost, SmscSession, type SubmitAnswer } from "./smsc-session.ts";
import type { SubmitRequest } from "./submit-request.ts";

export type SmscOptions = {
  readonly network: SimulatedNetwork;
  readonly clock: Clock;
  readonly log?: Log;
  /** What the ESME owns: E.164, short codes, names. */
  readonly numbers: readonly string[];
  /** null: any is taken. Default null. */
  readonly systemId?: string | null;
  readonly password?: string | null;
  /** What `data_coding` 0 means. Default `gsm7`. */
  readonly defaultAlphabet?: DefaultAlphabet;
  /** How the parts of a phone's text are told apart. Default `udh`. */
  readonly longMessages?: LongMessages;
  /** How `submit_sm_resp` spells ids. Default `hex`. */
  readonly ids?: IdForm;
  /** How receipts do; default the same. */
  readonly spelling?: Partial<Spelling>;
  /** deliver_sm without an answer, per bind. Default 10. */
  readonly window?: number;
  /** Texts and receipts that may wait. Default 100,000. */
  readonly maxWaiting?: number;
  readonly enquireLinkMs?: number;
  /** How long the ESME may take to bind, and to answer. */
  readonly patienceMs?: number;
};

/** SMPP 3.4 §7.1.1. */
const TIME = /^(\d{15}[+\-R])?$/;
const MESSAGE_TYPE = 0x3c;
const RECEIPT = 0x04;

type Taken = {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  /** Its first part. */
  readonly begin: UserData | undefined;
  readonly sentAt: Timestamp;
  readonly registeredDelivery: number;
};

export class SimulatedSmsc implements Exchange {
  readonly network: SimulatedNetwork;
  readonly #options: SmscOptions;
  readonly #log: Log | null;
  readonly #behaviours = new BehaviourStack<SmscBehaviour>();
  readonly #sessions = new Set<SmscSession>();
  readonly #deliveries: Deliveries;
  readonly #ids: MessageIds;
  readonly #host: SessionHost;
  #lastId: number | null = null;
  #reference = 0;
  /** Receipts that are still on their way here. */
  #expected = 0;

  constructor(options: SmscOptions) {
    const { network, clock } = options;
    this.network = network;
    this.#options = options;
    this.#log = options.log ?? null;
    this.#ids = new MessageIds(() => clock.now());
    const { retryMs } = network.airTime;
    this.#deliveries = new Deliveries({ delays: network.delays, window: options.window ?? 10, retryMs });
    this.#host = {
      clock,
      systemId: "pylone-sim",
      patienceMs: options.patienceMs ?? 30_000,
      enquireLinkMs: options.enquireLinkMs ?? 30_000,
      isDeaf: () => this.#behaviours.claimed((behaviour) => behaviour.isDeaf?.()),
      isMute: () =>
        this.#behaviours.claimed(({ isMute, isDeaf }) => isMute?.() === true || isDeaf?.() === true),
      shape: (bytes) => this.#behaviours.shaped(bytes, (by, shaped) => by.shapeOutput?.(shaped) ?? shaped),
      bind: (request) => this.#bind(request),
      bound: (session) => this.#bound(session),
      submit: (session, request, answer) => this.#submit(session, request, answer),
      closed: (session, reason) => this.#closed(session, reason),
    };
    for (const number of options.numbers) network.serve(number, this);
  }

  /** The ESME's end of a connection in memory. */
  connect(): Duplex {
    if (this.isDown)
      throw new Fault({
        code: "line.closed",
        disposition: "line",
        message: "The simulated SMSC is out of reach, because a fault says so: switch it off.",
      });
    const [here, there] = duplexPair();
    this.serve(here);
    return there;
  }

  /** The SMSC's end of a connection: a socket somebody opened. */
  serve(stream: Duplex): void {
    if (this.isDown) {
      stream.destroy();
      return;
    }
    const session = new SmscSession(stream, this.#host);
    this.#sessions.add(session);
    this.#behaviours.claimed((behaviour) => {
      behaviour.onConnection?.(session);
      return false;
    });
  }

  get isDown(): boolean {
    return this.#behaviours.claimed((behaviour) => behaviour.isDown?.());
  }

  get sessions(): readonly SmscSession[] {
    return [...this.#sessions];
  }

  /** How many texts and receipts the ESME has not taken. */
  get waiting(): number {
    return this.#deliveries.length;
  }

  get isFull(): boolean {
    return this.#deliveries.length + this.#expected >= (this.#options.maxWaiting ?? 100_000);
  }

  /** Overrides reactions until released; the newest has first refusal. */
  behave(behaviour: SmscBehaviour): Release {
    const release = this.#behaviours.push(behaviour);
    const readAgain = () => {
      for (const session of this.#sessions) session.readAgain();
    };
    readAgain();
    return () => {
      release();
      readAgain();
    };
  }

  /** Lets everybody go. What waits is kept. */
  stop(): void {
    this.dropAll("the SMSC stops");
  }

  /** Every connection breaks off. */
  dropAll(reason: string): void {
    for (const session of [...this.#sessions]) session.drop(reason);
  }

  /** A text for one of its numbers. */
  receive(parcel: Parcel, onTaken: () => void): void {
    const { longMessages = "udh", defaultAlphabet = "gsm7" } = this.#options;
    const messages = deliveredMessages(parcel.parts, longMessages, defaultAlphabet);
    let left = messages.length;
    for (const message of messages) {
      const pdu = {
        source: smppAddressOf(parcel.from),
        destination: smppAddressOf(parcel.to),
        message,
        receipt: null,
      };
      this.#put(pdu, this.#behaviours.ask((behaviour) => behaviour.onPart?.()) ?? "once", () => {
        left -= 1;
        if (left === 0) onTaken();
      });
    }
  }

  #put(pdu: DeliverSm, fate: "once" | "never" | "lost" | "twice" | number, onTaken: () => void): void {
    if (fate === "lost" || fate === "never") return;
    if (typeof fate === "number") {
      this.network.delays.after(fate, () => this.#deliveries.put({ pdu, onTaken }));
      return;
    }
    this.#deliveries.put({ pdu, onTaken });
    if (fate === "twice") this.#deliveries.put({ pdu, onTaken: () => {} });
  }

  #bind({ systemId, password }: BindRequest): number {
    const { systemId: known = null, password: secret = null } = this.#options;
    if (known !== null && systemId !== known) return STATUS.invalidSystemId;
    if (secret !== null && password !== secret) return STATUS.invalidPassword;
    return this.#behaviours.ask((behaviour) => behaviour.onBind?.()) ?? STATUS.ok;
  }

  #bound(session: SmscSession): void {
    this.#log?.info({ state: session.state }, "an ESME has bound");
    if (session.state !== "bound_tx") this.#deliveries.add(session);
  }

  #closed(session: SmscSession, reason: string): void {
    this.#log?.info({ reason }, "an ESME is gone");
    this.#sessions.delete(session);
    this.#deliveries.remove(session);
  }

  #submit(session: SmscSession, request: SubmitRequest, answer: (answer: SubmitAnswer) => void): void {
    const refuse = (status: number) => answer({ status, messageId: "" });
    const proceed = () => {
      const honest = this.#take(request);
      const status = honest.status === STATUS.ok ? this.#ask((behaviour) => behaviour.onTaken?.()) : null;
      const told = status === null ? honest : { status, messageId: "" };
      const tell = () => answer(told);
      if (!this.#behaviours.claimed((behaviour) => behaviour.onAnswer?.(tell, session))) tell();
    };
    if (!this.#behaviours.claimed((behaviour) => behaviour.onSubmit?.(session, refuse, proceed))) proceed();
  }

  #ask<T>(question: (behaviour: SmscBehaviour) => T | null | undefined): T | null {
    return this.#behaviours.ask(question);
  }

  /** Checks as a strict SMSC does, and puts the message on the air. */
  #take(request: SubmitRequest): SubmitAnswer {
    const refused = (status: number): SubmitAnswer => ({ status, messageId: "" });
    const { source, message, registeredDelivery } = request;
    if ((message.esmClass & MESSAGE_TYPE) !== 0) return refused(STATUS.invalidEsmClass);
    if (!TIME.test(request.validityPeriod)) return refused(STATUS.invalidExpiry);
    if (!TIME.test(request.scheduleDeliveryTime)) return refused(STATUS.invalidSchedule);
    const from = source.address === "" ? (this.#options.numbers[0] ?? null) : numberOf(source);
    if (from === null) return refused(STATUS.invalidSource);
    const to = numberOf(request.destination);
    if (to === null) return refused(STATUS.invalidDestination);
    this.#reference = (this.#reference + 1) & 255;
    const parts = userDataOf(message, this.#reference, this.#options.defaultAlphabet ?? "gsm7");
    if (parts === null) return refused(STATUS.invalidMessageLength);
    const wantsReceipt = (registeredDelivery & 3) !== 0;
    if (wantsReceipt && this.isFull) return refused(STATUS.queueFull);
    const next = () => this.#ids.next();
    const id = this.#ask((behaviour) => behaviour.onId?.(this.#lastId, next)) ?? next();
    this.#lastId = id;
    const sentAt = this.network.timestamp();
    this.#carry(
      { id, from, to, begin: parts[0], sentAt, registeredDelivery },
      parts,
      request.protocolId,
      wantsReceipt,
    );
    return { status: STATUS.ok, messageId: spelled(id, this.#options.ids ?? "hex") };
  }

  /** The worst that befalls a part befalls the message. */
  #carry(taken: Taken, parts: readonly UserData[], tpPid: number, wantsReceipt: boolean): void {
    let left = parts.length;
    let worst = 0;
    if (wantsReceipt) this.#expected += 1;
    for (const part of parts)
      this.network.carry({ ...part, from: taken.from, destination: taken.to, tpPid }, (tpSt) => {
        worst = Math.max(worst, tpSt);
        left -= 1;
        if (left > 0 || !wantsReceipt) return;
        this.#expected -= 1;
        this.#report(taken, worst);
      });
  }

  #report(taken: Taken, tpSt: number): void {
    const error = this.#ask((behaviour) => behaviour.onVerdict?.());
    const state = error === null ? stateOf(tpSt) : "UNDELIV";
    // §5.2.17: 1 is a receipt of either kind, 2 of failures only.
    if ((taken.registeredDelivery & 3) === 2 && state === "DELIVRD") return;
    const { ids = "hex", spelling: configured } = this.#options;
    const plain: Spelling = { form: "text and TLVs", letters: "as in the standard", seconds: false, ids };
    const spelling = this.#behaviours.shaped({ ...plain, ...configured }, (by, shaped) =>
      by.shapeSpelling === undefined ? shaped : by.shapeSpelling(shaped),
    );
    const id = spelled(taken.id, spelling.ids);
    const verdict = { id, state, error: error ?? tpSt };
    const octets = spelling.form === "TLVs" ? new Uint8Array() : this.#receiptText(taken, verdict, spelling);
    const tlvs = { id, state: MESSAGE_STATES[state], error: networkErrorCode(verdict.error) };
    const pdu = {
      source: smppAddressOf(taken.to),
      destination: smppAddressOf(taken.from),
      message: { esmClass: RECEIPT, dataCoding: 0, octets, sar: null, isPayload: false },
      receipt: spelling.form === "text" ? null : tlvs,
    };
    this.#log?.debug({ to: maskNumber(taken.to), state }, "a receipt");
    this.network.delays.after(this.network.airTime.reportMs, () =>
      this.#put(pdu, this.#ask((behaviour) => behaviour.onReceipt?.()) ?? "once", () => {}),
    );
  }

  #receiptText(
    taken: Taken,
    verdict: { readonly id: string; readonly state: MessageState; readonly error: number },
    spelling: Spelling,
  ): Uint8Array {
    const text = taken.begin === undefined ? "" : textOf([taken.begin]);
    const doneAt = this.network.timestamp();
    return Buffer.from(
      receiptText({ ...verdict, submittedAt: taken.sentAt, doneAt, text }, spelling),
      "latin1",
    );
  }
}
