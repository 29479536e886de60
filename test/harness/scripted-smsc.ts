/**
 * An SMSC that does as it is told, in memory and in bytes. Left alone it accepts binds and messages, sends a receipt
 * for what was registered, and offers its own messages until they are acknowledged.
 */
import type { Duplex } from "node:stream";
import type { OpenStream } from "../../src/line/byte-stream.ts";
import type { Clock, Timer } from "../../src/runtime/clock.ts";
import { Fault } from "../../src/runtime/fault.ts";
import {
  BIND_RECEIVER,
  BIND_TRANSCEIVER,
  BIND_TRANSMITTER,
  cString,
  DATA_SM,
  DELIVER_SM,
  ENQUIRE_LINK,
  type OctetPdu,
  pduOf,
  RESPONSE,
  readSmBody,
  type SmBody,
  SUBMIT_SM,
  smBody,
  splitPdus,
  UNBIND,
} from "./smpp-octets.ts";
import { streamPair } from "./stream-pair.ts";

export type Taken = SmBody & { readonly messageId: string };

type Mine = { readonly commandId: number; readonly body: Buffer };

const BINDS: ReadonlySet<number> = new Set([BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER]);
const OFFER_AGAIN_MS = 5000;
const TEMPORARY = 0x64;

export class ScriptedSmsc {
  /** The connections there have been, oldest first. */
  readonly connections: SmscConnection[] = [];
  readonly taken: Taken[] = [];
  /** When each connection was opened, monotonic. */
  readonly openedAt: number[] = [];
  /** `command_status` of bind responses. */
  bindStatus = 0;
  /** `command_status` of what is submitted next. */
  submitStatus: (sm: SmBody) => number = () => 0;
  /** Commands it takes and never answers. */
  readonly mute = new Set<number>();
  reachable = true;
  sendsReceipts = true;
  nextId: () => string;
  /** The id as its receipts write it. */
  receiptIdOf: (messageId: string) => string = (messageId) => messageId;
  readonly clock: Clock;
  /** What it wants to hand over and nobody has acknowledged. */
  readonly toDeliver: Mine[] = [];
  readonly #held: (() => void)[] = [];
  #holds = false;
  #ids = 0;
  #again: Timer | null = null;

  constructor(clock: Clock) {
    this.clock = clock;
    this.nextId = () => `m${++this.#ids}`;
  }

  readonly openStream: OpenStream = () => {
    this.openedAt.push(this.clock.monotonicMs());
    if (!this.reachable) {
      const message = "smpp://smsc.example:2775 refuses the connection: start it";
      return Promise.reject(new Fault({ code: "line.closed", disposition: "line", message }));
    }
    const [ours, theirs] = streamPair();
    this.connections.push(new SmscConnection(this, ours));
    return Promise.resolve(theirs);
  };

  get last(): SmscConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error("nobody has connected");
    return last;
  }

  /** Answers to submit_sm wait until released. */
  hold(): () => void {
    this.#holds = true;
    return () => {
      this.#holds = false;
      for (const answer of this.#held.splice(0)) answer();
    };
  }

  /** What is held stays so; what comes now is answered. */
  stopHolding(): void {
    this.#holds = false;
  }

  /** A phone's text, or whatever the fields say. */
  delivers(fields: Partial<SmBody>): void {
    this.offers(DELIVER_SM, smBody(fields));
  }

  offers(commandId: number, body: Buffer): void {
    this.toDeliver.push({ commandId, body });
    this.offer();
  }

  offer(): void {
    for (const mine of this.toDeliver) {
      const connection = this.connections.findLast(({ receives }) => receives);
      if (connection !== undefined && !connection.isOffering(mine)) connection.offer(mine);
    }
  }

  offerAgainLater(): void {
    this.#again ??= this.clock.timer(OFFER_AGAIN_MS, () => {
      this.#again = null;
      this.offer();
    });
  }

  submitted(connection: SmscConnection, pdu: OctetPdu): void {
    const sm = readSmBody(pdu.body);
    const status = this.submitStatus(sm);
    const messageId = status === 0 ? this.nextId() : "";
    if (status === 0) this.taken.push({ ...sm, messageId });
    const answer = () => {
      connection.send(
        pduOf(
          SUBMIT_SM + RESPONSE,
          status,
          pdu.sequenceNumber,
          status === 0 ? cString(messageId) : undefined,
        ),
      );
      if (status === 0 && sm.registeredDelivery === 1 && this.sendsReceipts) this.sendReceipt(sm, messageId);
    };
    if (this.mute.has(SUBMIT_SM)) return;
    if (this.#holds) this.#held.push(answer);
    else answer();
  }

  sendReceipt(sm: SmBody, messageId: string, stat = "DELIVRD"): void {
    const text = `id:${this.receiptIdOf(messageId)} sub:001 dlvrd:001 submit date:2601041015 done date:2601041016 stat:${stat} err:000 text:`;
    this.delivers({
      source: sm.destination,
      sourceTon: sm.destinationTon,
      sourceNpi: sm.destinationNpi,
      destination: sm.source,
      destinationTon: sm.sourceTon,
      destinationNpi: sm.sourceNpi,
      esmClass: 0x04,
      shortMessage: Buffer.from(text, "latin1"),
    });
  }

  close(): void {
    this.#again?.cancel();
    for (const { stream } of this.connections) stream.destroy();
  }
}

/** One connection, as the SMSC sees it. */
export class SmscConnection {
  readonly stream: Duplex;
  /** Everything it was sent, oldest first. */
  readonly heard: OctetPdu[] = [];
  bound: number | null = null;
  /** Told of each PDU before it is acted on. */
  onHeard: (pdu: OctetPdu) => void = () => undefined;
  readonly #smsc: ScriptedSmsc;
  readonly #offered = new Map<number, Mine>();
  #rest: Buffer = Buffer.alloc(0);
  #sequence = 0;

  constructor(smsc: ScriptedSmsc, stream: Duplex) {
    this.#smsc = smsc;
    this.stream = stream;
    stream.on("data", (chunk: Buffer) => {
      const { pdus, rest } = splitPdus(Buffer.concat([this.#rest, chunk]));
      this.#rest = rest;
      for (const pdu of pdus) this.#take(pdu);
    });
    stream.on("error", () => undefined);
    stream.on("close", () => {
      this.bound = null;
      this.#offered.clear();
    });
  }

  get receives(): boolean {
    return this.bound === BIND_RECEIVER || this.bound === BIND_TRANSCEIVER;
  }

  send(octets: Buffer): void {
    if (!this.stream.destroyed && !this.stream.writableEnded) this.stream.write(octets);
  }

  /** A request of the SMSC; its sequence number. */
  asks(commandId: number, body?: Buffer): number {
    this.send(pduOf(commandId, 0, ++this.#sequence, body));
    return this.#sequence;
  }

  heardOf(commandId: number): readonly OctetPdu[] {
    return this.heard.filter((pdu) => pdu.commandId === commandId);
  }

  isOffering(mine: Mine): boolean {
    return [...this.#offered.values()].includes(mine);
  }

  offer(mine: Mine): void {
    this.#offered.set(this.asks(mine.commandId, mine.body), mine);
  }

  cut(): void {
    this.bound = null;
    this.stream.destroy();
  }

  #take(pdu: OctetPdu): void {
    this.heard.push(pdu);
    this.onHeard(pdu);
    if (this.stream.destroyed) return;
    const { commandId, sequenceNumber, status } = pdu;
    if (commandId === DELIVER_SM + RESPONSE || commandId === DATA_SM + RESPONSE) {
      this.#acknowledged(sequenceNumber, status);
      return;
    }
    if (commandId === SUBMIT_SM) {
      this.#smsc.submitted(this, pdu);
      return;
    }
    if (commandId >= RESPONSE || this.#smsc.mute.has(commandId)) return;
    if (BINDS.has(commandId)) {
      const { bindStatus } = this.#smsc;
      const answer = bindStatus === 0 ? cString("SCRIPTED") : undefined;
      this.send(pduOf(commandId + RESPONSE, bindStatus, sequenceNumber, answer));
      if (bindStatus !== 0) return;
      this.bound = commandId;
      this.#smsc.offer();
    } else if (commandId === ENQUIRE_LINK || commandId === UNBIND) {
      this.send(pduOf(commandId + RESPONSE, 0, sequenceNumber));
      if (commandId === UNBIND) this.bound = null;
    }
  }

  #acknowledged(sequenceNumber: number, status: number): void {
    const mine = this.#offered.get(sequenceNumber);
    this.#offered.delete(sequenceNumber);
    if (mine === undefined) return;
    if (status === TEMPORARY) this.#smsc.offerAgainLater();
    else this.#smsc.toDeliver.splice(this.#smsc.toDeliver.indexOf(mine), 1);
  }
}
