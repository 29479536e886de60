/** Applications (contract §7.5): a set of URLs that numbers and messages name instead of having their own. */
import type { Clock } from "../runtime/clock.ts";
import { randomSid } from "../runtime/ids.ts";
import type { ApplicationRecord, Settings } from "../store/settings-document.ts";

export type ApplicationPatch = Partial<
  Omit<ApplicationRecord, "sid" | "accountSid" | "createdAt" | "updatedAt">
>;

export class Applications {
  readonly #settings: Settings;
  readonly #clock: Clock;

  constructor(settings: Settings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  bySid(sid: string): ApplicationRecord | null {
    return this.#settings.document.applications.find((application) => application.sid === sid) ?? null;
  }

  /** In the order of their SIDs. */
  list(accountSid: string, friendlyName: string | null = null): readonly ApplicationRecord[] {
    return this.#settings.document.applications
      .filter((application) => application.accountSid === accountSid)
      .filter((application) => friendlyName === null || application.friendlyName === friendlyName)
      .sort((a, b) => (a.sid < b.sid ? -1 : 1));
  }

  async create(accountSid: string, patch: ApplicationPatch): Promise<ApplicationRecord> {
    const now = this.#clock.now();
    const application: ApplicationRecord = {
      sid: randomSid("AP"),
      accountSid,
      ...EMPTY,
      ...patch,
      createdAt: now,
      updatedAt: now,
    };
    await this.#settings.change((document) => ({
      ...document,
      applications: [...document.applications, application],
    }));
    return application;
  }

  /** Null when there is no such application (any more). */
  async update(sid: string, patch: ApplicationPatch): Promise<ApplicationRecord | null> {
    const updatedAt = this.#clock.now();
    await this.#settings.change((document) => ({
      ...document,
      applications: document.applications.map((application) =>
        application.sid === sid ? { ...application, ...patch, updatedAt } : application,
      ),
    }));
    return this.bySid(sid);
  }

  /** The numbers that named it have their own URLs again. */
  async remove(sid: string): Promise<void> {
    await this.#settings.change((document) => ({
      ...document,
      applications: document.applications.filter((application) => application.sid !== sid),
      numbers: document.numbers.map((number) =>
        number.smsApplicationSid === sid ? { ...number, smsApplicationSid: "" } : number,
      ),
    }));
  }
}

const EMPTY = {
  friendlyName: "",
  smsUrl: "",
  smsMethod: "POST",
  smsFallbackUrl: "",
  smsFallbackMethod: "POST",
  smsStatusCallback: "",
  messageStatusCallback: "",
  voiceUrl: "",
  voiceMethod: "POST",
  voiceFallbackUrl: "",
  voiceFallbackMethod: "POST",
  statusCallback: "",
  statusCallbackMethod: "POST",
} as const;
