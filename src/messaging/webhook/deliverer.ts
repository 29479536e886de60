/**
 * The second durable queue's motor (DESIGN §4.4): webhooks of one queue in order, queues side by side, so many of
 * one app at once (`places.ts`). It holds nothing that is not on disk: a webhook leaves the store's queue only when
 * its answer, the replies and the events are committed together, so whatever is cut short is simply still there.
 *
 * Queues wake by the store's nudge and by due time. A queue that is waiting for its head to come due is not
 * woken by a nudge: what is new stands behind the head.
 */
import { setMaxListeners } from "node:events";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { NewOutbound, Store, WebhookTask } from "../../store/store.ts";
import { type AttemptContext, attempt, type Decision } from "./attempt.ts";
import { Cookies } from "./cookies.ts";
import { type IsOwnAddress, NameLookup, type ResolveName } from "./lookup.ts";
import type { CountryOf } from "./payload.ts";
import { Places } from "./places.ts";
import type { TwimlVerb } from "./twiml.ts";
import { LONGEST_DEFERRAL_MS } from "./verdict.ts";
import { internalEvent } from "./webhook-events.ts";

/** Turns the messages an app asks for into Messages to send; given at composition. */
export type AnswerHandler = (
  task: WebhookTask,
  verbs: readonly TwimlVerb[],
) => { readonly replies: readonly NewOutbound[]; readonly events: readonly NewEvent[] };

export type DelivererOptions = {
  readonly timeoutMs: number;
  readonly retryForHours: number;
  readonly replyWithinMinutes: number;
  /** False: self-signed certificates of apps are taken. */
  readonly verifyTls?: boolean;
  /** Webhooks of one app under way at once; 32 when not given. */
  readonly concurrency?: number;
};

type WebhookStore = Pick<
  Store,
  "webhookQueues" | "nextWebhook" | "deferWebhook" | "finishWebhook" | "onWebhook" | "addEvent"
>;

export type DelivererDeps = {
  readonly store: WebhookStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The account's primary auth token, or null when there is no such account any more. */
  readonly authTokenOf: (accountSid: string) => string | null;
  readonly answer: AnswerHandler;
  readonly options: DelivererOptions;
  readonly isOwnAddress: IsOwnAddress;
  readonly countryOf?: CountryOf;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly resolveName?: ResolveName;
};

const PER_APP = 32;
const TOTAL = 256;
/** After a command the store refused: what is wrong there is not mended by asking at once. */
const STORE_PAUSE_MS = 30_000;
const GRACE_MS = 3_000;

export class WebhookDeliverer {
  readonly #deps: DelivererDeps;
  readonly #context: AttemptContext;
  readonly #abort = new AbortController();
  readonly #places: Places;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #nudgedWhileBusy = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  #state: "new" | "running" | "stopped" = "new";
  #listing: Promise<void> = Promise.resolve();

  constructor(deps: DelivererDeps) {
    const { options } = deps;
    this.#deps = deps;
    this.#places = new Places({ perApp: options.concurrency ?? PER_APP, total: TOTAL });
    // Every webhook under way listens for the end, and Node warns of a leak from the eleventh on.
    setMaxListeners(0, this.#abort.signal);
    this.#context = {
      clock: deps.clock,
      timeoutMs: options.timeoutMs,
      verifyTls: options.verifyTls ?? true,
      lookup: new NameLookup(deps.isOwnAddress, deps.resolveName),
      signal: this.#abort.signal,
      authTokenOf: deps.authTokenOf,
      cookies: new Cookies(deps.clock),
      countryOf: deps.countryOf ?? (() => null),
      retryForMs: options.retryForHours * 3_600_000,
      replyWithinMs: options.replyWithinMinutes * 60_000,
      random: deps.random ?? Math.random,
    };
  }

  start(): void {
    if (this.#state !== "new") return;
    this.#state = "running";
    this.#deps.store.onWebhook((queue) => this.#nudge(queue));
    this.#listing = this.#nudgeAll();
  }

  /** Starts no more; what is under way may end within `graceMs` and is then cut off, to be asked again. */
  async stop(graceMs = GRACE_MS): Promise<void> {
    this.#state = "stopped";
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#places.clear();
    const grace = this.#deps.clock.timer(graceMs, () => this.#abort.abort(new Error("stopping")));
    await Promise.all([this.#listing, ...this.#busy.values()]);
    grace.cancel();
    this.#abort.abort(new Error("stopped"));
  }

  async #nudgeAll(): Promise<void> {
    try {
      for (const queue of await this.#deps.store.webhookQueues()) this.#nudge(queue);
    } catch (error) {
      this.#deps.log.error({ reason: reasonOf(error) }, "webhooks: the queues could not be listed");
      if (this.#state === "running") this.#wait("", STORE_PAUSE_MS);
    }
  }

  #nudge(queue: string): void {
    if (this.#state !== "running" || this.#timers.has(queue)) return;
    if (this.#busy.has(queue)) this.#nudgedWhileBusy.add(queue);
    else {
      this.#places.add(queue);
      this.#fill();
    }
  }

  #fill(): void {
    if (this.#state !== "running") return;
    for (const queue of this.#places.take()) this.#busy.set(queue, this.#serve(queue));
  }

  /** One webhook of a queue, then the queue goes to the end of its app's row. */
  async #serve(queue: string): Promise<void> {
    let next: "more" | "idle" | number;
    try {
      next = await this.#serveHead(queue);
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.#deps.log.error({ reason: reasonOf(error) }, "webhooks: the store refused");
      }
      next = STORE_PAUSE_MS;
    }
    this.#busy.delete(queue);
    this.#places.free(queue);
    const nudged = this.#nudgedWhileBusy.delete(queue);
    if (this.#state !== "running") return;
    if (next === "more" || (next === "idle" && nudged)) this.#places.add(queue);
    else if (next !== "idle") this.#wait(queue, next);
    this.#fill();
  }

  async #serveHead(queue: string): Promise<"more" | "idle" | number> {
    const task = await this.#deps.store.nextWebhook(queue);
    if (task === null) return "idle";
    const waitMs = task.attempts === 0 ? 0 : task.notBefore - this.#deps.clock.now();
    // Further away than anything is ever put off: the clock was wrong when it was, or has been mended since.
    if (waitMs > 0 && waitMs <= LONGEST_DEFERRAL_MS) return waitMs;
    await this.#commit(task, await this.#decide(task));
    return "more";
  }

  async #decide(task: WebhookTask): Promise<Decision> {
    try {
      return await attempt(task, this.#context);
    } catch (error) {
      if (this.#abort.signal.aborted) throw error;
      return this.#ownFault(task, error);
    }
  }

  async #commit(task: WebhookTask, decision: Decision): Promise<void> {
    const { store } = this.#deps;
    if (decision.is === "defer") {
      await store.deferWebhook(task.webhookId, decision.deferral);
      this.#tell(decision.deferral.event === null ? [] : [decision.deferral.event]);
      return;
    }
    const { replies, events } = this.#repliesTo(task, decision);
    const results = await store.finishWebhook(task.webhookId, { replies, events });
    this.#tell(events);
    for (const result of results) {
      if (result.is === "accepted") continue;
      const event =
        result.is === "queue-full" ? this.#queueFull(task, result.queuedSegments) : this.#optedOut(task);
      await store.addEvent(event);
      this.#tell([event]);
    }
  }

  #repliesTo(task: WebhookTask, { messages, events }: Extract<Decision, { is: "finish" }>) {
    if (messages.length === 0) return { replies: [], events };
    try {
      const answered = this.#deps.answer(task, messages);
      return { replies: answered.replies, events: [...events, ...answered.events] };
    } catch (error) {
      const own = this.#ownFault(task, error);
      return { replies: [], events: [...events, ...own.events] };
    }
  }

  /** An event is a row in the store and, once it is there, a line in the log. */
  #tell(events: readonly NewEvent[]): void {
    for (const { type, level, text, messageSid, errorCode, detail } of events) {
      const tell = level === "error" ? "error" : level === "warning" ? "warn" : "info";
      this.#deps.log[tell]({ type, messageSid, errorCode, ...detail }, text);
    }
  }

  /** A mistake of ours ends this webhook, not the service: asked again it would be made again. */
  #ownFault(task: WebhookTask, error: unknown): Extract<Decision, { is: "finish" }> {
    this.#deps.log.error({ err: error, messageSid: task.facts.messageSid }, "webhooks: internal error");
    const text = "An internal error ended this webhook; the log has the details. Nothing is replied.";
    const event = internalEvent({ task, at: this.#deps.clock.now() }, 12400, text);
    return { is: "finish", messages: [], events: [event] };
  }

  #queueFull(task: WebhookTask, queuedSegments: number): NewEvent {
    const text = `A reply was not accepted: ${queuedSegments} segments wait in its number's queue already.`;
    return { ...internalEvent({ task, at: this.#deps.clock.now() }, 21611, text), type: "message.failed" };
  }

  #optedOut(task: WebhookTask): NewEvent {
    const text = "A reply was not sent: its recipient has opted out of messages from its sender.";
    const event = internalEvent({ task, at: this.#deps.clock.now() }, 21610, text);
    return { ...event, type: "message.failed", level: "warning" };
  }

  /** The queue "" stands for the list of queues. */
  #wait(queue: string, ms: number): void {
    this.#timers.get(queue)?.cancel();
    const timer = this.#deps.clock.timer(ms, () => {
      this.#timers.delete(queue);
      if (queue === "") this.#listing = this.#nudgeAll();
      else this.#nudge(queue);
    });
    this.#timers.set(queue, timer);
  }
}
