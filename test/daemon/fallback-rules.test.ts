import { expect, it } from "vitest";
import { parseConfig } from "../../src/daemon/config.ts";
import { fallbackRulesOf, rehearsedFallbacks } from "../../src/daemon/fallback-rules.ts";

const { lines } = parseConfig(
  `lines:
  - { name: carrier, type: smpp, url: "smpp://a:b@host", numbers: ["36123"] }
  - { name: rehearsal, type: smpp, url: "sim:", numbers: ["36124"] }
  - { name: gsm1, type: modem, device: /dev/ttyUSB1, fallback: carrier }
  - { name: gsm2, type: modem, device: /dev/ttyUSB2, fallback: rehearsal, fallbackAfterSeconds: 60 }
  - { name: sim1, type: modem, device: "sim:", fallback: rehearsal }
  - { name: sim2, type: modem, device: "sim:" }
`,
  "test.yaml",
);

it("says who stands in for whom, after five minutes or the time that is set", () => {
  expect([...fallbackRulesOf(lines)]).toEqual([
    ["gsm1", { line: "carrier", afterMs: 300_000 }],
    ["gsm2", { line: "rehearsal", afterMs: 60_000 }],
    ["sim1", { line: "rehearsal", afterMs: 300_000 }],
  ]);
});

it("tells the lines whose real messages would go to a simulated one", () => {
  expect(rehearsedFallbacks(lines)).toEqual(["gsm2"]);
});
