/**
 * The backups of this box: made one at a time, the last so many kept, nightly by themselves. They are files of a
 * folder and nothing else is known of them, so that whoever copies or deletes one is right.
 *
 * They are numbered, and the number is their order: by its date, one that was made while the clock was ahead would be the
 * newest for years, and each made since the first to go.
 */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BackupView } from "../api/deps.ts";
import type { Clock } from "../runtime/clock.ts";
import type { NewEvent } from "../runtime/event.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";
import type { BackupFacts } from "../store/backup-file.ts";
import { BACKUP_FILE, instantOf } from "../store/backup-folder.ts";
import { markDamaged } from "../store/damage.ts";
import { makeBackup } from "../store/make-backup.ts";
import { settingsText } from "../store/settings.ts";
import type { SettingsDocument } from "../store/settings-document.ts";
import type { Store } from "../store/store.ts";
import type { Config } from "./config-schema.ts";
import { makeFolder } from "./data-folder.ts";

/** Of whoever copies it elsewhere at once and deletes it: no night's, and not one of those that are kept. */
const PASSING = /^pylone-(\d{6})-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)Z\.passing$/;
/** One that nobody has come for by then is deleted before the next is made. */
const PASSING_MS = 3_600_000;
/** A night that failed is tried again so often. */
const TRY_AGAIN_MS = 3_600_000;
/** A clock in doubt may make a night of an hour: so many times as many are kept meanwhile. */
const KEPT_IN_DOUBT = 2;

export type BackupsDeps = {
  readonly store: Store;
  readonly settings: { readonly document: SettingsDocument };
  readonly clock: Clock;
  readonly whyClockUntrusted: () => string | null;
  readonly log: Log;
  readonly config: Config["backup"] & { readonly folder: string };
  readonly dataDir: string;
  /** Null: the built-in one. */
  readonly configFile: string | null;
  readonly timeZone: string;
  /** Where the compiled program is, for whoever runs from source. */
  readonly processUrl?: URL;
};

export class Backups {
  readonly #deps: BackupsDeps;
  /** What is being made, or was not made; a file knows nothing of that. */
  #last: BackupView | null = null;
  #making: { readonly view: Promise<BackupView>; readonly done: Promise<void> } | null = null;
  readonly #stop = new AbortController();
  #triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: BackupsDeps) {
    this.#deps = deps;
  }

  /** The last one first. */
  async list(): Promise<readonly BackupView[]> {
    const { folder } = this.#deps.config;
    const names = await namesIn(folder, [BACKUP_FILE, PASSING]).catch((): string[] => []);
    const made = await Promise.all(
      names.map(async (name): Promise<BackupView[]> => {
        const about = await stat(join(folder, name)).catch(() => null);
        if (about === null) return [];
        return [{ name, status: "complete", reason: null, octets: about.size, createdAt: instantOf(name) }];
      }),
    );
    // What is known of the last one says more than its file does, while there is one.
    const last = this.#last;
    const isLast = last !== null && (last.status !== "complete" || names.includes(last.name));
    const others = made.flat().filter(({ name }) => !isLast || name !== last.name);
    return [...(isLast ? [last] : []), ...others].sort((a, b) => (a.name < b.name ? 1 : -1));
  }

  /** Its file's path; null when there is no such backup. */
  async fileOf(name: string): Promise<string | null> {
    const known = (await this.list()).find((view) => view.name === name && view.status === "complete");
    return known === undefined ? null : join(this.#deps.config.folder, name);
  }

  /** Begins one, or tells of the one that is being made. `keep`: false for one that is copied elsewhere and deleted. */
  begin({ keep = true } = {}): Promise<BackupView> {
    if (this.#making !== null) return this.#making.view;
    this.#triedAtMs = this.#deps.clock.monotonicMs();
    const view = this.#name(keep ? "backup" : "passing");
    const done = view
      .then((named) => this.#make(named))
      .finally(() => {
        this.#making = null;
      });
    this.#making = { view, done };
    return view;
  }

  /** Makes one where the night's is due and none of today is there; a box that was off then makes it when it is on. */
  async nightly(): Promise<void> {
    const { clock, config, timeZone } = this.#deps;
    if (config.at === "never" || clock.monotonicMs() - this.#triedAtMs < TRY_AGAIN_MS) return;
    const now = localTime(clock.now(), timeZone);
    if (now.time < config.at) return;
    const newest = (await this.list()).find(
      ({ name, status }) => status === "complete" && BACKUP_FILE.test(name),
    );
    if (newest !== undefined && localTime(newest.createdAt, timeZone).day === now.day) return;
    await this.begin();
    await this.settled();
  }

  /** Ends what is being made: a half backup is none. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.settled();
  }

  /** When what is being made has come to its end. */
  async settled(): Promise<void> {
    await this.#making?.done;
  }

  async #name(kind: "backup" | "passing"): Promise<BackupView> {
    const createdAt = this.#deps.clock.now();
    const { folder } = this.#deps.config;
    const names = await namesIn(folder, [BACKUP_FILE, PASSING]).catch((): string[] => []);
    const last = Math.max(
      0,
      ...names.map((name) => Number(name.slice("pylone-".length, "pylone-".length + 6))),
    );
    const date = new Date(createdAt).toISOString().slice(0, 19).replaceAll(":", "-");
    const name = `pylone-${String(last + 1).padStart(6, "0")}-${date}Z.${kind}`;
    this.#last = { name, status: "making", reason: null, octets: null, createdAt };
    return this.#last;
  }

  async #make(view: BackupView): Promise<void> {
    const { store, settings, config, configFile, dataDir, clock, processUrl } = this.#deps;
    try {
      await makeFolder(config.folder);
      await this.#removeUnfinished();
      const facts = await makeBackup({
        store,
        job: async () => ({
          from: join(dataDir, "pylone.db"),
          to: join(config.folder, view.name),
          madeAt: clock.now(),
          settings: settingsText(settings.document),
          config: configFile === null ? null : await readFile(configFile, "utf8").catch(() => null),
        }),
        signal: this.#stop.signal,
        ...(processUrl === undefined ? {} : { processUrl }),
      });
      await this.#tell(this.#newsOf(view.name, facts));
      if (facts.damage !== null) markDamaged(dataDir, facts.damage);
      await this.#removeOld();
      this.#last = { ...view, status: "complete", octets: facts.octets };
    } catch (error) {
      this.#last = { ...view, status: "failed", reason: reasonOf(error) };
      await this.#tell({
        type: "backup.failed",
        level: "warning",
        text: `${reasonOf(error)} (${config.folder})`,
      });
    }
  }

  #newsOf(name: string, { octets, messages, damage }: BackupFacts): Omit<NewEvent, "at"> {
    if (damage === null)
      return {
        type: "backup.made",
        level: "info",
        text: `Backup ${name} was made and is whole: ${messages} messages, ${Math.ceil(octets / 1e6)} MB.`,
      };
    return {
      type: "store.damaged",
      level: "error",
      text: `Backup ${name} shows that pylone.db is damaged (${damage}). Restart pylone: what can be read is saved then.`,
    };
  }

  async #removeOld(): Promise<void> {
    const { config, whyClockUntrusted } = this.#deps;
    const { folder, keep } = config;
    const kept = whyClockUntrusted() === null ? keep : keep * KEPT_IN_DOUBT;
    for (const name of (await backupNames(folder)).slice(0, -kept))
      await rm(join(folder, name), { force: true });
  }

  /** Of a process that was killed. */
  async #removeUnfinished(): Promise<void> {
    const { folder } = this.#deps.config;
    const forgotten = (name: string) =>
      PASSING.test(name) && this.#deps.clock.now() - instantOf(name) > PASSING_MS;
    for (const name of await readdir(folder))
      if (/^pylone-.*\.(backup|passing)\.part/.test(name) || forgotten(name))
        await rm(join(folder, name), { force: true });
  }

  async #tell(event: Omit<NewEvent, "at">): Promise<void> {
    const { store, clock, log } = this.#deps;
    log[event.level === "warning" ? "warn" : event.level]({ event: event.type }, event.text);
    await store.addEvent({ ...event, at: clock.now() }).catch(() => {});
  }
}

/** Those of a folder that are kept, in the order in which they were made; none where it is not there yet. */
export function backupNames(folder: string): Promise<string[]> {
  return namesIn(folder, [BACKUP_FILE]);
}

async function namesIn(folder: string, kinds: readonly RegExp[]): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => kinds.some((kind) => kind.test(name))).sort();
}

/** `2026-11-28` and `03:30`, where the box stands. */
function localTime(at: number, timeZone: string): { readonly day: string; readonly time: string } {
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" }).format(
    at,
  );
  const [day = "", time = ""] = shown.split(" ");
  return { day, time };
}
