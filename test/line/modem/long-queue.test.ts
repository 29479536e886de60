/**
 * What comes in while a long queue goes out. The modem does one thing at a time, so reading and deleting have only
 * the moments between an answer and the next `AT+CMGS`: there they must keep up with the reports of what was sent.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Line } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, segmentTo, until } from "../line-contract.ts";

const NUMBER = "+33639980001";
const PHONE = "+33612345678";
const AIR_MS = 1000;
/** What an SD card takes for a commit. */
const COMMIT_MS = 20;

let clock: FakeClock;
let network: SimulatedNetwork;
let modem: SimulatedModem;
let line: Line;
let seen: Recorder;
let mostReports: number;

beforeEach(async () => {
  clock = new FakeClock();
  network = new SimulatedNetwork({
    clock,
    airTime: { submitMs: AIR_MS, deliverMs: 200, reportMs: 100, retryMs: 3_600_000 },
  });
  modem = new SimulatedModem({ number: NUMBER, network, clock });
  seen = new Recorder();
  seen.answer = () => clock.sleep(COMMIT_MS).then(() => "kept" as const);
  mostReports = 0;
  line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory: memoryInMemory(),
    pin: null,
    smsc: null,
    simulated: true,
  });
  line.start(seen.handlers);
  await until(clock, () => line.status.state === "ready");
});

afterEach(async () => {
  const stopping = line.stop(0);
  await clock.advance(0);
  await stopping;
  network.stop();
});

/** One text right after the other, as a queue sends them. */
async function sendAll(count: number): Promise<void> {
  const { signal } = new AbortController();
  for (let number = 0; number < count; number++) {
    const outcome = await line.submit(segmentTo(PHONE, `text ${number}`), {
      submissionId: `s${number}`,
      signal,
    });
    expect(outcome.is).toBe("accepted");
    mostReports = Math.max(mostReports, modem.stored("SR"));
  }
}

async function whileTimePasses(work: Promise<void>): Promise<void> {
  let over = false;
  const working = work.finally(() => {
    over = true;
  });
  while (!over) await clock.advance(10);
  await working;
}

test("reports are read and deleted as fast as they come, however long the queue is", async () => {
  await whileTimePasses(sendAll(200));
  expect(mostReports).toBeLessThanOrEqual(4);
  await until(clock, () => seen.reports.length === 200);
});

test("a heap of reports that came at once is gone within a few sends", async () => {
  for (let number = 0; number < 12; number++) modem.store("SR", REPORT);
  modem.unsolicited('+CDSI: "SR",1');
  for (const index of [2, 3, 4, 5]) modem.unsolicited(`+CDSI: "SR",${index}`);
  await whileTimePasses(sendAll(6));
  expect(modem.stored("SR")).toBeLessThanOrEqual(2);
});

test("a text that comes in is handed over after the send that is on the air, not after the queue", async () => {
  const sending = sendAll(50);
  await clock.advance(10 * AIR_MS);
  network.text({ from: PHONE, to: NUMBER, body: "hello" });
  await clock.advance(2 * AIR_MS + 200);
  expect(seen.inbound).toHaveLength(1);
  await whileTimePasses(sending);
});

/** 23.040 §9.2.2.3, worked out by hand: about a text to +33612345678. */
const REPORT = "07913306091093F0062C0B913316325476F8525050010000805250500100908000";
