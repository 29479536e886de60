import { describe, expect, it } from "vitest";
import { foresee, quietSpans } from "../../../src/messaging/broadcast/foresee.ts";
import { forecast } from "../../../src/messaging/outbound/forecast.ts";
import { MORNING } from "./town.ts";

const SEVEN = Date.parse("2027-06-10T05:00Z");
const HOUR = 3_600_000;
const LOADS = new Map([
  ["+33639980001", 156],
  ["+33639980002", 156],
]);

/** Two modems, measured at 3 s a segment; the second has its SIM's daily cap before it. */
const asked =
  (cap: number | null) => async (question: Parameters<Parameters<typeof foresee>[2]["forecast"]>[0]) => {
    const lines = [...question.segments].map(([number, segments], index) => ({
      line: `gsm${index + 1}`,
      notReady: null,
      numbers: [{ number, segments, queuedSegments: 0, segmentsPerSecond: 1 }],
      secondsPerSegment: 3,
      maxSegmentsPerSecond: "unlimited" as const,
      caps:
        cap === null || index === 0
          ? []
          : [{ cap: "segmentsPerDay" as const, limit: cap, used: 0, endOf: () => SEVEN + 17 * HOUR }],
    }));
    return { ...forecast({ ...question, now: question.startAt, lines }), unserved: [] };
  };

describe("a forecast", () => {
  it("says how many people and segments, until when, on how many lines", async () => {
    const seen = await foresee(
      MORNING,
      { recipients: 240, loads: LOADS, people: new Map() },
      { startAt: SEVEN, forecast: asked(null) },
    );
    expect(seen.text).toBe("240 people, 312 segments, done by 2027-06-10 07:08 GMT+2 on 2 lines");
    expect(seen.warnings).toEqual([]);
  });

  it("waits for the quiet hours to end", async () => {
    const definition = { ...MORNING, quietHours: { from: 22 * 60, until: 8 * 60 } };
    const seen = await foresee(
      definition,
      { recipients: 240, loads: LOADS, people: new Map() },
      { startAt: SEVEN, forecast: asked(null) },
    );
    expect(seen.text).toMatch(/done by 2027-06-10 08:08 GMT\+2/);
    expect(seen.warnings.map(({ text }) => text)).toEqual([
      "Its time is in its quiet hours: nothing is sent before 2027-06-10 08:00 GMT+2.",
    ]);
  });

  it.each([
    [
      5,
      [
        "Its quiet hours begin at 2027-06-10 07:05 GMT+2, before it is done: the rest waits until 2027-06-10 09:00 GMT+2.",
      ],
    ],
    [30, []],
  ])(
    "warns of quiet hours that begin %i minutes after it where it is not done",
    async (minutes, expected) => {
      const definition = { ...MORNING, quietHours: { from: 7 * 60 + minutes, until: 9 * 60 } };
      const survey = { recipients: 240, loads: LOADS, people: new Map() };
      const seen = await foresee(definition, survey, { startAt: SEVEN, forecast: asked(null) });
      expect(seen.warnings.map(({ text }) => text)).toEqual(expected);
    },
  );

  it("warns of a deadline and of a cap that cannot be kept", async () => {
    const definition = { ...MORNING, deadlineMinutes: 5 };
    const seen = await foresee(
      definition,
      { recipients: 240, loads: LOADS, people: new Map() },
      { startAt: SEVEN, forecast: asked(100) },
    );
    expect(seen.warnings.map(({ text }) => text)).toEqual([
      "gsm1 cannot keep the deadline of 2027-06-10 07:05 GMT+2: it is done at 2027-06-10 07:07 GMT+2.",
      "gsm2 reaches the 100 segments a day of its SIM plan at 2027-06-10 07:05 GMT+2: the rest waits until 2027-06-11 00:00 GMT+2.",
      "gsm2 cannot keep the deadline of 2027-06-10 07:05 GMT+2: it is done at 2027-06-11 00:02 GMT+2.",
    ]);
  });
});

describe("quiet hours of a stretch of time", () => {
  it("are each of them, in order", () => {
    const night = { from: 22 * 60, until: 6 * 60 };
    const spans = quietSpans(night, { from: SEVEN, until: SEVEN + 48 * HOUR }, "Europe/Paris");
    expect(spans).toEqual([
      { from: SEVEN + 15 * HOUR, until: SEVEN + 23 * HOUR },
      { from: SEVEN + 39 * HOUR, until: SEVEN + 47 * HOUR },
    ]);
    expect(quietSpans(null, { from: SEVEN, until: SEVEN + HOUR }, "Europe/Paris")).toEqual([]);
  });
});
