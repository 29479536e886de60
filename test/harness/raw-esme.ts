/**
 * An ESME made of bytes: it says what it is told to, however wrong, and writes down what it hears. Nothing of it comes
 * from a library or from the product, so that neither can agree with the SMSC on a mistake (SMPP 3.4 §3.2, §4, §5).
 */
import type { Duplex } from "node:stream";
import { settle } from "./fake-clock.ts";

export const COMMAND = {
  generic_nack: 0x80000000,
  bind_receiver: 0x01,
  bind_transmitter: 0x02,
  query_sm: 0x03,
  submit_sm: 0x04,
  deliver_sm: 0x05,
  unbind: 0x06,
  bind_transceiver: 0x09,
  outbind: 0x0b,
  enquire_link: 0x15,
  alert_notification: 0x102,
  data_sm: 0x103,
} as const;

export const RESPONSE = 0x80000000;

export type Pdu = {
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Buffer;
};

export type Delivered = {
  readonly from: string;
  readonly fromTon: number;
  readonly to: string;
  readonly toTon: number;
  readonly esmClass: number;
  readonly dataCoding: number;
  readonly octets: Buffer;
  readonly tlvs: ReadonlyMap<number, Buffer>;
  readonly sequence: number;
};

export type Submitted = {
  readonly from?: string;
  readonly fromTon?: number;
  readonly to?: string;
  readonly toTon?: number;
  readonly esmClass?: number;
  readonly dataCoding?: number;
  readonly registered?: number;
  readonly validity?: string;
  readonly octets?: Uint8Array | string;
  readonly tlvs?: readonly (readonly [tag: number, value: Uint8Array | string])[];
};

export class RawEsme {
  readonly stream: Duplex;
  closed = false;
  /** What answers a deliver_sm by itself: a command_status; null: nothing does. */
  takes: number | null = 0;
  /** Whether it answers enquire_link, and says no more of it. */
  isAlive = true;
  #sequence = 0;
  #bytes = Buffer.alloc(0);
  #heard: Pdu[] = [];

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    stream.on("error", () => {});
    stream.on("close", () => {
      this.closed = true;
    });
  }

  /** Every PDU since the last time; bytes that are none stay where they are. */
  async heard(): Promise<Pdu[]> {
    await settle();
    return this.#heard.splice(0);
  }

  /** What came that is no whole PDU. */
  get leftOver(): Buffer {
    return this.#bytes;
  }

  /** The sequence number of what was sent. */
  send(
    command: number,
    body: Uint8Array = new Uint8Array(),
    status = 0,
    sequence = ++this.#sequence,
  ): number {
    this.write(pduBytes(command, body, status, sequence));
    return sequence;
  }

  write(bytes: Uint8Array): void {
    this.stream.write(bytes);
  }

  async ask(command: number, body?: Uint8Array): Promise<Pdu | null> {
    const sequence = this.send(command, body);
    return this.#answerTo(sequence);
  }

  /** The status of the answer; null: none came. */
  async bind(
    as: "transmitter" | "receiver" | "transceiver" = "transceiver",
    systemId = "box",
    password = "secret",
    interfaceVersion = 0x34,
  ): Promise<Pdu | null> {
    const body = Buffer.concat([
      cString(systemId),
      cString(password),
      cString(""),
      Buffer.of(interfaceVersion, 0, 0),
      cString(""),
    ]);
    return await this.ask(COMMAND[`bind_${as}`], body);
  }

  async submit(message: Submitted = {}): Promise<{ status: number; id: string } | null> {
    const answer = await this.#answerTo(this.send(COMMAND.submit_sm, submitBody(message)));
    return answer === null ? null : { status: answer.status, id: textOf(answer.body) };
  }

  /** The deliver_sm since the last time. */
  async delivered(): Promise<Delivered[]> {
    return (await this.heard()).filter(({ command }) => command === COMMAND.deliver_sm).map(deliveredIn);
  }

  async #answerTo(sequence: number): Promise<Pdu | null> {
    await settle();
    const found = this.#heard.find((pdu) => pdu.command >= RESPONSE && pdu.sequence === sequence);
    this.#heard = this.#heard.filter((pdu) => pdu !== found);
    return found ?? null;
  }

  #receive(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 16) {
      const length = this.#bytes.readUInt32BE(0);
      if (length < 16 || this.#bytes.length < length) return;
      const pdu = {
        command: this.#bytes.readUInt32BE(4),
        status: this.#bytes.readUInt32BE(8),
        sequence: this.#bytes.readUInt32BE(12),
        body: this.#bytes.subarray(16, length),
      };
      this.#bytes = this.#bytes.subarray(length);
      if (pdu.command === COMMAND.enquire_link && this.isAlive) {
        this.send(RESPONSE + COMMAND.enquire_link, new Uint8Array(), 0, pdu.sequence);
        continue;
      }
      this.#heard.push(pdu);
      if (pdu.command === COMMAND.deliver_sm && this.takes !== null)
        this.send(RESPONSE + COMMAND.deliver_sm, Buffer.of(0), this.takes, pdu.sequence);
    }
  }
}

export function pduBytes(command: number, body: Uint8Array, status: number, sequence: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + body.length, 0);
  header.writeUInt32BE(command, 4);
  header.writeUInt32BE(status, 8);
  header.writeUInt32BE(sequence, 12);
  return Buffer.concat([header, body]);
}

export function submitBody(message: Submitted): Buffer {
  const octets = Buffer.from(message.octets ?? "hello");
  return Buffer.concat([
    cString(""),
    Buffer.of(message.fromTon ?? 1, 1),
    cString(message.from ?? "33755500001"),
    Buffer.of(message.toTon ?? 1, 1),
    cString(message.to ?? "33612345678"),
    Buffer.of(message.esmClass ?? 0, 0, 0),
    cString(""),
    cString(message.validity ?? ""),
    Buffer.of(message.registered ?? 0, 0, message.dataCoding ?? 0, 0, octets.length),
    octets,
    ...(message.tlvs ?? []).map(([tag, value]) => tlv(tag, Buffer.from(value))),
  ]);
}

export function tlv(tag: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag >> 8, tag & 255, value.length >> 8, value.length & 255), value]);
}

export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, "latin1");
}

/** Up to the first NUL. */
export function textOf(octets: Buffer): string {
  const end = octets.indexOf(0);
  return octets.subarray(0, end < 0 ? octets.length : end).toString("latin1");
}

export function deliveredIn({ body, sequence }: Pdu): Delivered {
  let at = 0;
  const octet = () => body.readUInt8(at++);
  const string = () => {
    const text = textOf(body.subarray(at));
    at += text.length + 1;
    return text;
  };
  string();
  const fromTon = octet();
  octet();
  const from = string();
  const toTon = octet();
  octet();
  const to = string();
  const esmClass = octet();
  at += 2;
  string();
  string();
  at += 2;
  const dataCoding = octet();
  octet();
  const length = octet();
  const octets = body.subarray(at, at + length);
  const tlvs = new Map<number, Buffer>();
  for (at += length; at + 4 <= body.length; ) {
    const [tag, size] = [body.readUInt16BE(at), body.readUInt16BE(at + 2)];
    tlvs.set(tag, body.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return { from, fromTon, to, toTon, esmClass, dataCoding, octets, tlvs, sequence };
}
