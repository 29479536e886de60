/**
 * What the daemon gave its word for, read off what it said over its sockets: each with the place in the recording
 * where it had said it. A power cut after that place may not take it back.
 */
import { DecodeError } from "../../src/sms/decode-error.ts";
import { textOf } from "../../src/sms/join.ts";
import { decodeSubmit } from "../../src/sms/submit.ts";
import { decodeFromNetwork } from "../../src/sms/tpdu.ts";
import {
  DELIVER_SM,
  type OctetPdu,
  RESPONSE,
  readSmBody,
  SUBMIT_SM,
  splitPdus,
} from "../harness/smpp-octets.ts";
import type { Deed } from "./recording.ts";

/** Texts are known by how they begin: `out 7`, `in 7`. */
export type Promised = { readonly position: number } /** 201. */ & (
  | { readonly is: "accepted"; readonly sid: string; readonly accountSid: string }
  /** The PDU or the submit_sm was on the wire: it must have been written down that it would be. */
  | { readonly is: "tried"; readonly text: string }
  /** `+CMGD` or deliver_sm_resp. */
  | { readonly is: "kept"; readonly text: string }
  | { readonly is: "reported"; readonly text: string }
  /** A status callback, or the webhook of what came in (`received`). */
  | { readonly is: "told"; readonly sid: string; readonly status: string }
  /** The app has answered one. Nothing was promised: from here on it need not be told again. */
  | { readonly is: "answered"; readonly sid: string; readonly status: string }
  /** A setting, as the API answered it. */
  | { readonly is: "named"; readonly number: string; readonly name: string }
  | { readonly is: "key"; readonly sid: string }
);

/** What ends a PDU (27.005 §3.5.1). */
const CTRL_Z = String.fromCharCode(26);
const PDU = /^[0-9A-F]{20,}$/;

type Octets = Extract<Deed, { is: "said" | "heard" }>;

type Conversation = { take(deed: Octets): readonly Promised[] };

export function promisesOf(deeds: readonly Deed[]): readonly Promised[] {
  const promises: Promised[] = [];
  const open = new Map<number, Conversation>();
  for (const deed of deeds) {
    if (deed.is === "close") open.delete(deed.fd);
    if (deed.is !== "said" && deed.is !== "heard") continue;
    const conversation = open.get(deed.fd) ?? conversationOf(deed);
    open.set(deed.fd, conversation);
    promises.push(...conversation.take(deed));
  }
  return promises;
}

/** By its first octets. */
function conversationOf({ is, octets }: Octets): Conversation {
  if (octets[0] === 0) return new OverSmpp();
  const isHttp = /^(GET|POST|DELETE) \/.* HTTP\/1\.1\r\n/.test(octets.toString("latin1"));
  if (!isHttp) return new WithModem();
  return is === "said" ? new WithApp() : new WithClient();
}

class WithClient implements Conversation {
  readonly #said = new HttpStream();

  take({ is, octets, position }: Octets): readonly Promised[] {
    if (is === "heard") return [];
    return this.#said.take(octets).flatMap(({ head, body }): readonly Promised[] => {
      if (!/^HTTP\/1\.1 20[01] /.test(head) || !body.startsWith("{")) return [];
      const json = JSON.parse(body) as Readonly<Record<string, string>>;
      const { sid = "", account_sid: accountSid = "", friendly_name: name } = json;
      const number = json["phone_number"] ?? json["short_code"];
      if (head.startsWith("HTTP/1.1 201 ") && sid.startsWith("SM"))
        return [{ position, is: "accepted", sid, accountSid }];
      if (head.startsWith("HTTP/1.1 201 ") && sid.startsWith("SK")) return [{ position, is: "key", sid }];
      if (/^(PN|SC)/.test(sid) && number !== undefined && name !== undefined)
        return [{ position, is: "named", number, name }];
      return [];
    });
  }
}

class WithApp implements Conversation {
  readonly #said = new HttpStream();
  readonly #heard = new HttpStream();
  readonly #asked: { readonly sid: string; readonly status: string }[] = [];

  take({ is, octets, position }: Octets): readonly Promised[] {
    if (is === "heard")
      return this.#heard.take(octets).flatMap(() => {
        const asked = this.#asked.shift();
        return asked === undefined ? [] : [{ position, is: "answered" as const, ...asked }];
      });
    return this.#said.take(octets).map(({ body }) => {
      const form = new URLSearchParams(body);
      const asked = { sid: form.get("MessageSid") ?? "", status: form.get("SmsStatus") ?? "" };
      this.#asked.push(asked);
      return { position, is: "told" as const, ...asked };
    });
  }
}

class OverSmpp implements Conversation {
  #said: Buffer = Buffer.alloc(0);
  #heard: Buffer = Buffer.alloc(0);
  /** What stands in requests that wait for their response, by sequence_number. */
  readonly #submitted = new Map<number, string>();
  readonly #delivered = new Map<number, OctetPdu>();
  /** By message_id. */
  readonly #taken = new Map<string, string>();

  take({ is, octets, position }: Octets): readonly Promised[] {
    const { pdus, rest } = splitPdus(Buffer.concat([is === "said" ? this.#said : this.#heard, octets]));
    if (is === "said") this.#said = rest;
    else this.#heard = rest;
    return pdus.flatMap((pdu) => (is === "said" ? this.#says(pdu, position) : this.#hears(pdu)));
  }

  #says(pdu: OctetPdu, position: number): readonly Promised[] {
    if (pdu.commandId === SUBMIT_SM) {
      const text = beginningOf(readSmBody(pdu.body).shortMessage.toString("latin1"));
      if (text === null) return [];
      this.#submitted.set(pdu.sequenceNumber, text);
      return [{ position, is: "tried", text }];
    }
    const asked = this.#delivered.get(pdu.sequenceNumber);
    if (pdu.commandId !== DELIVER_SM + RESPONSE || pdu.status !== 0 || asked === undefined) return [];
    const { esmClass, shortMessage } = readSmBody(asked.body);
    const text = shortMessage.toString("latin1");
    const reported = (esmClass & 0x3c) === 0x04;
    const about = reported ? this.#taken.get(/^id:(\S+)/.exec(text)?.[1] ?? "") : beginningOf(text);
    if (about === undefined || about === null) return [];
    return [{ position, is: reported ? "reported" : "kept", text: about }];
  }

  #hears(pdu: OctetPdu): readonly Promised[] {
    if (pdu.commandId === DELIVER_SM) this.#delivered.set(pdu.sequenceNumber, pdu);
    const text = this.#submitted.get(pdu.sequenceNumber);
    if (pdu.commandId === SUBMIT_SM + RESPONSE && text !== undefined)
      this.#taken.set(pdu.body.toString("latin1").replace(/\0.*$/s, ""), text);
    return [];
  }
}

class WithModem implements Conversation {
  #heard = "";
  #storage = "";
  /** The index that was asked for, or the one that is being listed. */
  #index = "";
  #sending: string | null = null;
  readonly #stored = new Map<string, string>();
  readonly #references = new Map<number, string>();

  take({ is, octets, position }: Octets): readonly Promised[] {
    if (is === "said") return this.#says(octets.toString("latin1"), position);
    const lines = (this.#heard + octets.toString("latin1")).split(/\r?\n/);
    this.#heard = lines.pop() ?? "";
    for (const line of lines) this.#hears(line.trim());
    return [];
  }

  #says(text: string, position: number): readonly Promised[] {
    const [, storage] = /AT\+CPMS="(\w+)"/.exec(text) ?? [];
    if (storage !== undefined) this.#storage = storage;
    const [, read] = /AT\+CMGR=(\d+)/.exec(text) ?? [];
    if (read !== undefined) this.#index = read;
    const [pdu = "", ended] = text.split(CTRL_Z);
    if (ended !== undefined && PDU.test(pdu)) {
      this.#sending = beginningOf(textOf([decodeSubmit(pdu).userData]));
      return this.#sending === null ? [] : [{ position, is: "tried", text: this.#sending }];
    }
    const [, deleted] = /AT\+CMGD=(\d+)/.exec(text) ?? [];
    const gone = this.#stored.get(`${this.#storage} ${deleted}`);
    return gone === undefined ? [] : this.#deleted(gone, position);
  }

  #deleted(pdu: string, position: number): readonly Promised[] {
    const tpdu = decodeFromNetwork(pdu);
    const reported = tpdu.tpMti !== "deliver";
    const text = reported ? (this.#references.get(tpdu.tpMr) ?? null) : beginningOf(textOf([tpdu.userData]));
    return text === null ? [] : [{ position, is: reported ? "reported" : "kept", text }];
  }

  #hears(line: string): void {
    const [, listed] = /^\+CMGL: (\d+),/.exec(line) ?? [];
    if (listed !== undefined) this.#index = listed;
    const [, reference] = /^\+CMGS: (\d+)/.exec(line) ?? [];
    if (reference !== undefined && this.#sending !== null)
      this.#references.set(Number(reference), this.#sending);
    if (PDU.test(line) && isReadable(line)) this.#stored.set(`${this.#storage} ${this.#index}`, line);
  }
}

function isReadable(pdu: string): boolean {
  try {
    decodeFromNetwork(pdu);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** `out 7`, wherever it stands behind a header; null for the later parts of a long text. */
function beginningOf(text: string): string | null {
  return /(?:re |)(?:in|out) \d+/.exec(text)?.[0] ?? null;
}

class HttpStream {
  #rest = "";

  /** The messages that are whole now. Bodies are ASCII here. */
  take(octets: Buffer): readonly { readonly head: string; readonly body: string }[] {
    this.#rest += octets.toString("latin1");
    const whole: { head: string; body: string }[] = [];
    for (;;) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end < 0) return whole;
      const head = this.#rest.slice(0, end);
      const [, length = "0"] = /^content-length: *(\d+)/im.exec(head) ?? [];
      if (/^transfer-encoding:/im.test(head)) throw new Error(`a message in chunks cannot be read: ${head}`);
      const next = end + 4 + Number(length);
      if (this.#rest.length < next) return whole;
      whole.push({ head, body: this.#rest.slice(end + 4, next) });
      this.#rest = this.#rest.slice(next);
    }
  }
}
