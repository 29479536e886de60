import { describe, expect, test } from "vitest";
import {
  type CapFacts,
  forecast,
  type LineLoad,
  type NumberLoad,
} from "../../../src/messaging/outbound/forecast.ts";

const SEVEN = Date.UTC(2026, 10, 29, 7);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const number = (fields: Partial<NumberLoad> = {}): NumberLoad => ({
  number: "+33639980001",
  segments: 100,
  queuedSegments: 0,
  segmentsPerSecond: 1,
  ...fields,
});
const line = (fields: Partial<LineLoad> = {}): LineLoad => ({
  line: "sim1",
  notReady: null,
  numbers: [number()],
  secondsPerSegment: null,
  maxSegmentsPerSecond: "unlimited",
  caps: [],
  ...fields,
});
const cap = (fields: Partial<CapFacts> & Pick<CapFacts, "cap" | "limit">, everyMs: number): CapFacts => ({
  used: 0,
  endOf: (at) => (Math.floor(at / everyMs) + 1) * everyMs,
  ...fields,
});
const timeText = (at: number) => new Date(at).toISOString();
const ask = (lines: readonly LineLoad[], more: Partial<Parameters<typeof forecast>[0]> = {}) =>
  forecast({ now: SEVEN, startAt: SEVEN, deadlineAt: null, quiet: [], lines, timeText, ...more });
const doneAfter = (lines: readonly LineLoad[], more: Partial<Parameters<typeof forecast>[0]> = {}) =>
  ((ask(lines, more).doneAt ?? Number.NaN) - SEVEN) / SECOND;

describe("a load is done", () => {
  test("after its segments at the number's rate, where nothing was measured", () => {
    expect(doneAfter([line()])).toBe(100);
  });

  test("as slowly as the line was measured, where that is slower than the rate", () => {
    expect(doneAfter([line({ secondsPerSegment: 3.5 })])).toBe(350);
    expect(doneAfter([line({ secondsPerSegment: 0.1 })])).toBe(100);
  });

  test("a segment a second on a line nobody measured and nothing bounds", () => {
    expect(doneAfter([line({ numbers: [number({ segmentsPerSecond: "unlimited" })] })])).toBe(100);
  });

  test("as fast as the line goes where its number is unlimited", () => {
    const unlimited = number({ segmentsPerSecond: "unlimited", segments: 1000 });
    expect(doneAfter([line({ numbers: [unlimited], maxSegmentsPerSecond: 200 })])).toBe(5);
  });

  test("behind what was queued before it", () => {
    expect(doneAfter([line({ numbers: [number({ queuedSegments: 20 })] })])).toBe(120);
  });

  test("no later for what is queued now and gone when it starts", () => {
    const numbers = [number({ queuedSegments: 20 })];
    expect(doneAfter([line({ numbers })], { startAt: SEVEN + MINUTE })).toBe(160);
    expect(doneAfter([line({ numbers })], { startAt: SEVEN + 15 * SECOND })).toBe(120);
  });

  test("when the slower of two lines is done", () => {
    const other = line({ line: "sim2", numbers: [number({ segments: 212 })], secondsPerSegment: 5 });
    const { doneAt, segments, lines } = ask([line(), other]);
    expect(segments).toBe(312);
    expect(doneAt).toBe(SEVEN + 1060 * SECOND);
    expect(lines.map(({ doneAt: end }) => ((end ?? 0) - SEVEN) / SECOND)).toEqual([100, 1060]);
  });

  test("at once where there is nothing to send", () => {
    expect(doneAfter([line({ numbers: [number({ segments: 0, queuedSegments: 50 })] })])).toBe(0);
    expect(doneAfter([])).toBe(0);
  });
});

describe("numbers that share a line", () => {
  test("share its pace alike", () => {
    const numbers = [number({ segmentsPerSecond: 10 }), number({ segmentsPerSecond: 10, segments: 50 })];
    expect(doneAfter([line({ numbers, maxSegmentsPerSecond: 10 })])).toBe(15);
  });

  test("leave to the others what their own rate does not let them use", () => {
    const numbers = [
      number({ segmentsPerSecond: 1, segments: 10 }),
      number({ segmentsPerSecond: 100, segments: 90 }),
    ];
    expect(doneAfter([line({ numbers, maxSegmentsPerSecond: 10 })])).toBe(10);
  });
});

describe("a cap", () => {
  test("stops the load until its period ends, and says so once", () => {
    const caps = [cap({ cap: "segmentsPerHour", limit: 60, used: 20 }, HOUR)];
    const { doneAt, warnings } = ask([line({ caps })]);
    expect(doneAt).toBe(SEVEN + HOUR + 60 * SECOND);
    expect(warnings).toEqual([
      {
        is: "cap",
        line: "sim1",
        cap: "segmentsPerHour",
        at: SEVEN + 40 * SECOND,
        until: SEVEN + HOUR,
        text: "sim1 reaches the 60 segments an hour of its SIM plan at 2026-11-29T07:00:40.000Z: the rest waits until 2026-11-29T08:00:00.000Z.",
      },
    ]);
  });

  test("of a minute is a pace", () => {
    expect(doneAfter([line({ caps: [cap({ cap: "segmentsPerMinute", limit: 10 }, MINUTE)] })])).toBe(
      9 * 60 + 10,
    );
  });

  test("that is not reached says nothing", () => {
    expect(ask([line({ caps: [cap({ cap: "segmentsPerDay", limit: 101 }, 24 * HOUR)] })]).warnings).toEqual(
      [],
    );
    expect(ask([line({ caps: [cap({ cap: "segmentsPerDay", limit: 100 }, 24 * HOUR)] })]).warnings).toEqual(
      [],
    );
  });

  test("counts what was queued before", () => {
    const numbers = [number({ queuedSegments: 30 })];
    const { warnings } = ask([line({ numbers, caps: [cap({ cap: "segmentsPerHour", limit: 100 }, HOUR)] })]);
    expect(warnings).toMatchObject([{ is: "cap", at: SEVEN + 100 * SECOND }]);
  });

  test("that lets nothing go for longer than anybody can foresee leaves no instant", () => {
    const caps = [cap({ cap: "segmentsPerMonth", limit: 1 }, 31 * 24 * HOUR)];
    const { doneAt, warnings } = ask([line({ caps })], { deadlineAt: SEVEN + HOUR });
    expect(doneAt).toBeNull();
    expect(warnings.map(({ is }) => is)).toEqual(["cap", "deadline"]);
    expect(warnings[1]?.text).toContain("nobody can say when");
  });
});

describe("quiet times", () => {
  const quiet = [{ from: SEVEN + 30 * SECOND, until: SEVEN + HOUR }];

  test("hold the load and not what was queued before", () => {
    expect(doneAfter([line()], { quiet })).toBe(3600 + 70);
    expect(doneAfter([line({ numbers: [number({ queuedSegments: 50 })] })], { quiet })).toBe(3600 + 100);
  });
});

describe("the deadline", () => {
  test("is kept to the second", () => {
    expect(ask([line()], { deadlineAt: SEVEN + 100 * SECOND }).warnings).toEqual([]);
  });

  test("that cannot be kept is said, with the line that does not keep it", () => {
    const other = line({ line: "sim2", numbers: [number({ segments: 10 })] });
    expect(ask([line(), other], { deadlineAt: SEVEN + 99 * SECOND }).warnings).toEqual([
      {
        is: "deadline",
        line: "sim1",
        deadlineAt: SEVEN + 99 * SECOND,
        text: "sim1 cannot keep the deadline of 2026-11-29T07:01:39.000Z: it is done at 2026-11-29T07:01:40.000Z.",
      },
    ]);
  });
});

test("a line that is not ready is said to be so", () => {
  expect(ask([line({ notReady: "no network" })]).warnings).toEqual([
    { is: "not-ready", line: "sim1", text: "sim1 is not ready (no network): it is done so much later." },
  ]);
});
