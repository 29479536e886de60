import { describe, expect, it } from "vitest";
import { endOfQuiet, isQuiet, nextQuiet } from "../../../src/messaging/broadcast/local-time.ts";

const ZONE = "Europe/Paris";
/** 22:00 to 06:30. */
const NIGHT = { from: 1320, until: 390 };
const at = (text: string) => Date.parse(text);

describe("quiet hours", () => {
  it("span midnight", () => {
    expect(isQuiet(NIGHT, at("2026-06-10T19:59Z"), ZONE)).toBe(false);
    expect(isQuiet(NIGHT, at("2026-06-10T20:00Z"), ZONE)).toBe(true);
    expect(isQuiet(NIGHT, at("2026-06-11T04:29Z"), ZONE)).toBe(true);
    expect(isQuiet(NIGHT, at("2026-06-11T04:30Z"), ZONE)).toBe(false);
  });

  it("may lie within a day", () => {
    const noon = { from: 720, until: 840 };
    expect(isQuiet(noon, at("2026-06-10T10:00Z"), ZONE)).toBe(true);
    expect(isQuiet(noon, at("2026-06-10T12:00Z"), ZONE)).toBe(false);
  });

  it("end and begin at their time on the wall, in the nights the clocks change too", () => {
    expect(endOfQuiet(NIGHT, at("2026-06-10T22:10:30Z"), ZONE)).toBe(at("2026-06-11T04:30Z"));
    expect(endOfQuiet(NIGHT, at("2026-03-28T22:00Z"), ZONE)).toBe(at("2026-03-29T04:30Z"));
    expect(endOfQuiet(NIGHT, at("2026-10-24T21:00Z"), ZONE)).toBe(at("2026-10-25T05:30Z"));
    expect(nextQuiet(NIGHT, at("2026-03-29T00:30Z"), ZONE)).toBe(at("2026-03-29T00:30Z"));
    expect(nextQuiet(NIGHT, at("2026-03-29T04:30Z"), ZONE)).toBe(at("2026-03-29T20:00Z"));
    expect(nextQuiet(NIGHT, at("2026-10-25T05:45Z"), ZONE)).toBe(at("2026-10-25T21:00Z"));
  });

  it("are none where none are said", () => {
    const now = at("2026-06-10T22:10Z");
    expect(isQuiet(null, now, ZONE)).toBe(false);
    expect(nextQuiet(null, now, ZONE)).toBeNull();
    expect(endOfQuiet(null, now, ZONE)).toBe(now);
    expect(endOfQuiet(NIGHT, at("2026-06-10T12:00Z"), ZONE)).toBe(at("2026-06-10T12:00Z"));
  });
});
