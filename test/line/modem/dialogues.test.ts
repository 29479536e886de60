/** The dialogues of 27.005 as modems hold them, octet for octet: sending, reports, and both ways of receiving. */
import { describe, expect, test } from "vitest";
import type { Kept, SubmitOutcome } from "../../../src/line/line.ts";
import type { Segment } from "../../../src/sms/message.ts";
import { segmentTo, textOf } from "../line-contract.ts";
import { closeStage, HONEST, lineOn, readyLine, type Stage, scriptBringUp } from "./scripted-line.ts";

/** 23.040 §9.2.2.2, worked out by hand: to +33612345678, relative validity of a day, report asked for. */
const SUBMIT = "0031000B913316325476F80000A712C730BD0CA281DEF0B21BB4E1BDD71B1F";
const DELIVER = "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA";
const DELIVER_SHORT_CODE = "07913306091093F00405818380F00000525050012000800FD3379B5CD6816232160D06DA9401";
const REPORT = "07913306091093F0062C0B913316325476F8525050010000805250500100908000";
const STORED_SUBMIT = "0011000B914316565811F90000AA04E8373B0C";

const GATE: Segment = segmentTo("+33612345678", "Gate 4 open [ok]");

function submit(stage: Stage, signal = new AbortController().signal) {
  const settled: { outcome: SubmitOutcome | null } = { outcome: null };
  stage.line
    .submit(GATE, { submissionId: "s1", signal })
    .then((outcome) => {
      settled.outcome = outcome;
    })
    .catch((error: unknown) => {
      throw error;
    });
  return settled;
}

test("a modem that was left quiet, or answering in digits, is told to speak up", async () => {
  const stage = lineOn();
  stage.modem.expects("\u001b").expects("AT").says("0\r").expects("AT").expects("AT");
  stage.modem.expects("ATQ0V1").answers("OK").expects("ATE0").answers("OK");
  stage.line.start(stage.seen.handlers);
  await stage.until(() => stage.modem.remaining === 0);
  const stopping = stage.line.stop(0);
  await stage.clock.advance(0);
  await stopping;
});

describe("sending", () => {
  test("takes lines that come between command and prompt, and before the result, for what they are", async () => {
    const stage = await readyLine();
    const { modem } = stage;
    modem
      .expects("AT+CMGS=30")
      .says('\r\n+CMTI: "ME",3\r\n')
      .says("\r\n> ")
      .expectsPdu(SUBMIT)
      .says('\r\n+CREG: 1,"1A2B","00C3D4"\r\n')
      .says("\r\n+CMGS: 44\r\n\r\nOK\r\n")
      // The read that was announced has waited for the end of the send.
      .expects("AT+CMGR=3")
      .says(`\r\n+CMGR: 0,,33\r\n${DELIVER}\r\n\r\nOK\r\n`)
      .expects("AT+CMGD=3")
      .answers("OK");
    const settled = submit(stage);
    await stage.until(() => modem.remaining === 0);
    expect(settled.outcome).toEqual({ is: "accepted", reference: "44" });
    expect(stage.seen.inbound).toHaveLength(1);
    expect(stage.line.status.state).toBe("ready");
    await closeStage(stage);
  });

  test("takes a line that comes with the prompt, and one that is glued to the result, for what they are", async () => {
    const stage = await readyLine();
    stage.modem
      .expects("AT+CMGS=30")
      .says('\r\n> \r\n+CMTI: "ME",3\r\n')
      .expectsPdu(SUBMIT)
      .says('\r\n^RSSI:17\r\n\r\n+CMGS: 44+CMTI: "ME",4\r\n\r\nOK\r\n');
    for (const index of [3, 4]) {
      stage.modem
        .expects(`AT+CMGR=${index}`)
        .says(`\r\n+CMGR: 0,,33\r\n${DELIVER}\r\n\r\nOK\r\n`)
        .expects(`AT+CMGD=${index}`)
        .answers("OK");
    }
    const settled = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(settled.outcome).toEqual({ is: "accepted", reference: "44" });
    expect(stage.seen.inbound).toHaveLength(2);
    await closeStage(stage);
  });

  test("sends in spite of an echo that has come back, then sets the modem up again", async () => {
    const stage = await readyLine();
    stage.modem
      .expects("AT+CMGS=30")
      .says("AT+CMGS=30\r\r\n> ")
      .expectsPdu(SUBMIT)
      .says(`${SUBMIT}\u001a\r\n+CMGS: 44\r\n\r\nOK\r\n`);
    scriptBringUp(stage.modem, HONEST);
    const settled = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(settled.outcome).toEqual({ is: "accepted", reference: "44" });
    await stage.until(() => stage.line.status.state === "ready");
    await closeStage(stage);
  });

  test("never writes the PDU when the prompt is refused", async () => {
    const stage = await readyLine();
    stage.modem.expects("AT+CMGS=30").answers("+CMS ERROR: 21");
    const settled = submit(stage);
    await stage.until(() => settled.outcome !== null);
    expect(settled.outcome).toMatchObject({
      is: "rejected",
      fault: { code: "modem.cms", status: 21, disposition: "retry" },
    });
    await closeStage(stage);
  });

  test("closes a prompt that did not come with ESC, finds its place again, and says nothing was sent", async () => {
    const stage = await readyLine();
    stage.modem
      .expects("AT+CMGS=30")
      .expectsRaw("\x1b\r")
      .answers("OK")
      .expects("AT")
      .answers("OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    watch(stage);
    const settled = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(settled.outcome).toMatchObject({
      is: "rejected",
      fault: { code: "at.timeout", disposition: "line" },
    });
    await closeStage(stage);
  });

  test("writes neither ESC nor Ctrl-Z when the answer to a PDU does not come, and does not know the outcome", async () => {
    const stage = await readyLine();
    stage.modem
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(SUBMIT)
      .waits(179_000)
      .does(() => expect(settled.outcome).toBeNull())
      .expects("AT")
      .answers("OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    watch(stage);
    const settled = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(settled.outcome).toMatchObject({
      is: "unknown",
      fault: { code: "at.timeout", disposition: "unknown" },
    });
    await closeStage(stage);
  });

  test("says from 20 s on that the answer to a PDU is waited for, until it comes", async () => {
    const stage = await readyLine();
    const reasons: string[] = [];
    const note = () => reasons.push(`${stage.line.status.state}: ${stage.line.status.reason}`);
    const settled = submit(stage);
    stage.modem
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(SUBMIT)
      .waits(19_000)
      .does(note)
      .waits(2000)
      .does(note)
      .waits(20_000)
      .does(note)
      .says("\r\n+CMGS: 44\r\n\r\nOK\r\n");
    await stage.until(() => settled.outcome !== null);
    note();
    const slow = (seconds: number) =>
      `ready: a text has waited ${seconds} s for the network's answer, at most 180 s; nothing is read meanwhile`;
    const usual = reasons[0];
    expect(usual).toMatch(/^ready: registered/);
    expect(reasons).toEqual([usual, slow(20), slow(40), usual]);
    await closeStage(stage);
  });

  test("takes a result that comes late for the message it belongs to, and its OK for nobody's", async () => {
    const stage = await readyLine();
    stage.modem
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(SUBMIT)
      .expects("AT")
      .answers("+CMGS: 44", "OK")
      .expects("AT+CSQ")
      .answers("OK")
      .answers("+CSQ: 17,99", "OK")
      .expects("AT")
      .answers("OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    watch(stage);
    const settled = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(settled.outcome).toEqual({ is: "accepted", reference: "44" });
    await closeStage(stage);
  });

  test("withdraws a send that waits for its prompt, with ESC", async () => {
    const stage = await readyLine();
    const caller = new AbortController();
    stage.modem
      .expects("AT+CMGS=30")
      .does(() => caller.abort(new Error("shutting down")))
      .expectsRaw("\x1b\r")
      .answers("OK")
      .expects("AT")
      .answers("OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    watch(stage);
    const settled = submit(stage, caller.signal);
    await stage.until(() => stage.modem.remaining === 0);
    expect(settled.outcome).toMatchObject({
      is: "rejected",
      fault: { code: "line.stopped", disposition: "line" },
    });
    await closeStage(stage);
  });

  test("does not know the outcome when the port closes or the modem restarts after the PDU", async () => {
    for (const end of ["unplugged", "restarted"] as const) {
      const stage = await readyLine();
      stage.modem.expects("AT+CMGS=30").prompts().expectsPdu(SUBMIT);
      if (end === "unplugged") stage.modem.hangsUp();
      else stage.modem.answers("RDY").hangsUp();
      const settled = submit(stage);
      await stage.clock.advance(0);
      expect(settled.outcome).toMatchObject({ is: "unknown", fault: { code: "modem.link-lost" } });
      await closeStage(stage);
    }
  });

  test("rejects a send when the port closes before the prompt", async () => {
    const stage = await readyLine();
    stage.modem.expects("AT+CMGS=30").hangsUp();
    const settled = submit(stage);
    await stage.clock.advance(0);
    expect(settled.outcome).toMatchObject({
      is: "rejected",
      fault: { code: "line.closed", disposition: "line" },
    });
    await closeStage(stage);
  });

  test("begins the next send as soon as the one before has ended", async () => {
    const stage = await readyLine();
    stage.modem
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(SUBMIT)
      .answers("+CMGS: 1", "OK")
      .expects("AT+CMMS=1")
      .answers("OK")
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(SUBMIT)
      .answers("+CMGS: 2", "OK");
    const first = submit(stage);
    const second = submit(stage);
    await stage.clock.advance(0);
    expect(first.outcome).toEqual({ is: "accepted", reference: "1" });
    expect(second.outcome).toEqual({ is: "accepted", reference: "2" });
    await closeStage(stage);
  });
});

describe("an answer that comes after its send was given up", () => {
  /** A send whose answer has not come within its 180 s: the modem answers everything else. */
  async function givenUp(): Promise<Stage> {
    const stage = await readyLine();
    stage.modem
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(SUBMIT)
      .expects("AT")
      .answers("OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    watch(stage);
    const settled = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(settled.outcome).toMatchObject({ is: "unknown", fault: { code: "at.timeout" } });
    await stage.clock.advance(2000);
    return stage;
  }

  test("settles the message it belongs to", async () => {
    const stage = await givenUp();
    stage.modem.says("\r\n+CMGS: 44\r\n\r\nOK\r\n");
    await stage.clock.advance(100);
    expect(stage.seen.late).toEqual([["s1", "44"]]);
    stage.modem.says("\r\n+CMGS: 44\r\n");
    await stage.clock.advance(100);
    expect(stage.seen.late).toHaveLength(1);
    await closeStage(stage);
  });

  test("is not taken for the next message's, although that waits for its prompt", async () => {
    const stage = await givenUp();
    stage.modem
      .expects("AT+CMGS=30")
      .says("\r\n+CMGS: 44\r\n\r\nOK\r\n")
      .prompts()
      .expectsPdu(SUBMIT)
      .answers("+CMGS: 45", "OK");
    const next = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    await stage.clock.advance(0);
    expect(stage.seen.late).toEqual([["s1", "44"]]);
    expect(next.outcome).toEqual({ is: "accepted", reference: "45" });
    await closeStage(stage);
  });
});

describe("a refusal the driver can mend", () => {
  test("330: the service centre seen on this SIM goes with the text, and with those after it", async () => {
    const stage = await readyLine();
    const withSmsc = `07913306091093F0${SUBMIT.slice(2)}`;
    stage.modem
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(SUBMIT)
      .answers("+CMS ERROR: 330")
      .expects("AT+CMMS=1")
      .answers("OK")
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(withSmsc)
      .answers("+CMGS: 7", "OK");
    const first = submit(stage);
    await stage.until(() => first.outcome !== null);
    expect(first.outcome).toEqual({ is: "accepted", reference: "7" });
    await stage.clock.advance(5000);
    stage.modem.expects("AT+CMGS=30").prompts().expectsPdu(withSmsc).answers("+CMGS: 8", "OK");
    const second = submit(stage);
    await stage.until(() => second.outcome !== null);
    expect(second.outcome).toEqual({ is: "accepted", reference: "8" });
    await closeStage(stage);
  });

  test.each([198, 199])("%i: it is sent once more without a validity period", async (code) => {
    const stage = await readyLine();
    // TP-VPF 0, and no TP-VP.
    const without = "0021000B913316325476F8000012C730BD0CA281DEF0B21BB4E1BDD71B1F";
    stage.modem
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(SUBMIT)
      .answers(`+CMS ERROR: ${code}`)
      .expects("AT+CMMS=1")
      .answers("ERROR")
      .expects("AT+CMGS=29")
      .prompts()
      .expectsPdu(without)
      .answers("+CMGS: 7", "OK");
    const settled = submit(stage);
    await stage.until(() => settled.outcome !== null);
    expect(settled.outcome).toEqual({ is: "accepted", reference: "7" });
    await closeStage(stage);
  });

  test("is mended once only", async () => {
    const stage = await readyLine();
    stage.modem.expects("AT+CMGS=30").prompts().expectsPdu(SUBMIT).answers("+CMS ERROR: 330");
    stage.modem.expects("AT+CMMS=1").answers("OK");
    stage.modem
      .expects("AT+CMGS=30")
      .prompts()
      .expectsPdu(`07913306091093F0${SUBMIT.slice(2)}`);
    stage.modem.answers("+CMS ERROR: 330");
    const settled = submit(stage);
    await stage.until(() => settled.outcome !== null);
    expect(settled.outcome).toMatchObject({ is: "rejected", fault: { status: 330, disposition: "line" } });
    await closeStage(stage);
  });

  test("322: the storages are emptied, because a full one keeps some modems from sending", async () => {
    const stage = await readyLine();
    stage.modem.expects("AT+CMGS=30").prompts().expectsPdu(SUBMIT).answers("+CMS ERROR: 322");
    watch(stage);
    const settled = submit(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(settled.outcome).toMatchObject({ is: "rejected", fault: { status: 322, disposition: "line" } });
    await closeStage(stage);
  });
});

describe("more messages", () => {
  const sends = (stage: Stage, reference: number) =>
    stage.modem.expects("AT+CMGS=30").prompts().expectsPdu(SUBMIT).answers(`+CMGS: ${reference}`, "OK");
  const sent = async (stage: Stage) => {
    const settled = submit(stage);
    await stage.until(() => settled.outcome !== null);
    expect(settled.outcome).toMatchObject({ is: "accepted" });
  };

  test("are announced once for a queue of them, and again after a pause", async () => {
    const stage = await readyLine();
    sends(stage, 1);
    stage.modem.expects("AT+CMMS=1").answers("OK");
    sends(stage, 2);
    sends(stage, 3);
    for (let count = 0; count < 3; count++) await sent(stage);
    await stage.clock.advance(5000);
    sends(stage, 4);
    await sent(stage);
    stage.modem.expects("AT+CMMS=1").answers("OK");
    sends(stage, 5);
    await sent(stage);
    await closeStage(stage);
  });

  test("are never announced before a lone message, nor again to a modem that refuses", async () => {
    const stage = await readyLine();
    for (const reference of [1, 2]) {
      sends(stage, reference);
      await sent(stage);
      await stage.clock.advance(5000);
    }
    sends(stage, 3);
    stage.modem.expects("AT+CMMS=1").answers("ERROR");
    sends(stage, 4);
    sends(stage, 5);
    for (let count = 0; count < 3; count++) await sent(stage);
    await stage.clock.advance(5000);
    sends(stage, 6);
    sends(stage, 7);
    for (let count = 0; count < 2; count++) await sent(stage);
    await closeStage(stage);
  });
});

describe("reports", () => {
  test("acknowledges a report that was routed to us once it is kept", async () => {
    const stage = await readyLine();
    const answer = deferred<Kept>();
    stage.seen.answer = () => answer.promise;
    stage.modem.says(`\r\n+CDS: 25\r\n${REPORT}\r\n`);
    await stage.until(() => stage.seen.reports.length === 1);
    expect(stage.seen.reports).toMatchObject([
      { reference: "44", recipient: "+33612345678", state: "delivered", status: 0, raw: REPORT },
    ]);
    await stage.clock.advance(2000);
    stage.modem.expects("AT+CNMA=0").says("\r\nOK\r\n");
    answer.resolve("kept");
    await stage.until(() => stage.modem.remaining === 0);
    await closeStage(stage);
  });

  test("does not acknowledge where the modem has done so itself", async () => {
    const stage = await readyLine({ phase2Plus: false });
    stage.modem.says(`\r\n+CDS: 25\r\n${REPORT}\r\n`);
    await stage.until(() => stage.seen.reports.length === 1);
    await stage.clock.advance(1000);
    await closeStage(stage);
  });

  test("reads a stored report from the storage that is named, and deletes it there", async () => {
    const stage = await readyLine({
      offered: "+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)",
      chosen: "2,1,0,2,0",
      storages: ["ME", "SR"],
    });
    stage.modem
      .says('\r\n+CDSI: "SR",3\r\n')
      .expects("AT+CMGR=3")
      .answers(`+CMGR: 0,,25\r\n${REPORT}`, "OK")
      .expects("AT+CMGD=3")
      .answers("OK");
    await stage.until(() => stage.modem.remaining === 0);
    expect(stage.seen.reports.map((report) => report.reference)).toEqual(["44"]);
    await closeStage(stage);
  });
});

describe("receiving", () => {
  test("reads what is announced and deletes it only when it is kept", async () => {
    const stage = await readyLine();
    const answer = deferred<Kept>();
    stage.seen.answer = () => answer.promise;
    stage.modem
      .says('\r\n+CMTI: "ME",4\r\n')
      .expects("AT+CMGR=4")
      .says(`\r\n+CMGR: 0,,33\r\n${DELIVER}\r\n\r\nOK\r\n`);
    await stage.until(() => stage.seen.inbound.length === 1);
    expect(stage.seen.inbound[0]).toMatchObject({
      from: "+33612345678",
      to: null,
      concatenation: null,
      messageClass: null,
      raw: DELIVER,
    });
    expect(textOf(stage.seen.inbound[0])).toBe("Merci, bien reÇu");
    await stage.clock.advance(2000);
    stage.modem.expects("AT+CMGD=4").answers("OK");
    answer.resolve("kept");
    await stage.until(() => stage.modem.remaining === 0);
    await closeStage(stage);
  });

  test("acknowledges what was routed directly only when it is kept", async () => {
    const stage = await readyLine();
    const answer = deferred<Kept>();
    stage.seen.answer = () => answer.promise;
    stage.modem.says(`\r\n+CMT: ,30\r\n${DELIVER_SHORT_CODE}\r\n`);
    await stage.until(() => stage.seen.inbound.length === 1);
    expect(stage.seen.inbound[0]?.from).toBe("38080");
    await stage.clock.advance(2000);
    stage.modem.expects("AT+CNMA=0").says("\r\nOK\r\n");
    answer.resolve("kept");
    await stage.until(() => stage.modem.remaining === 0);
    await closeStage(stage);
  });

  test.each([",30", "30", '"",30', '"alpha",30'])("knows the header +CMT: %s", async (header) => {
    const stage = await readyLine();
    stage.modem.says(`\r\n+CMT: ${header}\r\n${DELIVER_SHORT_CODE}\r\n`).expects("AT+CNMA=0").answers("OK");
    await stage.until(() => stage.modem.remaining === 0);
    expect(stage.seen.inbound).toHaveLength(1);
    await closeStage(stage);
  });

  test("tells the network to try later when what it routed to us cannot be kept", async () => {
    const stage = await readyLine();
    stage.seen.answer = () => Promise.resolve("refused");
    stage.modem.says(`\r\n+CMT: ,30\r\n${DELIVER_SHORT_CODE}\r\n`).expects("AT+CNMA=2").answers("OK");
    await stage.until(() => stage.modem.remaining === 0);
    await closeStage(stage);
  });

  test("turns the indications on again when an acknowledgement came too late", async () => {
    const stage = await readyLine();
    stage.modem
      .says(`\r\n+CMT: ,30\r\n${DELIVER_SHORT_CODE}\r\n`)
      .expects("AT+CNMA=0")
      .answers("+CMS ERROR: 340")
      .expects("AT+CNMI=2,1,0,1,0")
      .answers("OK")
      .expects("AT+CMGL=4")
      .answers("OK");
    await stage.until(() => stage.modem.remaining === 0);
    await closeStage(stage);
  });

  test("lists with a line between the entries and a message stored for sending", async () => {
    const stage = await readyLine();
    stage.modem
      .says(
        '\r\n+CMTI: "ME",1\r\n\r\n+CMTI: "ME",2\r\n\r\n+CMTI: "ME",3\r\n\r\n+CMTI: "ME",4\r\n\r\n+CMTI: "ME",5\r\n',
      )
      // So many at once are one listing.
      .expects("AT+CMGL=4")
      .says(`\r\n+CMGL: 1,1,,33\r\n${DELIVER}\r\n`)
      .says('\r\n+CMTI: "ME",7\r\n')
      .says(`+CMGL: 2,3,"",18\r\n${STORED_SUBMIT}\r\n`)
      .says("\r\nOK\r\n")
      .expects("AT+CMGD=1")
      .answers("OK")
      .expects("AT+CMGD=2")
      .answers("OK")
      // What was announced meanwhile goes before the next look.
      .expects("AT+CMGR=7")
      .answers("+CMGR: 0,,0", "OK")
      .expects("AT+CMGR=7")
      .answers(`+CMGR: 0,,25\r\n${REPORT}`, "OK")
      .expects("AT+CMGD=7")
      .answers("OK")
      .expects("AT+CMGL=4")
      .answers("OK");
    await stage.until(() => stage.modem.remaining === 0);
    expect(stage.seen.inbound.map((segment) => textOf(segment))).toEqual(["Merci, bien reÇu"]);
    expect(stage.seen.reports).toHaveLength(1);
    expect(stage.seen.undecodable).toEqual([]);
    expect(stage.seen.mostAtOnce).toBe(1);
    await closeStage(stage);
  });

  test("empties the storage at start, one entry at a time", async () => {
    const stage = await readyLine({
      listing: [`+CMGL: 0,0,,33\r\n${DELIVER}`, `+CMGL: 5,1,,25\r\n${REPORT}`],
      deleted: [0, 5],
    });
    expect(stage.seen.inbound).toHaveLength(1);
    expect(stage.seen.reports).toHaveLength(1);
    expect(stage.seen.mostAtOnce).toBe(1);
    await closeStage(stage);
  });
});

/** What the watchdog asks once something was not as it should be. */
function watch(stage: Stage): void {
  stage.modem
    .expects("AT+CNMI?")
    .answers("+CNMI: 2,1,0,1,0", "OK")
    .expects("AT+CREG?")
    .answers('+CREG: 2,1,"1A2B","00C3D4",7', "OK")
    .expects("AT+COPS?")
    .answers('+COPS: 0,2,"20801",7', "OK")
    .expects("AT+CSQ")
    .answers("+CSQ: 17,99", "OK")
    .expects("AT+CMGL=4")
    .answers("OK");
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
