/**
 * Which deliver_sm is a repetition. It has neither a time stamp nor an id: when somebody answers "OK" twice, the two
 * PDUs differ in nothing but their sequence numbers, and so do one PDU and its repetition. So the octets alone do not
 * decide. A PDU is a repetition when an equal one was left unacknowledged: refused, cut off from its response, or in
 * hand when the process ended (which the Line's memory tells). It then gets the fingerprint of the first, and the
 * store knows what it has. Everything else is new.
 *
 * A response that went out on a connection that broke may not have arrived: it is in doubt unless the SMSC was heard
 * a while after it. One that went out just before the process ended is in doubt as well. What nobody repeats within a
 * quarter of an hour is forgotten; kept longer, it would swallow what somebody says again.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { LineMemory } from "../line.ts";

const MEMORY_KEY = "smpp.in-hand";
const REPEATED_WITHIN_MS = 15 * 60_000;
/** Heard so long after a response, the SMSC has the response. */
const CERTAIN_AFTER_MS = 2000;
const WRITE_IDLE_AFTER_MS = 2000;
const MOST_KEPT = 1000;
/** So long a response may be on its way; less than the wait before a write, which then finds none. */
const ON_ITS_WAY_MS = 1900;
/** Of those acknowledged last, how many the Line's memory keeps: an SMSC has no more on their way at once. */
const ACKNOWLEDGED_WRITTEN = 64;

/** Of a fingerprint's digits, those that come from the octets; the others make it unique. */
const BODY_DIGITS = 40;

type Left = { readonly fingerprint: string; readonly until: number };
type Acknowledged = { readonly fingerprint: string; readonly connection: object; readonly at: number };

export class Repeats {
  readonly #memory: LineMemory;
  readonly #clock: Clock;
  readonly #run = randomBytes(6).toString("hex");
  readonly #inHand = new Set<string>();
  #left: Left[] = [];
  #acknowledged: Acknowledged[] = [];
  #count = 0;
  #writing: Promise<void> | null = null;
  #written = "";
  #idle: Timer | null = null;
  #stopped = false;

  constructor(options: { readonly memory: LineMemory; readonly clock: Clock }) {
    this.#memory = options.memory;
    this.#clock = options.clock;
  }

  /** What a former process had in hand may come again. Settles before the first bind. */
  async load(): Promise<void> {
    const written = (await this.#memory.get(MEMORY_KEY)) ?? "";
    this.#written = written;
    for (const fingerprint of written.split(" ")) if (fingerprint !== "") this.#leave(fingerprint);
  }

  /**
   * The fingerprint of a PDU that has come. Settled once it is on its way to the Line's memory: what is kept from then
   * on is committed with that or after it.
   */
  async begin(octetsWithoutHeader: Buffer): Promise<string> {
    const now = this.#clock.monotonicMs();
    const body = createHash("sha256").update(octetsWithoutHeader).digest("hex").slice(0, BODY_DIGITS);
    this.#forgetOld(now);
    const index = this.#left.findIndex(({ fingerprint }) => fingerprint.startsWith(body));
    const [known] = index < 0 ? [] : this.#left.splice(index, 1);
    const fingerprint =
      known?.fingerprint ?? `${body}${this.#run}${(++this.#count).toString(16).padStart(8, "0")}`;
    this.#inHand.add(fingerprint);
    this.#idle?.cancel();
    this.#idle = null;
    // After this turn of the event loop, so that all that came in one read is written at once.
    this.#writing ??= Promise.resolve().then(() => {
      this.#writing = null;
      this.#write();
    });
    await this.#writing;
    return fingerprint;
  }

  acknowledged(fingerprint: string, connection: object): void {
    const at = this.#clock.monotonicMs();
    if (this.#acknowledged.length >= MOST_KEPT) this.#acknowledged.shift();
    this.#acknowledged.push({ fingerprint, connection, at });
    this.#done(fingerprint);
  }

  /** Refused, or there was nobody left to answer. */
  unacknowledged(fingerprint: string): void {
    this.#leave(fingerprint);
    this.#done(fingerprint);
  }

  /** `heardAt`: when the SMSC was last heard on it, monotonic. Null: it was ended in order, nothing is in doubt. */
  connectionEnded(connection: object, heardAt: number | null): void {
    for (const { fingerprint, at, connection: its } of this.#acknowledged) {
      if (its === connection && heardAt !== null && at > heardAt - CERTAIN_AFTER_MS) this.#leave(fingerprint);
    }
    this.#acknowledged = this.#acknowledged.filter((other) => other.connection !== connection);
  }

  stop(): void {
    this.#stopped = true;
    this.#idle?.cancel();
    this.#idle = null;
    this.#write();
  }

  #done(fingerprint: string): void {
    this.#inHand.delete(fingerprint);
    if (this.#inHand.size > 0 || this.#stopped) return;
    this.#idle?.cancel();
    this.#idle = this.#clock.timer(WRITE_IDLE_AFTER_MS, () => this.#write());
  }

  #leave(fingerprint: string): void {
    this.#left.push({ fingerprint, until: this.#clock.monotonicMs() + REPEATED_WITHIN_MS });
    if (this.#left.length > MOST_KEPT) this.#left.shift();
  }

  #forgetOld(now: number): void {
    if (this.#left.length > 0) this.#left = this.#left.filter(({ until }) => until > now);
  }

  /** Their responses may still be on their way when the power goes. */
  #justAcknowledged(): readonly string[] {
    const since = this.#clock.monotonicMs() - ON_ITS_WAY_MS;
    return this.#acknowledged
      .slice(-ACKNOWLEDGED_WRITTEN)
      .flatMap(({ fingerprint, at }) => (at > since ? fingerprint : []));
  }

  /** A write that fails is not worth a text: at the worst one is shown twice after a power cut. */
  #write(): void {
    this.#forgetOld(this.#clock.monotonicMs());
    const left = this.#left.map(({ fingerprint }) => fingerprint);
    const text = [...left, ...this.#justAcknowledged(), ...this.#inHand].join(" ");
    if (text === this.#written) return;
    this.#written = text;
    this.#memory.put(MEMORY_KEY, text).catch(() => {
      this.#written = "";
    });
  }
}
