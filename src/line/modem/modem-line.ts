/**
 * A Line over a modem: keeps a session with it for ever, opening the port again whenever it is lost, and hands
 * the session's Segments and findings up and down. Submits go one at a time through the session's dialogue.
 */
import type { Clock } from "../../runtime/clock.ts";
import { Fault, reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { Segment } from "../../sms/message.ts";
import { encodeSubmit } from "../../sms/submit.ts";
import type { BytePort, OpenPort } from "../byte-port.ts";
import type {
  Kept,
  Line,
  LineFacts,
  LineHandlers,
  LineMemory,
  LineState,
  LineStatus,
  SubmitOptions,
  SubmitOutcome,
} from "../line.ts";
import { cmsErrorOf } from "./cms-errors.ts";
import type { FromNetwork } from "./from-network.ts";
import { prepareSecondTry, secondTryOf } from "./second-try.ts";
import { outcomeOf, referenceOf } from "./send.ts";
import { Session } from "./session.ts";

export type ModemLineOptions = {
  readonly name: string;
  readonly openPort: OpenPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: LineMemory;
  readonly pin: string | null;
  readonly smsc: string | null;
  /** Commands the operator wants given at each start of the modem. */
  readonly init?: readonly string[];
  readonly simulated: boolean;
};

export function createModemLine(options: ModemLineOptions): Line {
  return new ModemLine(options);
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

const NO_FACTS: LineFacts = {
  manufacturer: null,
  model: null,
  imei: null,
  iccid: null,
  imsi: null,
  operator: null,
  technology: null,
  signalDbm: null,
  smsc: null,
  ownNumber: null,
  lastSentAt: null,
  lastReceivedAt: null,
};

class ModemLine implements Line {
  readonly kind = "modem";
  readonly window = 1;
  readonly #options: ModemLineOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #counters = new Map<string, number>();
  readonly #noiseSeen = new Set<string>();
  readonly #onWire = new Set<Promise<SubmitOutcome>>();
  #handlers: LineHandlers | null = null;
  #running: Promise<void> | null = null;
  #session: Session | null = null;
  #state: LineState = "opening";
  #reason = "not started";
  #since: number;
  #facts = NO_FACTS;
  /** The Submission whose result may still come, until another is accepted or the session is over. */
  #unanswered: string | null = null;
  /** That the subscription refuses has been told. */
  #alarmed = false;

  constructor(options: ModemLineOptions) {
    this.#options = options;
    this.#log = options.log.child({ line: options.name });
    this.#since = options.clock.now();
  }

  get name(): string {
    return this.#options.name;
  }

  get status(): LineStatus {
    return {
      state: this.#state,
      reason: this.#reason,
      since: this.#since,
      simulated: this.#options.simulated,
      facts: this.#facts,
      counters: Object.fromEntries(this.#counters),
    };
  }

  start(handlers: LineHandlers): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    this.#handlers = handlers;
    this.#running = this.#run();
    this.#running.catch((error: unknown) => {
      this.#log.error({ reason: reasonOf(error) }, "the line's own program failed");
      this.#set("stopped", `failed: ${reasonOf(error)}`);
    });
  }

  async submit(segment: Segment, options: SubmitOptions): Promise<SubmitOutcome> {
    const outcome = this.#submit(segment, options);
    this.#onWire.add(outcome);
    try {
      const settled = await outcome;
      this.#count(settled.is === "accepted" ? "sent" : settled.is);
      if (settled.is === "accepted") this.#facts = { ...this.#facts, lastSentAt: this.#options.clock.now() };
      return settled;
    } finally {
      this.#onWire.delete(outcome);
    }
  }

  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const graceOver = new AbortController();
    const grace = clock.sleep(graceMs, { signal: graceOver.signal }).catch(() => undefined);
    this.#stopping.abort(new Error("the line stops"));
    // What is queued or waits for its prompt is withdrawn; what is past it has the grace to come back.
    this.#session?.withdraw();
    await Promise.race([Promise.allSettled([...this.#onWire]), grace]);
    await this.#session?.stop("the line stops", grace);
    await Promise.race([this.#running?.catch(() => undefined), grace]);
    graceOver.abort();
    this.#set("stopped", "stopped");
  }

  async #submit(segment: Segment, { submissionId, signal }: SubmitOptions): Promise<SubmitOutcome> {
    const session = this.#session;
    if (signal.aborted || this.#stopping.signal.aborted) return this.#rejected("line.stopped", "is stopping");
    if (this.#state !== "ready" || session === null) {
      return this.#rejected("line.not-ready", `cannot send now (${this.#state}: ${this.#reason})`);
    }
    const first = await this.#attempt(segment, session, submissionId, signal);
    const second = secondTryOf(first);
    if (second === null) return first;
    const otherwise = await prepareSecondTry(segment, second, {
      recallSmsc: () => session.recallSmsc(),
      sleep: (ms) => this.#options.clock.sleep(ms, { signal: this.#stopping.signal }).catch(() => undefined),
    });
    return otherwise === null ? first : this.#attempt(otherwise, session, submissionId, signal);
  }

  async #attempt(
    segment: Segment,
    session: Session,
    submissionId: string,
    signal: AbortSignal,
  ): Promise<SubmitOutcome> {
    let pdu: ReturnType<typeof encodeSubmit>;
    try {
      pdu = encodeSubmit(segment, { smsc: session.smscInPdu, statusReport: true });
    } catch (error) {
      const message = `${this.name}: the segment cannot be encoded: ${reasonOf(error)}`;
      return {
        is: "rejected",
        fault: new Fault({ code: "at.error", disposition: "reject", message, cause: error }),
      };
    }
    const result = await session.submit(pdu, signal);
    const outcome = outcomeOf(result, { line: this.name, manufacturer: session.manufacturer });
    if (outcome.is === "unknown" && result.is !== "lost") this.#unanswered = submissionId;
    else if (outcome.is === "accepted") this.#unanswered = null;
    this.#alarm(outcome, session.manufacturer);
    // No network, a full storage, a SIM that went away: better known at once than in a minute.
    const isLines = outcome.is === "rejected" && outcome.fault.disposition === "line";
    if (isLines && result.is === "error" && secondTryOf(outcome) === null) session.nudge();
    return outcome;
  }

  /** The subscription refuses: a person has to look, but need not be told at every try. */
  #alarm(outcome: SubmitOutcome, manufacturer: string | null): void {
    if (outcome.is === "accepted") this.#alarmed = false;
    if (outcome.is !== "rejected" || outcome.fault.code !== "modem.cms" || this.#alarmed) return;
    const { status } = outcome.fault;
    if (status === null || cmsErrorOf(status, manufacturer).class !== "account") return;
    this.#alarmed = true;
    this.#event(
      "line.refused",
      `${outcome.fault.message}: the subscription refuses texts (no credit, barred, or not provisioned); ask the operator`,
    );
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const port = await this.#open();
      if (port !== null) {
        const reachedReady = await this.#converse(port);
        if (reachedReady) retryMs = FIRST_RETRY_MS;
      }
      if (signal.aborted) return;
      try {
        await this.#options.clock.sleep(retryMs, { signal });
      } catch {
        return;
      }
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }

  async #open(): Promise<BytePort | null> {
    try {
      return await this.#options.openPort(this.#stopping.signal);
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#set("opening", reasonOf(error));
      return null;
    }
  }

  /** True when the line was ready in between. */
  async #converse(port: BytePort): Promise<boolean> {
    let ready = false;
    const { clock, memory, pin, smsc, init = [] } = this.#options;
    const session = new Session({
      port,
      clock,
      log: this.#log,
      memory,
      pin,
      smsc,
      init,
      keep: (arrived) => this.#keep(arrived),
      onState: (state, reason) => {
        ready ||= state === "ready";
        this.#set(state, reason);
      },
      onFacts: (facts) => {
        this.#facts = { ...this.#facts, ...facts };
      },
      onLate: (text) => this.#late(text),
      onNoise: (text, kind) => this.#noise(text, kind),
      onStorageAlarm: ({ name, used, total }) =>
        this.#event(
          "line.storage",
          `${this.name}: the message storage ${name} holds ${used} of ${total}: full, it receives nothing. It is being emptied; what stays in it cannot be kept or deleted.`,
        ),
      onStuck: (storage, index) =>
        this.#event(
          "line.refused",
          `${this.name}: a kept message cannot be deleted from ${storage}, index ${index}: empty it by hand`,
        ),
    });
    this.#session = session;
    const why = await session.run();
    this.#session = null;
    this.#unanswered = null;
    if (!this.#stopping.signal.aborted) this.#set("opening", why);
    return ready;
  }

  /** `+CMGS` after its send was given up: the network has that message. */
  #late(text: string): void {
    const submissionId = this.#unanswered;
    const reference = referenceOf(text);
    if (submissionId === null || reference === null) {
      this.#noise(text, "stale");
      return;
    }
    this.#unanswered = null;
    this.#count("late");
    this.#handlers?.onLateAcceptance?.(submissionId, reference);
  }

  async #keep(arrived: FromNetwork): Promise<Kept> {
    const handlers = this.#handlers;
    if (handlers === null) return "refused";
    const kept = await this.#hand(arrived, handlers);
    if (kept === "kept") {
      this.#count(COUNTED[arrived.is]);
      if (arrived.is === "inbound") {
        this.#facts = { ...this.#facts, lastReceivedAt: this.#options.clock.now() };
      }
    }
    return kept;
  }

  #hand(arrived: FromNetwork, handlers: LineHandlers): Promise<Kept> {
    switch (arrived.is) {
      case "inbound":
        return handlers.onInbound(arrived.segment);
      case "report":
        return handlers.onReport(arrived.report);
      case "undecodable":
        return handlers.onUndecodable(arrived.raw, arrived.why);
      default:
        return arrived satisfies never;
    }
  }

  #set(state: LineState, reason: string): void {
    if (this.#state === state && this.#reason === reason) return;
    const from = this.#state;
    if (from !== state) this.#since = this.#options.clock.now();
    this.#state = state;
    this.#reason = reason;
    this.#log.info({ from, to: state, reason }, "line state");
    this.#handlers?.onState(state, reason);
  }

  /** One event for each new kind of line: what nobody understands may matter, but not twice. */
  #noise(text: string, kind: "unknown" | "stale" | "damaged"): void {
    this.#count(kind === "stale" ? "stale" : "noise");
    if (kind === "stale") return;
    // Only a result's name is shown: the rest of a line may be somebody's text.
    const name = /^[+^*#$%!&_][A-Z0-9]+(?=[:=]|$)/.exec(text)?.[0] ?? "a line without a name";
    if (this.#noiseSeen.has(name) || this.#noiseSeen.size > 100) return;
    this.#noiseSeen.add(name);
    this.#event(
      "line.noise",
      `${this.name}: ${name} was not understood (${kind}); it is counted and ignored`,
    );
  }

  #event(type: "line.noise" | "line.refused" | "line.storage", text: string): void {
    this.#handlers?.onEvent({
      type,
      level: type === "line.noise" ? "info" : "warning",
      at: this.#options.clock.now(),
      text,
      line: this.name,
    });
  }

  #count(counter: string): void {
    this.#counters.set(counter, (this.#counters.get(counter) ?? 0) + 1);
  }

  #rejected(code: "line.stopped" | "line.not-ready", what: string): SubmitOutcome {
    return {
      is: "rejected",
      fault: new Fault({ code, disposition: "line", message: `${this.name} ${what}` }),
    };
  }
}

const COUNTED = { inbound: "received", report: "reports", undecodable: "undecodable" } as const;
