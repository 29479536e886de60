/**
 * What every kind of Line keeps (`src/line/line.ts`). A kind gives a rig: the Line, and the other side of it in
 * the words of the network. Time stands still but for `until`, which lets it pass a little at a time.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Kept, Line, LineHandlers, LineState, SubmitOutcome } from "../../src/line/line.ts";
import type { NewEvent } from "../../src/runtime/event.ts";
import { textOf as joined } from "../../src/sms/join.ts";
import type { InboundSegment, Report, Segment } from "../../src/sms/message.ts";
import type { FakeClock } from "../harness/fake-clock.ts";

export type LineRig = {
  readonly line: Line;
  readonly clock: FakeClock;
  /** A phone texts the line's number; the text fits one segment. */
  readonly phoneTexts: (body: string) => void;
  /** Bodies the network has taken from the line, oldest first. */
  readonly taken: () => readonly string[];
  /** How many inbound messages and reports the line has not acknowledged. */
  readonly unacknowledged: () => number;
  /** The network takes a submission but leaves it unanswered, until released. */
  readonly hold: () => () => void;
  /** The network refuses each submission for good, until released. */
  readonly refuse: () => () => void;
  /** The link is cut; opening it again works. */
  readonly cut: () => void;
  /** Opening fails until released. */
  readonly unreachable: () => () => void;
  readonly close: () => Promise<void>;
};

const PHONE = "+33612345678";

export function segmentTo(to: string, text: string): Segment {
  return { from: "+33639980001", to, alphabet: "gsm7", text, concatenation: null, validityMinutes: 1440 };
}

/** Everything a Line tells, in order, and what it is answered. */
export class Recorder {
  readonly states: { readonly state: LineState; readonly reason: string }[] = [];
  readonly inbound: InboundSegment[] = [];
  readonly reports: Report[] = [];
  readonly undecodable: string[] = [];
  readonly events: NewEvent[] = [];
  /** Answers that came late: the Submission and its reference. */
  readonly late: (readonly [string, string])[] = [];
  readonly networkTimes: number[] = [];
  answer: () => Promise<Kept> = () => Promise.resolve("kept");
  mostAtOnce = 0;
  #now = 0;

  readonly handlers: LineHandlers = {
    onInbound: (segment) => this.#ask(() => this.inbound.push(segment)),
    onReport: (report) => this.#ask(() => this.reports.push(report)),
    onUndecodable: (raw) => this.#ask(() => this.undecodable.push(raw)),
    onLateAcceptance: (submissionId, reference) => this.late.push([submissionId, reference]),
    onState: (state, reason) => this.states.push({ state, reason }),
    onEvent: (event) => this.events.push(event),
    onNetworkTime: (epochMs) => this.networkTimes.push(epochMs),
  };

  async #ask(record: () => void): Promise<Kept> {
    this.#now++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#now);
    record();
    try {
      return await this.answer();
    } finally {
      this.#now--;
    }
  }
}

/** Lets time pass, a little at a time, until the condition holds. */
export async function until(clock: FakeClock, condition: () => boolean, withinMs = 600_000): Promise<void> {
  const deadline = clock.monotonicMs() + withinMs;
  await clock.advance(0);
  while (!condition()) {
    if (clock.monotonicMs() >= deadline)
      throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await clock.advance(50);
  }
}

export function textOf(segment: InboundSegment | undefined): string {
  return segment === undefined ? "" : joined([segment.userData]);
}

export function describeLine(kind: string, makeRig: () => Promise<LineRig>): void {
  describe(`the line contract, ${kind}`, () => {
    let rig: LineRig;
    let seen: Recorder;

    beforeEach(async () => {
      rig = await makeRig();
      seen = new Recorder();
    });

    afterEach(async () => {
      const stopping = rig.line.stop(0);
      await rig.clock.advance(1000);
      await stopping;
      await rig.close();
      expect(rig.clock.pending, "timers left behind").toBe(0);
    });

    const submit = (text: string, signal = new AbortController().signal) =>
      rig.line.submit(segmentTo(PHONE, text), { submissionId: text, signal });

    /** Settles once the line has decided; meanwhile time passes. */
    const outcomeOf = async (pending: Promise<SubmitOutcome>): Promise<SubmitOutcome> => {
      let outcome: SubmitOutcome | null = null;
      const settling = pending.then((settled) => {
        outcome = settled;
      });
      await until(rig.clock, () => outcome !== null);
      await settling;
      return pending;
    };

    const ready = async () => {
      rig.line.start(seen.handlers);
      await until(rig.clock, () => rig.line.status.state === "ready");
    };

    test("becomes ready and says so", async () => {
      await ready();
      expect(seen.states.at(-1)?.state).toBe("ready");
      expect(rig.line.status.reason).not.toBe("");
      expect(rig.line.window).toBeGreaterThan(0);
    });

    /** Hours in steps; how late the supervisor was in any of them. */
    const latestOver = async (hours: number) => {
      let latestMs = Number.NEGATIVE_INFINITY;
      for (let minute = 0; minute < hours * 60; minute++) {
        await rig.clock.advance(60_000);
        const { dueBy } = rig.line.pulse;
        latestMs = Math.max(latestMs, dueBy === null ? Infinity : rig.clock.monotonicMs() - dueBy);
      }
      return latestMs;
    };

    test("shows that its supervisor is at work while nothing happens, and while there is nothing to reach", async () => {
      expect(rig.line.pulse.dueBy, "not started").toBeNull();
      await ready();
      expect(await latestOver(2), "nothing to do").toBeLessThan(0);
      const reachable = rig.unreachable();
      rig.cut();
      expect(await latestOver(3), "nothing to reach").toBeLessThan(0);
      expect(rig.line.status.state).toBe("opening");
      reachable();
      await until(rig.clock, () => rig.line.status.state === "ready", 1_800_000);
      const stopping = rig.line.stop(0);
      await rig.clock.advance(1000);
      await stopping;
      expect(rig.line.pulse.dueBy, "stopped").toBeNull();
    });

    test("shows it too while its network refuses everything, and while it answers nothing", async () => {
      await ready();
      const taking = rig.refuse();
      void submit("refused");
      expect(await latestOver(1), "refused").toBeLessThan(0);
      taking();
      const release = rig.hold();
      void submit("unanswered");
      expect(await latestOver(1), "unanswered").toBeLessThan(0);
      release();
    });

    test("hands a segment to the network and gives its reference", async () => {
      await ready();
      const outcome = await outcomeOf(submit("hello"));
      expect(outcome).toMatchObject({ is: "accepted", reference: expect.stringMatching(/./) });
      await until(rig.clock, () => rig.taken().length === 1);
      expect(rig.taken()).toEqual(["hello"]);
      expect(rig.line.status.counters["sent"]).toBe(1);
      expect(rig.line.status.facts.lastSentAt).not.toBeNull();
    });

    test("hands over the delivery report under the same reference", async () => {
      await ready();
      const outcome = await outcomeOf(submit("hello"));
      await until(rig.clock, () => seen.reports.length > 0);
      expect(seen.reports).toMatchObject([
        {
          reference: outcome.is === "accepted" ? outcome.reference : "",
          state: "delivered",
          recipient: PHONE,
        },
      ]);
      await until(rig.clock, () => rig.unacknowledged() === 0);
    });

    test("takes several submissions at once and sends them in order", async () => {
      await ready();
      const texts = ["one", "two", "three", "four"];
      const pending = texts.map((text) => submit(text));
      const outcomes = await Promise.all(pending.map((each) => outcomeOf(each)));
      expect(outcomes.map((outcome) => outcome.is)).toEqual(texts.map(() => "accepted"));
      await until(rig.clock, () => rig.taken().length === texts.length);
      expect(rig.taken()).toEqual(texts);
    });

    test("hands over what arrives", async () => {
      await ready();
      rig.phoneTexts("Paris");
      await until(rig.clock, () => seen.inbound.length === 1);
      expect(seen.inbound[0]?.from).toBe(PHONE);
      expect(textOf(seen.inbound[0])).toBe("Paris");
      expect(seen.inbound[0]?.fingerprint).toMatch(/^[0-9a-f]{16,}$/);
      await until(rig.clock, () => rig.unacknowledged() === 0);
    });

    test("acknowledges only after the handler has said kept", async () => {
      let keep: (kept: Kept) => void = () => undefined;
      seen.answer = () =>
        new Promise((resolve) => {
          keep = resolve;
        });
      await ready();
      rig.phoneTexts("Paris");
      await until(rig.clock, () => seen.inbound.length === 1);
      await rig.clock.advance(2000);
      expect(rig.unacknowledged()).toBe(1);
      keep("kept");
      await until(rig.clock, () => rig.unacknowledged() === 0);
      expect(seen.inbound).toHaveLength(1);
    });

    test.each<{ name: string; answer: () => Promise<Kept> }>([
      { name: "refused", answer: () => Promise.resolve("refused") },
      { name: "nothing but an error", answer: () => Promise.reject(new Error("the disk is full")) },
    ])(
      "leaves with the network what the handler answered with $name, and offers it again",
      async ({ answer }) => {
        seen.answer = answer;
        await ready();
        rig.phoneTexts("Paris");
        await until(rig.clock, () => seen.inbound.length === 1);
        await rig.clock.advance(1000);
        expect(rig.unacknowledged()).toBe(1);
        seen.answer = () => Promise.resolve("kept");
        await until(rig.clock, () => rig.unacknowledged() === 0);
        const [first, ...others] = seen.inbound.map((segment) => segment.fingerprint);
        expect(others.length).toBeGreaterThan(0);
        expect(new Set(others)).toEqual(new Set([first]));
      },
    );

    test("is ready only when what waited for it has been handed over", async () => {
      rig.phoneTexts("before");
      await rig.clock.advance(2000);
      let keep: (kept: Kept) => void = () => undefined;
      seen.answer = () =>
        new Promise((resolve) => {
          keep = resolve;
        });
      rig.line.start(seen.handlers);
      await until(rig.clock, () => seen.inbound.length === 1);
      await rig.clock.advance(1000);
      expect(rig.line.status.state).not.toBe("ready");
      keep("kept");
      await until(rig.clock, () => rig.line.status.state === "ready");
    });

    test("rejects what it is given before it is ready, and blames the line", async () => {
      const early = await outcomeOf(submit("early"));
      expect(early).toMatchObject({ is: "rejected", fault: { code: "line.not-ready", disposition: "line" } });
      rig.line.start(seen.handlers);
      const starting = await outcomeOf(submit("starting"));
      expect(starting).toMatchObject({ is: "rejected", fault: { disposition: "line" } });
      expect(rig.taken()).toEqual([]);
    });

    test("rejects a submission withdrawn before it was sent", async () => {
      await ready();
      const withdrawn = await outcomeOf(submit("never", AbortSignal.abort()));
      expect(withdrawn).toMatchObject({ is: "rejected", fault: { code: "line.stopped" } });
      await rig.clock.advance(1000);
      expect(rig.taken()).toEqual([]);
    });

    test("rejects what the network refuses for good", async () => {
      await ready();
      const release = rig.refuse();
      const refused = await outcomeOf(submit("no"));
      expect(refused).toMatchObject({ is: "rejected", fault: { disposition: "reject" } });
      release();
      expect(await outcomeOf(submit("yes"))).toMatchObject({ is: "accepted" });
    });

    test("does not know the outcome when the link breaks after the point of no return", async () => {
      await ready();
      const release = rig.hold();
      const pending = submit("maybe");
      await rig.clock.advance(1000);
      rig.cut();
      release();
      expect(await outcomeOf(pending)).toMatchObject({ is: "unknown", fault: { disposition: "unknown" } });
    });

    test("keeps waiting for an answer although its caller withdraws after the point of no return", async () => {
      await ready();
      const release = rig.hold();
      const caller = new AbortController();
      const pending = submit("sent", caller.signal);
      await rig.clock.advance(1000);
      caller.abort(new Error("shutting down"));
      await rig.clock.advance(1000);
      release();
      expect(await outcomeOf(pending)).toMatchObject({ is: "accepted" });
    });

    test("comes back after the link was cut", async () => {
      await ready();
      rig.cut();
      await until(rig.clock, () => rig.line.status.state !== "ready");
      expect(seen.states.at(-1)?.reason).not.toBe("");
      await until(rig.clock, () => rig.line.status.state === "ready");
      expect(await outcomeOf(submit("again"))).toMatchObject({ is: "accepted" });
    });

    test("keeps trying while there is no link, and says why", async () => {
      const release = rig.unreachable();
      rig.line.start(seen.handlers);
      await rig.clock.advance(300_000);
      expect(rig.line.status.state).toBe("opening");
      expect(rig.line.status.reason).not.toBe("");
      release();
      await until(rig.clock, () => rig.line.status.state === "ready");
    });

    test("stops when told, after what is on the wire has come back", async () => {
      await ready();
      const release = rig.hold();
      const pending = submit("last");
      await rig.clock.advance(1000);
      const stopping = rig.line.stop(8000);
      await rig.clock.advance(1000);
      release();
      expect(await outcomeOf(pending)).toMatchObject({ is: "accepted" });
      await rig.clock.advance(1000);
      await stopping;
      expect(rig.line.status.state).toBe("stopped");
      expect(await submit("after")).toMatchObject({ is: "rejected", fault: { code: "line.stopped" } });
      await rig.line.stop(8000);
    });

    test("stops within its grace although nothing comes back, and then does not know", async () => {
      await ready();
      rig.hold();
      const pending = submit("lost");
      await rig.clock.advance(1000);
      const stopping = rig.line.stop(8000);
      await rig.clock.advance(8000);
      await stopping;
      expect(await pending).toMatchObject({ is: "unknown" });
    });

    test("can be stopped without having been started", async () => {
      await rig.line.stop(8000);
      expect(rig.line.status.state).toBe("stopped");
    });
  });
}
