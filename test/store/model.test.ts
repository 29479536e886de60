/**
 * Random sequences of what can happen to outbound messages, against a model small enough to be believed: lists
 * and loops, no tables. After every step the store agrees with it on every message, on the order of the queue,
 * and on who may still be reported about. Power cuts come at any point between two steps.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochOfKey, keyOfSid } from "../../src/runtime/ids.ts";
import { type MessageStatus, NEXT_STATUSES } from "../../src/sms/message.ts";
import type { CommandName } from "../../src/store/protocol.ts";
import type { Lane, Settlement, Store } from "../../src/store/store.ts";
import type { ReportRecord } from "../../src/store/submission-record.ts";
import { openTestStore } from "../harness/open-test-store.ts";
import { openInProcess, storeOver } from "./in-process.ts";
import { FROM, newOutbound, T0 } from "./new-outbound.ts";

type ModelSegment = {
  state: "waiting" | "trying" | "taken" | "unknown" | "arrived" | "lost";
  submission: string;
};
type ModelMessage = {
  sid: string;
  lane: Lane;
  status: MessageStatus;
  segments: ModelSegment[];
  retryAt: number | null;
  first: boolean;
};
type Model = { now: number; messages: ModelMessage[] };
type Real = { store: Pick<Store, CommandName>; powerCut: () => Promise<void> };
type Step = fc.AsyncCommand<Model, Real>;

function every(message: ModelMessage, ...states: ModelSegment["state"][]): boolean {
  return message.segments.every((segment) => states.includes(segment.state));
}

function some(message: ModelMessage, ...states: ModelSegment["state"][]): boolean {
  return message.segments.some((segment) => states.includes(segment.state));
}

function moving(message: ModelMessage): boolean {
  return message.status === "queued" || message.status === "sending";
}

/** Moves a status along the table, or the test is over. */
function become(message: ModelMessage, status: MessageStatus): void {
  if (status === message.status) return;
  expect(NEXT_STATUSES[message.status]).toContain(status);
  message.status = status;
  if (!moving(message)) message.retryAt = null;
}

function rollUp(message: ModelMessage): void {
  if (!moving(message) && message.status !== "sent") return;
  if (every(message, "arrived")) become(message, "delivered");
  else if (every(message, "arrived", "taken")) become(message, "sent");
  if (!some(message, "waiting")) message.retryAt = null;
}

function place(message: ModelMessage): number {
  if (message.lane === "broadcast") return 2;
  return message.first || some(message, "trying", "taken", "arrived") ? 0 : 1;
}

function nextOf(model: Model): { message: ModelMessage; index: number } | null {
  const [message] = model.messages
    .filter((each) => moving(each) && some(each, "waiting") && !some(each, "unknown"))
    .filter((each) => each.retryAt === null)
    .sort((a, b) => place(a) - place(b) || model.messages.indexOf(a) - model.messages.indexOf(b));
  if (message === undefined) return null;
  return { message, index: message.segments.findIndex((segment) => segment.state === "waiting") };
}

function segmentsIn(model: Model, ...states: ModelSegment["state"][]) {
  return model.messages.flatMap((message) =>
    message.segments
      .filter((segment) => states.includes(segment.state))
      .map((segment) => ({ message, segment })),
  );
}

async function agree(model: Model, { store }: Real): Promise<void> {
  const found = await Promise.all(model.messages.map((message) => store.getMessage(message.sid)));
  expect(found.map((message) => message?.status)).toEqual(model.messages.map((message) => message.status));
  const waiting = model.messages
    .filter(moving)
    .map((message) => message.segments.filter((segment) => segment.state === "waiting").length)
    .filter((count) => count > 0);
  const segments = waiting.reduce((sum, count) => sum + count, 0);
  const [oldest] = model.messages
    .filter((message) => moving(message) && some(message, "waiting"))
    .filter((message) => message.retryAt !== null || !some(message, "unknown"));
  const oldestAt = oldest === undefined ? null : epochOfKey(keyOfSid(oldest.sid) ?? 0);
  const depths = waiting.length === 0 ? [] : [{ queue: FROM, messages: waiting.length, segments, oldestAt }];
  expect(await store.queueDepths()).toMatchObject(depths);
}

class Accept implements Step {
  readonly lane: Lane;
  readonly parts: number;

  constructor(lane: Lane, parts: number) {
    this.lane = lane;
    this.parts = parts;
  }

  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const parts = Array.from({ length: this.parts }, (_, index) => `part ${index} `);
    const message = newOutbound({ lane: this.lane, parts });
    expect((await real.store.accept(message)).is).toBe("accepted");
    const segments = parts.map((): ModelSegment => ({ state: "waiting", submission: "" }));
    const status = "queued";
    model.messages.push({ sid: message.sid, lane: this.lane, status, segments, retryAt: null, first: false });
    await agree(model, real);
  }

  toString = () => `accept(${this.lane}, ${this.parts})`;
}

class Claim implements Step {
  readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    const { claims } = await real.store.claim(FROM, {
      line: "sim1",
      limit: this.limit,
      now: model.now,
    });
    for (const message of model.messages) {
      if (message.retryAt !== null && message.retryAt <= model.now) message.retryAt = null;
    }
    for (const claim of claims) {
      const expected = nextOf(model);
      expect([claim.messageSid, claim.index]).toEqual([expected?.message.sid, expected?.index]);
      const segment = expected?.message.segments[claim.index];
      if (expected === null || segment === undefined) continue;
      become(expected.message, "sending");
      expected.message.first = false;
      segment.state = "trying";
      segment.submission = claim.submissionId;
    }
    if (claims.length < this.limit) expect(nextOf(model)).toBeNull();
    await agree(model, real);
  }

  toString = () => `claim(${this.limit})`;
}

class Settle implements Step {
  readonly pick: number;
  readonly is: Settlement["is"];

  constructor(pick: number, is: Settlement["is"]) {
    this.pick = pick;
    this.is = is;
  }

  check = (model: Readonly<Model>) => segmentsIn(model, "trying").length > 0;

  async run(model: Model, real: Real): Promise<void> {
    const trying = segmentsIn(model, "trying");
    const chosen = trying[this.pick % trying.length];
    if (chosen === undefined) return;
    const { message, segment } = chosen;
    const result = await real.store.settle(segment.submission, this.#settlement(model), model.now);
    expect(result.is).toBe("settled");
    if (this.is === "accepted") segment.state = "taken";
    if (this.is === "unknown") segment.state = "unknown";
    if (this.is === "retry" || this.is === "released") {
      segment.state = "waiting";
      // Its place is found anew: at the head only while the network or a line still has a part of it.
      message.first = false;
    }
    if (this.is === "retry" && moving(message)) message.retryAt = model.now + 1000;
    if (this.is === "failed") {
      segment.state = "lost";
      if (moving(message)) become(message, "failed");
    }
    rollUp(message);
    expect(result.message.status).toBe(message.status);
    await agree(model, real);
  }

  #settlement(model: Model): Settlement {
    if (this.is === "accepted") return { is: "accepted", reference: "1" };
    if (this.is === "failed") return { is: "failed", errorCode: 30007, why: "barred" };
    if (this.is === "retry") return { is: "retry", retryAt: model.now + 1000, why: "busy" };
    return { is: this.is, why: "the link is gone" };
  }

  toString = () => `settle(${this.pick}, ${this.is})`;
}

class Report implements Step {
  readonly pick: number;
  readonly state: ReportRecord["state"];

  constructor(pick: number, state: ReportRecord["state"]) {
    this.pick = pick;
    this.state = state;
  }

  check = (model: Readonly<Model>) => segmentsIn(model, "trying", "taken", "unknown").length > 0;

  async run(model: Model, real: Real): Promise<void> {
    const open = segmentsIn(model, "trying", "taken", "unknown");
    const chosen = open[this.pick % open.length];
    if (chosen === undefined) return;
    const { message, segment } = chosen;
    const candidates = await real.store.openSubmissions("sim1", "1");
    expect(candidates.map((each) => each.submissionId)).toContain(segment.submission);
    const result = await real.store.recordReport(segment.submission, {
      state: this.state,
      status: 0,
      errorCode: this.state === "failed" ? 30003 : null,
      reference: "1",
      doneAt: null,
      at: model.now,
    });
    expect(result.is).toBe("settled");
    if (this.state === "delivered") segment.state = "arrived";
    if (this.state === "pending") segment.state = "taken";
    if (this.state === "failed") {
      segment.state = "lost";
      if (moving(message) || message.status === "sent") become(message, "undelivered");
    }
    rollUp(message);
    await agree(model, real);
  }

  toString = () => `report(${this.pick}, ${this.state})`;
}

class Resolve implements Step {
  readonly pick: number;
  readonly verdict: "resend" | "failed";

  constructor(pick: number, verdict: "resend" | "failed") {
    this.pick = pick;
    this.verdict = verdict;
  }

  check = (model: Readonly<Model>) => this.#unknown(model).length > 0;

  async run(model: Model, real: Real): Promise<void> {
    const unknown = this.#unknown(model);
    const listed = await real.store.unknownSubmissions();
    expect(listed.map((each) => each.submissionId).toSorted()).toEqual(
      unknown.map(({ segment }) => segment.submission).toSorted(),
    );
    const chosen = unknown[this.pick % unknown.length];
    if (chosen === undefined) return;
    const { message, segment } = chosen;
    const event = { type: "message.resent", level: "warning", at: model.now, text: "judged" } as const;
    await real.store.resolveUnknown(segment.submission, this.verdict, { at: model.now, event });
    if (this.verdict === "failed") {
      segment.state = "lost";
      become(message, "failed");
    } else {
      segment.state = "waiting";
      message.first = !some(message, "unknown") && message.retryAt === null;
    }
    await agree(model, real);
  }

  #unknown(model: Readonly<Model>) {
    return segmentsIn(model, "unknown").filter(({ message }) => moving(message));
  }

  toString = () => `resolve(${this.pick}, ${this.verdict})`;
}

class Wait implements Step {
  check = () => true;

  async run(model: Model): Promise<void> {
    model.now += 600;
  }

  toString = () => "wait";
}

class PowerCut implements Step {
  check = () => true;

  async run(model: Model, real: Real): Promise<void> {
    await real.powerCut();
    for (const { segment } of segmentsIn(model, "trying")) segment.state = "unknown";
    await agree(model, real);
  }

  toString = () => "power cut";
}

const pick = fc.nat(20);
const steps = [
  fc
    .tuple(fc.constantFrom<Lane>("single", "broadcast"), fc.integer({ min: 1, max: 3 }))
    .map((a) => new Accept(...a)),
  fc.integer({ min: 1, max: 4 }).map((limit) => new Claim(limit)),
  fc
    .tuple(
      pick,
      fc.constantFrom<Settlement["is"]>("accepted", "accepted", "failed", "retry", "released", "unknown"),
    )
    .map((a) => new Settle(...a)),
  fc
    .tuple(pick, fc.constantFrom<ReportRecord["state"]>("delivered", "delivered", "pending", "failed"))
    .map((a) => new Report(...a)),
  fc
    .tuple(pick, fc.constantFrom<"resend" | "failed">("resend", "resend", "failed"))
    .map((a) => new Resolve(...a)),
  fc.constant(new Wait()),
];

const noPowerCut = async () => {};

describe("whatever happens to outbound messages", () => {
  it("none is lost, the queue keeps its order, and no status goes back", { timeout: 120_000 }, async () => {
    const follow = async (commands: Iterable<Step>) => {
      const opened = openInProcess();
      const real: Real = { store: storeOver(opened), powerCut: noPowerCut };
      try {
        await fc.asyncModelRun(() => ({ model: { now: T0, messages: [] }, real }), commands);
      } finally {
        opened.close();
      }
    };
    await fc.assert(fc.asyncProperty(fc.commands(steps, { maxCommands: 50, size: "max" }), follow), {
      numRuns: 400,
    });
  });

  it("the same holds through the worker when the power is cut after any step", {
    timeout: 120_000,
  }, async () => {
    const follow = async (commands: Iterable<Step>) => {
      const first = await openTestStore();
      const stores = [first];
      const cut = async () => {
        const after = await stores.at(-1)?.powerCut();
        if (after === undefined) return;
        stores.push(after);
        real.store = after.store;
      };
      const real: Real = { store: first.store, powerCut: cut };
      try {
        await fc.asyncModelRun(() => ({ model: { now: T0, messages: [] }, real }), commands);
        expect(stores.flatMap((each) => each.faults)).toEqual([]);
      } finally {
        for (const each of stores) await each.remove();
      }
    };
    const withCuts = [...steps, ...steps, fc.constant(new PowerCut())];
    await fc.assert(fc.asyncProperty(fc.commands(withCuts, { maxCommands: 40, size: "max" }), follow), {
      numRuns: 15,
    });
  });
});
