import Koa from "koa";
import { expect, it } from "vitest";
import { answerErrors } from "../../src/api/answer-errors.ts";
import { Fault } from "../../src/runtime/fault.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { keptLog } from "../harness/kept-log.ts";

const FULL = new Fault({ code: "store.failed", disposition: "retry", message: "the disk is full" });

/** The funnel over a handler that does as it is told, without a socket. */
function funnel() {
  const clock = new FakeClock();
  const { log, lines } = keptLog();
  const middleware = answerErrors({ log, clock });
  const app = new Koa();
  const request = async (count: number, error: Error | null) => {
    for (let n = 0; n < count; n++) {
      const ctx = app.createContext(
        { headers: {}, method: "POST", url: "/", socket: {} } as never,
        { setHeader: () => undefined, getHeader: () => undefined, removeHeader: () => undefined } as never,
      );
      await middleware(ctx, async () => {
        if (error !== null) throw error;
      });
    }
  };
  return { clock, lines, request };
}

it("says once a minute that the disk refuses, with how many requests it was, and the last of them afterwards", async () => {
  const { clock, lines, request } = funnel();
  await request(1000, FULL);
  expect(lines).toEqual([
    expect.stringMatching(/^error requests failed.*"count":1,"reason":"the disk is full"/),
  ]);
  await clock.advance(60_000);
  await request(11, FULL);
  expect(lines.slice(1)).toEqual([expect.stringContaining(`"count":1000,`)]);
  await clock.advance(59_999);
  await request(1, null);
  expect(lines).toHaveLength(2);
  await clock.advance(1);
  await request(2, null);
  expect(lines.slice(2)).toEqual([expect.stringContaining(`"count":10,`)]);
});

it("logs each of our own mistakes", async () => {
  const { lines, request } = funnel();
  await request(2, new Error("ours"));
  expect(lines).toEqual([1, 2].map(() => expect.stringMatching(/^error request failed .*"reason":"ours"/)));
});
