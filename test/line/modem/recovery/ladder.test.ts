/** The recovery ladder, without a modem: what is climbed when, how often, and what counts as being well again. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AT_THE_FOOT,
  type Ladder,
  type LadderInput,
  type Life,
  next,
  nextStep,
  type Rung,
  type Trouble,
} from "../../../../src/line/modem/recovery/ladder.ts";

const MINUTE = 60_000;
const MEANS = { external: true };

const symptom = (trouble: Trouble, at: number): LadderInput => ({
  is: "symptom",
  trouble,
  reason: "as told",
  at,
});
const life = (which: Life, at: number): LadderInput => ({ is: "life", life: which, at });

/** Every rung that is climbed while the symptom shows every ten seconds, with its time. */
function climbs(trouble: Trouble, forMs: number, means = MEANS): { rung: Rung; at: number }[] {
  let ladder: Ladder = AT_THE_FOOT;
  const found: { rung: Rung; at: number }[] = [];
  for (let at = 0; at <= forMs; at += 10_000) {
    const step = next(ladder, symptom(trouble, at), means);
    ladder = step.ladder;
    if (step.climb !== null) found.push({ rung: step.climb, at });
  }
  return found;
}

function ladderAfter(inputs: readonly LadderInput[], means = MEANS): Ladder {
  return inputs.reduce((ladder, input) => next(ladder, input, means).ladder, AT_THE_FOOT);
}

describe("each trouble", () => {
  const cases: { trouble: Trouble; first: readonly Rung[] }[] = [
    { trouble: "silence", first: ["reopen", "reset", "external", "alert"] },
    { trouble: "absent", first: ["external", "alert"] },
    { trouble: "unusable", first: ["reopen", "reset", "alert"] },
    { trouble: "refusals", first: ["re-init", "radio", "reopen", "reset", "external", "alert"] },
    { trouble: "stuck", first: ["re-init", "radio", "reopen", "reset", "external", "alert"] },
    { trouble: "unregistered", first: ["radio", "reset", "alert"] },
    { trouble: "no-signal", first: ["radio", "alert"] },
    { trouble: "deaf", first: ["re-init", "radio", "alert"] },
  ];

  test.each(cases)("$trouble climbs $first, one rung at a time", ({ trouble, first }) => {
    const found = climbs(trouble, 40 * MINUTE);
    expect(found.slice(0, first.length).map(({ rung }) => rung)).toEqual(first);
  });

  test("leaves out the power cut where none is configured", () => {
    expect(climbs("silence", 10 * MINUTE, { external: false }).map(({ rung }) => rung)).toEqual([
      "reopen",
      "reset",
      "alert",
    ]);
  });

  test("is given time: an absent modem a minute, a network twenty", () => {
    expect(climbs("absent", MINUTE - 10_000)).toEqual([]);
    expect(climbs("absent", MINUTE)[0]).toEqual({ rung: "external", at: MINUTE });
    expect(climbs("unregistered", 20 * MINUTE)).toEqual([{ rung: "radio", at: 20 * MINUTE }]);
  });

  test("of sending begins with the third failure in a row, and one success starts the count again", () => {
    const twice = [symptom("refusals", 0), symptom("stuck", 1)];
    expect(ladderAfter(twice).trouble).toBeNull();
    expect(next(ladderAfter(twice), symptom("refusals", 2), MEANS).climb).toBe("re-init");
    const between = ladderAfter([...twice, life("sends", 2)]);
    expect(next(between, symptom("refusals", 3), MEANS).climb).toBeNull();
  });
});

describe("life", () => {
  test.each<[Trouble, Life, Life]>([
    ["silence", "answers", "registered"],
    ["refusals", "sends", "answers"],
    ["stuck", "sends", "registered"],
    ["unregistered", "registered", "answers"],
    ["deaf", "reports", "sends"],
  ])("of a modem in %s is that it %s, not that it %s", (trouble, cure, other) => {
    const ill = ladderAfter([symptom(trouble, 0), symptom(trouble, 1), symptom(trouble, 25 * MINUTE)]);
    expect(ill.on).not.toBeNull();
    expect(next(ill, life(other, 25 * MINUTE + 1), MEANS).cured).toBeNull();
    const step = next(ill, life(cure, 25 * MINUTE + 2), MEANS);
    expect(step.cured).toBe(ill.on);
    expect(nextStep(step.ladder, MEANS, 25 * MINUTE + 3)).toBeNull();
  });

  test("that comes back before anything was done is nobody's merit", () => {
    expect(next(ladderAfter([symptom("absent", 0)]), life("answers", 5000), MEANS).cured).toBe("by chance");
  });

  test("in one direction only is deafness: reports used to come, ten texts went out, an hour has passed", () => {
    const inputs: LadderInput[] = [life("reports", 0)];
    for (let n = 1; n <= 9; n++) inputs.push(life("sends", n * MINUTE));
    expect(next(ladderAfter(inputs), life("sends", 59 * MINUTE), MEANS).climb).toBeNull();
    expect(next(ladderAfter(inputs), life("sends", 60 * MINUTE), MEANS).climb).toBe("re-init");
    const neverReported = inputs.map((input, n) => (n === 0 ? life("receives", 0) : input));
    expect(next(ladderAfter(neverReported), life("sends", 60 * MINUTE), MEANS).climb).toBeNull();
  });
});

describe("the distance between two uses of a rung", () => {
  test("doubles while it does not help, from ten minutes to four hours", () => {
    const resets = climbs("silence", 24 * 60 * MINUTE).filter(({ rung }) => rung === "reset");
    const gaps = resets.slice(1).map(({ at }, n) => at - (resets[n]?.at ?? 0));
    expect(resets.length).toBeGreaterThan(3);
    for (const [n, gap] of gaps.entries()) {
      expect(gap).toBeGreaterThanOrEqual(Math.min(10 * MINUTE * 2 ** n, 240 * MINUTE));
    }
  });

  test("is ten minutes again once it has helped, and meanwhile the next rung is taken", () => {
    const helped = ladderAfter([symptom("silence", 0), life("answers", 20_000)]);
    expect(next(helped, symptom("silence", MINUTE), MEANS).climb).toBe("reset");
    expect(next(helped, symptom("silence", 10 * MINUTE), MEANS).climb).toBe("reopen");
  });

  test("is kept, and so is one at a time, whatever happens in whatever order", () => {
    const troubles: Trouble[] = [
      "silence",
      "absent",
      "unusable",
      "refusals",
      "stuck",
      "unregistered",
      "deaf",
    ];
    const lives: Life[] = ["answers", "registered", "sends", "receives", "reports"];
    const anything = fc.record({
      after: fc.integer({ min: 1, max: 15 * MINUTE }),
      what: fc.oneof(
        fc.constantFrom(...troubles).map((trouble) => (at: number) => symptom(trouble, at)),
        fc.constantFrom(...lives).map((which) => (at: number) => life(which, at)),
      ),
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 200 }), (happenings) => {
        let ladder: Ladder = AT_THE_FOOT;
        let at = 0;
        const last = new Map<Rung, number>();
        for (const happening of happenings) {
          at += happening.after;
          const before = ladder;
          const step = next(ladder, happening.what(at), MEANS);
          ladder = step.ladder;
          if (step.climb === null) continue;
          const since = at - (last.get(step.climb) ?? Number.NEGATIVE_INFINITY);
          expect(since).toBeGreaterThanOrEqual(10 * MINUTE);
          expect(at).toBeGreaterThanOrEqual(before.trialUntil);
          last.set(step.climb, at);
        }
      }),
    );
  });
});

describe("the next step", () => {
  test("is known beforehand, with its time", () => {
    const silent = ladderAfter([symptom("silence", 0)]);
    expect(nextStep(silent, MEANS, 1000)).toEqual({ rung: "reset", at: 30_000 });
    const reset = next(silent, symptom("silence", 30_000), MEANS).ladder;
    // A modem that restarts is away for a while: the place on the ladder is kept.
    const away = next(reset, symptom("absent", 40_000), MEANS).ladder;
    expect(nextStep(away, MEANS, 40_000)).toEqual({ rung: "external", at: 120_000 });
  });

  test("is that of the trouble that came first, when the modem goes away in between", () => {
    const refused = [0, 1, 2].map((at) => symptom("refusals", at));
    const away = ladderAfter([
      ...refused,
      symptom("silence", 61_000),
      symptom("silence", 92_000),
      symptom("absent", 95_000),
    ]);
    expect(away).toMatchObject({ on: "reset", trouble: { is: "absent", under: { is: "refusals" } } });
    const back = next(away, life("answers", 120_000), MEANS);
    expect(back.cured).toBeNull();
    expect(back.ladder).toMatchObject({ on: "reset", trouble: { is: "refusals", since: 2 } });
    expect(next(back.ladder, life("sends", 130_000), MEANS).cured).toBe("reset");
  });
});
