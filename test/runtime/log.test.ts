import { describe, expect, it } from "vitest";
import { maskNumber } from "../../src/runtime/log.ts";

describe("a number in a log", () => {
  it.each([
    ["+33612345678", "+33•••••5678"],
    ["36123", "36123"],
    ["PYLONE", "PYLONE"],
    ["WeatherBox", "Wea•••••rBox"],
  ])("%s is shown as %s", (address, shown) => {
    expect(maskNumber(address)).toBe(shown);
  });
});
