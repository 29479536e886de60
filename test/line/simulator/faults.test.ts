import { describe, expect, test } from "vitest";
import { FaultBoard } from "../../../src/line/simulator/fault-board.ts";
import { FaultSchedule } from "../../../src/line/simulator/fault-schedule.ts";
import { FAULT_NAMES } from "../../../src/line/simulator/faults.ts";
import { seededRandom } from "../../../src/line/simulator/random.ts";
import { settle } from "../../harness/fake-clock.ts";
import { bench, CTRL_Z, configured, ESC, NUMBER, PHONE, SUBMIT, sendOne, Terminal } from "./bench.ts";

const OK = "\r\nOK\r\n";

async function faulty(options: Parameters<typeof configured>[0] = {}) {
  const world = await configured({ cnmi: "2,1,0,0,0", ...options });
  return { ...world, board: new FaultBoard(world) };
}

const toldSent = (mr: number) => `\r\n+CMGS: ${mr}\r\n${OK}`;

describe("a fault", () => {
  test("acts at every so many-th occasion, so many times, and says how often it has", async () => {
    const { board, te } = await faulty();
    board.on("cms-error", { code: 38, every: 2, times: 1 });
    expect(await sendOne(te)).toBe(toldSent(1));
    expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 38\r\n");
    expect(await sendOne(te)).toBe(toldSent(3));
    expect(await sendOne(te)).toBe(toldSent(4));
    expect(board.list()).toMatchObject([{ name: "cms-error", acted: 1 }]);
  });

  test("ends by itself after its time, and stacks with another of its kind", async () => {
    const { board, te, clock } = await faulty();
    board.on("cms-error", { code: 42, forMs: 2000 });
    board.on("cms-error", { code: 38, forMs: 1000 });
    expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 38\r\n");
    await clock.advance(1000);
    expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 42\r\n");
    await clock.advance(1000);
    expect(await sendOne(te)).toContain("+CMGS:");
    expect(board.list()).toEqual([]);
  });

  test("leaves the same to chance for the same seed", async () => {
    const runs = [];
    for (const seed of [5, 5, 6]) {
      const { board, te } = await faulty();
      board.on("cms-error", { chance: 0.5, seed });
      let run = "";
      for (let send = 0; send < 24; send++) run += (await sendOne(te)).includes("ERROR") ? "x" : ".";
      runs.push(run);
    }
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).not.toBe(runs[2]);
    expect(runs[0]).toMatch(/x.*\.|\..*x/);
  });

  test.each(FAULT_NAMES)("%s lets the modem work as before once it is over", async (name) => {
    const { board, modem, network, clock } = await faulty();
    const fault = board.on(name, { times: 1 });
    await clock.advance(60_000);
    board.off(fault.id);
    await clock.advance(60_000);
    const te = new Terminal(modem);
    await te.say(`${ESC}\rATE0\rAT+CMGF=0\r`);
    const sent = te.say("AT+CMGS=30\r");
    await clock.advance(20_000);
    await sent;
    await te.say(`${SUBMIT}${CTRL_Z}`);
    await clock.advance(20_000);
    expect(network.messages()).toHaveLength(1);
    expect(network.text({ from: PHONE, to: NUMBER, body: "x" }).accepted).toBe(true);
  });
});

test("a hang hears and says nothing, and the network's texts are stored", async () => {
  const { board, te, network, modem } = await faulty();
  const { id } = board.on("hang");
  network.text({ from: PHONE, to: NUMBER, body: "x" });
  expect(await te.say("AT\r")).toBe("");
  expect(modem.stored("ME")).toBe(1);
  board.off(id);
  expect(await te.say("AT\r")).toBe(OK);
});

test("a lost prompt is still a prompt: ESC gets out of it", async () => {
  const { board, te } = await faulty();
  board.on("no-prompt");
  expect(await te.say("AT+CMGS=30\r")).toBe("");
  expect(await te.say(ESC)).toBe(OK);
  expect(await sendOne(te)).toBe(toldSent(1));
});

test("a late answer comes after its time, and what was typed meanwhile waits behind it", async () => {
  const { board, te, clock } = await faulty();
  board.on("late-answer", { ms: 7000 });
  expect(await te.say("AT+CSQ\r")).toBe("");
  expect(await te.say("AT\r")).toBe("");
  await clock.advance(7000);
  expect(await te.heard()).toBe(`\r\n+CSQ: 23,0\r\n${OK}${OK}`);
});

test("a send refused though it was taken is on the handset", async () => {
  const { board, te, network } = await faulty();
  board.on("cms-error-though-sent");
  expect(await sendOne(te)).toBe("\r\n+CMS ERROR: 500\r\n");
  await settle();
  expect(network.messages()).toHaveLength(1);
});

test("an early report comes before the answer to its send", async () => {
  const { board, te, clock } = await faulty({ cnmi: "2,1,0,1,0" });
  board.on("report-early", { ms: 3000 });
  expect(await sendOne(te)).toMatch(/^\r\n\+CDS: /);
  await clock.advance(3000);
  expect(await te.heard()).toBe(toldSent(1));
});

test.each([
  ["report-lost", {}, 0, 0],
  ["report-late", { ms: 5000 }, 0, 1],
] as const)("%s", async (name, settings, before, after) => {
  const { board, te, clock } = await faulty({ cnmi: "2,1,0,1,0" });
  board.on(name, settings);
  const count = (text: string) => text.split("+CDS:").length - 1;
  expect(count(await sendOne(te))).toBe(before);
  await clock.advance(5000);
  expect(count(await te.heard())).toBe(after);
});

test("while it is full the network keeps the texts, and brings them when there is room", async () => {
  const { board, te, network } = await faulty();
  const { id } = board.on("sim-full");
  network.text({ from: PHONE, to: NUMBER, body: "x" });
  expect(await te.heard()).toBe("");
  expect(network.waitingFor(NUMBER)).toBe(1);
  board.off(id);
  expect(await te.heard()).toBe('\r\n+CMTI: "ME",1\r\n');
});

test("unsolicited lines come after the prompt and around answers; the answers are whole", async () => {
  const { board, te, network } = await faulty();
  board.on("urc-anywhere", { every: 1 });
  expect(await te.say("AT+CMGS=30\r")).toMatch(/^\r\n> \r\n\S.*\r\n$/);
  const answer = await te.say(`${SUBMIT}${CTRL_Z}`);
  expect(answer).toContain("\r\n+CMGS: 1\r\n");
  expect(answer.endsWith(OK)).toBe(true);
  expect(answer.length).toBeGreaterThan(toldSent(1).length);
  expect(network.messages()).toHaveLength(1);
});

test("an unplugged modem has no port until it is back, under another name if so wished", async () => {
  const { board, te, modem } = await faulty();
  const { id } = board.on("unplug");
  expect(te.closedFor).toBe("unplugged");
  expect(() => modem.connect()).toThrow("unplugged");
  board.off(id);
  modem.connect("/dev/ttyUSB0");
  board.off(board.on("unplug-rename").id);
  expect(() => modem.connect("/dev/ttyUSB0")).toThrow("it is at /dev/ttyUSB1".slice(3));
  expect(modem.devicePath).toBe("/dev/ttyUSB1");
  modem.connect("/dev/ttyUSB1");
});

test("power is lost in mid-send before the network has it or after, by chance", async () => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 8; seed++) {
    const { board, te, network, clock } = await faulty();
    board.on("power-loss", { seed, ms: 2000 });
    expect(await sendOne(te)).toBe("");
    expect(await te.say("AT\r")).toBe("");
    await clock.advance(2000);
    expect(await te.heard()).toContain("RDY");
    seen.add(network.messages().length);
  }
  expect([...seen].sort()).toEqual([0, 1]);
});

describe("the parts of a phone's text", () => {
  const LONG = "0123456789".repeat(20);
  const stored = async (name: "parts-lost" | "parts-late" | "parts-twice") => {
    const { board, modem, network, clock } = await faulty();
    board.on(name, { every: 1, times: 1, ms: 5000 });
    network.text({ from: PHONE, to: NUMBER, body: LONG });
    await settle();
    const before = modem.stored("ME");
    await clock.advance(5000);
    return [before, modem.stored("ME")];
  };

  test("are lost", async () => expect(await stored("parts-lost")).toEqual([1, 1]));
  test("come late", async () => expect(await stored("parts-late")).toEqual([1, 2]));
  test("come twice", async () => expect(await stored("parts-twice")).toEqual([3, 3]));
});

test("slow air makes a send longer", async () => {
  const { board, te, clock } = await faulty({ airTime: { submitMs: 1000 } });
  board.on("slow-air", { ms: 4000 });
  await sendOne(te);
  await clock.advance(4999);
  expect(await te.heard()).toBe("");
  await clock.advance(1);
  expect(await te.heard()).toContain("+CMGS: 1");
});

test("AT+CMMS keeps the radio link open from one send to the next, in mode 1 until it was let go once", async () => {
  const { board, te, clock } = await faulty();
  board.on("link-cost", { ms: 2000 });
  const costs = async () => {
    let answer = await sendOne(te);
    let ms = 0;
    for (; !answer.includes("+CMGS:"); ms += 500) {
      await clock.advance(500);
      answer += await te.heard();
    }
    return ms;
  };
  expect([await costs(), await costs()]).toEqual([2000, 2000]);
  await te.say("AT+CMMS=1\r");
  expect([await costs(), await costs(), await costs()]).toEqual([2000, 0, 0]);
  await clock.advance(5000);
  expect([await costs(), await costs()]).toEqual([2000, 2000]);
  await te.say("AT+CMMS=2\r");
  expect([await costs(), await costs()]).toEqual([2000, 0]);
  await clock.advance(5000);
  expect([await costs(), await costs()]).toEqual([2000, 0]);
});

test("a schedule brings the same faults for the same seed, of many kinds", async () => {
  const runs = [];
  for (const seed of [1, 1, 2]) {
    const { clock, network, modem } = bench();
    const run: string[] = [];
    const onFault = (fault: { name: string; since: number; until: number | null }) =>
      run.push(`${fault.name} ${fault.since} ${fault.until}`);
    const board = new FaultBoard({ modem, network });
    const schedule = new FaultSchedule({ board, seed, meanGapMs: 60_000, onFault });
    schedule.start();
    await clock.advance(3_600_000);
    schedule.stop();
    board.allOff();
    runs.push(run);
  }
  expect(runs[0]).toEqual(runs[1]);
  expect(runs[0]).not.toEqual(runs[2]);
  expect(new Set(runs[0]?.map((line) => line.split(" ")[0])).size).toBeGreaterThan(8);
});

test("the seeded chance is even", () => {
  const random = seededRandom(42);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 10_000; draw++) {
    const bucket = Math.floor(random() * 10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
