/**
 * The door of lowdb: `settings.json`, the one document people configure over the API.
 *
 * lowdb's own file adapter neither syncs nor survives a power cut in mid-write, so it is given one that does
 * (DESIGN §4.8): write a temporary file, sync it, rename it over the old one, sync the directory. The file holds
 * auth tokens: 0600. A file that cannot be read as what it should be is refused with line and column, and never
 * overwritten: it may be all that is left of somebody's configuration.
 */
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Adapter, Low } from "lowdb";
import writeFileAtomic from "write-file-atomic";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { locateJsonError } from "./json-error.ts";
import {
  type AccountRecord,
  type ApplicationRecord,
  EMPTY_SETTINGS,
  type KeyRecord,
  type NumberRecord,
  type ServiceRecord,
  type ServiceSender,
  type Settings,
  type SettingsDocument,
} from "./settings-document.ts";

const FILE = "settings.json";
const VERSION = 1;

export async function openSettings(dataDir: string): Promise<Settings> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await removeUnfinished(dataDir);
  const low = new Low<SettingsDocument>(durableFile(dataDir), EMPTY_SETTINGS);
  await low.read();
  return new LowSettings(low);
}

/**
 * For whoever only looks, beside a daemon that may be writing: touches nothing. Null when there is no document;
 * rejects with the system's own error when this user may not read it.
 */
export async function readSettings(dataDir: string): Promise<SettingsDocument | null> {
  const file = join(dataDir, FILE);
  try {
    return parseSettings(await readFile(file, "utf8"), file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

class LowSettings implements Settings {
  readonly #low: Low<SettingsDocument>;
  #last: Promise<void> = Promise.resolve();

  constructor(low: Low<SettingsDocument>) {
    this.#low = low;
  }

  get document(): SettingsDocument {
    return this.#low.data;
  }

  change(change: (document: SettingsDocument) => SettingsDocument): Promise<void> {
    const done = this.#last.then(() => this.#write(change));
    this.#last = done.catch(() => {});
    return done;
  }

  /** What is read is what is on disk: a change that could not be written is not seen. */
  async #write(change: (document: SettingsDocument) => SettingsDocument): Promise<void> {
    const before = this.#low.data;
    const next = change(before);
    if (next === before) return;
    await this.#low.adapter.write(next);
    this.#low.data = next;
  }
}

function durableFile(dataDir: string): Adapter<SettingsDocument> {
  const file = join(dataDir, FILE);
  return {
    read: async () => {
      const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return null;
        throw invalid(file, `cannot be read: ${reasonOf(error)}`);
      });
      return text === null ? null : parseSettings(text, file);
    },
    write: async (document) => {
      const text = `${JSON.stringify({ version: VERSION, ...document }, null, 2)}\n`;
      await writeFileAtomic(file, text, { mode: 0o600, fsync: true });
      await syncDirectory(dataDir);
    },
  };
}

/** The rename itself must survive the plug being pulled. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Temporary files of a write that a power cut ended hold tokens too. */
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (/^settings\.json\.\d+$/.test(name)) await rm(join(dataDir, name), { force: true });
  }
}

function parseSettings(text: string, file: string): SettingsDocument {
  const error = locateJsonError(text);
  if (error !== null) {
    const mend = "repair it, or restore it from a backup";
    throw invalid(file, `is not valid JSON at line ${error.line}, column ${error.column}: ${mend}`);
  }
  const { version, ...document } = recordOf(JSON.parse(text), file, "the document");
  if (typeof version !== "number") throw invalid(file, `has no "version": it is not a settings document`);
  if (version > VERSION) {
    throw new Fault({
      code: "store.newer",
      disposition: "reject",
      message: `${file} was written by a newer pylone (version ${version}, this one knows ${VERSION}): install that version or a later one`,
    });
  }
  return {
    accounts: listOf<AccountRecord>(document["accounts"], ACCOUNT_FIELDS, file, "accounts"),
    numbers: listOf<NumberRecord>(document["numbers"], NUMBER_FIELDS, file, "numbers"),
    // A document from before there were services has none.
    services: servicesOf(document["services"] ?? [], file),
    released: textsOf(document["released"] ?? [], file, "released"),
    // Lists younger than the first document: one that was written before them has none.
    keys: listOf<KeyRecord>(document["keys"] ?? [], KEY_FIELDS, file, "keys"),
    applications: listOf<ApplicationRecord>(
      document["applications"] ?? [],
      APPLICATION_FIELDS,
      file,
      "applications",
    ),
  };
}

type Kind =
  | "string"
  | "string, if any"
  | "number"
  | "boolean"
  | "string or null"
  | "map of strings, if any"
  | readonly string[];
type Fields<T> = { readonly [Name in keyof T]-?: Kind };

const METHOD = ["GET", "POST"] as const;

const ACCOUNT_FIELDS: Fields<AccountRecord> = {
  sid: "string",
  friendlyName: "string",
  authToken: "string",
  status: ["active", "suspended", "closed"],
  ownerAccountSid: "string or null",
  test: "map of strings, if any",
  createdAt: "number",
  updatedAt: "number",
};

const NUMBER_FIELDS: Fields<NumberRecord> = {
  sid: "string",
  accountSid: "string",
  phoneNumber: "string",
  kind: ["local", "mobile", "toll-free", "short-code", "alphanumeric"],
  country: "string",
  line: "string",
  friendlyName: "string",
  smsUrl: "string",
  smsMethod: METHOD,
  smsFallbackUrl: "string",
  smsFallbackMethod: METHOD,
  smsApplicationSid: "string",
  statusCallback: "string",
  statusCallbackMethod: METHOD,
  voiceUrl: "string",
  voiceMethod: METHOD,
  voiceFallbackUrl: "string",
  voiceFallbackMethod: METHOD,
  echoed: "map of strings, if any",
  createdAt: "number",
  updatedAt: "number",
};

const SENDER_FIELDS: Fields<ServiceSender> = {
  sid: "string",
  kind: ["phone-number", "short-code", "alpha-sender"],
  numberSid: "string",
  isoCountryCode: "string, if any",
  createdAt: "number",
  updatedAt: "number",
};

const SERVICE_FIELDS: Fields<Omit<ServiceRecord, "senders">> = {
  sid: "string",
  accountSid: "string",
  friendlyName: "string",
  inboundRequestUrl: "string",
  inboundMethod: METHOD,
  fallbackUrl: "string",
  fallbackMethod: METHOD,
  statusCallback: "string",
  stickySender: "boolean",
  mmsConverter: "boolean",
  smartEncoding: "boolean",
  scanMessageContent: "string",
  fallbackToLongCode: "boolean",
  areaCodeGeomatch: "boolean",
  synchronousValidation: "boolean",
  validityPeriod: "number",
  usecase: "string",
  useInboundWebhookOnNumber: "boolean",
  createdAt: "number",
  updatedAt: "number",
};

const KEY_FIELDS: Fields<KeyRecord> = {
  sid: "string",
  accountSid: "string",
  friendlyName: "string",
  secretHash: "string",
  kind: ["standard", "main"],
  createdAt: "number",
  updatedAt: "number",
};

const APPLICATION_FIELDS: Fields<ApplicationRecord> = {
  sid: "string",
  accountSid: "string",
  friendlyName: "string",
  smsUrl: "string",
  smsMethod: METHOD,
  smsFallbackUrl: "string",
  smsFallbackMethod: METHOD,
  smsStatusCallback: "string",
  messageStatusCallback: "string",
  voiceUrl: "string",
  voiceMethod: METHOD,
  voiceFallbackUrl: "string",
  voiceFallbackMethod: METHOD,
  statusCallback: "string",
  statusCallbackMethod: METHOD,
  echoed: "map of strings, if any",
  createdAt: "number",
  updatedAt: "number",
};

function servicesOf(value: unknown, file: string): readonly ServiceRecord[] {
  const services = listOf<Omit<ServiceRecord, "senders">>(value, SERVICE_FIELDS, file, "services");
  return services.map((service, index) => {
    const senders: unknown = Reflect.get(service, "senders");
    const path = `services[${index}].senders`;
    return { ...service, senders: listOf<ServiceSender>(senders, SENDER_FIELDS, file, path) };
  });
}

function listOf<T>(value: unknown, fields: Fields<T>, file: string, path: string): readonly T[] {
  if (!Array.isArray(value)) throw invalid(file, `${path} is not a list`);
  return value.map((item, index) => {
    const where = `${path}[${index}]`;
    const record = recordOf(item, file, where);
    for (const [name, kind] of Object.entries(fields) as [string, Kind][]) {
      if (!fits(record[name], kind)) {
        const wanted = typeof kind === "string" ? `a ${kind}` : `one of ${kind.join(", ")}`;
        throw invalid(file, `${where}.${name} is not ${wanted}`);
      }
    }
    return record as T;
  });
}

function textsOf(value: unknown, file: string, path: string): readonly string[] {
  if (!Array.isArray(value)) throw invalid(file, `${path} is not a list`);
  if (!value.every((item) => typeof item === "string")) throw invalid(file, `${path} is not a list of texts`);
  return value;
}

function fits(value: unknown, kind: Kind): boolean {
  if (typeof kind !== "string") return typeof value === "string" && kind.includes(value);
  if (kind === "number" || kind === "boolean") return typeof value === kind;
  if (value === undefined && kind === "string, if any") return true;
  if (kind === "map of strings, if any") return value === undefined || isMapOfStrings(value);
  return typeof value === "string" || (kind === "string or null" && value === null);
}

function isMapOfStrings(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item) => typeof item === "string");
}

function recordOf(value: unknown, file: string, path: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid(file, `${path} is not an object`);
}

function invalid(file: string, what: string): Fault {
  return new Fault({ code: "config.invalid", disposition: "reject", message: `${file} ${what}` });
}
