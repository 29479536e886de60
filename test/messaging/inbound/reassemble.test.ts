import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reassemble } from "../../../src/messaging/inbound/reassemble.ts";
import { textOf } from "../../../src/sms/join.ts";
import type { Concatenation } from "../../../src/sms/message.ts";
import type { KeptSegment } from "../../../src/store/store.ts";
import { gsm7Segment } from "./segments.ts";

const HOUR = 3_600_000;
let ids = 0;

function part(
  text: string,
  concatenation: Partial<Concatenation> | null,
  fields: Partial<KeptSegment> = {},
): KeptSegment {
  const whole: Concatenation | null =
    concatenation === null
      ? null
      : { reference: 7, referenceBits: 8, total: 2, sequence: 1, ...concatenation };
  return {
    keptId: String(++ids),
    line: "sim1",
    receivedAt: ids,
    segment: gsm7Segment(text, { concatenation: whole }),
    ...fields,
  };
}

const textsOf = (kept: readonly KeptSegment[]) =>
  reassemble(kept).map(({ parts }) => textOf(parts.map(({ segment }) => segment.userData)));

describe("parts of one message", () => {
  test("come in any order", () => {
    const texts = ["one ", "two ", "three ", "four"];
    const parts = texts.map((text, at) => part(text, { total: 4, sequence: at + 1 }));
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: 4 }), (shuffled) => {
        expect(textsOf(shuffled)).toEqual(["one two three four"]);
      }),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { maxLength: 3 }), (some) => {
        expect(textsOf(some)).toEqual([]);
      }),
    );
  });

  test("are read after they are joined, so a character may be cut in two", () => {
    const octets = (...units: number[]) => Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 0xff]));
    const [one, two] = [part("", { sequence: 1 }), part("", { sequence: 2 })];
    const withOctets = (kept: KeptSegment, data: Uint8Array): KeptSegment => ({
      ...kept,
      segment: { ...kept.segment, userData: { alphabet: "ucs2", octets: data } },
    });
    const high = withOctets(one, octets(0x41, 0xd83d));
    const low = withOctets(two, octets(0xde00, 0x42));
    expect(textsOf([low, high])).toEqual(["A😀B"]);
  });

  test("may come twice: the second copy goes with the first", () => {
    const first = part("one ", { sequence: 1 });
    const copy = part("one ", { sequence: 1 });
    const last = part("two", { sequence: 2 });
    const [message] = reassemble([first, copy, last]);
    expect(message?.parts.map(({ keptId }) => keptId)).toEqual([first.keptId, last.keptId]);
    expect([...(message?.keptIds ?? [])].sort()).toEqual(
      [first, copy, last].map(({ keptId }) => keptId).sort(),
    );
  });
});

describe("parts of different messages", () => {
  test("with a recycled reference: the same place with another text begins anew", () => {
    const lost = part("never finished ", { sequence: 1 });
    const first = part("one ", { sequence: 1 });
    const last = part("two", { sequence: 2 });
    expect(textsOf([lost, first, last])).toEqual(["one two"]);
    expect(reassemble([lost, first, last])[0]?.keptIds).not.toContain(lost.keptId);
  });

  test("with the same reference days apart are not joined: the wait for the part, and three days to mend", () => {
    const first = part("one ", { sequence: 1 }, { receivedAt: 0 });
    const last = (receivedAt: number) => part("two", { sequence: 2 }, { receivedAt });
    expect(textsOf([first, last(96 * HOUR)])).toEqual(["one two"]);
    expect(textsOf([first, last(96 * HOUR + 1)])).toEqual([]);
  });

  test.each<[string, () => KeptSegment]>([
    ["a reference of another width", () => part("two", { sequence: 2, referenceBits: 16 })],
    ["another reference", () => part("two", { sequence: 2, reference: 8 })],
    ["another total", () => part("two", { sequence: 2, total: 3 })],
    ["another line", () => part("two", { sequence: 2 }, { line: "sim2" })],
    [
      "another sender",
      () => {
        const kept = part("two", { sequence: 2 });
        return { ...kept, segment: { ...kept.segment, from: "+33639980012" } };
      },
    ],
    [
      "a sender written with other capitals",
      () => {
        const kept = part("two", { sequence: 2 });
        return { ...kept, segment: { ...kept.segment, from: "Colis" } };
      },
    ],
  ])("are not joined over %s", (_what, other) => {
    expect(textsOf([part("one ", { sequence: 1 }), other()])).toEqual([]);
  });
});

describe("a message of its own", () => {
  test.each<[string, Partial<Concatenation> | null]>([
    ["has no header", null],
    ["says 1 of 1", { total: 1, sequence: 1 }],
    ["says 3 of 2", { total: 2, sequence: 3 }],
    ["says 0 of 2", { total: 2, sequence: 0 }],
    ["says 1 of 0", { total: 0, sequence: 1 }],
  ])("%s", (_what, concatenation) => {
    expect(textsOf([part("alone", concatenation)])).toEqual(["alone"]);
  });

  test("may be empty", () => {
    expect(textsOf([part("", null)])).toEqual([""]);
  });
});

test("messages come out in the order in which they became whole", () => {
  const a1 = part("a1", { reference: 1, sequence: 1 });
  const b1 = part("b1", { reference: 2, sequence: 1 });
  const single = part("single", null);
  const b2 = part("b2", { reference: 2, sequence: 2 });
  const a2 = part("a2", { reference: 1, sequence: 2 });
  expect(textsOf([a1, b1, single, b2, a2])).toEqual(["single", "b1b2", "a1a2"]);
});
