/**
 * The main thread's side of the store. Commands made in one turn of the event loop travel together; their
 * promises settle when the transaction they were part of is on disk, in the order they were made.
 *
 * While commands are under way, what comes up travels together when their answer is there: a message between threads
 * costs as much processor time as several commands. A part that is large enough does not wait for it, nor for the end
 * of the turn: the thread works on it while this one makes the next.
 *
 * Behind a slow disk the next batch waits for those who have just been answered, a quarter of what the last one took:
 * otherwise callers that each wait for their answer fall into two halves, and every sync carries one of them only.
 */
import type { Worker } from "node:worker_threads";
import { assertNever } from "../runtime/assert-never.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { Fault } from "../runtime/fault.ts";
import { newlyStored } from "./message-row.ts";
import type {
  AcceptAnswer,
  Answer,
  CommandName,
  FromWorker,
  Outcome,
  Request,
  ToWorker,
} from "./protocol.ts";
import type { Lane, Store, WebhookNotice } from "./store.ts";

type Waiter = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };

/** So many commands are worth a message of their own. */
const A_PART = 16;

/** A wait shorter than the first is none: no timer is that fine. The second bounds it behind a card that stalls. */
const SHORTEST_GATHERING_MS = 2;
const LONGEST_GATHERING_MS = 20;

/** A batch that is on disk: how many commands, and how long they took, the waiting for the thread included. */
export type Commit = { readonly commands: number; readonly tookMs: number };

type Closing = { readonly promise: Promise<void>; readonly resolve: () => void };

export class StoreClient implements Store {
  readonly newestKey: number;
  readonly #worker: Worker;
  readonly #onFatal: (fault: Fault) => void;
  readonly #onCommit: (commit: Commit) => void;
  readonly #waiters: Waiter[] = [];
  /** Who asked that the file holds still, or no longer has to. */
  readonly #fileWaiters: Waiter[] = [];
  readonly #turns: Waiter[] = [];
  #outbox: Request[] = [];
  readonly #clock: Clock;
  /** What is sent and not answered, oldest first. The thread answers whole ones, one or more at a time. */
  readonly #underWay: { readonly commands: number; readonly sentAtMs: number }[] = [];
  /** Nothing is gained from larger batches. */
  #isFast = true;
  #webhookListeners: ((notice: WebhookNotice) => void)[] = [];
  /** As many commands as the last answer's callers and those who wait already would make. */
  #gathering: { readonly enough: number; readonly timer: Timer } | null = null;
  #queuedListeners: ((queue: string, lane: Lane) => void)[] = [];
  #fault: Fault | null = null;
  #closing: Closing | null = null;

  /** The worker has said `opened`. */
  constructor(
    worker: Worker,
    options: {
      newestKey: number;
      clock: Clock;
      onFatal: (fault: Fault) => void;
      onCommit?: ((commit: Commit) => void) | undefined;
    },
  ) {
    this.#worker = worker;
    this.#clock = options.clock;
    this.newestKey = options.newestKey;
    this.#onFatal = options.onFatal;
    this.#onCommit = options.onCommit ?? (() => {});
    worker.on("message", (message: FromWorker) => this.#receive(message));
    worker.on("error", (error) => this.#fail(`the store's thread ended: ${error.message}`));
    worker.on("exit", () => this.#fail("the store's thread ended"));
  }

  readonly accept: Store["accept"] = async (message) => {
    const answer = (await this.#call("accept", [message])) as AcceptAnswer;
    if (answer.is !== "accepted") return answer;
    return { is: answer.is, message: newlyStored(message, answer.status) };
  };
  readonly poolFacts: Store["poolFacts"] = (...args) => this.#call("poolFacts", args);
  readonly releaseScheduled: Store["releaseScheduled"] = (...args) => this.#call("releaseScheduled", args);
  readonly claim: Store["claim"] = (...args) => this.#call("claim", args);
  readonly planUse: Store["planUse"] = (...args) => this.#call("planUse", args);
  readonly settle: Store["settle"] = (...args) => this.#call("settle", args);
  readonly resolveUnknown: Store["resolveUnknown"] = (...args) => this.#call("resolveUnknown", args);
  readonly unknownSubmissions: Store["unknownSubmissions"] = (...args) =>
    this.#call("unknownSubmissions", args);
  readonly expire: Store["expire"] = (...args) => this.#call("expire", args);
  readonly endQueued: Store["endQueued"] = (...args) => this.#call("endQueued", args);
  readonly endScheduled: Store["endScheduled"] = (...args) => this.#call("endScheduled", args);
  readonly endQueue: Store["endQueue"] = (...args) => this.#call("endQueue", args);
  readonly queueDepths: Store["queueDepths"] = (...args) => this.#call("queueDepths", args);
  readonly openSubmissions: Store["openSubmissions"] = (...args) => this.#call("openSubmissions", args);
  readonly recordReport: Store["recordReport"] = (...args) => this.#call("recordReport", args);
  readonly parkReport: Store["parkReport"] = (...args) => this.#call("parkReport", args);
  readonly parkedReports: Store["parkedReports"] = (...args) => this.#call("parkedReports", args);
  readonly dropParked: Store["dropParked"] = (...args) => this.#call("dropParked", args);
  readonly keepInbound: Store["keepInbound"] = (...args) => this.#call("keepInbound", args);
  readonly completeInbound: Store["completeInbound"] = (...args) => this.#call("completeInbound", args);
  readonly unfinishedInbound: Store["unfinishedInbound"] = (...args) => this.#call("unfinishedInbound", args);
  readonly publishIncomplete: Store["publishIncomplete"] = (...args) => this.#call("publishIncomplete", args);
  readonly mendInbound: Store["mendInbound"] = (...args) => this.#call("mendInbound", args);
  readonly quarantine: Store["quarantine"] = (...args) => this.#call("quarantine", args);
  readonly webhookQueues: Store["webhookQueues"] = (...args) => this.#call("webhookQueues", args);
  readonly nextWebhook: Store["nextWebhook"] = (...args) => this.#call("nextWebhook", args);
  readonly nextWebhooks: Store["nextWebhooks"] = (...args) => this.#call("nextWebhooks", args);
  readonly webhookBacklog: Store["webhookBacklog"] = (...args) => this.#call("webhookBacklog", args);
  readonly deferWebhook: Store["deferWebhook"] = (...args) => this.#call("deferWebhook", args);
  readonly finishWebhook: Store["finishWebhook"] = (...args) => this.#call("finishWebhook", args);
  readonly redirectInbound: Store["redirectInbound"] = (...args) => this.#call("redirectInbound", args);
  readonly getMessage: Store["getMessage"] = (...args) => this.#call("getMessage", args);
  readonly listMessages: Store["listMessages"] = (...args) => this.#call("listMessages", args);
  readonly standingOf: Store["standingOf"] = (...args) => this.#call("standingOf", args);
  readonly submissionsOf: Store["submissionsOf"] = (...args) => this.#call("submissionsOf", args);
  readonly webhookStandingOf: Store["webhookStandingOf"] = (...args) => this.#call("webhookStandingOf", args);
  readonly usage: Store["usage"] = (...args) => this.#call("usage", args);
  readonly redact: Store["redact"] = (...args) => this.#call("redact", args);
  readonly deleteMessage: Store["deleteMessage"] = (...args) => this.#call("deleteMessage", args);
  readonly cancelScheduled: Store["cancelScheduled"] = (...args) => this.#call("cancelScheduled", args);
  readonly keepFeedback: Store["keepFeedback"] = (...args) => this.#call("keepFeedback", args);
  readonly createAudience: Store["createAudience"] = (...args) => this.#call("createAudience", args);
  readonly updateAudience: Store["updateAudience"] = (...args) => this.#call("updateAudience", args);
  readonly deleteAudience: Store["deleteAudience"] = (...args) => this.#call("deleteAudience", args);
  readonly getAudience: Store["getAudience"] = (...args) => this.#call("getAudience", args);
  readonly listAudiences: Store["listAudiences"] = (...args) => this.#call("listAudiences", args);
  readonly listMembers: Store["listMembers"] = (...args) => this.#call("listMembers", args);
  readonly countMembers: Store["countMembers"] = (...args) => this.#call("countMembers", args);
  readonly memberAttributes: Store["memberAttributes"] = (...args) => this.#call("memberAttributes", args);
  readonly getMember: Store["getMember"] = (...args) => this.#call("getMember", args);
  readonly planMembers: Store["planMembers"] = (...args) => this.#call("planMembers", args);
  readonly putMembers: Store["putMembers"] = (...args) => this.#call("putMembers", args);
  readonly deleteMember: Store["deleteMember"] = (...args) => this.#call("deleteMember", args);
  readonly createBroadcast: Store["createBroadcast"] = (...args) => this.#call("createBroadcast", args);
  readonly changeBroadcast: Store["changeBroadcast"] = (...args) => this.#call("changeBroadcast", args);
  readonly deleteBroadcast: Store["deleteBroadcast"] = (...args) => this.#call("deleteBroadcast", args);
  readonly getBroadcast: Store["getBroadcast"] = (...args) => this.#call("getBroadcast", args);
  readonly listBroadcasts: Store["listBroadcasts"] = (...args) => this.#call("listBroadcasts", args);
  readonly planRun: Store["planRun"] = (...args) => this.#call("planRun", args);
  readonly startRun: Store["startRun"] = (...args) => this.#call("startRun", args);
  readonly explainRun: Store["explainRun"] = (...args) => this.#call("explainRun", args);
  readonly holdRun: Store["holdRun"] = (...args) => this.#call("holdRun", args);
  readonly releaseRun: Store["releaseRun"] = (...args) => this.#call("releaseRun", args);
  readonly isRunWaiting: Store["isRunWaiting"] = (...args) => this.#call("isRunWaiting", args);
  readonly acceptSlice: Store["acceptSlice"] = (...args) => this.#call("acceptSlice", args);
  readonly endRun: Store["endRun"] = (...args) => this.#call("endRun", args);
  readonly openRuns: Store["openRuns"] = (...args) => this.#call("openRuns", args);
  readonly getRun: Store["getRun"] = (...args) => this.#call("getRun", args);
  readonly listRuns: Store["listRuns"] = (...args) => this.#call("listRuns", args);
  readonly countRun: Store["countRun"] = (...args) => this.#call("countRun", args);
  readonly listRunMembers: Store["listRunMembers"] = (...args) => this.#call("listRunMembers", args);
  readonly addEvent: Store["addEvent"] = (...args) => this.#call("addEvent", args);
  readonly listEvents: Store["listEvents"] = (...args) => this.#call("listEvents", args);
  readonly getMemory: Store["getMemory"] = (...args) => this.#call("getMemory", args);
  readonly putMemory: Store["putMemory"] = (...args) => this.#call("putMemory", args);
  readonly retire: Store["retire"] = (...args) => this.#call("retire", args);
  readonly prune: Store["prune"] = (...args) => this.#call("prune", args);
  readonly pruneBeyond: Store["pruneBeyond"] = (...args) => this.#call("pruneBeyond", args);
  readonly redactBefore: Store["redactBefore"] = (...args) => this.#call("redactBefore", args);
  holdFile(): Promise<boolean> {
    return this.#askFile("hold");
  }

  releaseFile(): Promise<boolean> {
    return this.#askFile("release");
  }

  readonly clockStepped: Store["clockStepped"] = (...args) => this.#call("clockStepped", args);
  readonly ping: Store["ping"] = (...args) => this.#call("ping", args);

  /** Between the batches, is not one of them: it costs no commit. */
  turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== null) return reject(this.#fault);
      if (this.#closing !== null) return reject(closed());
      this.#turns.push({ resolve: () => resolve(), reject });
      this.#post({ is: "turn" });
    });
  }

  onWebhook(listener: (notice: WebhookNotice) => void): void {
    this.#webhookListeners.push(listener);
  }

  onQueued(listener: (queue: string, lane: Lane) => void): void {
    this.#queuedListeners.push(listener);
  }

  close(): Promise<void> {
    if (this.#closing === null) {
      const { promise, resolve } = settler();
      this.#closing = { promise, resolve };
      if (this.#fault === null) {
        this.#endGathering();
        this.#flush();
        this.#post({ is: "close" });
      } else {
        void this.#worker.terminate().then(() => resolve());
      }
    }
    return this.#closing.promise;
  }

  #call<Name extends CommandName>(name: Name, args: Parameters<Store[Name]>): ReturnType<Store[Name]> {
    const answer = new Promise((resolve, reject) => {
      if (this.#fault !== null) return reject(this.#fault);
      if (this.#closing !== null) return reject(closed());
      if (this.#outbox.length === 0) setImmediate(() => this.#flush());
      this.#outbox.push({ name, args } as Request);
      this.#waiters.push({ resolve, reject });
      if (this.#outbox.length === this.#gathering?.enough) setImmediate(() => this.#endGathering());
      else if (this.#outbox.length >= A_PART && this.#gathering === null && this.#isFast) this.#send();
    });
    return answer as ReturnType<Store[Name]>;
  }

  #askFile(is: "hold" | "release"): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== null || this.#closing !== null) return reject(this.#fault ?? closed());
      this.#fileWaiters.push({ resolve: resolve as Waiter["resolve"], reject });
      this.#post({ is });
    });
  }

  #flush(): void {
    if (this.#outbox.length === 0 || this.#fault !== null) return;
    if ((this.#underWay.length > 0 || this.#gathering !== null) && this.#closing === null) return;
    this.#send();
  }

  #send(): void {
    const requests = this.#outbox;
    this.#outbox = [];
    this.#underWay.push({ commands: requests.length, sentAtMs: this.#clock.monotonicMs() });
    this.#post({ is: "requests", requests });
  }

  /** Only those who wait already are a reason to wait for others: who is alone is carried out at once. */
  #gather({ outcomes, syncedInMs }: Answer): void {
    const waitMs = Math.min(LONGEST_GATHERING_MS, syncedInMs / 4);
    this.#isFast = waitMs < SHORTEST_GATHERING_MS;
    if (this.#isFast || this.#underWay.length > 0 || this.#outbox.length === 0) return;
    const timer = this.#clock.timer(waitMs, () => this.#endGathering());
    this.#gathering = { enough: this.#outbox.length + outcomes.length, timer };
  }

  #endGathering(): void {
    this.#gathering?.timer.cancel();
    this.#gathering = null;
    this.#flush();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    switch (message.is) {
      case "answer":
        this.#onCommit(this.#committed(message.answer.outcomes.length));
        this.#gather(message.answer);
        this.#flush();
        for (const outcome of message.answer.outcomes) this.#settle(outcome);
        for (const { queue, lane } of message.answer.queued)
          for (const tell of this.#queuedListeners) tell(queue, lane);
        for (const notice of message.answer.webhooks) for (const tell of this.#webhookListeners) tell(notice);
        return;
      case "turned":
        this.#turns.shift()?.resolve(undefined);
        return;
      case "failed":
        this.#fail(message.reason);
        return;
      case "held":
      case "released":
        this.#fileWaiters.shift()?.resolve(message.ok);
        return;
      case "closed":
      case "opened":
      case "salvaging":
      case "refused":
        return;
      default:
        assertNever(message);
    }
  }

  #committed(commands: number): Commit {
    const sentAtMs = this.#underWay[0]?.sentAtMs ?? 0;
    for (let left = commands; left > 0; ) left -= this.#underWay.shift()?.commands ?? left;
    return { commands, tookMs: this.#clock.monotonicMs() - sentAtMs };
  }

  #settle(outcome: Outcome): void {
    const waiter = this.#waiters.shift();
    if (outcome.ok) waiter?.resolve(outcome.value);
    else waiter?.reject(refused(outcome));
  }

  /** Also called when the thread ends, which is only an accident when it was not asked to. */
  #fail(reason: string): void {
    if (this.#fault !== null) return;
    if (this.#closing !== null && this.#waiters.length === 0) {
      this.#closing.resolve();
      return;
    }
    const fault = new Fault({
      code: "store.failed",
      disposition: "line",
      message: `the store cannot keep its word any more: ${reason}`,
    });
    this.#fault = fault;
    this.#gathering?.timer.cancel();
    this.#outbox = [];
    const waiters = [this.#waiters, this.#turns, this.#fileWaiters].flatMap((each) => each.splice(0));
    for (const waiter of waiters) waiter.reject(fault);
    void this.#worker.terminate().then(() => this.#closing?.resolve());
    this.#onFatal(fault);
  }
}

function settler(): Closing {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A full or read-only disk is a Fault callers can wait out; anything else a command throws is our mistake. */
function refused({ trouble, message }: Extract<Outcome, { ok: false }>): Error {
  if (trouble === null) return new Error(`store: ${message}`);
  const why = trouble === "full" ? "the disk is full" : "the disk is read-only";
  return new Fault({
    code: "store.failed",
    disposition: "retry",
    message: `nothing can be kept, since ${why} (${message})`,
  });
}

function closed(): Fault {
  return new Fault({ code: "store.failed", disposition: "line", message: "the store is closed" });
}
