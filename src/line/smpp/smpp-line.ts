/**
 * An SMPP 3.4 ESME as a Line: the binds to one account at one SMSC. What goes to one recipient goes over one bind, so
 * that its parts and its order stay as they were; the bind is chosen by the recipient among those that stand.
 */
import { Fault, reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { Segment } from "../../sms/message.ts";
import type {
  Kept,
  Line,
  LineFacts,
  LineHandlers,
  LineState,
  LineStatus,
  SubmitOptions,
  SubmitOutcome,
} from "../line.ts";
import { NO_FACTS } from "../no-facts.ts";
import { Bind } from "./bind.ts";
import { type BindRole, canReceive, canSend } from "./bind-state.ts";
import { ESME_RMSGQFUL, ESME_RTHROTTLED } from "./command-status.ts";
import { type FromSmsc, fromSmsc } from "./from-smsc.ts";
import { InboundDesk } from "./inbound-desk.ts";
import { LineNews } from "./line-news.ts";
import { lineStateOf } from "./line-state.ts";
import { Receipts } from "./receipts.ts";
import { Repeats } from "./repeats.ts";
import type { Answer, Closed, Session } from "./session.ts";
import type { BindKind, SmppLineOptions } from "./smpp-line-options.ts";
import { messageIdOf, outcomeOf } from "./submit-outcome.ts";
import { submitSmOf } from "./submit-sm.ts";

export function createSmppLine(options: SmppLineOptions): Line {
  return new SmppLine(options);
}

const ROLES: Readonly<Record<BindKind, readonly BindRole[]>> = {
  transceiver: ["transceiver"],
  transmitter: ["transmitter"],
  receiver: ["receiver"],
  pair: ["transmitter", "receiver"],
};

/** Kept of the grace for unbind and its response; at most half of it. */
const UNBIND_MS = 1000;

class SmppLine implements Line {
  readonly kind = "smpp";
  readonly window: number;
  readonly pulse: Line["pulse"];
  readonly #options: SmppLineOptions;
  readonly #log: Log;
  readonly #binds: readonly Bind[];
  readonly #desk: InboundDesk;
  readonly #repeats: Repeats;
  readonly #receipts: Receipts;
  readonly #news: LineNews;
  readonly #stopping = new AbortController();
  readonly #onWire = new Set<Promise<SubmitOutcome>>();
  readonly #counters = new Map<string, number>();
  readonly #details = [
    () => this.#facts(),
    () => ({ ...Object.fromEntries(this.#counters), waited: this.#waited() }),
    () => this.#news.recovery(this.#binds),
    // A doubt counts seconds: it is told as it is when somebody asks.
    () => (this.#state === "ready" ? lineStateOf(this.#options.bind, this.#binds).reason : this.#reason),
  ] as const;
  #handlers: LineHandlers | null = null;
  #running: Promise<unknown> | null = null;
  #state: LineState = "opening";
  #reason = "not started";
  #since: number;
  #status: LineStatus | null = null;
  #smsc: string | null = null;
  #lastSentAt: number | null = null;
  #lastReceivedAt: number | null = null;

  constructor(options: SmppLineOptions) {
    this.#options = options;
    this.#log = options.log.child({ line: options.name });
    this.#since = options.clock.now();
    const { name: line, clock, memory, messageIds: setting } = options;
    this.#repeats = new Repeats({ memory, clock });
    this.#receipts = new Receipts({ setting, memory, clock });
    this.#news = new LineNews({ line, clock, onEvent: (event) => this.#handlers?.onEvent(event) });
    this.#desk = new InboundDesk({
      window: options.inboundWindow,
      log: this.#log,
      repeats: this.#repeats,
      read: (received) => fromSmsc(received, options.smscAlphabet),
      hand: (arrived, fingerprint) => this.#hand(arrived, fingerprint),
      onFull: () => {
        for (const bind of this.#binds) bind.pause();
      },
      onRoom: () => {
        for (const bind of this.#binds) bind.resume();
      },
    });
    this.#binds = Array.from({ length: options.binds }, () => ROLES[options.bind])
      .flat()
      .map((role) => this.#bindOf(role));
    this.window = options.binds * options.window;
    this.pulse = earliestOf(this.#binds);
  }

  get name(): string {
    return this.#options.name;
  }

  /** Asked for several times a submit: one object per state, and what only people read is made when it is read. */
  get status(): LineStatus {
    this.#status ??= this.#statusNow();
    return this.#status;
  }

  #statusNow(): LineStatus {
    const [facts, counters, recovery, reason] = this.#details;
    return {
      state: this.#state,
      get reason() {
        return reason();
      },
      since: this.#since,
      simulated: this.#options.simulated,
      get facts() {
        return facts();
      },
      get counters() {
        return counters();
      },
      get recovery() {
        return recovery();
      },
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

  async #run(): Promise<void> {
    const loading = await Promise.allSettled([this.#repeats.load(), this.#receipts.load()]);
    for (const loaded of loading) {
      if (loaded.status === "rejected")
        this.#log.warn({ reason: reasonOf(loaded.reason) }, "the line remembers nothing");
    }
    await Promise.all(this.#binds.map((bind) => bind.run()));
  }

  submit(segment: Segment, options: SubmitOptions): Promise<SubmitOutcome> {
    const outcome = this.#submit(segment, options);
    this.#onWire.add(outcome);
    outcome.then(
      ({ is }) => {
        this.#onWire.delete(outcome);
        this.#count(is === "accepted" ? "sent" : is);
        if (is === "accepted") this.#lastSentAt = this.#options.clock.now();
      },
      () => this.#onWire.delete(outcome),
    );
    return outcome;
  }

  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const graceOver = new AbortController();
    const endsAt = clock.monotonicMs() + graceMs;
    const within = (ms: number) => clock.sleep(ms, { signal: graceOver.signal }).catch(() => undefined);
    const grace = within(graceMs);
    // Who never answers a submit_sm is taken leave of all the same.
    const untilUnbind = within(graceMs - Math.min(UNBIND_MS, graceMs / 2));
    this.#stopping.abort(new Error("the line stops"));
    for (const bind of this.#binds) bind.window.withdraw();
    await Promise.race([
      Promise.all([Promise.allSettled([...this.#onWire]), this.#desk.idle()]),
      untilUnbind,
    ]);
    await Promise.all(this.#binds.map((bind) => bind.stop(endsAt - clock.monotonicMs())));
    await Promise.race([this.#running?.catch(() => undefined), grace]);
    graceOver.abort();
    this.#repeats.stop();
    this.#set("stopped", "stopped");
  }

  async #submit(segment: Segment, { submissionId, signal }: SubmitOptions): Promise<SubmitOutcome> {
    if (signal.aborted || this.#stopping.signal.aborted) return this.#rejected("line.stopped", "is stopping");
    if (this.#options.bind === "receiver") {
      return this.#rejected("line.not-ready", "is bound as a receiver: it takes nothing to send");
    }
    const bind = this.#state === "ready" ? this.#bindFor(segment.to) : null;
    if (bind === null) {
      return this.#rejected("line.not-ready", `cannot send now (${this.#state}: ${this.#reason})`);
    }
    const answer = await bind.submit(submitSmOf(segment, this.#options), {
      signal,
      onLate: (late) => this.#late(submissionId, segment.to, late),
    });
    if (answer.is === "timeout") this.#count("timeouts");
    if ("status" in answer && (answer.status === ESME_RTHROTTLED || answer.status === ESME_RMSGQFUL)) {
      this.#count("throttled");
    }
    const outcome = outcomeOf(answer, this.name);
    if (outcome.is === "accepted") this.#receipts.accepted(outcome.reference, segment.to);
    return outcome;
  }

  /** The response to a submit_sm that was given up: the network has that message. */
  #late(submissionId: string, recipient: string, answer: Answer): void {
    if (answer.is !== "response" || answer.status !== 0) return;
    const reference = messageIdOf(answer.fields);
    this.#count("late");
    this.#receipts.accepted(reference, recipient);
    this.#handlers?.onLateAcceptance?.(submissionId, reference);
  }

  #bindFor(recipient: string): Bind | null {
    const standing = this.#binds.filter(({ state }) => canSend(state));
    if (standing.length <= 1) return standing[0] ?? null;
    let sum = 0;
    for (let index = 0; index < recipient.length; index++)
      sum = (sum * 31 + recipient.charCodeAt(index)) >>> 0;
    return standing[sum % standing.length] ?? null;
  }

  async #hand(arrived: FromSmsc, fingerprint: string): Promise<Kept> {
    const handlers = this.#handlers;
    if (handlers === null) return "refused";
    const kept = await this.#handOver(arrived, fingerprint, handlers);
    this.#count(kept === "kept" ? COUNTED[arrived.is] : "refused");
    if (kept === "kept" && arrived.is === "inbound") this.#lastReceivedAt = this.#options.clock.now();
    return kept;
  }

  async #handOver(arrived: FromSmsc, fingerprint: string, handlers: LineHandlers): Promise<Kept> {
    switch (arrived.is) {
      case "inbound":
        return handlers.onInbound({ ...arrived.segment, fingerprint });
      case "report": {
        // A desk half full must not wait for responses: full, it would keep them from being read.
        const mayWait = this.#desk.inHand <= this.#options.inboundWindow / 2;
        const due = mayWait ? () => Promise.allSettled([...this.#onWire]) : null;
        return handlers.onReport(await this.#receipts.reportOf(arrived.report, arrived.submitDate, due));
      }
      case "undecodable":
        return handlers.onUndecodable(arrived.raw, arrived.why);
      default:
        return arrived satisfies never;
    }
  }

  #bindOf(role: BindRole): Bind {
    const { openStream, clock, systemId, password, systemType, interfaceVersion, addressRange } =
      this.#options;
    return new Bind({
      role,
      openStream,
      clock,
      random: this.#options.random ?? Math.random,
      bindFields: {
        system_id: systemId,
        password,
        system_type: systemType,
        interface_version: interfaceVersion,
        addr_ton: addressRange.ton,
        addr_npi: addressRange.npi,
        address_range: addressRange.range,
      },
      window: this.#options.window,
      enquireLinkMs: this.#options.enquireLinkMs,
      responseTimeoutMs: this.#options.responseTimeoutMs,
      onState: () => this.#look(),
      onBound: (systemId) => {
        this.#smsc = systemId ?? this.#smsc;
        this.#count("binds");
      },
      onMessage: (received, session) => this.#desk.take(received, session),
      onEnded: (session, closed) => this.#ended(session, closed),
      inHand: () => this.#desk.inHand,
      onNoise: (what) => this.#noise(what),
    });
  }

  #ended(session: Session, { why, reason }: Closed): void {
    const inOrder = why === "stopped" || why === "unbound";
    this.#repeats.connectionEnded(session, inOrder ? null : session.heardAt);
    if (why !== "stopped") this.#count("disconnects");
    if (why === "garbage") this.#noise(reason);
  }

  #noise(what: string): void {
    this.#count("noise");
    this.#news.noise(what);
  }

  #look(): void {
    if (this.#stopping.signal.aborted) return;
    const { state, reason } = lineStateOf(this.#options.bind, this.#binds);
    this.#set(state, reason);
    const stands = this.#binds.some((bind) => canSend(bind.state) || canReceive(bind.state));
    const isDoubted = this.#binds.some(({ doubt }) => doubt !== null);
    this.#news.look(this.#binds, !isDoubted && (state === "ready" || (state === "starting" && stands)));
  }

  #set(state: LineState, reason: string): void {
    if (this.#state === state && this.#reason === reason) return;
    const from = this.#state;
    if (from !== state) this.#since = this.#options.clock.now();
    this.#state = state;
    this.#status = null;
    this.#reason = reason;
    this.#log.info(from === state ? { state, reason } : { from, to: state, reason }, "line state");
    this.#handlers?.onState(state, reason);
  }

  #facts(): LineFacts {
    return {
      ...NO_FACTS,
      operator: this.#smsc,
      technology: "SMPP 3.4",
      lastSentAt: this.#lastSentAt,
      lastReceivedAt: this.#lastReceivedAt,
    };
  }

  /** Submits that found the window full. */
  #waited(): number {
    return this.#binds.reduce((sum, bind) => sum + bind.window.waited, 0);
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

/** The line hangs as soon as one of its binds does. */
function earliestOf(binds: readonly Bind[]): Line["pulse"] {
  return {
    get dueBy() {
      const due = binds.flatMap(({ pulse }) => (pulse.dueBy === null ? [] : [pulse.dueBy]));
      return due.length === 0 ? null : Math.min(...due);
    },
  };
}

const COUNTED = { inbound: "received", report: "reports", undecodable: "undecodable" } as const;
