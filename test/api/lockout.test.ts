import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Lockout } from "../../src/api/lockout.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { type ApiBox, openApiBox } from "./api-box.ts";

const MINUTE = 60_000;

describe("an address that keeps guessing", () => {
  let box: ApiBox;
  const ask = (credentials?: string | null) =>
    box.get(box.api("/Messages.json"), credentials === undefined ? {} : { credentials });
  const guess = (password: string | number = "wrong") => ask(`${box.account.sid}:${password}`);

  beforeEach(async () => {
    box = await openApiBox();
  });
  afterEach(() => box.close());

  it("is answered 429 for a minute after the tenth password, even with the right one", async () => {
    for (let count = 0; count < 10; count++) expect((await guess(count)).status).toBe(401);

    const locked = await ask();
    expect([locked.status, locked.body["code"]]).toEqual([429, 20429]);
    expect(locked.headers.get("retry-after")).toBe("60");

    await box.clock.advance(MINUTE - 1);
    expect((await ask()).status).toBe(429);
    await box.clock.advance(1);
    expect((await ask()).status).toBe(200);
  });

  it("does not keep out an app that had been let in from there", async () => {
    expect((await ask()).status).toBe(200);
    for (let count = 0; count < 10; count++) await guess(count);
    expect((await guess("another")).status).toBe(429);
    expect((await ask()).status).toBe(200);
  });

  it("is another one than an app with a stale token, which is held off alone", async () => {
    for (let count = 0; count < 10; count++) expect((await guess()).status).toBe(401);
    expect((await guess()).status).toBe(429);
    expect((await ask()).status).toBe(200);
    await box.clock.advance(MINUTE);
    expect((await guess()).status).toBe(401);
  });

  it("is not one that sends no credentials at all, and can still ask for its health", async () => {
    for (let count = 0; count < 20; count++) await ask(null);
    expect((await ask()).status).toBe(200);

    for (let count = 0; count < 10; count++) await guess(count);
    expect((await box.get("/health", { credentials: null })).status).toBe(200);
  });
});

describe("the lockout", () => {
  const locked = (lockout: Lockout, address: string) => lockout.waitMs(address, "never tried") > 0;
  const fail = (lockout: Lockout, address: string, times: number) => {
    for (let count = 0; count < times; count++) lockout.failed(address, `guess ${count}`);
  };

  it("forgets that credentials were right once they are wrong", () => {
    const lockout = new Lockout(new FakeClock());
    lockout.succeeded("192.0.2.1", "rotated");
    fail(lockout, "192.0.2.1", 10);
    expect(lockout.waitMs("192.0.2.1", "rotated")).toBe(0);
    lockout.failed("192.0.2.1", "rotated");
    expect(lockout.waitMs("192.0.2.1", "rotated")).toBe(MINUTE);
  });

  it("forgets guesses that are five minutes apart", async () => {
    const clock = new FakeClock();
    const lockout = new Lockout(clock);
    fail(lockout, "192.0.2.1", 9);
    await clock.advance(5 * MINUTE + 1);
    fail(lockout, "192.0.2.1", 1);
    expect(locked(lockout, "192.0.2.1")).toBe(false);
  });

  it("does not move with the wall clock", () => {
    const clock = new FakeClock();
    const lockout = new Lockout(clock);
    fail(lockout, "192.0.2.1", 10);
    clock.jump(3_600_000);
    expect(locked(lockout, "192.0.2.1")).toBe(true);
  });

  it.each([
    ["192.0.2.1", "192.0.2.2", false],
    ["192.0.2.1", "::ffff:192.0.2.1", true],
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["2001:db8::1", "2001:db8:0:0:1::2", true],
    ["fe80::1%eth0", "fe80::2%eth1", true],
    ["::1", "2001:db8::1", false],
  ])("of %s holds %s too: %s", (guesser, other, held) => {
    const lockout = new Lockout(new FakeClock());
    fail(lockout, guesser, 10);
    expect(locked(lockout, other)).toBe(held);
  });

  it("remembers a bounded number of addresses, the latest ones", () => {
    const lockout = new Lockout(new FakeClock());
    fail(lockout, "10.255.0.1", 10);
    for (let count = 0; count < 10_000; count++) lockout.failed(`10.0.${count >> 8}.${count & 255}`, "x");
    expect(locked(lockout, "10.255.0.1")).toBe(false);
    fail(lockout, "10.0.39.15", 9);
    expect(locked(lockout, "10.0.39.15")).toBe(true);
  });
});
