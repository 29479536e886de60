/**
 * The modem is never idle while its queue is not empty. Shown without a stopwatch: on a clock that stands still,
 * against the in-memory modem without air time, texts go one after the other, so nothing between an answer and
 * the next `AT+CMGS` waits for time to pass.
 */
import { expect, test } from "vitest";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, segmentTo } from "../line-contract.ts";

test("the next message goes with the answer to the one before, with no wait between them", async () => {
  const clock = new FakeClock();
  const airTime = { submitMs: 0, deliverMs: 0, reportMs: 0 };
  const network = new SimulatedNetwork({ clock, airTime });
  const modem = new SimulatedModem({ number: "+33639980001", network, clock });
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
  line.start(new Recorder().handlers);
  while (line.status.state !== "ready") await clock.advance(50);

  const from = clock.monotonicMs();
  const { signal } = new AbortController();
  for (let count = 0; count < 50; count++) {
    let answer: string | null = null;
    const sending = line
      .submit(segmentTo("+33612345678", `text ${count}`), { submissionId: `s${count}`, signal })
      .then(({ is }) => {
        answer = is;
      });
    for (let turns = 0; answer === null && turns < 200; turns++) await clock.advance(0);
    await sending;
    expect(answer).toBe("accepted");
  }
  expect(clock.monotonicMs()).toBe(from);

  const stopping = line.stop(0);
  await clock.advance(0);
  await stopping;
  network.stop();
});
