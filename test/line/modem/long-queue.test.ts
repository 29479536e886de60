/**
 * What comes in while a long queue goes out. The modem does one thing at a time, so reading and deleting have only
 * the moments between an answer and the next `AT+CMGS`: there they must keep up with the reports of what was sent.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Line, LineMemory } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, segmentTo, until } from "../line-contract.ts";

const NUMBER = "+33639980001";
const IMEI = "860000000000017";
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
let typed: string[];
let memory: LineMemory;

beforeEach(() => {
  clock = new FakeClock();
  network = new SimulatedNetwork({
    clock,
    airTime: { submitMs: AIR_MS, deliverMs: 200, reportMs: 100, retryMs: 3_600_000 },
  });
  modem = new SimulatedModem({ number: NUMBER, imei: IMEI, network, clock });
  typed = [];
  modem.behave({
    name: "listens",
    onBytes: (bytes) => {
      typed.push(Buffer.from(bytes).toString("latin1").trim());
      return false;
    },
  });
  memory = memoryInMemory();
  seen = new Recorder();
  seen.answer = () => clock.sleep(COMMIT_MS).then(() => "kept" as const);
  mostReports = 0;
  line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory,
    pin: null,
    smsc: null,
    simulated: true,
  });
});

async function ready(): Promise<void> {
  line.start(seen.handlers);
  await until(clock, () => line.status.state === "ready");
}

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
  await ready();
  await whileTimePasses(sendAll(200));
  expect(mostReports).toBeLessThanOrEqual(4);
  await until(clock, () => seen.reports.length === 200);
});

test("a heap of reports that came at once is gone within a few sends", async () => {
  await ready();
  for (let number = 0; number < 12; number++) modem.store("SR", REPORT);
  modem.unsolicited('+CDSI: "SR",1');
  for (const index of [2, 3, 4, 5]) modem.unsolicited(`+CDSI: "SR",${index}`);
  await whileTimePasses(sendAll(6));
  expect(modem.stored("SR")).toBeLessThanOrEqual(2);
});

test("a text that comes in is handed over after the send that is on the air, not after the queue", async () => {
  await ready();
  const sending = sendAll(50);
  await clock.advance(10 * AIR_MS);
  network.text({ from: PHONE, to: NUMBER, body: "hello" });
  await clock.advance(2 * AIR_MS + 200);
  expect(seen.inbound).toHaveLength(1);
  await whileTimePasses(sending);
});

test("a storage that is read index by index is read between the sends, not in place of them", async () => {
  await memory.put(`listing ${IMEI}`, "hangs");
  await ready();
  typed.length = 0;
  // Long enough for the look that is taken every minute.
  await whileTimePasses(sendAll(80));
  const isSend = (text: string) => text.startsWith("AT+CMGS");
  const commands = typed.filter((text) => text.startsWith("AT+CMG"));
  const between = commands.slice(0, commands.findLastIndex(isSend));
  expect(between, "the look by index").toContain("AT+CMGR=0");
  expect(between.join(" ")).not.toMatch(/(?:AT\+CMG[RD]=\d+ ){8}/);
});

/** 23.040 §9.2.2.3, worked out by hand: about a text to +33612345678. */
const REPORT = "07913306091093F0062C0B913316325476F8525050010000805250500100908000";
