import { describe, expect, it } from "vitest";
import { type Connection, connectionOf } from "../../../src/messaging/webhook/connection-overrides.ts";

const of = (fragment: string) => connectionOf(new URL(`http://app.lan/sms?ct=1${fragment}`), 15_000);
const DEFAULT: Connection = {
  connectMs: 5_000,
  readMs: 15_000,
  totalMs: 15_000,
  repeats: 0,
  repeatOn: new Set(["ct"]),
  sni: true,
};

describe("the fragment of a webhook's URL", () => {
  it("says nothing when it is not there, or says what is not ours", () => {
    expect(of("")).toEqual(DEFAULT);
    expect(of("#e=dublin&x=1")).toEqual(DEFAULT);
  });

  it.each([
    ["ct", "connectMs", [100, 10_000], [99, 10_001]],
    ["rt", "readMs", [100, 15_000], [99, 15_001]],
    ["tt", "totalMs", [100, 15_000], [99, 15_001]],
    ["rc", "repeats", [0, 1, 5], [6, -1]],
  ] as const)("sets %s within its range and is ignored outside", (key, field, good, bad) => {
    for (const value of good) expect(of(`#${key}=${value}`)?.[field]).toBe(value);
    for (const value of [...bad, "", "x", "1e3", "2.5"]) {
      expect(of(`#${key}=${value}`)?.[field]).toBe(DEFAULT[field]);
    }
  });

  it.each([
    ["ct", ["ct"]],
    ["4xx,5xx", ["4xx", "5xx"]],
    ["ct,rt", ["ct", "rt"]],
    ["all", ["4xx", "5xx", "ct", "rt"]],
  ])("repeats on rp=%s, once unless rc says more", (rp, expected) => {
    expect(of(`#rp=${rp}`)).toMatchObject({ repeats: 1, repeatOn: new Set(expected) });
    expect(of(`#rp=${rp}&rc=3`)).toMatchObject({ repeats: 3 });
    expect(of(`#rc=0&rp=${rp}`)).toMatchObject({ repeats: 0 });
  });

  it.each(["6xx", "ct,", "CT", "", "ct rt"])("is refused for an unknown rp=%j", (rp) => {
    expect(of(`#rp=${rp}`)).toBeNull();
  });

  it("may ask for no server name in the TLS handshake", () => {
    expect(of("#sni=n")?.sni).toBe(false);
    expect(of("#sni=y")?.sni).toBe(true);
  });
});
