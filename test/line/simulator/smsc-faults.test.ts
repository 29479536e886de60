import { describe, expect, test } from "vitest";
import { FaultBoard } from "../../../src/line/simulator/fault-board.ts";
import { FaultDesk } from "../../../src/line/simulator/fault-desk.ts";
import { FaultSchedule } from "../../../src/line/simulator/fault-schedule.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SMSC_FAULT_NAMES, type SmscFaultName } from "../../../src/line/simulator/smsc-faults.ts";
import { settle } from "../../harness/fake-clock.ts";
import { COMMAND, RawEsme, RESPONSE, textOf } from "../../harness/raw-esme.ts";
import { NUMBER, PHONE } from "./bench.ts";
import { boundBench, OWN, smscBench } from "./smsc-bench.ts";

const RSYSERR = 0x08;
const RBINDFAIL = 0x0d;
const RMSGQFUL = 0x14;
const RTHROTTLED = 0x58;

async function faulty(options: Parameters<typeof boundBench>[0] = {}) {
  const bench = await boundBench(options);
  return { ...bench, board: new FaultBoard(bench) };
}

/** A connection after the first one, bound. */
async function again({ smsc }: Awaited<ReturnType<typeof faulty>>) {
  const esme = new RawEsme(smsc.connect());
  const answer = await esme.bind();
  return { esme, status: answer?.status ?? null };
}

const receiptIds = async (esme: RawEsme) =>
  (await esme.delivered()).map(({ octets }) => /^id:(\S+) /i.exec(octets.toString())?.[1]);

describe("a fault of an SMSC", () => {
  test.each(SMSC_FAULT_NAMES)("%s lets it work as before once it is over", async (name) => {
    const bench = await faulty({ airTime: { retryMs: 1000 } });
    const { board, smsc, network, clock } = bench;
    const fault = board.on(name, { times: 1 });
    await bench.esme.submit({ octets: "during" });
    await clock.advance(20_000);
    board.off(fault.id);
    await clock.advance(20_000);
    const { esme, status } = await again(bench);
    expect(status).toBe(0);
    const answer = await esme.submit({ octets: "after", registered: 1 });
    expect(answer?.status).toBe(0);
    expect(network.messages().at(-1)?.body).toBe("after");
    network.text({ from: PHONE, to: OWN, body: "back" });
    await clock.advance(20_000);
    bench.esme.stream.destroy();
    const heard = [...(await bench.esme.delivered()), ...(await esme.delivered())];
    const texts = heard.map(({ octets }) => octets.toString());
    expect(texts).toContain("back");
    expect(texts.some((text) => text.startsWith(`id:${answer?.id} `))).toBe(true);
    expect(smsc.waiting).toBe(0);
  });

  test("acts at every so many-th occasion, and says how often it has", async () => {
    const { board, esme } = await faulty();
    board.on("submit-error", { every: 3, code: 0x45 });
    const statuses = [];
    for (let nth = 0; nth < 6; nth++) statuses.push((await esme.submit())?.status);
    expect(statuses).toEqual([0, 0, 0x45, 0, 0, 0x45]);
    expect(board.list()).toMatchObject([{ name: "submit-error", acted: 2 }]);
  });

  test("is none of a modem's, nor the other way round", async () => {
    const { board, network, clock } = await faulty();
    expect(() => board.on("cms-error")).toThrow("cms-error is no fault of a simulated smsc");
    const modem = new SimulatedModem({ number: NUMBER, network, clock });
    expect(() => new FaultBoard({ modem, network }).on("throttle")).toThrow("throttle is no fault of");
  });
});

test("a desk finds the line that knows the fault, and says which line can fail how", async () => {
  const { board, network, clock } = await faulty();
  const modem = new SimulatedModem({ number: NUMBER, network, clock });
  const boards = new Map([
    ["sim1", new FaultBoard({ modem, network })],
    ["carrier", board],
  ]);
  const desk = new FaultDesk(boards);
  expect(desk.switchOn({ Fault: "throttle", PerSecond: "20" })).toMatchObject({
    id: "carrier.1",
    perSecond: 20,
  });
  expect(desk.switchOn({ Fault: "hang" })).toMatchObject({ id: "sim1.1" });
  expect(desk.switchOn({ Fault: "hang", Line: "carrier" })).toMatchObject({ id: "carrier.2" });
  expect(desk.switchOn({ Fault: "cms-error", Line: "carrier" })).toContain(
    "Fault is one of hang, half-open,",
  );
  expect(desk.switchOn({ Fault: "earthquake" })).toMatch(
    /^Fault is one of: of a modem hang, .*cms-error.*; of an SMSC hang, half-open, .*; of either random\.$/,
  );
  expect(desk.switchOn({ Fault: "random", Line: "carrier", Seed: 3 })).toMatchObject({
    id: "carrier.random",
  });
  const linesOf = (fault: string) =>
    desk
      .kinds()
      .filter((kind) => kind.fault === fault)
      .map(({ lines }) => lines);
  expect(linesOf("throttle")).toEqual([["carrier"]]);
  expect(linesOf("hang")).toEqual([["sim1"], ["carrier"]]);
  expect(linesOf("random")).toEqual([["sim1", "carrier"]]);
  desk.allOff();
  expect(desk.list()).toEqual([]);
});

test("an hour of its weather is of many kinds, and leaves it in order", async () => {
  const { board, clock, smsc } = await faulty();
  const seen = new Set<string>();
  const onFault = ({ name }: { name: string }) => seen.add(name);
  const schedule = new FaultSchedule({ board, seed: 1, meanGapMs: 60_000, onFault });
  schedule.start();
  await clock.advance(3_600_000);
  schedule.stop();
  board.allOff();
  expect(seen.size).toBeGreaterThan(12);
  const esme = new RawEsme(smsc.connect());
  await esme.bind();
  expect((await esme.submit())?.status).toBe(0);
});

describe("submit_sm", () => {
  test("is throttled beyond so many a second, and counted", async () => {
    const { board, esme, clock, network } = await faulty();
    board.on("throttle", { perSecond: 5 });
    const takenOf = async (count: number) => {
      const statuses: unknown[] = [];
      for (let nth = 0; nth < count; nth++) statuses.push((await esme.submit())?.status);
      expect(new Set(statuses.filter((status) => status !== 0))).toEqual(
        statuses.includes(RTHROTTLED) ? new Set([RTHROTTLED]) : new Set(),
      );
      return statuses.filter((status) => status === 0).length;
    };
    expect(await takenOf(8)).toBe(5);
    await clock.advance(400);
    expect(await takenOf(8)).toBe(2);
    await clock.advance(10_000);
    expect(await takenOf(8)).toBe(5);
    expect(network.messages()).toHaveLength(12);
    expect(board.list()[0]?.acted).toBe(12);
  });

  test.each([
    ["queue-full", RMSGQFUL, 0],
    ["submit-error", RSYSERR, 0],
    ["submit-error-though-sent", RSYSERR, 1],
  ] as const)("%s", async (name, status, arrived) => {
    const { board, esme, network } = await faulty();
    board.on(name);
    expect(await esme.submit()).toEqual({ status, id: "" });
    expect(network.messages()).toHaveLength(arrived);
  });

  test("is taken and never answered", async () => {
    const { board, esme, network } = await faulty();
    board.on("result-lost");
    expect(await esme.submit()).toBeNull();
    expect(network.messages()).toHaveLength(1);
    expect((await esme.submit())?.status).toBe(0);
  });

  test("is answered late, and those behind it are not held up", async () => {
    const { board, esme, clock } = await faulty();
    board.on("late-answer", { ms: 5000, times: 1 });
    expect(await esme.submit()).toBeNull();
    expect((await esme.submit())?.status).toBe(0);
    await clock.advance(5000);
    expect(await esme.heard()).toMatchObject([{ command: RESPONSE + COMMAND.submit_sm, status: 0 }]);
  });

  test("breaks the connection, before or after the network has it, by chance", async () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 8; seed++) {
      const { board, esme, network } = await faulty();
      board.on("disconnect-in-send", { seed });
      expect(await esme.submit()).toBeNull();
      expect(esme.closed).toBe(true);
      seen.add(network.messages().length);
    }
    expect([...seen].sort()).toEqual([0, 1]);
  });

  test("gets the id of the one before it", async () => {
    const { board, esme } = await faulty();
    board.on("ids-reused");
    const ids = [];
    for (let nth = 0; nth < 4; nth++) ids.push((await esme.submit())?.id);
    expect([ids[0] === ids[1], ids[1] === ids[2], ids[2] === ids[3]]).toEqual([true, false, true]);
  });
});

describe("a receipt", () => {
  test("comes before the answer to its submit_sm", async () => {
    const { board, esme, clock } = await faulty();
    board.on("report-early");
    expect(await esme.submit({ registered: 1 })).toBeNull();
    const [id] = await receiptIds(esme);
    await clock.advance(3000);
    const [answer] = await esme.heard();
    expect(textOf(answer?.body ?? Buffer.alloc(0))).toBe(id);
  });

  test.each([
    ["report-lost", 0, 0],
    ["report-late", 0, 1],
    ["report-twice", 2, 0],
  ] as const)("%s", async (name, atOnce, later) => {
    const { board, esme, clock, smsc } = await faulty();
    board.on(name);
    await esme.submit({ registered: 1 });
    expect(await esme.delivered()).toHaveLength(atOnce);
    await clock.advance(120_000);
    expect(await esme.delivered()).toHaveLength(later);
    expect(smsc.waiting).toBe(0);
  });

  test("says that the text did not arrive, and why", async () => {
    const { board, esme } = await faulty();
    board.on("undelivered", { code: 27 });
    await esme.submit({ registered: 1 });
    const [receipt] = await esme.delivered();
    expect(receipt?.octets.toString()).toMatch(/ dlvrd:000 .* stat:UNDELIV err:027 /);
    expect(receipt?.tlvs.get(0x427)).toEqual(Buffer.of(5));
    expect(receipt?.tlvs.get(0x423)).toEqual(Buffer.of(3, 0, 27));
  });

  test("has text, TLVs or both, in small letters or capitals", async () => {
    const receiptWith = async (name: SmscFaultName) => {
      const { board, esme } = await faulty();
      board.on(name);
      await esme.submit({ registered: 1, octets: "Gate" });
      const [receipt] = await esme.delivered();
      return { text: receipt?.octets.toString(), tlvs: [...(receipt?.tlvs.keys() ?? [])] };
    };
    expect(await receiptWith("receipts-text")).toEqual({
      text: expect.stringMatching(/^id:/),
      tlvs: [],
    });
    expect(await receiptWith("receipts-tlvs")).toEqual({ text: "", tlvs: [0x1e, 0x427, 0x423] });
    expect((await receiptWith("receipts-upper")).text).toMatch(
      / DONE DATE:250505100000 STAT:DELIVRD ERR:000 TEXT:GATE$/,
    );
  });

  test.each([
    ["ids-decimal", (id: bigint) => String(id)],
    ["ids-padded", (id: bigint) => String(id).padStart(20, "0")],
    ["ids-upper", (id: bigint) => id.toString(16).toUpperCase()],
  ] as const)("%s", async (name, spelled) => {
    const { board, esme } = await faulty();
    board.on(name);
    const answer = await esme.submit({ registered: 1 });
    const [receipt] = await esme.delivered();
    const id = spelled(BigInt(`0x${answer?.id}`));
    expect(receipt?.octets.toString()).toMatch(new RegExp(`^id:${id} `));
    expect(textOf(receipt?.tlvs.get(0x1e) ?? Buffer.alloc(0))).toBe(id);
  });
});

describe("a connection", () => {
  test("is silent through a hang, and what was said meanwhile is not heard", async () => {
    const { board, esme, network, clock } = await faulty();
    const { id } = board.on("hang");
    expect(await esme.submit()).toBeNull();
    await clock.advance(600_000);
    expect(await esme.heard()).toEqual([]);
    expect(esme.closed).toBe(false);
    board.off(id);
    expect(network.messages()).toEqual([]);
    expect((await esme.submit())?.status).toBe(0);
  });

  test("that is half open fills, and what was sent is heard afterwards", async () => {
    const { board, esme, network, clock } = await faulty();
    const { id } = board.on("half-open");
    let isFull = false;
    for (let nth = 0; nth < 1000 && !isFull; nth++) {
      await esme.submit();
      isFull = esme.stream.writableNeedDrain;
    }
    expect(isFull).toBe(true);
    expect(network.messages()).toEqual([]);
    await clock.advance(600_000);
    expect(esme.closed).toBe(false);
    board.off(id);
    await settle(50);
    expect(network.messages().length).toBeGreaterThan(10);
    expect(esme.stream.writableNeedDrain).toBe(false);
  });

  test("breaks off at once, or after a time; the next one is taken", async () => {
    const bench = await faulty();
    const { board, esme, clock } = bench;
    board.on("disconnect");
    await settle();
    expect(esme.closed).toBe(true);
    const { esme: next, status } = await again(bench);
    expect(status).toBe(0);
    board.on("disconnect", { ms: 5000 });
    await clock.advance(4999);
    expect(next.closed).toBe(false);
    await clock.advance(1);
    expect(next.closed).toBe(true);
  });

  test("is asked to unbind", async () => {
    const { board, esme } = await faulty();
    board.on("unbind");
    const [unbind] = await esme.heard();
    expect(unbind).toMatchObject({ command: COMMAND.unbind, status: 0 });
    expect(esme.closed).toBe(false);
    esme.send(RESPONSE + COMMAND.unbind, new Uint8Array(), 0, unbind?.sequence);
    await settle();
    expect(esme.closed).toBe(true);
  });

  test("does not last, and nor does the next one", async () => {
    const bench = await faulty();
    const { board, esme, clock } = bench;
    board.on("short-binds", { ms: 2000 });
    await clock.advance(2000);
    expect(esme.closed).toBe(true);
    const { esme: next } = await again(bench);
    await clock.advance(1999);
    expect(next.closed).toBe(false);
    await clock.advance(1);
    expect(next.closed).toBe(true);
  });

  test("may not bind", async () => {
    const { board, smsc } = await faulty();
    board.on("refuse-binds", { times: 1 });
    const esme = new RawEsme(smsc.connect());
    expect((await esme.bind())?.status).toBe(RBINDFAIL);
    expect((await esme.bind())?.status).toBe(0);
  });

  test("cannot be made while the SMSC is out of reach", async () => {
    const bench = await faulty();
    const { board, esme, smsc } = bench;
    const { id } = board.on("unplug");
    await settle();
    expect(esme.closed).toBe(true);
    expect(() => smsc.connect()).toThrow("out of reach");
    board.off(id);
    expect((await again(bench)).status).toBe(0);
  });

  test("carries garbage, once", async () => {
    const { board, esme } = await faulty();
    board.on("garbage", { seed: 3 });
    await esme.submit();
    expect(esme.leftOver.length).toBeGreaterThan(16);
    expect(esme.leftOver.readUInt32BE(0)).toBeGreaterThan(16_384);
  });

  test("carries PDUs of an unknown command, and deliver_sm with an unknown TLV", async () => {
    const { board, esme, network } = await faulty();
    board.on("unknown-pdus", { every: 1 });
    network.text({ from: PHONE, to: OWN, body: "x" });
    const heard = await esme.heard();
    expect(heard.map(({ command }) => command)).toEqual([0x00010203, COMMAND.deliver_sm]);
    expect(heard[1]?.body.subarray(-6).toString("hex")).toBe("14030002cafe");
  });

  test("gets an outbind, and so does the next one before it binds", async () => {
    const { board, esme, smsc } = await faulty();
    board.on("outbind");
    const outbind = { command: COMMAND.outbind, body: Buffer.from("sim\0sim\0") };
    expect(await esme.heard()).toMatchObject([outbind]);
    expect(await new RawEsme(smsc.connect()).heard()).toMatchObject([outbind]);
  });

  test("gets alert_notifications", async () => {
    const { board, esme } = await faulty();
    board.on("alert", { every: 2 });
    expect(await esme.heard()).toMatchObject([
      {
        command: COMMAND.alert_notification,
        body: Buffer.from("\x01\x0133612345678\0\x01\x0133755500001\0"),
      },
    ]);
    await esme.submit();
    await esme.submit();
    expect(await esme.heard()).toMatchObject([{ command: COMMAND.alert_notification }]);
  });
});

describe("the parts of a phone's text", () => {
  const LONG = "0123456789".repeat(20);
  const parts = async (name: "parts-lost" | "parts-late" | "parts-twice") => {
    const { board, esme, network, clock } = await faulty();
    board.on(name, { every: 1, times: 1, ms: 5000 });
    network.text({ from: PHONE, to: OWN, body: LONG });
    const sequences = async () => (await esme.delivered()).map(({ octets }) => octets[5]);
    const before = await sequences();
    await clock.advance(5000);
    return [before, await sequences()];
  };

  test("are lost", async () => expect(await parts("parts-lost")).toEqual([[2], []]));
  test("come late", async () => expect(await parts("parts-late")).toEqual([[2], [1]]));
  test("come twice", async () => expect(await parts("parts-twice")).toEqual([[1, 1, 2], []]));
});

test("nobody is bound: what is due then is there afterwards, in the faults' own time", async () => {
  const bench = smscBench();
  const board = new FaultBoard(bench);
  board.on("report-late", { ms: 1000 });
  await bench.esme.bind("transmitter");
  await bench.esme.submit({ registered: 1 });
  await bench.clock.advance(1000);
  expect(bench.smsc.waiting).toBe(1);
  const receiver = new RawEsme(bench.smsc.connect());
  await receiver.bind("receiver");
  expect(await receiver.delivered()).toHaveLength(1);
});
