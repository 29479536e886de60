import { expect, test } from "vitest";
import { PhoneTurns } from "../../../src/messaging/outbound/phone-turns.ts";
import { settle } from "../../harness/fake-clock.ts";

const INTERNATIONAL = "+33612345678";
const NATIONAL = "0612345678";

/** Work that ends when told; `begun` says in which order it began. */
function scene() {
  const turns = new PhoneTurns();
  const begun: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const take = (name: string, phone = INTERNATIONAL, line = "carrier") =>
    turns.take(line, phone, () => {
      begun.push(name);
      return new Promise<void>((resolve, reject) => ends.set(name, { resolve, reject }));
    });
  return { begun, ends, take };
}

test("what concerns one phone begins when the one before has ended, in order", async () => {
  const { begun, ends, take } = scene();
  const all = [take("one"), take("two", NATIONAL), take("three")];
  await settle();
  expect(begun).toEqual(["one"]);
  for (const name of ["one", "two", "three"]) {
    expect(begun.at(-1)).toBe(name);
    ends.get(name)?.resolve();
    await settle();
  }
  await Promise.all(all);
});

test("another phone and another line do not wait", async () => {
  const { begun, take } = scene();
  void take("one");
  void take("other phone", "+33612345679");
  void take("other line", INTERNATIONAL, "sim1");
  await settle();
  expect(begun).toEqual(["one", "other phone", "other line"]);
});

test("one that fails is heard of by whoever asked for it, and the next has its turn", async () => {
  const { begun, ends, take } = scene();
  const failing = take("one");
  const next = take("two");
  ends.get("one")?.reject(new Error("the disk is full"));
  await expect(failing).rejects.toThrow("the disk is full");
  await settle();
  expect(begun).toEqual(["one", "two"]);
  ends.get("two")?.resolve();
  await next;
});
