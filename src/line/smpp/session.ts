/**
 * One connection to an SMSC, and the only door of `smpp`. A request always settles: answered, timed out, or closed,
 * with the reason.
 *
 * Only the package's PDU codec is used, with framing of our own over the stream, because its Session cannot be made
 * safe from outside: a PDU it cannot read, or a length no PDU has, leaves it deaf, and its callbacks never settle on
 * close. The codec's filters are left out too: they turn `short_message` into text by `data_coding`, and octets that
 * are not in the alphabet are lost on the way.
 */
import type { Duplex } from "node:stream";
import smpp from "smpp";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { reasonOf } from "../../runtime/fault.ts";
import { GENERIC_NACK, HEADER_OCTETS, impossibleLength, isResponse, RESPONSE } from "./header.ts";

/** The PDU as octets and numbers: no text is read or written. */
class OctetPdu extends smpp.PDU {
  override _filter(): void {
    // On purpose: see the head of the file.
  }
}

const COMMANDS = new Map(Object.entries(smpp.commands).map(([command, { id }]) => [id, command]));

/** Fields by their names in SMPP 3.4 §4; octet strings are Buffers. */
export type Fields = Readonly<Record<string, unknown>>;

/** A request of the SMSC. */
export type Received = {
  /** `unknown` when SMPP 3.4 has no such command. */
  readonly command: string;
  readonly sequenceNumber: number;
  /** Null when they cannot be read: `octets` can be kept. */
  readonly fields: Fields | null;
  /** The whole PDU. */
  readonly octets: Buffer;
};

export type CloseReason =
  | "stopped" // we asked for it
  | "unbound" // the SMSC took its leave
  | "ended" // the SMSC closed the connection
  | "broken" // the network did
  | "garbage" // what came cannot be SMPP
  | "silent" // no answer to enquire_link
  | "unanswered"; // no answer to the bind

export type Closed = { readonly why: CloseReason; readonly reason: string };

export type Answer =
  | { readonly is: "response"; readonly status: number; readonly fields: Fields }
  | { readonly is: "nack"; readonly status: number }
  | { readonly is: "timeout" }
  | { readonly is: "closed"; readonly closed: Closed }
  /** Nothing was written: there is no connection, or these fields have no form in octets. */
  | { readonly is: "not-written"; readonly why: "closed" | "unencodable"; readonly reason: string };

export type SessionOptions = {
  readonly stream: Duplex;
  readonly clock: Clock;
  readonly enquireLinkMs: number;
  readonly responseTimeoutMs: number;
  readonly onRequest: (received: Received) => void;
  /** The SMSC has answered a request of ours, late or in time. */
  readonly onAnswer: () => void;
  /** A response nobody waits for. */
  readonly onStray: () => void;
};

type Pending = {
  readonly commandId: number;
  readonly settle: (answer: Answer) => void;
  readonly deadline: number;
  /** How much longer it may take while nothing is read. */
  readonly slackMs: number;
  readonly onLate: ((answer: Answer) => void) | undefined;
};

/** Timed-out requests whose response may still come. */
const LATE_KEPT = 1000;
/** For the last octets to leave, before the stream is torn down. */
const LINGER_MS = 1000;
const MAX_SEQUENCE_NUMBER = 0x7fffffff;
/** PDUs in one write: a peer that floods us in one turn must still be noticed. */
const AT_ONCE = 256;
const NOTHING = Buffer.alloc(0);

export class Session {
  readonly closed: Promise<Closed>;
  readonly #options: SessionOptions;
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  readonly #late = new Map<number, Pending>();
  #onClosed: (closed: Closed) => void = () => undefined;
  #isClosed: Closed | null = null;
  #sequence = 0;
  #rest: Buffer = NOTHING;
  #parsing = false;
  #paused = false;
  /** The SMSC does not read what we write: then it is not read either. */
  #clogged = false;
  #outgoing: Buffer[] = [];
  #heardAt: number;
  #expiry: { readonly at: number; readonly timer: Timer } | null = null;
  /** Null while the SMSC is being asked. */
  #silence: Timer | null = null;
  #linger: Timer | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#stream = options.stream;
    this.#clock = options.clock;
    this.#heardAt = options.clock.monotonicMs();
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  start(): void {
    const stream = this.#stream;
    stream.on("error", (error) => this.#end({ why: "broken", reason: reasonOf(error) }));
    stream.on("end", () => this.#end({ why: "ended", reason: "the SMSC closed the connection" }));
    stream.on("close", () => {
      this.#end({ why: "broken", reason: "the connection was closed" });
      this.#linger?.cancel();
    });
    stream.on("drain", () => {
      this.#clogged = false;
      this.#readOn();
    });
    stream.on("data", (chunk: Buffer) => {
      if (this.#isClosed !== null) return;
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      this.#parse();
    });
    this.#watchSilence(this.#options.enquireLinkMs);
  }

  /** How many requests wait for their response. */
  get unanswered(): number {
    return this.#pending.size;
  }

  get isOpen(): boolean {
    return this.#isClosed === null;
  }

  /** When the last whole PDU came, monotonic. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** `onLate` is called should the response come after the time-out. A `timeoutMs` holds whether or not we read. */
  request(
    command: string,
    fields: Fields,
    options: { readonly timeoutMs?: number; readonly onLate?: (answer: Answer) => void } = {},
  ): Promise<Answer> {
    if (this.#isClosed !== null) {
      return Promise.resolve({ is: "not-written", why: "closed", reason: this.#isClosed.reason });
    }
    const sequenceNumber = this.#nextSequenceNumber();
    let octets: Buffer;
    let commandId: number;
    try {
      const pdu = new OctetPdu(command, fields);
      pdu.sequence_number = sequenceNumber;
      octets = pdu.toBuffer();
      commandId = pdu.command_id;
    } catch (error) {
      return Promise.resolve({ is: "not-written", why: "unencodable", reason: reasonOf(error) });
    }
    const { responseTimeoutMs } = this.#options;
    const { timeoutMs = responseTimeoutMs, onLate } = options;
    const slackMs = options.timeoutMs === undefined ? responseTimeoutMs : 0;
    const deadline = this.#clock.monotonicMs() + timeoutMs;
    return new Promise((settle) => {
      this.#pending.set(sequenceNumber, { commandId, settle, deadline, slackMs, onLate });
      this.#write(octets);
      this.#expectBy(deadline);
    });
  }

  /** False when there is nobody left to answer. */
  respond({ command, sequenceNumber }: Received, status: number): boolean {
    this.#send(`${command}_resp`, sequenceNumber, status);
    return this.isOpen;
  }

  nack(sequenceNumber: number, status: number): void {
    this.#send("generic_nack", sequenceNumber, status);
  }

  /** Reads no further until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // What was not read could not be in time.
    const soonest = this.#clock.monotonicMs() + LINGER_MS;
    for (const [sequenceNumber, pending] of this.#pending) {
      if (pending.deadline < soonest) this.#pending.set(sequenceNumber, { ...pending, deadline: soonest });
    }
    this.#readOn();
  }

  /** Idempotent. What is written still leaves. */
  close(why: CloseReason, reason: string): void {
    this.#end({ why, reason });
  }

  #readOn(): void {
    this.#parse();
    if (!this.#paused && !this.#clogged && this.#isClosed === null) this.#stream.resume();
  }

  #parse(): void {
    if (this.#parsing) return;
    this.#parsing = true;
    while (!this.#paused && !this.#clogged && this.#isClosed === null && this.#rest.length >= 4) {
      const length = this.#rest.readUInt32BE(0);
      const impossible = impossibleLength(length);
      if (impossible !== null) {
        this.nack(0, smpp.errors["ESME_RINVCMDLEN"] ?? 2);
        this.#end({ why: "garbage", reason: impossible });
        break;
      }
      if (this.#rest.length < length) break;
      const octets = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.#heardAt = this.#clock.monotonicMs();
      this.#take(octets);
    }
    this.#parsing = false;
  }

  #take(octets: Buffer): void {
    const commandId = octets.readUInt32BE(4);
    const sequenceNumber = octets.readUInt32BE(12);
    if (isResponse(commandId)) {
      this.#answer(commandId, sequenceNumber, octets);
      return;
    }
    const command = COMMANDS.get(commandId) ?? "unknown";
    const received: Received = { command, sequenceNumber, fields: fieldsOf(octets), octets };
    if (command === "enquire_link") this.respond(received, 0);
    else this.#options.onRequest(received);
  }

  #answer(commandId: number, sequenceNumber: number, octets: Buffer): void {
    const pending = this.#pending.get(sequenceNumber);
    const waiting = pending ?? this.#late.get(sequenceNumber);
    const isAnswer = commandId === GENERIC_NACK || waiting?.commandId === commandId - RESPONSE;
    if (waiting === undefined || !isAnswer) {
      this.#options.onStray();
      return;
    }
    const status = octets.readUInt32BE(8);
    const answer: Answer =
      commandId === GENERIC_NACK
        ? { is: "nack", status }
        : { is: "response", status, fields: fieldsOf(octets) ?? {} };
    this.#options.onAnswer();
    if (pending === undefined) {
      this.#late.delete(sequenceNumber);
      waiting.onLate?.(answer);
    } else {
      this.#pending.delete(sequenceNumber);
      waiting.settle(answer);
    }
  }

  #send(command: string, sequenceNumber: number, status: number): void {
    if (this.#isClosed !== null) return;
    const pdu = new OctetPdu(command, { command_status: status, sequence_number: sequenceNumber });
    this.#write(pdu.toBuffer());
  }

  /** What is written in one turn of the event loop leaves as one. */
  #write(octets: Buffer): void {
    this.#outgoing.push(octets);
    if (this.#outgoing.length === 1) process.nextTick(() => this.#flush());
    else if (this.#outgoing.length >= AT_ONCE) this.#flush();
  }

  #flush(): void {
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    const [first] = outgoing;
    if (first === undefined || this.#stream.destroyed || this.#stream.writableEnded) return;
    const hasRoom = this.#stream.write(outgoing.length === 1 ? first : Buffer.concat(outgoing));
    if (hasRoom || this.#clogged) return;
    this.#clogged = true;
    this.#stream.pause();
  }

  #nextSequenceNumber(): number {
    do {
      this.#sequence = this.#sequence === MAX_SEQUENCE_NUMBER ? 1 : this.#sequence + 1;
    } while (this.#pending.has(this.#sequence) || this.#late.has(this.#sequence));
    return this.#sequence;
  }

  /** One timer for all: it is set for the request that is due first. */
  #expectBy(deadline: number): void {
    if (this.#expiry !== null && this.#expiry.at <= deadline) return;
    this.#expiry?.timer.cancel();
    const ms = deadline - this.#clock.monotonicMs();
    this.#expiry = { at: deadline, timer: this.#clock.timer(ms, () => this.#expire()) };
  }

  #expire(): void {
    this.#expiry = null;
    const now = this.#clock.monotonicMs();
    // While we do not read, nobody can be blamed for silence; but not for ever.
    let next = Number.POSITIVE_INFINITY;
    for (const [sequenceNumber, pending] of this.#pending) {
      const slack = this.#paused ? pending.slackMs : 0;
      if (pending.deadline + slack > now) {
        next = Math.min(next, pending.deadline + slack);
        continue;
      }
      this.#pending.delete(sequenceNumber);
      if (pending.onLate !== undefined) this.#awaitLate(sequenceNumber, pending);
      pending.settle({ is: "timeout" });
    }
    if (next !== Number.POSITIVE_INFINITY && this.#isClosed === null) this.#expectBy(next);
  }

  #awaitLate(sequenceNumber: number, pending: Pending): void {
    this.#late.set(sequenceNumber, pending);
    if (this.#late.size <= LATE_KEPT) return;
    const [oldest] = this.#late.keys();
    if (oldest !== undefined) this.#late.delete(oldest);
  }

  /** SMPP 3.4 §2.9: asks only when nothing was heard for a while. */
  #watchSilence(ms: number): void {
    this.#silence = this.#clock.timer(ms, () => {
      const quietMs = this.#clock.monotonicMs() - this.#heardAt;
      const leftMs = this.#options.enquireLinkMs - quietMs;
      if (this.#paused || leftMs > 0) this.#watchSilence(leftMs > 0 ? leftMs : this.#options.enquireLinkMs);
      else void this.#enquire();
    });
  }

  /** Asks now whether anybody is there; closes when nothing at all comes in time. */
  probe(): void {
    if (this.#isClosed !== null || this.#paused || this.#silence === null) return;
    this.#silence.cancel();
    void this.#enquire();
  }

  async #enquire(): Promise<void> {
    const askedAt = this.#clock.monotonicMs();
    this.#silence = null;
    const answer = await this.request("enquire_link", {});
    if (answer.is === "timeout" && this.#heardAt <= askedAt) {
      const reason = `no answer to enquire_link within ${this.#options.responseTimeoutMs / 1000} s`;
      this.#end({ why: "silent", reason });
    } else if (this.#isClosed === null) {
      this.#watchSilence(this.#options.enquireLinkMs);
    }
  }

  #end(closed: Closed): void {
    if (this.#isClosed !== null) return;
    this.#isClosed = closed;
    this.#expiry?.timer.cancel();
    this.#silence?.cancel();
    this.#rest = NOTHING;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#late.clear();
    const stream = this.#stream;
    this.#flush();
    if (!stream.destroyed) {
      this.#linger = this.#clock.timer(LINGER_MS, () => stream.destroy());
      stream.end(() => stream.destroy());
      stream.resume();
    }
    for (const { settle } of pending) settle({ is: "closed", closed });
    this.#onClosed(closed);
  }
}

/** Null when the body breaks off or contradicts itself. */
function fieldsOf(octets: Buffer): Fields | null {
  if (octets.length === HEADER_OCTETS) return {};
  try {
    return new OctetPdu(octets);
  } catch {
    return null;
  }
}
