import { afterEach, describe, expect, test } from "vitest";
import { rejected } from "../../harness/fake-line.ts";
import { NUMBER } from "../numbers.ts";
import { Bench, type BenchOptions } from "./bench.ts";

const SECOND = "+33639980002";
const THIRD = "+33639980003";

const open: Bench[] = [];
async function started(options: BenchOptions = {}): Promise<Bench> {
  const bench = await Bench.open(options);
  open.push(bench);
  await bench.start();
  return bench;
}
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

async function broadcast(bench: Bench, bodies: readonly string[], from = NUMBER): Promise<string[]> {
  const sids = await Promise.all(bodies.map((body) => bench.accept({ body, from, lane: "broadcast" })));
  await bench.quiet();
  return sids;
}
async function alert(bench: Bench, body = "alert", from = NUMBER): Promise<string> {
  const sid = await bench.accept({ body, from });
  await bench.quiet();
  return sid;
}
const named = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name}${at}`);
const longText = (parts: number) =>
  Array.from({ length: parts }, (_, at) => String(at).repeat(153))
    .join("")
    .slice(0, -1);
/** Each Segment of a `longText` is made of one digit. */
const firstOf = (texts: readonly string[]) =>
  texts.map((text) => (/^\d+$/.test(text) ? text.charAt(0) : text));

describe("a single message goes before", () => {
  test("the broadcast that was claimed ahead of it", async () => {
    const bench = await started();
    bench.line.hold();
    await broadcast(bench, named("b", 5));
    await alert(bench);
    for (let at = 0; at < 6; at++) {
      bench.line.answer();
      await bench.quiet();
    }
    expect(bench.line.texts).toEqual(["b0", "alert", "b1", "b2", "b3", "b4"]);
  });

  test("what follows of a long broadcast, which ends behind it all the same", async () => {
    const bench = await started();
    bench.line.hold();
    const [long] = await broadcast(bench, [longText(4), "b1"]);
    bench.line.answer();
    await bench.quiet();
    await alert(bench);
    for (let at = 0; at < 5; at++) {
      bench.line.answer();
      await bench.quiet();
    }
    expect(firstOf(bench.line.texts)).toEqual(["0", "1", "alert", "2", "3", "b1"]);
    expect((await bench.message(long)).status).toBe("sent");
  });

  test("the broadcasts of other numbers of its line", async () => {
    const bench = await started({ lines: { sim1: [NUMBER, SECOND, THIRD] } });
    bench.line.hold();
    await broadcast(bench, named("a", 3));
    await broadcast(bench, named("b", 3), SECOND);
    await alert(bench, "alert", THIRD);
    bench.line.answer();
    await bench.quiet();
    expect(bench.line.texts.slice(1)).toEqual(["alert"]);
  });

  test("a window of broadcasts that is claimed behind a window on the wire", async () => {
    const bench = await started({ window: 10 });
    bench.line.hold();
    await broadcast(bench, named("b", 40));
    expect(bench.line.onAir).toHaveLength(10);
    await alert(bench);
    await alert(bench, "second alert");
    bench.line.answer();
    bench.line.answer();
    await bench.quiet();
    expect(bench.line.texts.slice(10)).toEqual(["alert", "second alert"]);
  });

  test("the broadcast that its carrier has just refused to take at this rate", async () => {
    const bench = await started({ window: 2, smpp: ["sim1"] });
    bench.line.hold();
    await broadcast(bench, named("b", 4));
    await alert(bench);
    bench.line.answer(rejected({ disposition: "line", code: "smpp.status", status: 0x58 }));
    await bench.quiet();
    await bench.advance(2000, 100);
    expect(bench.line.texts.slice(0, 3)).toEqual(["b0", "b1", "alert"]);
  });

  test("broadcasts at its number's rate, where that is what makes them wait", async () => {
    const bench = await started({ rate: 0.1 });
    await broadcast(bench, named("b", 3));
    await bench.advance(9000, 1000);
    await alert(bench);
    await bench.advance(11_500, 500);
    expect(bench.line.texts).toEqual(["b0", "alert", "b1"]);
  });
});

describe("a stream of single messages", () => {
  test("sends a broadcast back that was claimed for long, and it goes when there are no more", async () => {
    const bench = await started();
    bench.line.hold();
    const [, second] = await broadcast(bench, ["b0", "b1"]);
    for (let at = 0; at < 15; at++) await bench.accept({ body: `s${at}` });
    for (let at = 0; at < 12; at++) {
      await bench.advance(1000);
      bench.line.answer();
      await bench.quiet();
    }
    expect(await bench.store.submissionsOf(second ?? "")).toEqual([]);
    expect((await bench.message(second)).waitingFor).toBe("single messages went before it");
    for (let at = 0; at < 5; at++) {
      bench.line.answer();
      await bench.quiet();
    }
    expect(bench.line.texts).toEqual(["b0", ...named("s", 15), "b1"]);
  });
});

test("behind 5,000 broadcasts an alert waits for one of them at most", async () => {
  const bench = await started({ lines: { sim1: [NUMBER, SECOND] } });
  bench.line.airMs = 900;
  await broadcast(bench, [...named("a", 2499), longText(8)]);
  await broadcast(bench, named("b", 2500), SECOND);
  const isAlert = (text: string) => text.startsWith("alert");
  let worstMs = 0;
  let worstBroadcasts = 0;
  for (let at = 0; at < 60; at++) {
    await bench.advance(137 + ((at * 397) % 2000));
    const from = at % 3 === 0 ? SECOND : NUMBER;
    const before = bench.line.handed.length;
    const acceptedMs = bench.clock.monotonicMs();
    await alert(bench, `alert ${at}`, from);
    await bench.advance(2000, 100);
    const after = bench.line.handed.slice(before);
    const found = after.findIndex(({ segment }) => segment.text === `alert ${at}`);
    expect(found).toBeGreaterThanOrEqual(0);
    worstBroadcasts = Math.max(
      worstBroadcasts,
      after.slice(0, found).filter(({ segment }) => !isAlert(segment.text)).length,
    );
    worstMs = Math.max(worstMs, (after[found]?.atMs ?? Number.POSITIVE_INFINITY) - acceptedMs);
  }
  process.stdout.write(
    `60 alerts beside 5,000 queued broadcasts of 900 ms each: the worst waited ${worstMs} ms, with ${worstBroadcasts} broadcasts begun before it\n`,
  );
  expect(worstBroadcasts).toBeLessThanOrEqual(1);
});
