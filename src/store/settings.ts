/**
 * The door of lowdb: `settings.json`, the one document people configure over the API.
 *
 * lowdb's own file adapter neither syncs nor survives a power cut in mid-write, so it is given one that does
 * (DESIGN §4.8): write a temporary file, sync it, rename it over the old one, sync the directory. The file holds
 * auth tokens: 0600. A file that cannot be read as what it should be is refused with line and column, and never
 * overwritten: it may be all that is left of somebody's configuration. `settings.json.previous` is a copy of the
 * document as it was last written, or read without fault: what a person goes back to whose editing went wrong.
 */
import { mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Adapter, Low } from "lowdb";
import writeFileAtomic from "write-file-atomic";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { locateJsonError, locateJsonValue, withoutMark } from "./json-error.ts";
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
const COPY = "settings.json.previous";
const VERSION = 1;

/**
 * `ifGone`: what to say where neither the document nor its copy is there and there has to be one, because the database
 * belongs to the accounts in it; null: there may be none yet.
 */
export async function openSettings(dataDir: string, ifGone: string | null = null): Promise<Settings> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await removeUnfinished(dataDir);
  const low = new Low<SettingsDocument>(durableFile(dataDir, ifGone), EMPTY_SETTINGS);
  try {
    await low.read();
  } catch (error) {
    throw await offeringCopy(error, dataDir);
  }
  return new LowSettings(low);
}

/** The document as a file has it, for a backup. */
export function settingsText(document: SettingsDocument): string {
  return `${JSON.stringify({ version: VERSION, ...document }, null, 2)}\n`;
}

/**
 * For whoever only looks, beside a daemon that may be writing: touches nothing. Null when there is no document;
 * rejects with the system's own error when this user may not read it.
 */
export async function readSettings(dataDir: string): Promise<SettingsDocument | null> {
  const file = join(dataDir, FILE);
  try {
    return parseSettings(withoutMark(await readFile(file, "utf8")), file);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
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

function durableFile(dataDir: string, ifGone: string | null): Adapter<SettingsDocument> {
  const file = join(dataDir, FILE);
  return {
    read: async () => {
      const text = await textOf(file);
      const copy = await textOf(join(dataDir, COPY));
      if (text === null) {
        if (copy === null && ifGone === null) return null;
        if (copy === null) throw invalid(file, "is gone, and so is its copy", ifGone ?? undefined);
        throw invalid(file, "is not there any more", `put it back (to begin anew, remove ${COPY} as well)`);
      }
      const document = parseSettings(text, file);
      if (text !== copy) await keepCopy(dataDir, text);
      return document;
    },
    write: async (document) => {
      const text = settingsText(document);
      try {
        await writeFileAtomic(file, text, { mode: 0o600, fsync: true });
        await syncDirectory(dataDir);
      } catch (error) {
        throw refusedByDisk(error, file) ?? error;
      }
      await keepCopy(dataDir, text);
    },
  };
}

async function textOf(file: string): Promise<string | null> {
  try {
    return withoutMark(await readFile(file, "utf8"));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw invalid(file, `cannot be read: ${reasonOf(error)}`, "mend its owner and mode");
  }
}

/** The document is safe already: a disk without room for the copy gets it at the next start. */
async function keepCopy(dataDir: string, text: string): Promise<void> {
  await writeFileAtomic(join(dataDir, COPY), text, { mode: 0o600, fsync: true }).catch(() => {});
}

/** A disk that is full or read-only may be so for a while only. */
function refusedByDisk(error: unknown, file: string): Fault | null {
  const why = { ENOSPC: "the disk is full", EDQUOT: "the disk is full", EROFS: "the disk is read-only" };
  const code = codeOf(error);
  if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "EROFS") return null;
  return new Fault({
    code: "store.failed",
    disposition: "retry",
    message: `${file} cannot be written, since ${why[code]}`,
    cause: error,
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}

/** The same refusal, with the command that goes back to the copy where there is one to go back to. */
async function offeringCopy(error: unknown, dataDir: string): Promise<unknown> {
  if (!(error instanceof Fault) || error.code !== "config.invalid") return error;
  const copy = join(dataDir, COPY);
  try {
    parseSettings(await readFile(copy, "utf8"), copy);
    const date = (await stat(copy)).mtime.toISOString().slice(0, 16).replace("T", " ");
    const offer = `, or take what it was on ${date} UTC: cp -p ${copy} ${join(dataDir, FILE)}`;
    return new Fault({ code: error.code, disposition: error.disposition, message: error.message + offer });
  } catch {
    return error;
  }
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
    if (/^settings\.json(\.previous)?\.\d+$/.test(name)) await rm(join(dataDir, name), { force: true });
  }
}

function parseSettings(text: string, file: string): SettingsDocument {
  const error = locateJsonError(text);
  if (error !== null) {
    throw invalid(file, `is not valid JSON at line ${error.line}, column ${error.column}`);
  }
  try {
    return checkSettings(text, file);
  } catch (wrong) {
    if (!(wrong instanceof Misfit)) throw wrong;
    const { line, column } = locateJsonValue(text, wrong.path);
    throw invalid(file, `is no settings document: line ${line}, column ${column}: ${wrong.message}`);
  }
}

function checkSettings(text: string, file: string): SettingsDocument {
  const { version, ...document } = recordOf(JSON.parse(text), "");
  if (typeof version !== "number") throw new Misfit("", `it has no "version"`);
  if (version > VERSION) {
    throw new Fault({
      code: "store.newer",
      disposition: "reject",
      message: `${file} was written by a newer pylone (version ${version}, this one knows ${VERSION}): install that version or a later one`,
    });
  }
  return {
    accounts: listOf<AccountRecord>(document["accounts"], ACCOUNT_FIELDS, "accounts"),
    numbers: listOf<NumberRecord>(document["numbers"], NUMBER_FIELDS, "numbers"),
    // A document from before there were services has none.
    services: servicesOf(document["services"] ?? []),
    released: textsOf(document["released"] ?? [], "released"),
    // Lists younger than the first document: one that was written before them has none.
    keys: listOf<KeyRecord>(document["keys"] ?? [], KEY_FIELDS, "keys"),
    applications: listOf<ApplicationRecord>(
      document["applications"] ?? [],
      APPLICATION_FIELDS,
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

function servicesOf(value: unknown): readonly ServiceRecord[] {
  const services = listOf<Omit<ServiceRecord, "senders">>(value, SERVICE_FIELDS, "services");
  return services.map((service, index) => {
    const senders: unknown = Reflect.get(service, "senders");
    const path = `services[${index}].senders`;
    return { ...service, senders: listOf<ServiceSender>(senders, SENDER_FIELDS, path) };
  });
}

function listOf<T>(value: unknown, fields: Fields<T>, path: string): readonly T[] {
  if (!Array.isArray(value)) throw new Misfit(path, `${path} is not a list`);
  return value.map((item, index) => {
    const where = `${path}[${index}]`;
    const record = recordOf(item, where);
    for (const [name, kind] of Object.entries(fields) as [string, Kind][]) {
      if (!fits(record[name], kind)) {
        const wanted = typeof kind === "string" ? `a ${kind}` : `one of ${kind.join(", ")}`;
        throw new Misfit(`${where}.${name}`, `${where}.${name} is not ${wanted}`);
      }
    }
    return record as T;
  });
}

function textsOf(value: unknown, path: string): readonly string[] {
  if (!Array.isArray(value)) throw new Misfit(path, `${path} is not a list`);
  if (!value.every((item) => typeof item === "string"))
    throw new Misfit(path, `${path} is not a list of texts`);
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

function recordOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Misfit(path, `${path === "" ? "the document" : path} is not an object`);
}

/** A value that is not what it should be, and where it stands. */
class Misfit extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

function invalid(file: string, what: string, mend = "repair it"): Fault {
  return new Fault({ code: "config.invalid", disposition: "reject", message: `${file} ${what}: ${mend}` });
}
