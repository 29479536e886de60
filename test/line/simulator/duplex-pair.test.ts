import { once } from "node:events";
import { expect, test } from "vitest";
import { duplexPair } from "../../../src/line/simulator/duplex-pair.ts";
import { settle } from "../../harness/fake-clock.ts";

test("what is written at one end is read at the other, later and in order", async () => {
  const [one, other] = duplexPair();
  const heard: string[] = [];
  other.on("data", (chunk: Buffer) => heard.push(chunk.toString()));
  for (const word of ["a", "b", "c"]) one.write(word);
  expect(heard).toEqual([]);
  await settle();
  expect(heard.join("")).toBe("abc");
  other.write("back");
  await settle();
  expect(one.read()?.toString()).toBe("back");
});

test("an end that reads nothing fills, and what filled it comes when it reads", async () => {
  const [one, other] = duplexPair();
  let written = 0;
  while (one.write(Buffer.alloc(10_000, written))) {
    written += 1;
    await settle(2);
    expect(written).toBeLessThan(100);
  }
  let heard = 0;
  other.on("data", (chunk: Buffer) => {
    heard += chunk.length;
  });
  await once(one, "drain");
  await settle();
  expect(heard).toBe((written + 1) * 10_000);
});

test("an end that ends is heard out", async () => {
  const [one, other] = duplexPair();
  const heard: string[] = [];
  other.on("data", (chunk: Buffer) => heard.push(chunk.toString()));
  one.end("goodbye");
  await Promise.all([once(other, "close"), once(one, "close")]);
  expect(heard).toEqual(["goodbye"]);
});

test("an end that is destroyed takes the other with it", async () => {
  const [one, other] = duplexPair();
  other.write("never read");
  one.destroy();
  await once(other, "close");
  expect([one.destroyed, other.destroyed]).toEqual([true, true]);
  other.on("error", () => {});
  expect(other.write("x")).toBe(false);
});
