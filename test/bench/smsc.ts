/**
 * An SMSC as cheap as one can be, a process of its own: octets over a socket, no codec. It reads the length, the
 * command and the sequence number of a PDU (SMPP 3.4 §3.2), answers what has come in one read with one write, and
 * looks into a submit_sm no further than it has to: for the recipient, where it sends receipts.
 *
 *   node smsc.js '{"acceptPerSecond":…,"isShut":…,"deliver":…,"window":…,"number":…,"phone":…}'
 *
 * SIGUSR2 opens it where it is shut, and begins the delivery of `deliver` texts. At most `window` deliver_sm, receipts
 * among them, are unanswered at a time. JSON lines on standard output, times of the machine's monotonic clock: how many
 * submit_sm it accepted and refused, how many deliver_sm were taken.
 */

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { machineMs } from "./process.ts";

export type SmscOptions = {
  /** Beyond it a submit_sm is answered ESME_RTHROTTLED; null: everything is accepted. */
  readonly acceptPerSecond: number | null;
  /** No connection is kept before SIGUSR2. */
  readonly isShut: boolean;
  readonly deliver: number;
  /** Whether what is accepted is reported delivered. */
  readonly receipts?: boolean;
  readonly window: number;
  readonly number: string;
  readonly phone: string;
};

export type SmscTold = {
  readonly is: "ready" | "told";
  readonly port: number;
  readonly accepted: number;
  readonly throttled: number;
  readonly firstAcceptedAt: number;
  readonly lastAcceptedAt: number;
  readonly delivered: number;
  readonly refused: number;
  readonly firstDeliverAt: number;
};

/** SMPP 3.4 §5.1.2.1. */
const SUBMIT_SM = 0x04;
const DELIVER_SM = 0x05;
const UNBIND = 0x06;
const ENQUIRE_LINK = 0x15;
const BINDS = [0x01, 0x02, 0x09];
const RESPONSE = 0x80000000;
const HEADER = 16;
/** SMPP 3.4 §5.1.3. */
const ESME_RTHROTTLED = 0x58;
/** A bucket this large lets a burst through after a pause, as an SMSC does, and no more. */
const BURST = 5;
const TELL_EVERY_MS = 50;
const AGAIN_AFTER_MS = 100;

const options = JSON.parse(process.argv[2] ?? "") as SmscOptions;
const told = {
  accepted: 0,
  throttled: 0,
  firstAcceptedAt: 0,
  lastAcceptedAt: 0,
  delivered: 0,
  refused: 0,
  firstDeliverAt: 0,
};
type Receipt = { readonly id: string; readonly recipient: string };

const receipts: Receipt[] = [];
let toDeliver = 0;
let sequence = 0;
let unanswered = 0;
let tokens = BURST;
let filledAt = machineMs();
let esme: Socket | null = null;
let { isShut } = options;

function mayAccept(now: number): boolean {
  const rate = options.acceptPerSecond;
  if (rate === null) return true;
  tokens = Math.min(BURST, tokens + ((now - filledAt) / 1000) * rate);
  filledAt = now;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

function responseTo(command: number, sequenceNumber: number, status: number, text: string | null): Buffer {
  const pdu = Buffer.alloc(HEADER + (text === null ? 0 : text.length + 1));
  pdu.writeUInt32BE(pdu.length, 0);
  pdu.writeUInt32BE((RESPONSE | command) >>> 0, 4);
  pdu.writeUInt32BE(status, 8);
  pdu.writeUInt32BE(sequenceNumber, 12);
  if (text !== null) pdu.write(text, HEADER, "latin1");
  return pdu;
}

function submitted(pdu: Buffer, sequenceNumber: number, now: number): Buffer {
  if (!mayAccept(now)) {
    told.throttled += 1;
    return responseTo(SUBMIT_SM, sequenceNumber, ESME_RTHROTTLED, null);
  }
  told.accepted += 1;
  if (told.accepted === 1) told.firstAcceptedAt = now;
  told.lastAcceptedAt = now;
  const id = told.accepted.toString(16);
  if (options.receipts === true) receipts.push({ id, recipient: recipientOf(pdu) });
  return responseTo(SUBMIT_SM, sequenceNumber, 0, id);
}

/** submit_sm, §4.4.1: service_type, then the source's kind and address, then the destination's. */
function recipientOf(pdu: Buffer): string {
  const source = pdu.indexOf(0, HEADER) + 1;
  const destination = pdu.indexOf(0, source + 2) + 1 + 2;
  return pdu.toString("latin1", destination, pdu.indexOf(0, destination));
}

/** Appendix B. */
function receiptText(id: string): string {
  return `id:${id} sub:001 dlvrd:001 submit date:2611281200 done date:2611281200 stat:DELIVRD err:000 text:`;
}

/** deliver_sm, §4.6.1: an SMS of one part from the phone to the number, or a receipt, in the SMSC's default alphabet. */
function deliverSm(receipt: Receipt | null): Buffer {
  sequence += 1;
  const text = receipt === null ? `Inbound ${sequence}` : receiptText(receipt.id);
  const esmClass = receipt === null ? "\0" : "\x04";
  const address = (digits: string) => `\x01\x01${digits.replace("+", "")}\0`;
  const from = receipt?.recipient ?? options.phone;
  const body = `\0${address(from)}${address(options.number)}${esmClass}\0\0\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;
  const pdu = Buffer.alloc(HEADER + body.length);
  pdu.writeUInt32BE(pdu.length, 0);
  pdu.writeUInt32BE(DELIVER_SM, 4);
  pdu.writeUInt32BE(sequence, 12);
  pdu.write(body, HEADER, "latin1");
  return pdu;
}

function deliverMore(): Buffer[] {
  const out: Buffer[] = [];
  while (toDeliver + receipts.length > 0 && unanswered < options.window) {
    const receipt = receipts.shift() ?? null;
    if (receipt === null) toDeliver -= 1;
    unanswered += 1;
    out.push(deliverSm(receipt));
  }
  return out;
}

function deliverAnswered(status: number): readonly Buffer[] {
  unanswered -= 1;
  if (status === 0) {
    told.delivered += 1;
    return deliverMore();
  }
  // Not kept: it is tried again, as an SMSC does.
  told.refused += 1;
  setTimeout(() => {
    toDeliver += 1;
    esme?.write(Buffer.concat(deliverMore()));
  }, AGAIN_AFTER_MS);
  return [];
}

function answered(pdu: Buffer, now: number): readonly Buffer[] {
  const command = pdu.readUInt32BE(4);
  const sequenceNumber = pdu.readUInt32BE(12);
  if (command === SUBMIT_SM) return [submitted(pdu, sequenceNumber, now)];
  if (command === (RESPONSE | DELIVER_SM) >>> 0) return deliverAnswered(pdu.readUInt32BE(8));
  if (command === ENQUIRE_LINK || command === UNBIND) return [responseTo(command, sequenceNumber, 0, null)];
  if (BINDS.includes(command)) return [responseTo(command, sequenceNumber, 0, "bench")];
  return [];
}

const server = createServer((socket) => {
  if (isShut) {
    socket.destroy();
    return;
  }
  esme = socket.setNoDelay(true);
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    const now = machineMs();
    const octets = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const out: Buffer[] = [];
    let at = 0;
    while (octets.length - at >= HEADER) {
      const length = octets.readUInt32BE(at);
      if (octets.length - at < length) break;
      out.push(...answered(octets.subarray(at, at + length), now));
      at += length;
    }
    rest = octets.subarray(at);
    out.push(...deliverMore());
    if (out.length > 0) socket.write(Buffer.concat(out));
  });
  socket.on("error", () => socket.destroy());
});

const say = (is: SmscTold["is"]) => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ is, port, ...told } satisfies SmscTold)}\n`);
};
let last = "";
const telling = setInterval(() => {
  const now = JSON.stringify(told);
  if (now !== last) say("told");
  last = now;
}, TELL_EVERY_MS);
process.once("SIGTERM", () => {
  clearInterval(telling);
  server.close();
  esme?.destroy();
});
process.once("SIGUSR2", () => {
  isShut = false;
  if (options.deliver === 0) return;
  told.firstDeliverAt = machineMs();
  toDeliver = options.deliver;
  esme?.write(Buffer.concat(deliverMore()));
});
server.listen(0, "127.0.0.1", () => say("ready"));
