/**
 * A listener on the loopback's multicast that reads and writes DNS messages by itself (RFC 1035 §4, RFC 6762): what
 * the product's library sends is held against the RFCs, not against the library.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

const GROUP = "224.0.0.251";
const TYPES: Readonly<Record<number, string>> = { 1: "A", 12: "PTR", 16: "TXT", 28: "AAAA", 33: "SRV" };

export type MdnsRecord = {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  /** A: dotted; PTR: a name; SRV: `target:port`; TXT: each text; others in hex. */
  readonly data: string | readonly string[];
};

export class MdnsListener {
  readonly #socket: Socket;
  readonly port: number;
  readonly records: MdnsRecord[] = [];
  #tell = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = (socket.address() as AddressInfo).port;
    socket.addMembership(GROUP, "127.0.0.1");
    socket.setMulticastInterface("127.0.0.1");
    socket.on("message", (message) => {
      this.records.push(...recordsOf(message));
      this.#tell();
    });
  }

  /** On a free port, or one shared with others. */
  static async open(port = 0): Promise<MdnsListener> {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    socket.bind(port, "0.0.0.0");
    await once(socket, "listening");
    return new MdnsListener(socket);
  }

  ask(name: string, type: "A" | "PTR" | "SRV" | "TXT"): void {
    this.records.length = 0;
    const code = Number(Object.keys(TYPES).find((each) => TYPES[Number(each)] === type));
    this.#send(Buffer.concat([words(0, 0, 1, 0, 0, 0), nameOf(name), words(code, 1)]));
  }

  /** As another device would, from the address `from` of the loopback. */
  async answerA(name: string, address: string, from: string): Promise<void> {
    const rdata = Buffer.from(address.split(".").map(Number));
    const record = Buffer.concat([nameOf(name), words(1, 1, 0, 120, rdata.length), rdata]);
    const other = createSocket("udp4");
    other.bind(0, from);
    await once(other, "listening");
    other.setMulticastInterface("127.0.0.1");
    const message = Buffer.concat([words(0, 0x8400, 0, 1, 0, 0), record]);
    await new Promise((resolve) => other.send(message, this.port, GROUP, resolve));
    other.close();
  }

  /** Settles when `enough` finds in all records since the last question what it looks for. */
  async until(enough: (records: readonly MdnsRecord[]) => boolean): Promise<readonly MdnsRecord[]> {
    while (!enough(this.records))
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    return [...this.records];
  }

  close(): void {
    this.#socket.close();
  }

  #send(message: Buffer): void {
    this.#socket.send(message, this.port, GROUP);
  }
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) buffer.writeUInt16BE(value, index * 2);
  return buffer;
}

function nameOf(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** Answers, authorities and additionals of a response; nothing of a question. */
function recordsOf(message: Buffer): MdnsRecord[] {
  const count = (index: number) => message.readUInt16BE(index * 2);
  if ((count(1) & 0x8000) === 0) return [];
  let at = 12;
  for (let question = 0; question < count(2); question++) at = readName(message, at).end + 4;
  const records: MdnsRecord[] = [];
  for (let left = count(3) + count(4) + count(5); left > 0; left--) {
    const { name, end } = readName(message, at);
    const type = TYPES[message.readUInt16BE(end)] ?? "other";
    const length = message.readUInt16BE(end + 8);
    const data = dataOf(message, type, end + 10, length);
    records.push({ name, type, ttl: message.readUInt32BE(end + 4), data });
    at = end + 10 + length;
  }
  return records;
}

function dataOf(message: Buffer, type: string, at: number, length: number): string | string[] {
  const octets = message.subarray(at, at + length);
  if (type === "A") return octets.join(".");
  if (type === "PTR") return readName(message, at).name;
  if (type === "SRV") return `${readName(message, at + 6).name}:${message.readUInt16BE(at + 4)}`;
  if (type !== "TXT") return octets.toString("hex");
  const texts: string[] = [];
  for (let from = 0; from < length; from += 1 + (octets[from] ?? 0))
    texts.push(octets.toString("utf8", from + 1, from + 1 + (octets[from] ?? 0)));
  return texts;
}

function readName(message: Buffer, from: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  for (let at = from; ; ) {
    const length = message.readUInt8(at);
    if (length === 0) return { name: labels.join("."), end: at + 1 };
    if (length >= 0xc0) {
      const rest = readName(message, message.readUInt16BE(at) & 0x3fff).name;
      return { name: [...labels, rest].join("."), end: at + 2 };
    }
    labels.push(message.toString("utf8", at + 1, at + 1 + length));
    at += 1 + length;
  }
}
