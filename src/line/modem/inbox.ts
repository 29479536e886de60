/**
 * What arrives, one thing at a time and in order. The rule it keeps: nothing is deleted (`+CMGD`) or
 * acknowledged (`+CNMA`) before its handler has said `kept`; what is refused stays where it is and is offered
 * again. So a power cut at any moment leaves a message with us, or in the modem, or with the network.
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
import { fieldsOf, type ResponseLine } from "./at/command.ts";
import type { Setup } from "./bring-up.ts";
import { ATTENTION, acknowledge, erase, LIST_ALL, read, selectStorage, set } from "./commands.ts";
import { type FromNetwork, fromNetwork } from "./from-network.ts";
import type { Listing } from "./listing.ts";
import { StorageGauge } from "./storage-gauge.ts";

export type InboxOptions = {
  readonly ask: Ask;
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
  | { readonly is: "read"; readonly storage: string; readonly index: number }
  | { readonly is: "drain"; readonly storages: readonly string[]; readonly done: (() => void)[] };

type Entry = {
  readonly storage: string;
  readonly index: number;
  readonly stat: string;
  readonly raw: string;
};

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

/** 27.005 §3.1, <stat>: 2 and 3 are messages stored for sending. */
const STORED_FOR_SENDING: readonly string[] = ["2", "3"];

export class Inbox {
  readonly #options: InboxOptions;
  readonly #jobs: Job[] = [];
  #running: Promise<void> | null = null;
  #stopped = false;
  /** What mem1 is set to now. */
  #selected: string | null;
  /** Kept, but still in the modem: by place, the PDU and how often its deletion failed. */
  readonly #undeleted = new Map<string, { raw: string; failures: number }>();
  readonly #gauge: StorageGauge;
  #pressed = false;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#selected = options.setup.storages.selected;
    this.#gauge = new StorageGauge(options.setup.storages.level);
  }

  /** `+CMTI` or `+CDSI`: something was stored. */
  announced(storage: string, index: number): void {
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
      const job = this.#jobs.shift();
      if (job === undefined) return;
      if (job.is === "direct") await this.#takeDirect(job.raw);
      else if (job.is === "read") await this.#takeAnnounced(job.storage, job.index);
      else {
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
    const result = await ask(acknowledge(kept === "kept"), { urgent: true });
    const late = clock.monotonicMs() - since > ACKNOWLEDGE_WITHIN_MS;
    if (result.is === "ok" && !late) return;
    // 27.005 §3.4.4: a modem that was not answered in time switches its indications off by itself.
    if (setup.indications !== null) await ask(set(`AT+CNMI=${setup.indications.chosen}`));
    if (!this.#stopped) this.drain().catch(() => undefined);
  }

  async #takeAnnounced(storage: string, index: number): Promise<void> {
    if (!(await this.#select(storage))) return;
    for (const wait of [...READ_AGAIN_MS, null]) {
      const result = await this.#options.ask(read(index));
      if (result.is === "lost") return;
      const line = result.is === "ok" ? result.lines[0] : undefined;
      if (line !== undefined && isTextMode(line)) {
        this.#options.onTextMode();
        return;
      }
      const entry = entryRead(line, storage, index);
      if (entry !== null) {
        await this.#take(entry);
        return;
      }
      if (wait !== null) await this.#options.sleep(wait);
    }
    // Gone, or unreadable by index: the next listing tells.
  }

  async #drainStorage(storage: string): Promise<void> {
    const refused = new Set<string>();
    for (let pass = 0; pass < MAX_PASSES && !this.#stopped; pass++) {
      if (!(await this.#select(storage))) return;
      const entries = await this.#entriesIn(storage);
      if (entries === null) return;
      if (pass === 0 && this.#gauge.found(storage, entries.length)) this.#showLevel(true);
      this.#gauge.left(storage, entries.length);
      const fresh = entries.filter((entry) => !refused.has(placeOf(entry)));
      if (fresh.length === 0) return;
      for (const entry of fresh) {
        if (this.#stopped) return;
        if (!(await this.#take(entry))) refused.add(placeOf(entry));
      }
    }
  }

  /** Everything in the storage; null when the modem did not show it. */
  async #entriesIn(storage: string): Promise<readonly Entry[] | null> {
    const { ask, clock, listing, onTextMode } = this.#options;
    if (!listing.ends) return this.#entriesByIndex(storage);
    const since = clock.monotonicMs();
    const result = await ask(LIST_ALL);
    if (result.is === "aborted") return null;
    if (result.lines.length === 0 && clock.monotonicMs() - since >= LIST_ALL.timeoutMs) {
      const answers = (await ask(ATTENTION)).is === "ok";
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

  /** True when the entry is no longer in the modem. */
  async #take(entry: Entry): Promise<boolean> {
    const stuck = this.#undeleted.get(placeOf(entry));
    const alreadyKept = stuck !== undefined && stuck.raw === entry.raw;
    if (!alreadyKept && !STORED_FOR_SENDING.includes(entry.stat)) {
      if ((await this.#handOver(entry.raw)) !== "kept") return false;
    }
    return this.#delete(entry);
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

  async #delete(entry: Entry): Promise<boolean> {
    if (!(await this.#select(entry.storage))) return false;
    const place = placeOf(entry);
    const result = await this.#options.ask(erase(entry.index));
    // 321: no such index, so it is gone already.
    if (result.is === "ok" || (result.is === "error" && result.error.code === 321)) {
      this.#undeleted.delete(place);
      // The place was taken until now, so what was announced for it is what is gone.
      this.#removeJobs((job) => job.is === "read" && placeOf(job) === place);
      return true;
    }
    const stuck = this.#undeleted.get(place);
    const failures = stuck?.raw === entry.raw ? stuck.failures + 1 : 1;
    this.#undeleted.set(place, { raw: entry.raw, failures });
    if (failures === STUCK_AFTER) this.#options.onStuck(entry.storage, entry.index);
    return false;
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

/** `+CMGL: 1,"REC UNREAD",…`: what follows is a text, not a PDU. */
function isTextMode(line: ResponseLine): boolean {
  return /^\+CMG[LR]:[^"]*"(?:REC|STO) /.test(line.text);
}

/** `+CMGL: <index>,<stat>,[<alpha>],<length>`; the alpha field is sometimes left out. */
function entryListed(line: ResponseLine, storage: string): Entry | null {
  const [index = "", stat = ""] = fieldsOf(line.text);
  if (line.pdu === null || !/^\d+$/.test(index)) return null;
  return { storage, index: Number.parseInt(index, 10), stat, raw: line.pdu };
}

/** `+CMGR: <stat>,[<alpha>],<length>`; a free slot is an empty PDU or none. */
function entryRead(line: ResponseLine | undefined, storage: string, index: number): Entry | null {
  if (line === undefined || line.pdu === null) return null;
  return { storage, index, stat: fieldsOf(line.text)[0] ?? "", raw: line.pdu };
}

function placeOf(entry: { readonly storage: string; readonly index: number }): string {
  return `${entry.storage} ${entry.index}`;
}
