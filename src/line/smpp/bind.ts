/**
 * One bind for as long as the Line lives: connects, binds, hands over what the SMSC asks, and begins again with
 * growing pauses when it is lost. What is decided is in `bind-state.ts`; here it is done.
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import { reasonOf } from "../../runtime/fault.ts";
import { Pulse } from "../../runtime/pulse.ts";
import type { OpenStream } from "../byte-stream.ts";
import {
  type BindInput,
  type BindRole,
  type BindState,
  canReceive,
  NOT_CONNECTED,
  next,
  retryDelayMs,
} from "./bind-state.ts";
import { ESME_RINVCMDID, nameOfStatus, needsPerson } from "./command-status.ts";
import { type Answer, type Closed, type Fields, type Received, Session } from "./session.ts";
import { SubmitWindow, type WindowedAnswer } from "./submit-window.ts";

export type BindOptions = {
  readonly role: BindRole;
  readonly openStream: OpenStream;
  readonly clock: Clock;
  readonly random: () => number;
  /** Of bind_transmitter and the rest, SMPP 3.4 §4.1. */
  readonly bindFields: Fields;
  readonly window: number;
  readonly enquireLinkMs: number;
  readonly responseTimeoutMs: number;
  readonly onState: () => void;
  /** With the SMSC's own system_id, if it tells. */
  readonly onBound: (systemId: string | null) => void;
  /** deliver_sm or data_sm: to be answered on the session it came on. */
  readonly onMessage: (received: Received, session: Session) => void;
  readonly onEnded: (session: Session, closed: Closed) => void;
  /** How many messages have been handed over and not been answered. */
  readonly inHand: () => number;
  /** Something that is neither expected nor understood. */
  readonly onNoise: (what: string) => void;
};

/** So long nothing came after the bind: what was stored for us has been handed over. */
const QUIET_MS = 300;
/** A backlog longer than this does not keep us from sending. */
const DRAIN_AT_MOST_MS = 10_000;

/** While a bind stands its supervisor comes around so often, though there is nothing to do. */
const ATTEND_MS = 60_000;

/** submit_sm since the last one that was answered; monotonic. */
type Unanswered = { readonly count: number; readonly since: number };

export class Bind {
  readonly role: BindRole;
  readonly window: SubmitWindow;
  readonly pulse: Pulse;
  readonly #options: BindOptions;
  readonly #stopping = new AbortController();
  #state: BindState = NOT_CONNECTED;
  #session: Session | null = null;
  #drained = false;
  #retryAt: number | null = null;
  #quiet: Timer | null = null;
  #lastMessageAt = 0;
  #unanswered: Unanswered | null = null;
  #answeredAt = Number.NEGATIVE_INFINITY;

  constructor(options: BindOptions) {
    this.#options = options;
    this.role = options.role;
    this.window = new SubmitWindow(options.window);
    // A connection has 15 s to stand, the bind its response time, twice that while nothing is read.
    this.pulse = new Pulse(options.clock, 2 * ATTEND_MS + 2 * options.responseTimeoutMs);
  }

  /** When it is tried again, epoch milliseconds; null while it is not waiting for that. */
  get retryAt(): number | null {
    return this.#retryAt;
  }

  get state(): BindState {
    return this.#state;
  }

  /** What the SMSC had stored for us has been handed over; a transmitter has nothing to wait for. */
  get drained(): boolean {
    return this.#drained;
  }

  /** Why it may be of no use though it stands; null while there is no doubt. */
  get doubt(): string | null {
    if (!canReceiveOrSend(this.#state)) return null;
    if ("trouble" in this.#state && this.#state.trouble !== null) return "it answers nothing";
    if (this.#unanswered === null) return null;
    const { count, since } = this.#unanswered;
    const seconds = Math.round((this.#options.clock.monotonicMs() - since) / 1000);
    return `${count === 1 ? "1 submit is" : `${count} submits are`} without an answer for ${seconds} s`;
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      this.pulse.beat();
      this.#enter({ is: "connect" });
      await this.#connect();
      if (this.#state.is !== "closed") return;
      const delayMs = retryDelayMs(this.#state, random());
      this.#retryAt = clock.now() + delayMs;
      this.pulse.beat(delayMs);
      this.#options.onState();
      await clock.sleep(delayMs, { signal }).catch(() => undefined);
      this.#retryAt = null;
    }
  }

  submit(
    fields: Fields,
    options: { readonly signal: AbortSignal; readonly onLate: (answer: Answer) => void },
  ): Promise<WindowedAnswer> {
    const session = this.#session;
    if (session === null) {
      return Promise.resolve({ is: "not-written", why: "closed", reason: "the bind is gone" });
    }
    return this.window.submit(() => this.#submit(session, fields, options.onLate), options.signal);
  }

  async #submit(session: Session, fields: Fields, onLate: (answer: Answer) => void): Promise<Answer> {
    const writtenAt = this.#options.clock.monotonicMs();
    const answer = await session.request("submit_sm", fields, {
      onLate: (late) => {
        this.#answered(session);
        onLate(late);
      },
    });
    if (answer.is === "response" || answer.is === "nack") this.#answered(session);
    else if (answer.is === "timeout") this.#notAnswered(session, writtenAt);
    return answer;
  }

  #answered(session: Session): void {
    if (session !== this.#session) return;
    this.#answeredAt = this.#options.clock.monotonicMs();
    if (this.#unanswered === null) return;
    this.#unanswered = null;
    this.#options.onState();
  }

  /** One that is lost among others is no sign; that nothing at all has come since is asked about. */
  #notAnswered(session: Session, writtenAt: number): void {
    if (session !== this.#session || this.#answeredAt >= writtenAt) return;
    const { count, since } = this.#unanswered ?? { count: 0, since: writtenAt };
    this.#unanswered = { count: count + 1, since };
    if (session.heardAt <= writtenAt) session.probe();
    if (count === 0) this.#options.onState();
  }

  pause(): void {
    this.#session?.pause();
  }

  resume(): void {
    this.#session?.resume();
  }

  /** In order where there is time for it: unbind, its response, the end of the connection. */
  async stop(unbindWithinMs: number): Promise<void> {
    const session = this.#session;
    this.#enter({ is: "unbind" });
    if (this.#state.is === "unbinding" && session !== null && unbindWithinMs > 0) {
      await session.request("unbind", {}, { timeoutMs: unbindWithinMs });
    }
    this.#enter({ is: "stop" });
    this.pulse.stop();
    session?.close("stopped", "the line stops");
    this.#stopping.abort(new Error("the line stops"));
  }

  async #connect(): Promise<void> {
    const { openStream, clock, enquireLinkMs, responseTimeoutMs } = this.#options;
    const { signal } = this.#stopping;
    let session: Session;
    try {
      const stream = await openStream(signal);
      session = new Session({
        stream,
        clock,
        enquireLinkMs,
        responseTimeoutMs,
        onRequest: (received) => this.#requested(session, received),
        onAnswer: () => this.#enter({ is: "answered" }),
        onStray: () => this.#options.onNoise("a response to nothing we asked"),
      });
    } catch (error) {
      this.#enter({ is: "unreachable", reason: reasonOf(error) });
      return;
    }
    session.start();
    if (signal.aborted) session.close("stopped", "the line stops");
    this.#session = session;
    this.#enter({ is: "connected" });
    await this.#bind(session);
    const boundAt = clock.monotonicMs();
    const closed = await this.#attend(session);
    this.#session = null;
    this.#unanswered = null;
    this.#answeredAt = Number.NEGATIVE_INFINITY;
    this.#options.onEnded(session, closed);
    this.#quiet?.cancel();
    this.#drained = false;
    this.#lost(closed, clock.monotonicMs() - boundAt);
  }

  /** A silent session asks, and ends when nothing answers. One that is silent for longer has stopped doing that. */
  async #attend(session: Session): Promise<Closed> {
    const { clock, enquireLinkMs, responseTimeoutMs, inHand } = this.#options;
    const silentAtMost = 2 * (enquireLinkMs + responseTimeoutMs);
    const turn = (): Timer => {
      // With messages in hand it may not be reading.
      if (inHand() > 0 || clock.monotonicMs() - session.heardAt <= silentAtMost) this.pulse.beat();
      return clock.timer(ATTEND_MS, () => {
        timer = turn();
      });
    };
    let timer = turn();
    try {
      return await session.closed;
    } finally {
      timer.cancel();
    }
  }

  async #bind(session: Session): Promise<void> {
    const { bindFields, onBound } = this.#options;
    const answer = await session.request(`bind_${this.role}`, bindFields);
    switch (answer.is) {
      case "response":
      case "nack": {
        const { status } = answer;
        if (answer.is === "response" && status === 0) {
          const systemId = answer.fields["system_id"];
          onBound(typeof systemId === "string" && systemId !== "" ? systemId : null);
          this.#awaitQuiet();
          this.#enter({ is: "bound", role: this.role });
          // After a failure the bind must prove itself at once: only an answer ends the growing of the pauses.
          if ("failures" in this.#state && this.#state.failures > 0) session.probe();
          return;
        }
        const reason = `the SMSC refuses the bind: ${nameOfStatus(status)}`;
        this.#enter({ is: "denied", needsPerson: needsPerson(status), reason });
        session.close("stopped", reason);
        return;
      }
      case "timeout":
        session.close("unanswered", "the SMSC takes the connection and does not answer the bind");
        return;
      case "not-written":
        session.close("broken", answer.reason);
        return;
      case "closed":
        return;
      default:
        answer satisfies never;
    }
  }

  #requested(session: Session, received: Received): void {
    switch (received.command) {
      case "deliver_sm":
      case "data_sm":
        this.#lastMessageAt = this.#options.clock.monotonicMs();
        this.#enter({ is: "answered" });
        this.#options.onMessage(received, session);
        return;
      case "unbind":
        session.respond(received, 0);
        session.close("unbound", "the SMSC unbound");
        return;
      // Nothing is answered to these (§4.1.7, §4.12): we bind anyway, and queue nothing for one subscriber.
      case "outbind":
      case "alert_notification":
        return;
      default:
        this.#options.onNoise(
          received.command === "unknown" ? "an unknown request" : `a ${received.command} request`,
        );
        session.nack(received.sequenceNumber, ESME_RINVCMDID);
    }
  }

  #awaitQuiet(): void {
    const { clock, inHand } = this.#options;
    if (this.role === "transmitter") {
      this.#drained = true;
      return;
    }
    const since = clock.monotonicMs();
    this.#lastMessageAt = since;
    const look = (): void => {
      const now = clock.monotonicMs();
      const quietMs = now - this.#lastMessageAt;
      if ((inHand() === 0 && quietMs >= QUIET_MS) || now - since >= DRAIN_AT_MOST_MS) {
        this.#drained = true;
        this.#options.onState();
      } else {
        this.#quiet = clock.timer(Math.max(QUIET_MS - quietMs, 50), look);
      }
    };
    this.#quiet = clock.timer(QUIET_MS, look);
  }

  #lost({ why, reason }: Closed, boundForMs: number): void {
    this.#enter({ is: "lost", why, reason, boundForMs: canReceiveOrSend(this.#state) ? boundForMs : 0 });
  }

  #enter(input: BindInput): void {
    const state = next(this.#state, input);
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState();
  }
}

function canReceiveOrSend(state: BindState): boolean {
  return canReceive(state) || state.is === "bound_tx";
}
