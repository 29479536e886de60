/** Single bugs of single firmwares, and what misbehaves around them: none of it costs a text or a second copy of one. */
import { describe, expect, test } from "vitest";
import type { SubmitOutcome } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { newsOf } from "../../../src/line/modem/unsolicited.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { seededRandom } from "../../../src/line/simulator/random.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, segmentTo, textOf, until } from "../line-contract.ts";
import { closeStage, readyLine, type Stage } from "./scripted-line.ts";

const NUMBER = "+33639980001";
const PHONE = "+33612345678";
const DELIVER = "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA";
const PDU = "0031000B913316325476F80000A712C730BD0CA281DEF0B21BB4E1BDD71B1F";

test.each([
  ['+CMTI: "SM",0', null, { is: "stored", storage: "SM", index: 0 }],
  ['+CDSI: "SR",3', null, { is: "stored", storage: "SR", index: 3 }],
  // SIM7000: stored nowhere.
  ["+CMTI: ,-1", null, { is: "nothing" }],
  ["+CMT: ,33", DELIVER, { is: "routed", pdu: DELIVER }],
  ["+CDS: ,25", DELIVER, { is: "routed", pdu: DELIVER }],
  ["+CDS: 25", null, { is: "nothing" }],
  ['^SMMEMFULL: "SM"', null, { is: "full", storage: "SM" }],
  ["SMS FULL", null, { is: "full", storage: null }],
  ['+CREG: 5,"1A2B","00C3D4"', null, { is: "registration", stat: 5 }],
  ["+CREG: x", null, { is: "nothing" }],
  ["+CPIN: READY", null, { is: "nothing" }],
  ['+CPIN: "READY"', null, { is: "nothing" }],
  ["+CPIN: NOT READY", null, { is: "sim-changed" }],
  ["Call Ready", null, { is: "look" }],
  ['+CIEV: 10,"20801"', null, { is: "nothing" }],
])("%s tells what it tells", (line, pdu, news) => {
  expect(newsOf(line, pdu)).toEqual(news);
});

const texts = (stage: Stage) => stage.seen.inbound.map(textOf);

describe("an announcement", () => {
  test("for a storage that is not selected is read there (Huawei)", async () => {
    const stage = await readyLine({ storages: ["ME", "SM"] });
    stage.modem
      .says('\r\n+CMTI: "ME",3\r\n')
      .expects('AT+CPMS="ME"')
      .answers("+CPMS: 1,23,1,23,1,23", "OK")
      .expects("AT+CMGR=3")
      .answers("+CMGR: 0,,33", DELIVER, "OK")
      .expects("AT+CMGD=3")
      .answers("OK");
    await stage.until(() => stage.modem.remaining === 0);
    expect(texts(stage)).toEqual(["Merci, bien reÇu"]);
    await closeStage(stage);
  });

  test.each([
    ["refused", ["+CMS ERROR: 321"]],
    ["answered with a free slot", ["+CMGR: 0,,0", "OK"]],
    ["answered with nothing", ["OK"]],
  ])("that comes before its text can be read, which is %s, is tried again", async (_what, early) => {
    const stage = await readyLine();
    stage.modem
      .says('\r\n+CMTI: "ME",4\r\n')
      .expects("AT+CMGR=4")
      .answers(...early)
      .expects("AT+CMGR=4")
      .answers(...early)
      .expects("AT+CMGR=4")
      .answers("+CMGR: 0,,33", DELIVER, "OK")
      .expects("AT+CMGD=4")
      .answers("OK");
    const from = stage.clock.monotonicMs();
    await stage.until(() => stage.modem.remaining === 0);
    expect(texts(stage)).toEqual(["Merci, bien reÇu"]);
    expect(stage.clock.monotonicMs() - from).toBeLessThan(2000);
    await closeStage(stage);
  });

  test("that comes twice is one text", async () => {
    const stage = await readyLine();
    stage.modem
      .says('\r\n+CMTI: "ME",4\r\n\r\n+CMTI: "ME",4\r\n')
      .expects("AT+CMGR=4")
      .answers("+CMGR: 0,,33", DELIVER, "OK")
      .says('\r\n+CMTI: "ME",4\r\n')
      .expects("AT+CMGD=4")
      .answers("OK");
    await stage.clock.advance(5000);
    expect(texts(stage)).toEqual(["Merci, bien reÇu"]);
    await closeStage(stage);
  });
});

describe("a listing or a reading", () => {
  test.each([
    ["with an empty line before the PDU (Telit HE910)", `\r\n+CMGR: 0,,33\r\n\r\n${DELIVER}\r\n\r\nOK\r\n`],
    ["without a line end before the header", `+CMGR: 0,,33\r\n${DELIVER}\r\nOK\r\n`],
    ["with its number of octets alone", `\r\n+CMGR: 0,33\r\n${DELIVER}\r\n\r\nOK\r\n`],
    ["with a wrong number of octets", `\r\n+CMGR: 0,,99\r\n${DELIVER}\r\n\r\nOK\r\n`],
    ["in lower case", `\r\n+CMGR: 0,,33\r\n${DELIVER.toLowerCase()}\r\n\r\nOK\r\n`],
  ])("%s is read", async (_what, said) => {
    const stage = await readyLine();
    stage.modem.says('\r\n+CMTI: "ME",4\r\n').expects("AT+CMGR=4").says(said);
    stage.modem.expects("AT+CMGD=4").answers("OK");
    await stage.until(() => stage.modem.remaining === 0);
    expect(texts(stage)).toEqual(["Merci, bien reÇu"]);
    await closeStage(stage);
  });

  test("whose headers have three fields (Pantech) or spaces is read", async () => {
    const other = DELIVER.replace("52505001102180", "52505001112180");
    const stage = await readyLine({
      listing: ["+CMGL: 0,1,33", DELIVER, '+CMGL:1 , 0 , "" , 33', other],
      deleted: [0, 1],
    });
    expect(texts(stage)).toEqual(["Merci, bien reÇu", "Merci, bien reÇu"]);
    await closeStage(stage);
  });
});

describe("a prompt that is cancelled", () => {
  test.each([
    ["OK", ["OK"]],
    ["nothing", []],
    ["+CMS ERROR: 512", ["+CMS ERROR: 512"]],
  ])("is answered with %s, and the next text goes", async (_what, answer) => {
    const stage = await readyLine();
    stage.modem
      .expects("AT+CMGS=30")
      .waits(10_000)
      .expectsRaw("\x1b\r")
      .answers(...answer);
    stage.modem.expects("AT").answers("OK").expects("AT+CSQ").answers("+CSQ: 17,99", "OK");
    // It had lost its place: it is looked after.
    stage.modem.expects("AT+CNMI?").answers("+CNMI: 2,1,0,1,0", "OK");
    stage.modem.expects("AT+CREG?").answers('+CREG: 2,1,"1A2B","00C3D4",7', "OK");
    stage.modem.expects("AT+COPS?").answers('+COPS: 0,2,"20801",7', "OK");
    stage.modem.expects("AT+CSQ").answers("+CSQ: 17,99", "OK").expects("AT+CMGL=4").answers("OK");
    const first = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(first.outcome).toMatchObject({ is: "rejected", fault: { disposition: "line" } });
    // After a pause, so that it is no queue to announce.
    await stage.clock.advance(2000);
    stage.modem.expects("AT+CMGS=30").prompts().expectsPdu(PDU).answers("+CMGS: 9", "OK");
    const second = submit(stage);
    await stage.until(() => second.outcome !== null);
    expect(second.outcome).toEqual({ is: "accepted", reference: "9" });
    await closeStage(stage);
  });

  function submit(stage: Stage): { outcome: SubmitOutcome | null } {
    const settled: { outcome: SubmitOutcome | null } = { outcome: null };
    const { signal } = new AbortController();
    stage.line
      .submit(segmentTo(PHONE, "Gate 4 open [ok]"), { submissionId: "s1", signal })
      .then((outcome) => {
        settled.outcome = outcome;
      })
      .catch(() => undefined);
    return settled;
  }
});

describe("a modem in memory", () => {
  function rig(firstIndex: 0 | 1, before: (modem: SimulatedModem) => Promise<void> = async () => undefined) {
    const clock = new FakeClock();
    const network = new SimulatedNetwork({ clock });
    const modem = new SimulatedModem({ number: NUMBER, network, clock, firstIndex });
    const seen = new Recorder();
    const line = createModemLine({
      name: "sim1",
      openPort: async () => {
        await before(modem);
        return modem.connect();
      },
      clock,
      log: silentLog(),
      memory: memoryInMemory(),
      pin: null,
      smsc: null,
      simulated: true,
    });
    line.start(seen.handlers);
    const stop = async () => {
      const stopping = line.stop(0);
      await clock.advance(0);
      await stopping;
      network.stop();
    };
    return { clock, network, modem, seen, line, stop };
  }

  test.each([0, 1] as const)(
    "that counts its slots from %i has its texts read and deleted",
    async (first) => {
      const { clock, network, modem, seen, line, stop } = rig(first);
      await until(clock, () => line.status.state === "ready");
      for (const body of ["one", "two"]) network.text({ from: PHONE, to: NUMBER, body });
      await until(clock, () => seen.inbound.length === 2);
      expect(seen.inbound.map(textOf)).toEqual(["one", "two"]);
      await until(clock, () => modem.stored("ME") === 0);
      await stop();
    },
  );

  test("that was left in a prompt by another program sends nothing of it", async () => {
    let left = false;
    const { clock, network, line, stop } = rig(1, async (modem) => {
      if (left) return;
      left = true;
      const port = modem.connect();
      port.onData(() => undefined);
      await port.write(Buffer.from(`AT+CMGF=0\rAT+CMGS=30\r`, "latin1"));
      await port.write(Buffer.from(PDU, "latin1"));
      await port.close();
    });
    await until(clock, () => line.status.state === "ready");
    expect(network.messages()).toEqual([]);
    const { signal } = new AbortController();
    const sending = line.submit(segmentTo(PHONE, "mine"), { submissionId: "s1", signal });
    await clock.advance(2000);
    expect((await sending).is).toBe("accepted");
    expect(network.messages().map(({ body }) => body)).toEqual(["mine"]);
    await stop();
  });

  test.each([1, 2, 3])(
    "whose answers another program steals (seed %i) is there again when it stops",
    async (seed) => {
      const { clock, network, modem, seen, line, stop } = rig(1);
      await until(clock, () => line.status.state === "ready");
      const random = seededRandom(seed);
      const release = modem.behave({ name: "a thief at the port", onOutput: () => random() < 0.4 });
      for (let n = 1; n <= 5; n++) {
        network.text({ from: PHONE, to: NUMBER, body: `text ${n}` });
        for (let ms = 0; ms < 60_000; ms += 100) await clock.advance(100);
      }
      release();
      await until(clock, () => modem.stored("ME") === 0 && line.status.state === "ready");
      // What is read again, because its deletion was not answered, has the same fingerprint.
      const once = new Map(seen.inbound.map((segment) => [segment.fingerprint, textOf(segment)]));
      expect([...once.values()].sort()).toEqual(["text 1", "text 2", "text 3", "text 4", "text 5"]);
      const { signal } = new AbortController();
      let outcome: SubmitOutcome | null = null;
      const sending = line
        .submit(segmentTo(PHONE, "well again"), { submissionId: "s1", signal })
        .then((settled) => {
          outcome = settled;
        });
      // A command whose answer was stolen at the last moment still has its time-out before it.
      await until(clock, () => outcome !== null);
      await sending;
      expect(outcome).toMatchObject({ is: "accepted" });
      await stop();
    },
  );
});
