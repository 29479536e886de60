/**
 * The modem is never idle while its queue is not empty: what lies between the end of a `+CMGS` answer and the next
 * `AT+CMGS`. On the real clock, against the in-memory modem without air time; `PYLONE_FIGURES=1` prints the figures.
 */
import { expect, test } from "vitest";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, segmentTo } from "../line-contract.ts";

const SENDS = 500;

test("the next message goes within a few milliseconds of the answer to the one before", async () => {
  const clock = systemClock;
  const airTime = { submitMs: 0, deliverMs: 0, reportMs: 0 };
  const network = new SimulatedNetwork({ clock, airTime });
  const modem = new SimulatedModem({ number: "+33639980001", network, clock });
  let answeredAt = 0;
  const gaps: number[] = [];
  modem.behave({
    name: "measures",
    onBytes: (bytes) => {
      const text = Buffer.from(bytes).toString("latin1");
      if (text.startsWith("AT+CMGS=") && answeredAt > 0) gaps.push(clock.monotonicMs() - answeredAt);
      if (text.startsWith("AT+CMGS=")) answeredAt = 0;
      return false;
    },
    onOutput: (text) => {
      if (/^\r\n\+CMGS: \d+/.test(text)) answeredAt = clock.monotonicMs();
      return false;
    },
  });
  const line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
  const seen = new Recorder();
  const ready = new Promise<void>((resolve) => {
    line.start({ ...seen.handlers, onState: (state) => state === "ready" && resolve() });
  });
  await ready;
  const from = clock.monotonicMs();
  const { signal } = new AbortController();
  for (let count = 0; count < SENDS; count++) {
    const outcome = await line.submit(segmentTo("+33612345678", `text ${count}`), {
      submissionId: `s${count}`,
      signal,
    });
    expect(outcome.is).toBe("accepted");
  }
  const tookMs = clock.monotonicMs() - from;
  await line.stop(0);
  network.stop();
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  if (process.env["PYLONE_FIGURES"] !== undefined) {
    process.stdout.write(
      `gap between answers and the next AT+CMGS: median ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms; ` +
        `${Math.round((SENDS * 1000) / tookMs)} texts/s, reports read and deleted between them\n`,
    );
  }
  expect(gaps.length).toBeGreaterThan(SENDS / 2);
  expect(at(0.5)).toBeLessThan(20);
}, 60_000);
