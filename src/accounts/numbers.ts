/**
 * The number inventory: what has been provisioned, to whom, and what it does with a message. Records live in the
 * settings document; lookups go through an index that is rebuilt when the document has changed.
 */
import type { Clock } from "../runtime/clock.ts";
import { randomSid } from "../runtime/ids.ts";
import type { NumberKind, NumberRecord, Settings, SettingsDocument } from "../store/settings-document.ts";
import { nationalFormatOf } from "./address.ts";
import { leavePools } from "./leave-pools.ts";

export type NumberFilter = {
  /** Part of a number; `*` stands for any digit (contract §5.1). */
  readonly phoneNumber?: string;
  readonly friendlyName?: string;
  readonly kinds?: readonly NumberKind[];
};

/** What `update` may change. What a number is (its digits, kind, country, line) is not among it. */
export type NumberPatch = Partial<
  Omit<NumberRecord, "sid" | "phoneNumber" | "kind" | "country" | "line" | "createdAt" | "updatedAt">
>;

export type Provisioning = {
  readonly accountSid: string;
  readonly phoneNumber: string;
  readonly kind: NumberKind;
  readonly country: string;
  readonly line: string;
};

export class Numbers {
  readonly #settings: Settings;
  readonly #clock: Clock;
  #indexed: SettingsDocument | null = null;
  #byNumber = new Map<string, NumberRecord>();

  constructor(settings: Settings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  byNumber(phoneNumber: string): NumberRecord | null {
    const document = this.#settings.document;
    if (document !== this.#indexed) {
      this.#byNumber = new Map(document.numbers.map((record) => [record.phoneNumber, record]));
      this.#indexed = document;
    }
    return this.#byNumber.get(phoneNumber) ?? null;
  }

  bySid(sid: string): NumberRecord | null {
    return this.#settings.document.numbers.find((record) => record.sid === sid) ?? null;
  }

  ofLine(line: string): readonly NumberRecord[] {
    return this.#settings.document.numbers.filter((record) => record.line === line);
  }

  /** In the order of their SIDs, which is nobody's order but stays the same while numbers come and go. */
  list(accountSid: string, filter: NumberFilter = {}): readonly NumberRecord[] {
    return this.#settings.document.numbers
      .filter((record) => record.accountSid === accountSid && fits(record, filter))
      .sort((a, b) => (a.sid < b.sid ? -1 : 1));
  }

  /** Idempotent. A number that has moved to another line (the SIM sits in another modem) follows it there. */
  async provision(wanted: Provisioning): Promise<NumberRecord> {
    const known = this.byNumber(wanted.phoneNumber);
    if (known !== null && known.line === wanted.line) return known;
    await this.#settings.change((document) => {
      const position = document.numbers.findIndex((record) => record.phoneNumber === wanted.phoneNumber);
      const existing = document.numbers[position];
      if (existing === undefined) {
        return withNumber(document, newNumber(wanted, this.#clock.now()));
      }
      const moved = { ...existing, line: wanted.line, updatedAt: this.#clock.now() };
      return { ...document, numbers: document.numbers.with(position, moved) };
    });
    return this.#mustFind(this.byNumber(wanted.phoneNumber));
  }

  /** Provisions what nobody has. Null when somebody has it, be it since a moment ago. */
  async buy(wanted: Provisioning, settings: NumberPatch): Promise<NumberRecord | null> {
    const record = { ...newNumber(wanted, this.#clock.now()), ...settings };
    let isFree = false;
    await this.#settings.change((document) => {
      isFree = !document.numbers.some(({ phoneNumber }) => phoneNumber === wanted.phoneNumber);
      return isFree ? withNumber(document, record) : document;
    });
    return isFree ? record : null;
  }

  /** Nobody has it from now on. False when there is no such number (any more). */
  async release(sid: string): Promise<boolean> {
    let released = false;
    await this.#settings.change((document) => {
      const record = document.numbers.find((each) => each.sid === sid);
      released = record !== undefined;
      if (record === undefined) return document;
      return {
        ...leavePools(document, sid),
        numbers: document.numbers.filter((each) => each.sid !== sid),
        released: [...document.released.filter((each) => each !== record.phoneNumber), record.phoneNumber],
      };
    });
    return released;
  }

  /** An account had it and gave it back. */
  isReleased(phoneNumber: string): boolean {
    return this.#settings.document.released.includes(phoneNumber);
  }

  /** Null when there is no such number (any more). */
  async update(sid: string, patch: NumberPatch): Promise<NumberRecord | null> {
    if (this.bySid(sid) === null) return null;
    await this.#settings.change((document) => ({
      ...document,
      numbers: document.numbers.map((record) =>
        record.sid === sid ? { ...record, ...patch, updatedAt: this.#clock.now() } : record,
      ),
    }));
    return this.bySid(sid);
  }

  /**
   * It keeps its URLs, as on the live service; an application and a pool are its former account's and are let go.
   * What waits in its queue is sent: it was accepted while the number was that account's.
   */
  async transfer(sid: string, accountSid: string): Promise<NumberRecord | null> {
    const updatedAt = this.#clock.now();
    await this.#settings.change((document) => ({
      ...leavePools(document, sid),
      numbers: document.numbers.map((record) =>
        record.sid === sid ? { ...record, accountSid, smsApplicationSid: "", updatedAt } : record,
      ),
    }));
    return this.bySid(sid);
  }

  #mustFind(record: NumberRecord | null): NumberRecord {
    if (record === null) throw new Error("a number was released while it was being provisioned");
    return record;
  }
}

/** A number that is provisioned is released no longer. */
function withNumber(document: SettingsDocument, record: NumberRecord): SettingsDocument {
  return {
    ...document,
    numbers: [...document.numbers, record],
    released: document.released.filter((each) => each !== record.phoneNumber),
  };
}

/** As a number begins: no webhooks, named by its national format. */
export function newNumber(wanted: Provisioning, now: number): NumberRecord {
  return {
    sid: randomSid("PN"),
    ...wanted,
    friendlyName: nationalFormatOf(wanted.phoneNumber),
    smsUrl: "",
    smsMethod: "POST",
    smsFallbackUrl: "",
    smsFallbackMethod: "POST",
    smsApplicationSid: "",
    statusCallback: "",
    statusCallbackMethod: "POST",
    voiceUrl: "",
    voiceMethod: "POST",
    voiceFallbackUrl: "",
    voiceFallbackMethod: "POST",
    createdAt: now,
    updatedAt: now,
  };
}

function fits(record: NumberRecord, filter: NumberFilter): boolean {
  if (filter.kinds !== undefined && !filter.kinds.includes(record.kind)) return false;
  if (filter.friendlyName !== undefined && record.friendlyName !== filter.friendlyName) return false;
  return filter.phoneNumber === undefined || containsPattern(record.phoneNumber, filter.phoneNumber);
}

/** Substring search, `*` for one digit; the spaces and brackets of a written number are not part of it. */
function containsPattern(phoneNumber: string, pattern: string): boolean {
  const wanted = pattern.replace(/[\s().\-/]/g, "");
  for (let start = 0; start + wanted.length <= phoneNumber.length; start++) {
    if (matchesAt(phoneNumber, wanted, start)) return true;
  }
  return false;
}

function matchesAt(phoneNumber: string, wanted: string, start: number): boolean {
  for (let index = 0; index < wanted.length; index++) {
    const there = phoneNumber[start + index] ?? "";
    if (wanted[index] === "*" ? !/\d/.test(there) : wanted[index] !== there) return false;
  }
  return true;
}
