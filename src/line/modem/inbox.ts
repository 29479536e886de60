/**
 * What arrives, one thing at a time and in order. The rule it keeps: nothing is deleted (`+CMGD`) or
 * acknowledged (`+CNMA`) before its handler has said `kept`; what is refused stays where it is and is offered
 * again. So a power cut at any moment leaves a message with us, or in the modem, or with the network.
 *
 * While a queue goes out, the modem has time for this only between an answer and the next `AT+CMGS`, and a commit
 * takes longer than that moment. So its commands go before sends that wait, everything announced is read in one
 * such moment, kept while the next text is on the air, and deleted in the next: one read or one deletion a send
 * would let reports pile up until the storage is full.
 *
 * Announcements (`+CMTI`, `+CDSI`) are read where they say; a burst of them is one listing. The listing of all
 * storages (`drain`) is the safety net: it runs at start, after whatever may have lost an announcement, and on
 * a slow timer, because a full storage announces nothing; sooner while little room is left. Where listing does not
 * work, because this modem never ends it, the storage is read index by index.
 */
import type { Clock } from "../../runtime/clock.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { Kept, StorageLevel } from "../line.ts";
import type { Ask } from "./ask.ts";
import type { Setup } from "./bring-up.ts";
import { ATTENTION, acknowledge, erase, LIST_ALL, read, selectStorage, set } from "./commands.ts";
import { type FromNetwork, fromNetwork } from "./from-network.ts";
import type { Listing } from "./listing.ts";
import { inOrderOfTime } from "./listing-order.ts";
import { StorageGauge } from "./storage-gauge.ts";
import {
  type Entry,
  entryListed,
  entryRead,
  isStoredForSending,
  isTextMode,
  placeOf,
} from "./stored-entry.ts";

export type InboxOptions = {
  /** Goes before what waits to be sent. */
  readonly ask: Ask;
  /** While the work runs, nothing but its own commands is begun. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly clock: Clock;
  readonly log: Log;
  readonly setup: Setup;
  /** Settles when what arrived is on disk, or cannot be kept. */
  readonly keep: (arrived: FromNetwork) => Promise<Kept>;
  /** A message was taken but cannot be deleted from the modem. */
  readonly onStuck: (storage: string, index: number) => void;
  /** How full the fullest storage is, after each look; `alarming` once when it comes near the end. */
  readonly onStorage: (level: StorageLevel, alarming: boolean) => void;
  readonly listing: Listing;
  /** The modem lists as in text mode: it has forgotten `+CMGF=0`. */
  readonly onTextMode: () => void;
  readonly sleep: (ms: number) => Promise<void>;
};

type Job =
  | { readonly is: "direct"; readonly raw: string }
  | Announced
  | { readonly is: "drain"; readonly storages: readonly string[]; readonly done: (() => void)[] };

type Announced = { readonly is: "read"; readonly storage: string; readonly index: number };

/** Beyond this many announcements one listing is cheaper than reading each. */
const BURST = 3;
const MAX_PASSES = 20;
/** An announcement may come before its message can be read. */
const READ_AGAIN_MS: readonly number[] = [300, 1000];
/** Later than this the network has given up waiting for `+CNMA`, and the modem may have gone silent. */
const ACKNOWLEDGE_WITHIN_MS = 10_000;
const STUCK_AFTER = 3;
/** While a storage is nearly full it is looked at this often. */
const PRESSED_MS = 10_000;
/** Indexes read one by one where neither listing nor a size tells more: a SIM holds 10 to 50. */
const SLOTS = 50;

export class Inbox {
  readonly #options: InboxOptions;
  readonly #jobs: Job[] = [];
  #running: Promise<void> | null = null;
  #stopped = false;
  /** What mem1 is set to now. */
  #selected: string | null;
  /** Storages nobody has looked into: what is announced there waits behind what lies there already. */
  readonly #unlisted: Set<string>;
  /** Kept, and to be deleted in the next turn. */
  #kept: Entry[] = [];
  /** Kept, but still in the modem: by place, the PDU and how often its deletion failed. */
  readonly #undeleted = new Map<string, { raw: string; failures: number }>();
  readonly #gauge: StorageGauge;
  #pressed = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#selected = options.setup.storages.selected;
    this.#unlisted = new Set(options.setup.storages.drained);
    this.#gauge = new StorageGauge(options.setup.storages.level);
  }

  /** `+CMTI` or `+CDSI`: something was stored. */
  announced(storage: string, index: number): void {
    if (this.#unlisted.has(storage)) return;
    if (this.#jobs.some((job) => job.is === "drain" && job.storages.includes(storage))) return;
    const reads = this.#jobs.filter((job) => job.is === "read");
    if (reads.some((job) => job.storage === storage && job.index === index)) return;
    if (reads.length < BURST) {
      this.#add({ is: "read", storage, index });
      return;
    }
    const storages = [...new Set([...reads.map((job) => job.storage), storage])];
    this.#removeJobs((job) => job.is === "read");
    this.#add({ is: "drain", storages, done: [] });
  }

  /** The modem says that a storage is full; the selected one where it does not name it. */
  full(storage: string | null): void {
    const name = storage ?? this.#selected ?? "ME";
    const alarming = this.#gauge.full(name);
    if (alarming) this.#showLevel(true);
    this.#add({ is: "drain", storages: [name], done: [] });
  }

  /** `+CMT` or `+CDS`: the network waits for our answer, so this goes before what is stored. */
  direct(raw: string): void {
    const place = this.#jobs.findIndex((job) => job.is !== "direct");
    this.#jobs.splice(place < 0 ? this.#jobs.length : place, 0, { is: "direct", raw });
    this.#run();
  }

  /** Reads and empties every storage. Settles when done, or when the link is gone. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) {
        resolve();
        return;
      }
      this.#add({ is: "drain", storages: this.#options.setup.storages.drained, done: [resolve] });
    });
  }

  /** Takes nothing new; settles when what is in hand is kept and deleted. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const job of this.#jobs.splice(0)) if (job.is === "drain") for (const done of job.done) done();
    await this.#running?.catch(() => undefined);
  }

  #takeOut<Is extends Job["is"]>(is: Is): Extract<Job, { is: Is }>[] {
    const out = this.#jobs.filter((job): job is Extract<Job, { is: Is }> => job.is === is);
    this.#removeJobs((job) => job.is === is);
    return out;
  }

  #removeJobs(which: (job: Job) => boolean): void {
    const rest = this.#jobs.filter((job) => !which(job));
    this.#jobs.splice(0, this.#jobs.length, ...rest);
  }

  #add(job: Job): void {
    this.#jobs.push(job);
    this.#run();
  }

  #run(): void {
    if (this.#running !== null || this.#stopped) return;
    this.#running = this.#work().finally(() => {
      this.#running = null;
      if (this.#jobs.length > 0) this.#run();
    });
    this.#running.catch((error: unknown) =>
      this.#options.log.error(
        { reason: reasonOf(error) },
        "receiving failed; the messages stay in the modem",
      ),
    );
  }

  async #work(): Promise<void> {
    for (;;) {
      const [job] = this.#jobs;
      if (job === undefined) {
        if (this.#kept.length === 0) return;
        await this.#options.turn(() => this.#deleteKept());
      } else if (job.is === "read") await this.#takeAnnounced();
      else if (job.is === "direct") {
        this.#jobs.shift();
        await this.#takeDirect(job.raw);
      } else {
        this.#jobs.shift();
        try {
          for (const storage of job.storages) await this.#drainStorage(storage);
          this.#showLevel(false);
          this.#lookAgainSoon();
        } finally {
          for (const done of job.done) done();
        }
      }
    }
  }

  async #takeDirect(raw: string): Promise<void> {
    const { ask, clock, setup } = this.#options;
    const since = clock.monotonicMs();
    const kept = await this.#handOver(raw);
    if (!setup.acknowledges) return;
    const result = await this.#options.ask(acknowledge(kept === "kept"));
    const late = clock.monotonicMs() - since > ACKNOWLEDGE_WITHIN_MS;
    if (result.is === "ok" && !late) return;
    // 27.005 §3.4.4: a modem that was not answered in time switches its indications off by itself.
    if (setup.indications !== null) await ask(set(`AT+CNMI=${setup.indications.chosen}`));
    if (!this.#stopped) this.drain().catch(() => undefined);
  }

  async #takeAnnounced(): Promise<void> {
    const entries: Entry[] = [];
    const notThere: Announced[] = [];
    await this.#options.turn(async () => {
      await this.#deleteKept();
      for (const job of this.#takeOut("read")) {
        const entry = await this.#readAt(job);
        if (entry === "not there") notThere.push(job);
        else if (entry !== "given up") entries.push(entry);
      }
    });
    await this.#keepAll(entries);
    for (const job of notThere) await this.#readAgain(job);
  }

  async #readAgain(job: Announced): Promise<void> {
    for (const wait of READ_AGAIN_MS) {
      await this.#options.sleep(wait);
      const entry = await this.#readAt(job);
      if (entry === "given up") return;
      if (entry === "not there") continue;
      await this.#keepAll([entry]);
      return;
    }
    // Gone, or unreadable by index: the next listing tells.
  }

  async #readAt({ storage, index }: Announced): Promise<Entry | "not there" | "given up"> {
    if (!(await this.#select(storage))) return "given up";
    const result = await this.#options.ask(read(index));
    if (result.is === "lost") return "given up";
    const line = result.is === "ok" ? result.lines[0] : undefined;
    if (line !== undefined && isTextMode(line)) {
      this.#options.onTextMode();
      return "given up";
    }
    return entryRead(line, storage, index) ?? "not there";
  }

  async #drainStorage(storage: string): Promise<void> {
    const refused = new Set<string>();
    for (let pass = 0; pass < MAX_PASSES && !this.#stopped; pass++) {
      await this.#takeWaiting();
      const look = async () => {
        await this.#deleteKept();
        this.#unlisted.delete(storage);
        return (await this.#select(storage)) ? this.#entriesIn(storage) : null;
      };
      // A hundred readings are no moment between two sends: these go out in between.
      const entries = await (this.#options.listing.ends ? this.#options.turn(look) : look());
      if (entries === null) break;
      if (pass === 0 && this.#gauge.found(storage, entries.length)) this.#showLevel(true);
      this.#gauge.left(storage, entries.length);
      // What could not be deleted is tried once in each drain.
      const tried = (entry: Entry) => refused.has(placeOf(entry)) || (pass > 0 && this.#isStuck(entry));
      const fresh = inOrderOfTime(entries.filter((entry) => !tried(entry)));
      if (fresh.length === 0) break;
      for (const entry of await this.#keepAll(fresh)) refused.add(placeOf(entry));
    }
    await this.#options.turn(() => this.#deleteKept());
  }

  /** Before each listing, what came meanwhile: the network waits for an answer, an app for its text. */
  async #takeWaiting(): Promise<void> {
    for (const { raw } of this.#takeOut("direct")) await this.#takeDirect(raw);
    if (this.#jobs.some((job) => job.is === "read")) await this.#takeAnnounced();
  }

  /** Everything in the storage; null when the modem did not show it. */
  async #entriesIn(storage: string): Promise<readonly Entry[] | null> {
    const { clock, listing, onTextMode } = this.#options;
    if (!listing.ends) return this.#entriesByIndex(storage);
    const since = clock.monotonicMs();
    const result = await this.#options.ask(LIST_ALL);
    if (result.is === "aborted") return null;
    if (result.lines.length === 0 && clock.monotonicMs() - since >= LIST_ALL.timeoutMs) {
      const answers = (await this.#options.ask(ATTENTION)).is === "ok";
      await listing.hung(answers);
      return answers ? this.#entriesByIndex(storage) : null;
    }
    // A listing cut short by a time-out still holds whole entries.
    if (result.is !== "ok" && result.is !== "timeout") return null;
    if (result.lines.some((line) => isTextMode(line))) {
      onTextMode();
      return null;
    }
    await listing.ended();
    return result.lines.map((line) => entryListed(line, storage)).filter((entry) => entry !== null);
  }

  /** Modems count from 0 or from 1. */
  async #entriesByIndex(storage: string): Promise<readonly Entry[] | null> {
    const entries: Entry[] = [];
    const last = this.#gauge.totalOf(storage) ?? SLOTS;
    for (let index = 0; index <= last && !this.#stopped; index++) {
      const result = await this.#options.ask(read(index));
      if (result.is === "lost" || result.is === "timeout") return entries.length > 0 ? entries : null;
      const line = result.is === "ok" ? result.lines[0] : undefined;
      if (line !== undefined && isTextMode(line)) {
        this.#options.onTextMode();
        return null;
      }
      const entry = entryRead(line, storage, index);
      if (entry !== null) entries.push(entry);
    }
    return entries;
  }

  #showLevel(alarming: boolean): void {
    const level = this.#gauge.fullest;
    if (level !== null) this.#options.onStorage(level, alarming);
  }

  #lookAgainSoon(): void {
    if (this.#pressed || this.#stopped || !this.#gauge.isPressed) return;
    this.#pressed = true;
    this.#options
      .sleep(PRESSED_MS)
      .then(() => {
        this.#pressed = false;
        return this.drain();
      })
      // The session is over: the next one begins with a drain.
      .catch(() => undefined);
  }

  /** What is kept is deleted in the next turn. The others. */
  async #keepAll(entries: readonly Entry[]): Promise<readonly Entry[]> {
    const refused: Entry[] = [];
    for (const entry of entries) {
      if (this.#stopped) break;
      const isDone = this.#isStuck(entry) || isStoredForSending(entry);
      if (isDone || (await this.#handOver(entry.raw)) === "kept") this.#kept.push(entry);
      else refused.push(entry);
    }
    return refused;
  }

  /** Kept earlier, and still there. */
  #isStuck(entry: Entry): boolean {
    return this.#undeleted.get(placeOf(entry))?.raw === entry.raw;
  }

  async #deleteKept(): Promise<void> {
    for (let entry = this.#kept.shift(); entry !== undefined; entry = this.#kept.shift())
      await this.#delete(entry);
  }

  async #handOver(raw: string): Promise<Kept> {
    const { keep, log, setup } = this.#options;
    try {
      return await keep(fromNetwork(raw, setup.sim));
    } catch (error) {
      log.error({ reason: reasonOf(error) }, "a message could not be kept; it stays with the modem");
      return "refused";
    }
  }

  async #delete(entry: Entry): Promise<void> {
    if (!(await this.#select(entry.storage))) return;
    const place = placeOf(entry);
    // The place is taken until now: what was announced for it is what goes. What is announced from here on is new.
    this.#removeJobs((job) => job.is === "read" && placeOf(job) === place);
    const result = await this.#options.ask(erase(entry.index));
    // 321: no such index, so it is gone already.
    if (result.is === "ok" || (result.is === "error" && result.error.code === 321)) {
      this.#undeleted.delete(place);
      return;
    }
    const stuck = this.#undeleted.get(place);
    const failures = stuck?.raw === entry.raw ? stuck.failures + 1 : 1;
    this.#undeleted.set(place, { raw: entry.raw, failures });
    if (failures === STUCK_AFTER) this.#options.onStuck(entry.storage, entry.index);
  }

  /** Sets mem1 to where the message is: reading the wrong storage at the right index reads another message. */
  async #select(storage: string): Promise<boolean> {
    if (this.#selected === storage || this.#selected === null) return true;
    const result = await this.#options.ask(selectStorage([storage]));
    if (result.is !== "ok") return false;
    this.#gauge.selected(storage, result.lines[0]?.text);
    this.#selected = storage;
    return true;
  }
}
