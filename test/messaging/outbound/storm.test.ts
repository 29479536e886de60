import fc from "fast-check";
import { expect, test } from "vitest";
import type { SubmitOutcome } from "../../../src/line/line.ts";
import { type Handed, rejected, unknown } from "../../harness/fake-line.ts";
import { NUMBER } from "../numbers.ts";
import { Bench } from "./bench.ts";

const SECOND = "+33639980002";
const HOUR = 3_600_000;

type Step =
  | { readonly do: "send"; readonly from: string; readonly parts: number }
  | { readonly do: "answer"; readonly how: "retry" | "line" | "unknown" | "reject" }
  | { readonly do: "line"; readonly state: "ready" | "opening" }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "crash" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      from: fc.constantFrom(NUMBER, SECOND),
      parts: fc.constantFrom(1, 1, 1, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      how: fc.constantFrom("retry" as const, "line" as const, "unknown" as const, "reject" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("line" as const),
      state: fc.constantFrom("ready" as const, "opening" as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
);

const outcomes: Readonly<Record<"retry" | "line" | "unknown" | "reject", () => SubmitOutcome>> = {
  retry: () => rejected({ disposition: "retry", status: 41 }),
  line: () => rejected({ disposition: "line", status: 331 }),
  reject: () => rejected({ disposition: "reject", status: 1 }),
  unknown,
};

/** A body that tells its message in every part it may be cut into. */
const bodyOf = (message: number, parts: number) => `#${message} `.repeat(parts === 1 ? 1 : 100);

/** Which part of which message, as the phone would see it. */
const nameOf = ({ segment }: Handed) =>
  `${/#(\d+) /.exec(segment.text)?.[1]}/${segment.concatenation?.sequence ?? 1}`;

test("whatever happens, every message ends, none is lost, and none is doubled without an event", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), fc.integer({ min: 1, max: 3 }), storm),
    { numRuns: 10 },
  );
}, 120_000);

async function storm(steps: readonly Step[], window: number): Promise<void> {
  let bench = await Bench.open({ lines: { sim1: [NUMBER, SECOND] }, window, rate: 2 });
  const sids: string[] = [];
  const taken = new Map<string, number>();
  const submissions: string[] = [];
  const watch = () => {
    bench.line.airMs = 300;
    bench.line.onTaken = (handed, outcome) => {
      submissions.push(handed.submissionId);
      if (outcome.is !== "rejected") taken.set(nameOf(handed), (taken.get(nameOf(handed)) ?? 0) + 1);
    };
  };
  try {
    watch();
    await bench.start();
    for (const now of steps) {
      switch (now.do) {
        case "send": {
          sids.push(await bench.accept({ from: now.from, body: bodyOf(sids.length, now.parts) }));
          break;
        }
        case "answer":
          bench.line.willAnswer(outcomes[now.how]());
          break;
        case "line":
          bench.line.become(now.state);
          break;
        case "advance":
          await bench.advance(now.ms, 2000);
          break;
        case "crash":
          bench = await bench.crash();
          watch();
          await bench.start();
      }
      await bench.quiet();
      expect(bench.line.mostOnAir).toBeLessThanOrEqual(window);
    }
    bench.line.become("ready");
    await bench.advance(HOUR, 20_000);

    const events = await bench.store.listEvents({ limit: 500 });
    for (const [at, sid] of sids.entries()) {
      const { status, numSegments } = await bench.message(sid);
      expect(["sent", "failed"]).toContain(status);
      const resent = events.filter(({ type, messageSid }) => type === "message.resent" && messageSid === sid);
      for (let sequence = 1; sequence <= numSegments; sequence++) {
        const times = taken.get(`${at}/${sequence}`) ?? 0;
        if (status === "sent") expect(times).toBeGreaterThanOrEqual(1);
        expect(times).toBeLessThanOrEqual(1 + resent.length);
      }
    }
    expect(new Set(submissions).size).toBe(submissions.length);
  } finally {
    await bench.close();
  }
}
