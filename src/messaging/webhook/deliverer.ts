/**
 * The second durable queue's motor (DESIGN §4.4): webhooks of one queue in order, queues side by side, so many of
 * one app at once (`places.ts`). It holds nothing that is not on disk: a webhook leaves the store's queue only when
 * its answer, the replies and the events are committed together, so whatever is cut short is simply still there.
 *
 * The next webhook of a queue is asked when the one before is answered, while the disk still writes that down: a slow
 * disk would set the pace else. Not more than `UNSYNCED` answers of a queue are on their way to the disk; those, at
 * most, are asked for again after a power cut, each with its own token, in the same order.
 *
 * Webhooks that go elsewhere now (`redirectInbound`) are not asked there before what is under way at their old app is
 * over: if that takes them after all, they have ended.
 *
 * Queues wake by the store's nudge and by due time. A queue that is waiting for its head to come due is not
 * woken by a nudge: what is new stands behind the head.
 */
import { setMaxListeners } from "node:events";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { NewEvent } from "../../runtime/event.ts";
import { reasonOf } from "../../runtime/fault.ts";
import type { Log } from "../../runtime/log.ts";
import type { NewOutbound, Store, WebhookNotice, WebhookResult, WebhookTask } from "../../store/store.ts";
import { Ages } from "./ages.ts";
import { type Asked, type AttemptContext, attempt, type Decision } from "./attempt.ts";
import { Cookies } from "./cookies.ts";
import { CredentialMemory } from "./credentials.ts";
import { KeptConnections } from "./kept-connections.ts";
import { type IsOwnAddress, NameLookup, type ResolveName } from "./lookup.ts";
import type { CountryOf } from "./payload.ts";
import { Places } from "./places.ts";
import { QueueAhead } from "./queue-ahead.ts";
import type { TwimlVerb } from "./twiml.ts";
import { LONGEST_DEFERRAL_MS } from "./verdict.ts";
import { internalEvent, refusedReplyEvent } from "./webhook-events.ts";

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
  "webhookQueues" | "webhookBacklog" | "nextWebhooks" | "deferWebhook" | "finishWebhook" | "onWebhook"
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
  /** Told of every try. */
  readonly onAsked?: (asked: Asked) => void;
  readonly countryOf?: CountryOf;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly resolveName?: ResolveName;
};

type Queue = {
  readonly name: string;
  readonly ahead: QueueAhead;
  /** Answered webhooks whose end is on its way to the disk. */
  readonly unsynced: Set<Promise<void>>;
  /** The store refused the end of one. */
  pauseMs: number | null;
};

const PER_APP = 32;
const TOTAL = 256;
const UNSYNCED = 4;
/** After a command the store refused: what is wrong there is not mended by asking at once. */
const STORE_PAUSE_MS = 30_000;
const GRACE_MS = 3_000;

export class WebhookDeliverer {
  readonly #deps: DelivererDeps;
  readonly #context: AttemptContext;
  readonly #ages: Ages;
  readonly #abort = new AbortController();
  readonly #places: Places;
  readonly #connections = new KeptConnections();
  readonly #queues = new Map<string, Queue>();
  readonly #unsynced = new Set<Promise<void>>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #timers = new Map<string, Timer>();
  /** Queues that webhooks have moved to, with how many such moves are not over. */
  readonly #held = new Map<string, number>();
  readonly #moves = new Set<Promise<void>>();
  #state: "new" | "running" | "stopped" = "new";
  /** Every queue that was on disk at the start is known. */
  #isListed = false;
  #listing: Promise<void> = Promise.resolve();

  constructor(deps: DelivererDeps) {
    const { options } = deps;
    this.#deps = deps;
    this.#places = new Places({ perApp: options.concurrency ?? PER_APP, total: TOTAL });
    this.#ages = new Ages(deps.clock);
    // Every webhook under way listens for the end, and Node warns of a leak from the eleventh on.
    setMaxListeners(0, this.#abort.signal);
    this.#context = {
      clock: deps.clock,
      timeoutMs: options.timeoutMs,
      verifyTls: options.verifyTls ?? true,
      lookup: new NameLookup(deps.isOwnAddress, deps.resolveName),
      credentials: new CredentialMemory(),
      connections: this.#connections,
      signal: this.#abort.signal,
      authTokenOf: deps.authTokenOf,
      cookies: new Cookies(deps.clock),
      countryOf: deps.countryOf ?? (() => null),
      retryForMs: options.retryForHours * 3_600_000,
      replyWithinMs: options.replyWithinMinutes * 60_000,
      ageOf: (stamp) => this.#ages.of(stamp),
      random: deps.random ?? Math.random,
      onAsked: deps.onAsked ?? (() => {}),
    };
  }

  start(): void {
    if (this.#state !== "new") return;
    this.#state = "running";
    this.#deps.store.onWebhook((notice) => this.#noticed(notice));
    this.#listing = this.#nudgeAll();
  }

  /** How many webhooks wait, and how old the oldest is. */
  async backlog(): Promise<{ readonly waiting: number; readonly oldestMs: number }> {
    const { waiting, oldestAt } = await this.#deps.store.webhookBacklog();
    return { waiting, oldestMs: oldestAt === null ? 0 : this.#ages.of(oldestAt) };
  }

  /** Starts no more; what is under way may end within `graceMs` and is then cut off, to be asked again. */
  async stop(graceMs = GRACE_MS): Promise<void> {
    this.#state = "stopped";
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#places.clear();
    const grace = this.#deps.clock.timer(graceMs, () => this.#abort.abort(new Error("stopping")));
    await Promise.all([this.#listing, ...this.#busy.values()]);
    await Promise.all([...this.#unsynced, ...this.#moves]);
    grace.cancel();
    this.#connections.close();
    this.#abort.abort(new Error("stopped"));
  }

  async #nudgeAll(): Promise<void> {
    try {
      const queues = await this.#deps.store.webhookQueues();
      this.#isListed = true;
      for (const queue of queues) this.#nudge(queue);
    } catch (error) {
      this.#deps.log.error({ reason: reasonOf(error) }, "webhooks: the queues could not be listed");
      if (this.#state === "running") this.#wait("", STORE_PAUSE_MS);
    }
  }

  #noticed(notice: WebhookNotice): void {
    const { queue, movedFrom } = notice;
    if (this.#state !== "running") return;
    if (movedFrom !== undefined) this.#moved(queue, movedFrom);
    if (movedFrom !== undefined || this.#timers.has(queue)) return;
    this.#ages.look();
    // Of a queue that nobody thinks of there was nothing on disk before.
    this.#queueOf(queue, this.#isListed).ahead.add(notice);
    this.#nudge(queue);
  }

  /** What is known of these queues is forgotten, and waited for by none of them. */
  #moved(to: string, from: readonly string[]): void {
    this.#held.set(to, (this.#held.get(to) ?? 0) + 1);
    const changed = [...new Set([to, ...from])];
    for (const name of changed) {
      this.#timers.get(name)?.cancel();
      this.#timers.delete(name);
      this.#queues.get(name)?.ahead.forget();
    }
    for (const name of changed) this.#nudge(name);
    const move = this.#underWayIn(from).then(() => {
      this.#moves.delete(move);
      const others = (this.#held.get(to) ?? 1) - 1;
      if (others > 0) this.#held.set(to, others);
      else this.#held.delete(to);
      this.#queues.get(to)?.ahead.forget();
      this.#nudge(to);
    });
    this.#moves.add(move);
  }

  /** Over when what these queues ask just now has been answered and written down, earlier moves included. */
  async #underWayIn(queues: readonly string[]): Promise<void> {
    await Promise.all([...queues.map((name) => this.#busy.get(name)), ...this.#moves]);
    await Promise.all(this.#unsynced);
  }

  #nudge(queue: string): void {
    if (this.#state !== "running" || this.#timers.has(queue) || this.#busy.has(queue)) return;
    if (this.#held.has(queue)) return;
    this.#queueOf(queue);
    this.#places.add(queue);
    this.#fill();
  }

  #fill(): void {
    if (this.#state !== "running") return;
    for (const queue of this.#places.take()) {
      if (this.#held.has(queue)) this.#places.free(queue);
      else this.#busy.set(queue, this.#serve(queue));
    }
  }

  /** One webhook of a queue, then the queue goes to the end of its app's row. */
  async #serve(name: string): Promise<void> {
    const queue = this.#queueOf(name);
    let next: "more" | number;
    try {
      next = await this.#serveHead(queue);
    } catch (error) {
      next = this.#refused(error);
    }
    this.#busy.delete(name);
    this.#places.free(name);
    if (this.#state !== "running") return;
    if (queue.pauseMs !== null) next = queue.pauseMs;
    if (this.#held.has(name)) this.#forgetIdle(queue);
    else if (next !== "more") this.#wait(name, next);
    else if (!queue.ahead.isEmpty) this.#places.add(name);
    else this.#forgetIdle(queue);
    this.#fill();
  }

  /** A number: how long the queue waits for its head. */
  async #serveHead(queue: Queue): Promise<"more" | number> {
    const task = await queue.ahead.take();
    if (task === null) return "more";
    const waitMs = task.attempts === 0 ? 0 : task.notBefore - this.#deps.clock.now();
    // Further away than anything is ever put off: the clock was wrong when it was, or has been mended since.
    if (waitMs > 0 && waitMs <= LONGEST_DEFERRAL_MS) return waitMs;
    const decision = await this.#decide(task);
    if (decision.is === "finish") {
      this.#finish(queue, task, decision);
      if (queue.unsynced.size >= UNSYNCED) await Promise.race(queue.unsynced);
      return "more";
    }
    const { deferral } = decision;
    const asked = targetOf(task);
    const deferred = await this.#deps.store.deferWebhook(task.webhookId, { ...deferral, asked });
    queue.ahead.ended(task);
    if (deferred === "moved") return "more";
    this.#tell(deferral.event === null ? [] : [deferral.event]);
    return deferral.aside ? "more" : Math.max(0, deferral.notBefore - this.#deps.clock.now());
  }

  #queueOf(name: string, isEmpty = false): Queue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const ahead = new QueueAhead(name, this.#deps.store, isEmpty);
      queue = { name, ahead, unsynced: new Set(), pauseMs: null };
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** What the store refused is still in its queue: it is asked for again after a pause. */
  #refused(error: unknown): number {
    if (!this.#abort.signal.aborted) {
      this.#deps.log.error({ reason: reasonOf(error) }, "webhooks: the store refused");
    }
    return STORE_PAUSE_MS;
  }

  async #decide(task: WebhookTask): Promise<Decision> {
    try {
      return await attempt(task, this.#context);
    } catch (error) {
      if (this.#abort.signal.aborted) throw error;
      return this.#ownFault(task, error);
    }
  }

  /** The end is asked of the store before this returns; the queue goes on meanwhile. */
  #finish(queue: Queue, task: WebhookTask, decision: Extract<Decision, { is: "finish" }>): void {
    const { replies, events } = this.#repliesTo(task, decision);
    const refusals = replies.length === 0 ? {} : this.#refusalsOf(task);
    const { isGivenUp = false } = decision;
    const result = { replies, events, refusals, asked: targetOf(task), isGivenUp };
    const synced = this.#deps.store.finishWebhook(task.webhookId, result).then(
      (results) => {
        if (results === "moved") return this.#tellMoved(task);
        this.#tell(events);
        this.#tell(results.flatMap(({ is }) => (is === "accepted" ? [] : (refusals[is] ?? []))));
      },
      (error: unknown) => {
        queue.pauseMs = this.#refused(error);
        if (!this.#busy.has(queue.name) && this.#state === "running") this.#wait(queue.name, queue.pauseMs);
      },
    );
    const settled = synced.then(() => {
      queue.ahead.ended(task);
      queue.unsynced.delete(settled);
      this.#unsynced.delete(settled);
      this.#forgetIdle(queue);
    });
    queue.unsynced.add(settled);
    this.#unsynced.add(settled);
  }

  #forgetIdle(queue: Queue): void {
    const { name, ahead, unsynced } = queue;
    const isIdle = ahead.isEmpty && unsynced.size === 0 && !this.#busy.has(name);
    // Another one may have begun under its name, after a wait.
    if (isIdle && this.#queues.get(name) === queue) this.#queues.delete(name);
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

  #tellMoved({ facts: { messageSid } }: WebhookTask): void {
    this.#deps.log.info(
      { messageSid },
      "webhooks: its URL changed while it was asked; the answer is not acted on",
    );
  }

  /** A mistake of ours ends this webhook, not the service: asked again it would be made again. */
  #ownFault(task: WebhookTask, error: unknown): Extract<Decision, { is: "finish" }> {
    this.#deps.log.error({ err: error, messageSid: task.facts.messageSid }, "webhooks: internal error");
    const text = "An internal error ended this webhook; the log has the details. Nothing is replied.";
    const event = internalEvent({ task, at: this.#deps.clock.now() }, 12400, text);
    return { is: "finish", messages: [], events: [event] };
  }

  #refusalsOf(task: WebhookTask): NonNullable<WebhookResult["refusals"]> {
    const at = { task, at: this.#deps.clock.now() };
    return {
      "queue-full": refusedReplyEvent(at, "queue-full"),
      "opted-out": refusedReplyEvent(at, "opted-out"),
    };
  }

  /** Its order may be another one by then: it begins anew. The queue "" stands for the list of queues. */
  #wait(queue: string, ms: number): void {
    this.#queues.delete(queue);
    this.#timers.get(queue)?.cancel();
    const timer = this.#deps.clock.timer(ms, () => {
      this.#timers.delete(queue);
      if (queue === "") this.#listing = this.#nudgeAll();
      else this.#nudge(queue);
    });
    this.#timers.set(queue, timer);
  }
}

/** No more than that crosses to the store's thread. */
function targetOf({
  queue,
  url,
  method,
  fallbackUrl,
  fallbackMethod,
}: WebhookTask): NonNullable<WebhookResult["asked"]> {
  return { queue, url, method, fallbackUrl, fallbackMethod };
}
