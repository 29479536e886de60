/**
 * Messaging services (contract §6): a pool of an account's senders behind one SID. Records live in the settings
 * document. A sender that left the account, or is no longer served by any line, is in no pool any more, whatever
 * the record still says: what a pool is follows from the inventory.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import { randomSid } from "../runtime/ids.ts";
import type {
  NumberKind,
  NumberRecord,
  SenderKind,
  ServiceRecord,
  ServiceSender,
  Settings,
  SettingsDocument,
} from "../store/settings-document.ts";
import type { Numbers } from "./numbers.ts";

/** What an app may set; contract §6.1. */
export type ServicePatch = Partial<
  Omit<ServiceRecord, "sid" | "accountSid" | "senders" | "createdAt" | "updatedAt">
>;

/** A sender of a pool and the Number behind it. */
export type PoolMember = { readonly sender: ServiceSender; readonly number: NumberRecord };

export type AddResult =
  | { readonly is: "added"; readonly member: PoolMember }
  | { readonly is: "here-already" | "in-another" | "full" | "gone" };

/** Twilio's own bound on the phone numbers of a pool. */
const MAX_POOL = 400;

export class Services {
  readonly #settings: Settings;
  readonly #numbers: Numbers;
  readonly #clock: Clock;
  #indexed: SettingsDocument | null = null;
  /** By the account and the Number: a Number that was another account's may still be in a pool there. */
  #byMember = new Map<string, ServiceRecord>();

  constructor(settings: Settings, numbers: Numbers, clock: Clock) {
    this.#settings = settings;
    this.#numbers = numbers;
    this.#clock = clock;
  }

  bySid(sid: string): ServiceRecord | null {
    return this.#settings.document.services.find((service) => service.sid === sid) ?? null;
  }

  /** In the order of their SIDs, which stays the same while services come and go. */
  list(accountSid: string): readonly ServiceRecord[] {
    return this.#settings.document.services
      .filter((service) => service.accountSid === accountSid)
      .sort((a, b) => (a.sid < b.sid ? -1 : 1));
  }

  /** The service a Number is in. */
  ofNumber(number: NumberRecord): ServiceRecord | null {
    const { document } = this.#settings;
    if (document !== this.#indexed) {
      const senders = document.services.flatMap((service) =>
        service.senders.map(({ numberSid }) => [service.accountSid + numberSid, service] as const),
      );
      this.#byMember = new Map(senders);
      this.#indexed = document;
    }
    return this.#byMember.get(number.accountSid + number.sid) ?? null;
  }

  /** In the order of their SIDs. */
  pool(service: ServiceRecord): readonly PoolMember[] {
    return service.senders
      .flatMap((sender) => {
        const number = this.#numbers.bySid(sender.numberSid);
        return number?.accountSid === service.accountSid ? [{ sender, number }] : [];
      })
      .sort((a, b) => (a.sender.sid < b.sender.sid ? -1 : 1));
  }

  async create(accountSid: string, friendlyName: string, patch: ServicePatch): Promise<ServiceRecord> {
    const now = this.#clock.now();
    const service: ServiceRecord = {
      ...DEFAULTS,
      ...patch,
      sid: randomSid("MG"),
      accountSid,
      friendlyName,
      senders: [],
      createdAt: now,
      updatedAt: now,
    };
    await this.#settings.change((document) => ({ ...document, services: [...document.services, service] }));
    return service;
  }

  /** Null when there is no such service (any more). */
  async update(sid: string, patch: ServicePatch): Promise<ServiceRecord | null> {
    await this.#change(sid, (service) => ({ ...service, ...patch, updatedAt: this.#clock.now() }));
    return this.bySid(sid);
  }

  async remove(sid: string): Promise<void> {
    await this.#settings.change((document) => ({
      ...document,
      services: document.services.filter((service) => service.sid !== sid),
    }));
  }

  /**
   * Decided on the newest document, so that two who add one Number at once do not both succeed. An alphanumeric
   * sender may be in a pool for several countries, and once for all of them (null).
   */
  async add(
    service: ServiceRecord,
    number: NumberRecord,
    isoCountryCode: string | null = null,
  ): Promise<AddResult> {
    const now = this.#clock.now();
    const kind = senderKindOf(number.kind);
    const sender: ServiceSender = {
      sid: senderSidOf(number),
      kind,
      numberSid: number.sid,
      ...(isoCountryCode === null ? {} : { isoCountryCode }),
      createdAt: now,
      updatedAt: now,
    };
    let result: AddResult = { is: "gone" };
    await this.#settings.change((document) => {
      const isElsewhere = document.services.some(
        ({ sid, accountSid, senders }) =>
          sid !== service.sid &&
          accountSid === service.accountSid &&
          senders.some(({ numberSid }) => numberSid === number.sid),
      );
      const target = document.services.find(({ sid }) => sid === service.sid);
      if (target === undefined) result = { is: "gone" };
      else if (target.senders.some((each) => isSame(each, sender))) result = { is: "here-already" };
      else if (isElsewhere) result = { is: "in-another" };
      else if (target.senders.length >= MAX_POOL) result = { is: "full" };
      else {
        result = { is: "added", member: { sender, number } };
        const senders = [...target.senders, sender];
        return replaced(document, { ...target, senders });
      }
      return document;
    });
    return result;
  }

  /** It stays the account's. */
  async removeSender(sid: string, senderSid: string): Promise<void> {
    await this.#change(sid, (service) => ({
      ...service,
      senders: service.senders.filter((sender) => sender.sid !== senderSid),
    }));
  }

  async #change(sid: string, change: (service: ServiceRecord) => ServiceRecord): Promise<void> {
    await this.#settings.change((document) => {
      const service = document.services.find((each) => each.sid === sid);
      return service === undefined ? document : replaced(document, change(service));
    });
  }
}

/** Contract §6.1: what the console shows for a new service. */
const DEFAULTS = {
  inboundRequestUrl: "",
  inboundMethod: "POST",
  fallbackUrl: "",
  fallbackMethod: "POST",
  statusCallback: "",
  stickySender: true,
  mmsConverter: true,
  smartEncoding: true,
  scanMessageContent: "inherit",
  fallbackToLongCode: false,
  areaCodeGeomatch: true,
  synchronousValidation: false,
  validityPeriod: 36_000,
  usecase: "undeclared",
  useInboundWebhookOnNumber: false,
} as const satisfies ServicePatch;

/** A Number is `PN…`; as a short code it is shown as `SC` and the same digits. An alpha sender has its own SID. */
export function senderSidOf(number: NumberRecord): string {
  const kind = senderKindOf(number.kind);
  if (kind === "phone-number") return number.sid;
  return kind === "short-code" ? `SC${number.sid.slice(2)}` : `AI${randomBytes(16).toString("hex")}`;
}

export function senderKindOf(kind: NumberKind): SenderKind {
  if (kind === "short-code") return "short-code";
  return kind === "alphanumeric" ? "alpha-sender" : "phone-number";
}

function isSame(one: ServiceSender, other: ServiceSender): boolean {
  return one.numberSid === other.numberSid && one.isoCountryCode === other.isoCountryCode;
}

function replaced(document: SettingsDocument, service: ServiceRecord): SettingsDocument {
  return {
    ...document,
    services: document.services.map((each) => (each.sid === service.sid ? service : each)),
  };
}
