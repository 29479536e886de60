import type { NewEvent } from "../../runtime/event.ts";
import { Fault, reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import { Pulse } from "../../runtime/pulse.ts";
import type { Segment } from "../../sms/message.ts";
import { encodeSubmit } from "../../sms/submit.ts";
import type { BytePort, OpenPort } from "../byte-port.ts";
import type {
  Kept,
  Line,
  LineHandlers,
  LineState,
  LineStatus,
  SubmitOptions,
  SubmitOutcome,
  UssdResult,
} from "../line.ts";
import { NO_FACTS } from "../no-facts.ts";
import { openedInTime } from "./bounded-port.ts";
import { datedFacts } from "./dated-facts.ts";
import type { FromNetwork } from "./from-network.ts";
import type { ModemLineOptions } from "./modem-line-options.ts";
import type { NoiseKind } from "./noise-log.ts";
import { OperatorNews } from "./operator-news.ts";
import type { Life, Rung, Trouble } from "./recovery/ladder.ts";
import { Recovery } from "./recovery/recovery.ts";
import { GENERIC_RESET, resetModem } from "./recovery/reset-modem.ts";
import { isOfTheSim, symptomOf } from "./recovery/symptom.ts";
import { prepareSecondTry, secondTryOf } from "./second-try.ts";
import { outcomeOf, referenceOf } from "./send.ts";
import { Session } from "./session.ts";
import { WireTrace } from "./wire-trace.ts";

export function createModemLine(options: ModemLineOptions): Line {
  return new ModemLine(options);
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
/** A modem that was told to restart takes this long to leave its port and come back, at the least. */
const AFTER_RESET_MS = 15_000;
/** The longest turn: a command behind two sends of 180 s, or a reset from outside and a port that opens in its time. */
const TURN_MS = 600_000;

class ModemLine implements Line {
  readonly kind = "modem";
  readonly window = 1;
  readonly pulse: Pulse;
  readonly #options: ModemLineOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #counters = new Map<string, number>();
  readonly #news: OperatorNews;
  readonly #onWire = new Set<Promise<SubmitOutcome>>();
  readonly #wire: WireTrace;
  readonly #recovery: Recovery;
  readonly #openPort: OpenPort;
  /** A rung that is climbed between two sessions. */
  #due: Rung | null = null;
  /** What restarts this modem, once it is known which it is. */
  #resetCommand = GENERIC_RESET;
  #handlers: LineHandlers | null = null;
  #running: Promise<void> | null = null;
  #session: Session | null = null;
  #state: LineState = "opening";
  #reason = "not started";
  #since: number;
  #facts = NO_FACTS;
  /** The Submission whose result may still come, until another is accepted or the session is over. */
  #unanswered: string | null = null;

  constructor(options: ModemLineOptions) {
    this.#options = options;
    this.#log = options.log.child({ line: options.name });
    this.#since = options.clock.now();
    const { name, clock } = options;
    this.pulse = new Pulse(clock, TURN_MS);
    this.#openPort = openedInTime(options.openPort, clock);
    const onEvent = (event: NewEvent) => this.#handlers?.onEvent(event);
    this.#news = new OperatorNews({ line: name, clock, onEvent });
    this.#wire = new WireTrace({ clock, log: options.trace === true ? this.#log : null });
    this.#recovery = new Recovery({
      line: name,
      clock,
      means: { external: (options.resetFromOutside ?? null) !== null },
      count: (counter) => this.#count(counter),
      onEvent,
      wireTail: () => this.#wire.tail(),
    });
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
      recovery: this.#recovery.status,
    };
  }

  start(handlers: LineHandlers): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    this.#handlers = handlers;
    // Never rejects, and nothing waits for it: the modem is what matters.
    this.#options.resetTrouble?.().then(
      (trouble) => this.#news.cannotReset(trouble),
      () => undefined,
    );
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

  async ussd(code: string): Promise<UssdResult> {
    const session = this.#session;
    if (this.#state !== "ready" || session === null) {
      const reason = `${this.name} cannot ask now (${this.#state}: ${this.#reason})`;
      return { is: "failed", why: "not-ready", reason };
    }
    this.#count("ussd");
    return session.ussd.request(code);
  }

  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const graceOver = new AbortController();
    const grace = clock.sleep(graceMs, { signal: graceOver.signal }).catch(() => undefined);
    this.#stopping.abort(new Error("the line stops"));
    // What is queued or waits for its prompt is withdrawn; what is past it has the grace to come back.
    this.#session?.sender.withdraw();
    await Promise.race([Promise.allSettled([...this.#onWire]), grace]);
    await this.#session?.stop("the line stops", grace);
    await Promise.race([this.#running?.catch(() => undefined), grace]);
    graceOver.abort();
    this.pulse.stop();
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
    const result = await session.sender.submit(pdu, signal);
    const outcome = outcomeOf(result, { line: this.name, manufacturer: session.manufacturer });
    if (outcome.is === "unknown" && result.is !== "lost") this.#unanswered = submissionId;
    else if (outcome.is === "accepted") this.#unanswered = null;
    this.#news.submitted(outcome, session.manufacturer);
    if (result.is === "lost" && result.phase !== "queued" && !this.#stopping.signal.aborted) {
      this.#count("lost-while-sending");
      this.#news.wentAway();
    }
    const symptom = symptomOf(result, outcome, session.manufacturer);
    if (outcome.is === "accepted") this.#lives("sends");
    else if (symptom !== null) this.#suffers(symptom.trouble, symptom.reason);
    // No network, a full storage, a SIM that went away: better known at once than in a minute.
    const isLines = outcome.is === "rejected" && outcome.fault.disposition === "line";
    if (isLines && result.is === "error" && secondTryOf(outcome) === null) {
      if (isOfTheSim(result.error, session.manufacturer)) session.suspectSim(outcome.fault.message);
      else session.nudge();
    }
    return outcome;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      this.pulse.beat();
      const rung = this.#due;
      this.#due = null;
      if (rung === "external") await this.#resetFromOutside();
      const port = await this.#open();
      if (port !== null && rung === "reset") {
        await resetModem(port, this.#resetCommand, this.#options.clock, signal);
        retryMs = AFTER_RESET_MS;
      } else if (port !== null) {
        const reachedReady = await this.#converse(port);
        if (reachedReady) retryMs = FIRST_RETRY_MS;
      }
      if (signal.aborted) return;
      if (this.#due !== null) continue;
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
      return this.#wire.tap(await this.#openPort(this.#stopping.signal));
    } catch (error) {
      if (this.#stopping.signal.aborted) return null;
      this.#wire.note(`not opened: ${reasonOf(error)}`);
      this.#set("opening", reasonOf(error));
      this.#suffers("absent", reasonOf(error));
      return null;
    }
  }

  async #resetFromOutside(): Promise<void> {
    const how = await this.#options.resetFromOutside?.(this.#stopping.signal);
    this.#wire.note(`the reset command ${how}`);
    this.#log.warn({ how }, "the reset command was run");
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
      ifSilent: this.#options.ifSilent ?? "is this the modem's AT port?",
      onInitRefused: (refused) => this.#news.initRefused(refused),
      keep: (arrived) => this.#keep(arrived),
      onState: (state, reason) => {
        ready ||= state === "ready";
        this.#set(state, reason);
      },
      onFacts: (facts) => {
        this.#facts = { ...this.#facts, ...datedFacts(facts, this.#options.clock.now()) };
      },
      onLate: (text) => this.#late(text),
      onNoise: (text, kind) => this.#noise(text, kind),
      onStorage: (level, alarming) => {
        this.#facts = { ...this.#facts, storage: level };
        if (alarming) this.#news.storageFillsUp(level);
      },
      onStuck: (storage, index) => this.#news.stuck(storage, index),
      onProfile: (profile) => {
        this.#resetCommand = profile.reset.command;
      },
      callPolicy: this.#options.callPolicy ?? "hang-up",
      onCall: (caller) => this.#called(caller),
      onVoltage: (voltage) => {
        this.#count(`${voltage}-voltage`);
        this.#news.warned(voltage);
      },
      onNetworkTime: (epochMs) => this.#handlers?.onNetworkTime(epochMs),
      onLife: (life) => this.#lives(life),
      onTrouble: (trouble, reason) => this.#suffers(trouble, reason),
      onTurn: () => this.pulse.beat(),
      onResync: (found) => this.#recovery.resynced(found, "a command was not answered in time"),
    });
    this.#session = session;
    const { why, reason } = await session.run();
    this.#session = null;
    this.#unanswered = null;
    if (this.#stopping.signal.aborted) return ready;
    this.#set("opening", reason);
    if (why !== "left") this.#suffers(why === "closed" ? "absent" : why, reason);
    return ready;
  }

  #called(caller: string | null): void {
    this.#count("calls");
    this.#news.called(caller, this.#options.callPolicy === "ignore");
  }

  #lives(life: Life): void {
    this.#climb(this.#recovery.lives(life));
  }

  #suffers(trouble: Trouble, reason: string): void {
    this.#climb(this.#recovery.suffers(trouble, reason));
  }

  /** Rungs that need the modem's attention are the session's; between sessions the port is opened again anyway. */
  #climb(rung: Rung | null): void {
    if (rung === null || rung === "resync" || rung === "alert") return;
    if (rung === "reset" || rung === "external") this.#due = rung;
    this.#session?.climb(rung, this.#recovery.status?.reason ?? "recovery");
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
      this.#lives(arrived.is === "report" ? "reports" : "receives");
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
    this.#log.info(from === state ? { state, reason } : { from, to: state, reason }, "line state");
    this.#handlers?.onState(state, reason);
  }

  #noise(text: string, kind: NoiseKind): void {
    this.#count(kind === "stale" ? "stale" : "noise");
    this.#news.noise(text, kind);
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
