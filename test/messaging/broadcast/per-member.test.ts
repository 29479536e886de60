/** An app that is asked for each member's text, and fails for one of them in the middle of a run. */
import { afterEach, expect, it } from "vitest";
import type { FetchBody } from "../../../src/messaging/broadcast/fetch-body.ts";
import { phone, Town } from "./town.ts";

const MINUTE = 60_000;
const BEFORE = Date.parse("2027-06-10T04:59Z");
const URL_OF_EACH = { body: null, bodyUrl: "http://app.example/forecast", bodyPer: "member" } as const;
const UNLUCKY = phone(1);

let site: Town | null = null;
afterEach(() => {
  site?.close();
  site = null;
});

/** Six members; for one of them the app fails so often. */
async function town(failures: number): Promise<Town> {
  let left = failures;
  const fetchBody: FetchBody = async ({ params }) => {
    const to = new URLSearchParams(Object.fromEntries(params)).get("To");
    if (to === UNLUCKY && left-- > 0) return { is: "trouble", why: "the answer was HTTP 500" };
    return { is: "text", text: `For ${to}` };
  };
  site = await Town.open({ wallMs: BEFORE, members: 6, fetchBody });
  return site;
}

const EVERYBODY = Array.from({ length: 6 }, (_, at) => phone(at));
const OTHERS = EVERYBODY.filter((to) => to !== UNLUCKY);
const received = (of: Town) => of.line.handed.map(({ segment }) => [segment.to, segment.text]);
const own = (to: string) => [to, `For ${to}`];

it("leaves that one out and counts it, the others get theirs", async () => {
  const morning = await town(Number.POSITIVE_INFINITY);
  const sid = await morning.broadcast(URL_OF_EACH);
  await morning.pass(3 * MINUTE);
  expect(received(morning)).toEqual(OTHERS.map(own));
  const [run] = await morning.runs(sid);
  expect(run).toMatchObject({ status: "finished" });
  const { outcomes, messages } = await morning.life.store.countRun(run?.sid ?? "");
  expect([outcomes, messages]).toEqual([
    { accepted: 5, "opted-out": 0, refused: 0, "no-text": 1, late: 0 },
    { sent: 5 },
  ]);
  expect((await morning.events("broadcast.run")).at(-1)).toMatch(/5 messages queued, 1 had no text\.$/);
});

it("sends that one the fallback text, where that is said", async () => {
  const morning = await town(Number.POSITIVE_INFINITY);
  await morning.broadcast({ ...URL_OF_EACH, onBodyFailure: "fallback", fallbackText: "See the board" });
  await morning.pass(3 * MINUTE);
  expect(received(morning)).toEqual(
    EVERYBODY.map((to) => (to === UNLUCKY ? [to, "See the board"] : own(to))),
  );
});

it("is asked again each minute, and everybody has one text, though the plug was pulled while it waited", async () => {
  const morning = await town(2);
  const sid = await morning.broadcast({ ...URL_OF_EACH, onBodyFailure: "retry" });
  await morning.pass(MINUTE);
  await morning.clock.advance(MINUTE / 2);
  expect(received(morning)).toEqual([own(phone(0))]);
  expect(await morning.runs(sid)).toMatchObject([{ status: "started", reason: "the answer was HTTP 500" }]);
  await morning.powerOff(1_000);
  await morning.powerOn();
  await morning.pass(3 * MINUTE);
  expect(received(morning)).toEqual(EVERYBODY.map(own));
  expect(await morning.runs(sid)).toMatchObject([{ status: "finished", reason: null }]);
});

it("that keeps failing until its deadline leaves out that one, and nobody else", async () => {
  const morning = await town(Number.POSITIVE_INFINITY);
  const sid = await morning.broadcast({ ...URL_OF_EACH, onBodyFailure: "retry", retryMinutes: 5 });
  await morning.pass(8 * MINUTE);
  expect(received(morning)).toEqual(OTHERS.map(own));
  const [run] = await morning.runs(sid);
  expect((await morning.life.store.countRun(run?.sid ?? "")).outcomes).toMatchObject({
    accepted: 5,
    "no-text": 1,
  });
});
