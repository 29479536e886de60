import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Remembered } from "../../src/runtime/remembered.ts";

describe("what is remembered", () => {
  it("is known as long as it is among the last questions of a generation", () => {
    const known = new Remembered<number>(3);
    for (const [at, question] of ["a", "b", "c", "d", "e"].entries()) known.set(question, at);
    expect(["c", "d", "e"].map((question) => known.get(question))).toEqual([2, 3, 4]);
  });

  it("stays while it is asked for, whatever comes beside it", () => {
    const known = new Remembered<string>(3);
    known.set("every day", "the answer");
    for (let at = 0; at < 100; at++) {
      known.set(`once ${at}`, "");
      expect(known.get("every day")).toBe("the answer");
    }
  });

  it("is all known when one more than a generation is asked for in turn", () => {
    const known = new Remembered<number>(10);
    let dear = 0;
    for (let at = 0; at < 110; at++) {
      const question = String(at % 11);
      if (known.get(question) === undefined) {
        dear++;
        known.set(question, at % 11);
      }
    }
    expect(dear).toBe(11);
  });

  it("may be that there is none", () => {
    const known = new Remembered<null>(2);
    known.set("nobody", null);
    expect([known.get("nobody"), known.get("never asked")]).toEqual([null, undefined]);
  });

  it("is gone once deleted, from either generation", () => {
    const known = new Remembered<number>(1);
    known.set("old", 1);
    known.set("young", 2);
    known.delete("old");
    known.delete("young");
    expect([known.get("old"), known.get("young")]).toEqual([undefined, undefined]);
  });

  it("is the newest answer to a question or none, and never more than two generations", () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.boolean());
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step), (generation, steps) => {
        const known = new Remembered<number>(generation);
        const newest = new Map<string, number>();
        for (const [at, [question, isSet]] of steps.entries()) {
          if (isSet) {
            known.set(String(question), at);
            newest.set(String(question), at);
          } else expect([undefined, newest.get(String(question))]).toContain(known.get(String(question)));
        }
        expect(known.size).toBeLessThanOrEqual(2 * generation);
      }),
    );
  });
});
