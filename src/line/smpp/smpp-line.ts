/**
 * An SMPP 3.4 ESME as a Line: the binds to one account at one SMSC. What goes to one recipient goes over one bind, so
 * that its parts and its order stay as they were; the bind is chosen by the recipient among those that stand.
 */
import { createHash } from "node:crypto";
import { Fault, reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { Segment } from "../../sms/message.ts";
import type {
  Kept,
  Line,
  LineHandlers,
  LineState,
  LineStatus,
  SubmitOptions,
  SubmitOutcome,
} from "../line.ts";
import { Bind } from "./bind.ts";
import { type BindRole, canSend } from "./bind-state.ts";
import { ESME_RMSGQFUL, ESME_RTHROTTLED } from "./command-status.ts";
import { fromSmsc } from "./from-smsc.ts";
import { InboundDesk } from "./inbound-desk.ts";
import { lineStateOf } from "./line-state.ts";
import type { Answer, Received } from "./session.ts";
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

class SmppLine implements Line {
  readonly kind = "smpp";
  readonly window: number;
  readonly #options: SmppLineOptions;
  readonly #log: Log;
  readonly #binds: readonly Bind[];
  readonly #desk: InboundDesk;
  readonly #stopping = new AbortController();
  readonly #onWire = new Set<Promise<SubmitOutcome>>();
  readonly #counters = new Map<string, number>();
  #handlers: LineHandlers | null = null;
  #running: Promise<unknown> | null = null;
  #state: LineState = "opening";
  #reason = "not started";
  #since: number;
  #smsc: string | null = null;
  #lastSentAt: number | null = null;
  #lastReceivedAt: number | null = null;

  constructor(options: SmppLineOptions) {
    this.#options = options;
    this.#log = options.log.child({ line: options.name });
    this.#since = options.clock.now();
    this.#desk = new InboundDesk({
      window: options.inboundWindow,
      log: this.#log,
      hand: (received) => this.#hand(received),
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
      facts: {
        manufacturer: null,
        model: null,
        imei: null,
        iccid: null,
        imsi: null,
        operator: this.#smsc,
        technology: "SMPP 3.4",
        signalDbm: null,
        smsc: null,
        ownNumber: null,
        lastSentAt: this.#lastSentAt,
        lastReceivedAt: this.#lastReceivedAt,
      },
      counters: Object.fromEntries(this.#counters),
    };
  }

  start(handlers: LineHandlers): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    this.#handlers = handlers;
    this.#running = Promise.all(this.#binds.map((bind) => bind.run()));
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
      if (settled.is === "accepted") this.#lastSentAt = this.#options.clock.now();
      return settled;
    } finally {
      this.#onWire.delete(outcome);
    }
  }

  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const graceOver = new AbortController();
    const endsAt = clock.monotonicMs() + graceMs;
    const grace = clock.sleep(graceMs, { signal: graceOver.signal }).catch(() => undefined);
    this.#stopping.abort(new Error("the line stops"));
    for (const bind of this.#binds) bind.window.withdraw();
    await Promise.race([Promise.all([Promise.allSettled([...this.#onWire]), this.#desk.idle()]), grace]);
    await Promise.all(this.#binds.map((bind) => bind.stop(endsAt - clock.monotonicMs())));
    await Promise.race([this.#running?.catch(() => undefined), grace]);
    graceOver.abort();
    this.#set("stopped", "stopped");
  }

  async #submit(segment: Segment, { submissionId, signal }: SubmitOptions): Promise<SubmitOutcome> {
    if (signal.aborted || this.#stopping.signal.aborted) return this.#rejected("line.stopped", "is stopping");
    const bind = this.#state === "ready" ? this.#bindFor(segment.to) : null;
    if (bind === null) {
      return this.#rejected("line.not-ready", `cannot send now (${this.#state}: ${this.#reason})`);
    }
    const answer = await bind.submit(submitSmOf(segment, this.#options), {
      signal,
      onLate: (late) => this.#late(submissionId, late),
    });
    if (answer.is === "timeout") this.#count("timeouts");
    if ("status" in answer && (answer.status === ESME_RTHROTTLED || answer.status === ESME_RMSGQFUL)) {
      this.#count("throttled");
    }
    return outcomeOf(answer, this.name);
  }

  /** The response to a submit_sm that was given up: the network has that message. */
  #late(submissionId: string, answer: Answer): void {
    if (answer.is !== "response" || answer.status !== 0) return;
    this.#count("late");
    this.#handlers?.onLateAcceptance?.(submissionId, messageIdOf(answer.fields));
  }

  #bindFor(recipient: string): Bind | null {
    const standing = this.#binds.filter(({ state }) => canSend(state));
    if (standing.length <= 1) return standing[0] ?? null;
    let sum = 0;
    for (let index = 0; index < recipient.length; index++)
      sum = (sum * 31 + recipient.charCodeAt(index)) >>> 0;
    return standing[sum % standing.length] ?? null;
  }

  async #hand(received: Received): Promise<Kept> {
    const handlers = this.#handlers;
    if (handlers === null) return "refused";
    const arrived = fromSmsc(received, this.#options.smscAlphabet);
    const kept = await this.#handOver(arrived, received, handlers);
    if (kept === "kept") {
      this.#count(COUNTED[arrived.is]);
      if (arrived.is === "inbound") this.#lastReceivedAt = this.#options.clock.now();
    }
    return kept;
  }

  #handOver(arrived: ReturnType<typeof fromSmsc>, received: Received, handlers: LineHandlers): Promise<Kept> {
    switch (arrived.is) {
      case "inbound": {
        const fingerprint = createHash("sha256").update(received.octets.subarray(16)).digest("hex");
        return handlers.onInbound({ ...arrived.segment, fingerprint });
      }
      case "report":
        return handlers.onReport(arrived.report);
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
      random: Math.random,
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
      onSmsc: (smsc) => {
        this.#smsc = smsc;
      },
      onMessage: (received, respond) => this.#desk.take(received, respond),
      inHand: () => this.#desk.inHand,
      onNoise: () => this.#count("noise"),
    });
  }

  #look(): void {
    if (this.#stopping.signal.aborted) return;
    const { state, reason } = lineStateOf(this.#options.bind, this.#binds);
    this.#set(state, reason);
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
