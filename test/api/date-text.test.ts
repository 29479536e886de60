import { describe, expect, it } from "vitest";
import { dateText } from "../../src/api/views.ts";

describe("a date as Twilio writes it (contract §1.5)", () => {
  it("is RFC 2822 in UTC, to the second, whichever was asked for before", () => {
    const second = Date.UTC(2026, 10, 29, 6, 59, 59);
    const [before, after] = ["Sun, 29 Nov 2026 06:59:59 +0000", "Sun, 29 Nov 2026 07:00:00 +0000"];
    for (const [ms, text] of [
      [0, before],
      [999, before],
      [1000, after],
      [999, before],
      [1999, after],
    ] as const) {
      expect(dateText(second + ms)).toBe(text);
    }
    expect(dateText(-1)).toBe("Wed, 31 Dec 1969 23:59:59 +0000");
  });
});
