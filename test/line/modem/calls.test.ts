/** Somebody rings: told once, rung off, and nothing else is held up. */
import { describe, expect, test } from "vitest";
import type { SubmitOutcome } from "../../../src/line/line.ts";
import { segmentTo } from "../line-contract.ts";
import { closeStage, readyLine, type Stage } from "./scripted-line.ts";

const PDU = "0031000B913316325476F80000A712C730BD0CA281DEF0B21BB4E1BDD71B1F";

const calls = (stage: Stage) =>
  stage.seen.events.filter((event) => event.type === "line.call").map((event) => event.text);

/** Kept with the event, never logged. */
const details = (stage: Stage) =>
  stage.seen.events.filter((event) => event.type === "line.call").map((event) => event.detail);

/** What the watchdog asks once a call is over. Some sticks hear nothing until they are told again (E3372h-153). */
function looksAfter({ modem }: Stage): void {
  modem.expects("AT+CNMI=2,1,0,1,0").answers("OK");
  modem.expects("AT+CNMI?").answers("+CNMI: 2,1,0,1,0", "OK");
  modem.expects("AT+CREG?").answers('+CREG: 2,1,"1A2B","00C3D4",7', "OK");
  modem.expects("AT+COPS?").answers('+COPS: 0,2,"20801",7', "OK");
  modem.expects("AT+CSQ").answers("+CSQ: 17,99", "OK");
  modem.expects("AT+CMGL=4").answers("OK");
}

describe("an incoming call", () => {
  test("is told of once, masked, rung off, and the modem looked after when it is over", async () => {
    const stage = await readyLine();
    stage.modem
      .says("\r\nRING\r\n")
      .says('\r\n+CLIP: "+33612345678",145,,,,0\r\n')
      .says("\r\nRING\r\n")
      .expects("AT+CHUP")
      .answers("OK")
      .answers("NO CARRIER");
    looksAfter(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(calls(stage)).toEqual(["sim1: a call from +33•••••5678; it is hung up"]);
    expect(details(stage)).toEqual([{ from: "+33612345678" }]);
    expect(stage.line.status).toMatchObject({ state: "ready", counters: { calls: 1 } });
    await closeStage(stage);
  });

  test.each([
    { clip: '+CLIP: "",128,,,,1', name: "withheld in so many words" },
    { clip: null, name: "of which no number is told" },
  ])("$name is told of as withheld", async ({ clip }) => {
    const stage = await readyLine();
    stage.modem.says("\r\nRING\r\n");
    if (clip !== null) stage.modem.says(`\r\n${clip}\r\n`);
    stage.modem.expects("AT+CHUP").answers("ERROR").expects("ATH").answers("OK").answers("NO CARRIER");
    looksAfter(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(calls(stage)).toEqual(["sim1: a call from a withheld number; it is hung up"]);
    expect(details(stage)).toEqual([{ from: null }]);
    await closeStage(stage);
  });

  test("is over when it rings no more, though nothing says so", async () => {
    const stage = await readyLine();
    stage.modem
      .says('\r\nRING\r\n\r\n+CLIP: "+33612345678",145\r\n')
      .expects("AT+CHUP")
      .answers("OK")
      .waits(9000);
    looksAfter(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(calls(stage)).toHaveLength(1);
    await closeStage(stage);
  });

  test("in the middle of a send leaves the send alone", async () => {
    const stage = await readyLine();
    const { modem } = stage;
    let outcome: SubmitOutcome | null = null;
    modem
      .expects("AT+CMGS=30")
      .says("\r\nRING\r\n")
      .prompts()
      .expectsPdu(PDU)
      .says('\r\n+CLIP: "+33612345678",145\r\n')
      .answers("+CMGS: 7", "OK")
      .expects("AT+CHUP")
      .answers("OK")
      .answers("NO CARRIER");
    looksAfter(stage);
    const sent = stage.line
      .submit(segmentTo("+33612345678", "Gate 4 open [ok]"), {
        submissionId: "s1",
        signal: new AbortController().signal,
      })
      .then((settled) => {
        outcome = settled;
      });
    await stage.until(() => modem.remaining === 0);
    await sent;
    expect(outcome).toEqual({ is: "accepted", reference: "7" });
    await closeStage(stage);
  });

  test("is left to ring where that is wished", async () => {
    const stage = await readyLine({}, { callPolicy: "ignore" });
    stage.modem.says('\r\nRING\r\n\r\n+CLIP: "+33612345678",145\r\n').waits(9000);
    looksAfter(stage);
    await stage.until(() => stage.modem.remaining === 0);
    expect(calls(stage)).toEqual(["sim1: a call from +33•••••5678; it is left to ring"]);
    await closeStage(stage);
  });
});
