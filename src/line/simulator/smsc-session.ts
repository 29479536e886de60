/**
 * One connection of an ESME, at the SMSC's end: PDUs, bind states, enquire_link, what is outstanding (SMPP 3.4 §2,
 * §4). The door of `smpp`, of which the PDUs are used. Its own filters are not: they turn octets into texts and dates,
 * lose what they cannot read, and are the product's as well. Nor is its session, which a wrong length stops for ever.
 */
import type { Duplex } from "node:stream";
import smpp, { type PDU } from "smpp";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { STATUS } from "./codec/command-status.ts";
import type { DeliverResult, DeliverSm, Receiver } from "./deliveries.ts";
import { ImpossibleLength, PduFramer } from "./pdu-framer.ts";
import { numberIn, type SubmitRequest, submitRequestOf, textIn } from "./submit-request.ts";

/** SMPP 3.4 §2.2. */
export type BindState = "open" | "bound_tx" | "bound_rx" | "bound_trx" | "closed";

export type BindRequest = { readonly systemId: string; readonly password: string };

/** `command_status`, and where it is 0 the id. */
export type SubmitAnswer = { readonly status: number; readonly messageId: string };

/** What a session asks of its SMSC. */
export type SessionHost = {
  readonly clock: Clock;
  readonly systemId: string;
  /** How long an ESME may take to bind, or to answer. */
  readonly patienceMs: number;
  readonly enquireLinkMs: number;
  readonly isDeaf: () => boolean;
  readonly isMute: () => boolean;
  readonly shape: (bytes: Buffer) => Buffer;
  readonly bind: (request: BindRequest) => number;
  readonly bound: (session: SmscSession) => void;
  readonly submit: (
    session: SmscSession,
    request: SubmitRequest,
    answer: (answer: SubmitAnswer) => void,
  ) => void;
  readonly closed: (session: SmscSession, reason: string) => void;
};

/** A PDU whose fields are what is on the wire. */
class WirePdu extends smpp.PDU {
  override _filter(): void {}
}

const BINDS: Readonly<Record<string, BindState>> = {
  bind_transmitter: "bound_tx",
  bind_receiver: "bound_rx",
  bind_transceiver: "bound_trx",
};

const INTERFACE_VERSION = 0x34;

type Outstanding = { readonly settled: (result: DeliverResult) => void; readonly dueMs: number };

export class SmscSession implements Receiver {
  readonly #stream: Duplex;
  readonly #host: SessionHost;
  readonly #framer = new PduFramer();
  readonly #outstanding = new Map<number, Outstanding>();
  #state: BindState = "open";
  #sequence = 0;
  /** What one turn of the event loop says goes out as one write. */
  #output: Buffer[] = [];
  #isReading = false;
  #timer: Timer | null = null;
  /** When (monotonic) the ESME was last heard, and whether it has been asked since. */
  #heardMs: number;
  #asked = false;

  constructor(stream: Duplex, host: SessionHost) {
    this.#stream = stream;
    this.#host = host;
    this.#heardMs = host.clock.monotonicMs();
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    stream.on("drain", () => this.readAgain());
    stream.on("error", (error) => this.#close(error.message));
    stream.on("close", () => this.#close("closed by the ESME"));
    this.readAgain();
    this.#watch(host.patienceMs);
  }

  get state(): BindState {
    return this.#state;
  }

  get outstanding(): number {
    return this.#outstanding.size;
  }

  deliver(
    { source, destination, message, receipt }: DeliverSm,
    settled: (result: DeliverResult) => void,
  ): void {
    const { sar, isPayload } = message;
    const octets = Buffer.from(message.octets.buffer, message.octets.byteOffset, message.octets.length);
    const fields: Record<string, unknown> = {
      source_addr_ton: source.ton,
      source_addr_npi: source.npi,
      source_addr: source.address,
      dest_addr_ton: destination.ton,
      dest_addr_npi: destination.npi,
      destination_addr: destination.address,
      esm_class: message.esmClass,
      data_coding: message.dataCoding,
      short_message: isPayload ? Buffer.alloc(0) : octets,
    };
    if (isPayload) fields["message_payload"] = octets;
    if (sar !== null) {
      fields["sar_msg_ref_num"] = sar.reference;
      fields["sar_total_segments"] = sar.total;
      fields["sar_segment_seqnum"] = sar.sequence;
    }
    if (receipt !== null) {
      fields["receipted_message_id"] = receipt.id;
      fields["message_state"] = receipt.state;
      fields["network_error_code"] = Buffer.from(receipt.error);
    }
    const dueMs = this.#host.clock.monotonicMs() + this.#host.patienceMs;
    this.#outstanding.set(this.#nextSequence(), { settled, dueMs });
    this.#write("deliver_sm", this.#sequence, fields);
  }

  /** Asks the ESME to let go; it closes, or is closed when it does not answer (SMPP 3.4 §4.2). */
  unbind(): void {
    this.send("unbind", {});
  }

  /** Bytes as they are, PDUs or not. */
  write(bytes: Buffer): void {
    if (this.#state === "closed") return;
    this.#output.push(bytes);
    if (this.#output.length === 1 && !this.#isReading) setImmediate(() => this.#flush());
  }

  send(command: string, fields: Record<string, unknown>): void {
    this.#write(command, this.#nextSequence(), fields);
  }

  /** The connection breaks off. */
  drop(reason: string): void {
    this.#close(reason);
  }

  /** Reads on, unless it must not: its SMSC is deaf, or the ESME does not read what it is told. */
  readAgain(): void {
    if (this.#host.isDeaf() || this.#stream.writableNeedDrain) this.#stream.pause();
    else this.#stream.resume();
  }

  #receive(chunk: Buffer): void {
    this.#heardMs = this.#host.clock.monotonicMs();
    this.#asked = false;
    this.#isReading = true;
    try {
      for (const octets of this.#framer.push(chunk)) if (this.#state !== "closed") this.#handle(octets);
    } catch (error) {
      if (!(error instanceof ImpossibleLength)) throw error;
      this.#write("generic_nack", 0, { command_status: STATUS.invalidCommandLength });
      this.#end(error.message);
    }
    this.#isReading = false;
    this.#flush();
  }

  #handle(octets: Buffer): void {
    if (this.#host.isMute()) return;
    const pdu = read(octets);
    if (pdu === null) {
      const status = { command_status: STATUS.invalidCommandLength };
      this.#write("generic_nack", octets.readUInt32BE(12), status);
      return;
    }
    const sequence = pdu.sequence_number;
    const bind = BINDS[pdu.command];
    if (bind !== undefined) this.#bind(pdu, bind);
    else if (pdu.command === "submit_sm" || pdu.command === "data_sm") this.#submit(pdu);
    else if (pdu.command === "enquire_link") this.#write("enquire_link_resp", sequence, {});
    else if (pdu.command === "unbind") {
      this.#write("unbind_resp", sequence, {});
      this.#end("unbound by the ESME");
    } else if (pdu.command === "unbind_resp") this.#end("unbound");
    else if (pdu.isResponse()) this.#settle(sequence, pdu.command_status);
    else this.#write("generic_nack", sequence, { command_status: STATUS.invalidCommandId });
  }

  #bind(pdu: PDU, state: BindState): void {
    const status =
      this.#state === "open"
        ? this.#host.bind({ systemId: textIn(pdu, "system_id"), password: textIn(pdu, "password") })
        : STATUS.alreadyBound;
    const knowsTlvs = numberIn(pdu, "interface_version") >= INTERFACE_VERSION;
    this.#write(`${pdu.command}_resp`, pdu.sequence_number, {
      command_status: status,
      system_id: this.#host.systemId,
      ...(knowsTlvs ? { sc_interface_version: INTERFACE_VERSION } : {}),
    });
    if (status !== STATUS.ok) return;
    this.#state = state;
    this.#watch(Math.min(this.#host.enquireLinkMs, this.#host.patienceMs));
    this.#host.bound(this);
  }

  #submit(pdu: PDU): void {
    const { command, sequence_number: sequence } = pdu;
    const answer = ({ status, messageId }: SubmitAnswer) =>
      this.#write(`${command}_resp`, sequence, { command_status: status, message_id: messageId });
    if (this.#state === "bound_tx" || this.#state === "bound_trx")
      this.#host.submit(this, submitRequestOf(pdu), answer);
    else answer({ status: STATUS.invalidBindStatus, messageId: "" });
  }

  #settle(sequence: number, status: number): void {
    const waiting = this.#outstanding.get(sequence);
    if (waiting === undefined) return;
    this.#outstanding.delete(sequence);
    waiting.settled(status);
  }

  #nextSequence(): number {
    this.#sequence = this.#sequence === 0x7fffffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  #write(command: string, sequence: number, fields: Record<string, unknown>): void {
    if (this.#state === "closed" || this.#host.isMute()) return;
    const pdu = new WirePdu(command, fields);
    pdu.sequence_number = sequence;
    this.write(this.#host.shape(pdu.toBuffer()));
  }

  #flush(): void {
    if (this.#output.length === 0) return;
    const output = this.#output;
    this.#output = [];
    if (this.#stream.writable) this.#stream.write(output.length === 1 ? output[0] : Buffer.concat(output));
    if (this.#stream.writableNeedDrain) this.readAgain();
  }

  /** The ESME's silence: too long to bind, to answer, or to be there at all. */
  #watch(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#host.clock.timer(ms, () => this.#look());
  }

  #look(): void {
    const now = this.#host.clock.monotonicMs();
    const { enquireLinkMs, patienceMs } = this.#host;
    if (this.#host.isMute()) {
      this.#heardMs = now;
      this.#watch(patienceMs);
      return;
    }
    if (this.#state === "open") {
      this.#end("did not bind in time");
      return;
    }
    for (const [sequence, { dueMs, settled }] of this.#outstanding) {
      if (dueMs > now) break;
      this.#outstanding.delete(sequence);
      settled("lost");
    }
    const silentMs = now - this.#heardMs;
    if (this.#asked && silentMs >= enquireLinkMs + patienceMs) {
      this.#close("the ESME does not answer enquire_link");
      return;
    }
    if (!this.#asked && silentMs >= enquireLinkMs) {
      this.#asked = true;
      this.send("enquire_link", {});
    }
    this.#watch(Math.min(enquireLinkMs, patienceMs));
  }

  /** What was written still goes out. */
  #end(reason: string): void {
    this.#flush();
    this.#stream.end();
    const { clock, patienceMs } = this.#host;
    const timer = clock.timer(patienceMs, () => this.#stream.destroy());
    this.#stream.once("close", () => timer.cancel());
    this.#closed(reason);
  }

  #close(reason: string): void {
    this.#stream.destroy();
    this.#closed(reason);
  }

  #closed(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#timer?.cancel();
    this.#host.closed(this, reason);
    const lost = [...this.#outstanding.values()];
    this.#outstanding.clear();
    for (const { settled } of lost) settled("lost");
  }
}

/** The last mandatory field: where it is missing, the PDU ends too early. */
const LAST_FIELDS: Readonly<Record<string, string>> = {
  bind_transmitter: "address_range",
  bind_receiver: "address_range",
  bind_transceiver: "address_range",
  submit_sm: "short_message",
  data_sm: "data_coding",
};

/** null: its fields are not what its length says. */
function read(octets: Buffer): PDU | null {
  try {
    const pdu = new WirePdu(octets);
    const last = LAST_FIELDS[pdu.command];
    if (last !== undefined && (pdu[last] === undefined || pdu[last] === null)) return null;
    const short = pdu["short_message"];
    // A slice of `octets`, cut where they end: the octet before it is what it should have been long.
    const isCut = Buffer.isBuffer(short) && octets[short.byteOffset - octets.byteOffset - 1] !== short.length;
    return isCut ? null : pdu;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
