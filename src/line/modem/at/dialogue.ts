/**
 * The driver around the command machine: one port, one command in flight, a queue in front of it. Sending,
 * receiving and the watchdog all go through this queue, so nothing is ever typed into somebody else's prompt.
 *
 * A command that timed out is still running in the modem. Before the next one the dialogue therefore makes sure
 * both sides agree again (`resync.ts`); the timed-out command's own result is given only after that, with the
 * result lines that came late. When agreement cannot be had the port is of no use: `onMute`, and its owner
 * opens another.
 */
import type { Clock, Timer } from "../../../runtime/clock.ts";
import { reasonOf } from "../../../runtime/fault.ts";
import type { BytePort } from "../../byte-port.ts";
import type { UrcTable } from "./classify.ts";
import type { Command, CommandResult } from "./command.ts";
import { type Effect, IDLE, type Input, type Machine, next } from "./command-machine.ts";
import { Reader } from "./reader.ts";
import { resynchronise } from "./resync.ts";

export type DialogueHandlers = {
  readonly onUrc: (text: string, pdu: string | null) => void;
  /** The modem restarted or is going off. */
  readonly onRestart: (text: string) => void;
  /** The modem echoes: it has forgotten ATE0. */
  readonly onEcho: () => void;
  /** A result of a command that was given up, after its caller was answered. */
  readonly onLate: (text: string) => void;
  /** Lines nobody understands or waits for. */
  readonly onNoise: (text: string, kind: "unknown" | "stale" | "damaged") => void;
  /** The dialogue lost and found its place: what was set may no longer be. */
  readonly onResync: () => void;
  /** The modem no longer answers. The dialogue is over; the port is its owner's to close. */
  readonly onMute: (reason: string) => void;
  readonly onClose: (reason: string) => void;
};

export type RunOptions = {
  /** Goes before what is queued: for acknowledgements the network waits for. */
  readonly urgent?: boolean;
  /** Withdraws the command while it is queued or waits for its prompt; later it has no effect. */
  readonly signal?: AbortSignal;
};

type Queued = {
  readonly command: Command;
  readonly signal: AbortSignal | null;
  readonly urgent: boolean;
  readonly settle: (result: CommandResult) => void;
};

/** No command may last longer, however often its lines restart its time-out. */
const HARD_CAP_MS = 300_000;
/** A header's second line follows at once or not at all. */
const HEADER_MS = 2000;

export class Dialogue {
  readonly #port: BytePort;
  readonly #clock: Clock;
  #urcs: UrcTable;
  /** Silence the modem needs between a final result and the next command, and when the last result came. */
  #gapMs = 0;
  #lastResultAt = Number.NEGATIVE_INFINITY;
  readonly #handlers: DialogueHandlers;
  readonly #reader: Reader;
  readonly #queue: Queued[] = [];
  #machine: Machine = IDLE;
  #current: Queued | null = null;
  #settle: ((result: CommandResult) => void) | null = null;
  #timer: Timer | null = null;
  #headerTimer: Timer | null = null;
  #startedAt = 0;
  #flights = 0;
  #pumping = false;
  #turns = 0;
  #writes = 0;
  readonly #unread: Uint8Array[] = [];
  readonly #inputs: Input[] = [];
  #feeding = false;
  readonly #ended = new AbortController();
  #over: string | null = null;
  /** A PDU whose result never came: an error from now on may be its own. */
  #owed = false;
  /** Where late results go while resynchronising. */
  #late: string[] | null = null;

  constructor(options: { port: BytePort; clock: Clock; urcs: UrcTable; handlers: DialogueHandlers }) {
    this.#port = options.port;
    this.#clock = options.clock;
    this.#urcs = options.urcs;
    this.#handlers = options.handlers;
    this.#reader = new Reader(options.clock, {
      onLine: (text) => this.#feed({ is: "line", text }),
      onPrompt: () => this.#feed({ is: "prompt" }),
      onDamaged: (beginning) => this.#handlers.onNoise(beginning, "damaged"),
    });
    this.#port.onData((bytes) => {
      this.#unread.push(bytes);
      this.#read();
    });
    this.#port.onClose((reason) => this.end(reason));
  }

  /** What is known of the modem once it has said what it is. */
  adopt(known: { readonly urcs: UrcTable; readonly gapMs: number }): void {
    this.#urcs = known.urcs;
    this.#gapMs = known.gapMs;
  }

  /** Never rejects: what went wrong is in the result. */
  run(command: Command, options: RunOptions = {}): Promise<CommandResult> {
    const signal = options.signal ?? null;
    if (this.#over !== null) return Promise.resolve(this.#lost(this.#over));
    if (signal?.aborted) return Promise.resolve({ is: "aborted", phase: "queued" });
    return new Promise((resolve) => {
      const onAbort = () => this.#withdraw(queued);
      const queued: Queued = {
        command,
        signal,
        urgent: options.urgent === true,
        settle: (result) => {
          signal?.removeEventListener("abort", onAbort);
          resolve(result);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      if (queued.urgent) this.#queue.unshift(queued);
      else this.#queue.push(queued);
      this.#pump();
    });
  }

  /**
   * While `work` runs only urgent commands are begun, so its own follow one another: the asker has an answer before
   * it can ask the next, and whatever waits would be quicker.
   */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    this.#turns++;
    try {
      return await work();
    } finally {
      this.#turns--;
      this.#pump();
    }
  }

  /** How long the PDU in flight has waited for its result; null while there is none. */
  get resultAwaitedMs(): number | null {
    const { state } = this.#machine;
    const isAwaited = state.is === "sending-pdu" || state.is === "awaiting-final";
    if (!isAwaited || state.flight.command.pdu === undefined) return null;
    return this.#clock.monotonicMs() - this.#startedAt;
  }

  /** Types outside any command: only where nothing is in flight. */
  type(text: string): Promise<void> {
    return this.#put(text);
  }

  /** Withdraws every command that came with a signal and can still be withdrawn. */
  withdraw(): void {
    const withdrawable = this.#queue.filter((queued) => queued.signal !== null);
    for (const queued of withdrawable) this.#withdraw(queued);
    if (this.#current !== null && this.#current.signal !== null) this.#withdraw(this.#current);
  }

  /** Ends the dialogue: what is in flight or queued is lost. Idempotent. */
  end(reason: string): void {
    if (this.#over !== null) return;
    this.#over = reason;
    this.#ended.abort(new Error(reason));
    this.#reader.close();
    this.#headerTimer?.cancel();
    this.#feed({ is: "closed", reason });
    for (const queued of this.#queue.splice(0)) queued.settle(this.#lost(reason));
    this.#handlers.onClose(reason);
  }

  #takeNext(): Queued | undefined {
    if (this.#turns === 0) return this.#queue.shift();
    const place = this.#queue.findIndex(({ urgent }) => urgent);
    return place < 0 ? undefined : this.#queue.splice(place, 1)[0];
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#work().catch((error: unknown) => this.#handlers.onMute(`the dialogue failed: ${reasonOf(error)}`));
  }

  async #work(): Promise<void> {
    for (;;) {
      // Nothing is taken from the queue before its time: until then it can be withdrawn, or overtaken.
      if (this.#gapMs > 0) await this.#gap();
      const queued = this.#takeNext();
      if (queued === undefined) {
        this.#pumping = false;
        return;
      }
      this.#current = queued;
      const result = this.#disowned(await this.#exchange(queued.command));
      this.#current = null;
      const probed = result.is === "timeout" && queued.command.probe === true;
      if (probed || (result.is !== "timeout" && result.is !== "aborted")) {
        queued.settle(result);
        continue;
      }
      this.#late = [];
      const agreed = await this.#resync(result.phase);
      const late = this.#late;
      this.#late = null;
      if (result.is === "timeout" && result.phase === "result") {
        this.#owed = result.lines.length === 0 && late.length === 0;
      }
      queued.settle(result.is === "timeout" ? { ...result, late } : result);
      if (agreed) this.#handlers.onResync();
      else if (this.#over === null) this.#handlers.onMute(`no answer to ${queued.command.text}, nor to AT`);
    }
  }

  /**
   * After a PDU without a result an error in place of a prompt may be that PDU's: the prompt may still come, and
   * the message that waits for it must not pay. It counts as no prompt, and the place is found again with ESC.
   */
  #disowned(result: CommandResult): CommandResult {
    if (!this.#owed || (result.is !== "ok" && result.is !== "error")) return result;
    if (result.is === "error" && result.phase === "prompt") {
      this.#owed = false;
      this.#handlers.onNoise(result.error.text, "stale");
      return { is: "timeout", phase: "prompt", lines: [], late: [] };
    }
    if (result.phase === "result") this.#owed = false;
    return result;
  }

  #resync(phase: CommandResult["phase"]): Promise<boolean> {
    return resynchronise(phase, {
      ask: async (command) => {
        await this.#gap();
        return this.#exchange(command);
      },
      type: (text) => this.#put(text),
      sleep: (ms) => this.#clock.sleep(ms, { signal: this.#ended.signal }).catch(() => undefined),
      isOver: () => this.#over !== null,
    });
  }

  async #gap(): Promise<void> {
    const left = this.#lastResultAt + this.#gapMs - this.#clock.monotonicMs();
    if (left > 0) await this.#clock.sleep(left, { signal: this.#ended.signal }).catch(() => undefined);
  }

  #exchange(command: Command): Promise<CommandResult> {
    if (this.#over !== null) return Promise.resolve(this.#lost(this.#over));
    return new Promise((resolve) => {
      // The waiter is armed before the first byte leaves.
      this.#settle = resolve;
      this.#flights++;
      this.#startedAt = this.#clock.monotonicMs();
      this.#feed({ is: "start", command });
    });
  }

  #withdraw(queued: Queued): void {
    const place = this.#queue.indexOf(queued);
    if (place >= 0) {
      this.#queue.splice(place, 1);
      queued.settle({ is: "aborted", phase: "queued" });
    } else if (this.#current === queued) {
      this.#feed({ is: "abort" });
    }
  }

  /** A handler may ask something at once: what it causes waits until this input's effects are done. */
  #feed(input: Input): void {
    this.#inputs.push(input);
    if (this.#feeding) return;
    this.#feeding = true;
    try {
      for (let each = this.#inputs.shift(); each !== undefined; each = this.#inputs.shift()) {
        const { machine, effects } = next(this.#machine, each, this.#urcs);
        this.#machine = machine;
        for (const effect of effects) this.#apply(effect);
        this.#watchHeaders();
      }
    } finally {
      this.#feeding = false;
    }
  }

  #apply(effect: Effect): void {
    switch (effect.is) {
      case "write":
        this.#write(effect.text);
        return;
      case "expect-prompt":
        this.#reader.expectPrompt(effect.expected);
        return;
      case "arm":
        this.#arm(effect.ms);
        return;
      case "disarm":
        this.#timer?.cancel();
        this.#timer = null;
        return;
      case "settle":
        this.#lastResultAt = this.#clock.monotonicMs();
        this.#settle?.(effect.result);
        this.#settle = null;
        return;
      case "urc":
        this.#handlers.onUrc(effect.text, effect.pdu);
        return;
      case "late":
        if (this.#late !== null) {
          this.#late.push(effect.text);
          return;
        }
        this.#owed = false;
        this.#handlers.onLate(effect.text);
        return;
      case "restart":
        this.#handlers.onRestart(effect.text);
        return;
      case "echo":
        this.#handlers.onEcho();
        return;
      case "stale":
      case "unknown":
      case "damaged":
        this.#handlers.onNoise(effect.text, effect.is);
        return;
      default:
        effect satisfies never;
    }
  }

  #write(text: string): void {
    const flight = this.#flights;
    this.#put(text, () => {
      if (flight === this.#flights) this.#feed({ is: "written" });
    }).catch((error: unknown) => this.end(`writing failed: ${reasonOf(error)}`));
  }

  async #put(text: string, then: () => void = () => undefined): Promise<void> {
    this.#writes++;
    try {
      await this.#port.write(Buffer.from(text, "latin1"));
      then();
    } finally {
      this.#writes--;
      this.#read();
    }
  }

  /**
   * What is read while a write is on its way waits for the write: the event loop may tell of the answer first
   * (2 % of the exchanges over a pseudo-terminal on a busy machine), and an answer to a command that does not
   * count as written yet would be dropped.
   */
  #read(): void {
    while (this.#writes === 0 && this.#over === null) {
      const bytes = this.#unread.shift();
      if (bytes === undefined) return;
      this.#reader.push(bytes);
    }
  }

  #arm(ms: number): void {
    this.#timer?.cancel();
    const left = this.#startedAt + HARD_CAP_MS - this.#clock.monotonicMs();
    this.#timer = this.#clock.timer(Math.min(ms, Math.max(left, 0)), () => this.#feed({ is: "timeout" }));
  }

  #watchHeaders(): void {
    const waiting = this.#machine.urcHeader !== null || this.#machine.responseHeader !== null;
    if (waiting && this.#over === null) {
      this.#headerTimer ??= this.#clock.timer(HEADER_MS, () => {
        this.#headerTimer = null;
        this.#feed({ is: "header-timeout" });
      });
    } else {
      this.#headerTimer?.cancel();
      this.#headerTimer = null;
    }
  }

  #lost(reason: string): CommandResult {
    return { is: "lost", phase: "queued", reason, lines: [] };
  }
}
