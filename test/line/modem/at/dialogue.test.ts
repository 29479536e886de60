import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Command, CommandResult } from "../../../../src/line/modem/at/command.ts";
import { Dialogue, type RunOptions } from "../../../../src/line/modem/at/dialogue.ts";
import { acknowledge, LIST_ALL, query, read, send, set } from "../../../../src/line/modem/commands.ts";
import { GENERIC_URCS } from "../../../../src/line/modem/urcs.ts";
import { FakeClock, settle } from "../../../harness/fake-clock.ts";
import { ScriptedModem } from "../../../harness/scripted-modem.ts";

const CSQ = query("AT+CSQ");
const CMGS = send({ hex: "0011000A", tpduLength: 3 });
const PDU = "0011000A";

function talk() {
  const clock = new FakeClock();
  const modem = new ScriptedModem(clock);
  const told: string[] = [];
  const dialogue = new Dialogue({
    port: modem.connect(),
    clock,
    urcs: GENERIC_URCS,
    handlers: {
      onUrc: (text, pdu) => told.push(pdu === null ? text : `${text} ${pdu}`),
      onRestart: (text) => told.push(`restart ${text}`),
      onEcho: () => told.push("echo"),
      onLate: (text) => told.push(`late ${text}`),
      onNoise: (text, kind) => told.push(`${kind} ${text}`),
      onResync: () => told.push("resync"),
      onMute: (reason) => told.push(`mute ${reason}`),
      onClose: (reason) => told.push(`close ${reason}`),
    },
  });
  const results: CommandResult[] = [];
  const run = (command: Command, options?: RunOptions) => {
    const at = results.length;
    results.length = at + 1;
    dialogue.run(command, options).then(
      (result) => {
        results[at] = result;
      },
      (error: unknown) => {
        throw error;
      },
    );
  };
  return { clock, modem, dialogue, told, results, run };
}

describe("one command at a time", () => {
  test("asks the next only when the one before has ended", async () => {
    const { modem, run, results } = talk();
    modem
      .expects("ATE0")
      .does(() => expect(modem.transcript).toEqual(["→ ATE0␍"]))
      .answers("OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    run(set("ATE0"));
    run(CSQ);
    await settle();
    await settle();
    expect(results).toMatchObject([{ is: "ok" }, { is: "ok", lines: [{ text: "+CSQ: 17,99" }] }]);
    modem.finished();
  });

  test("never types a command into an open prompt", async () => {
    const { modem, run, results, clock } = talk();
    modem
      .expects("AT+CMGS=3")
      .says('\r\n+CMTI: "ME",1\r\n')
      .waits(5000)
      .prompts()
      .expectsPdu(PDU)
      .waits(5000)
      .answers("+CMGS: 1", "OK")
      .expects("AT+CMGR=1")
      .answers("+CMS ERROR: 321");
    run(CMGS);
    run(read(1));
    await clock.advance(20_000);
    expect(results).toMatchObject([{ is: "ok" }, { is: "error" }]);
    modem.finished();
  });

  test("puts what is urgent before what is queued", async () => {
    const { modem, run, clock } = talk();
    modem.expects("ATE0").answers("OK").expects("AT+CNMA=0").answers("OK").expects("AT+CSQ").answers("OK");
    run(set("ATE0"));
    run(CSQ);
    run(acknowledge(true), { urgent: true });
    await clock.advance(0);
    await clock.advance(0);
    modem.finished();
  });

  test("restarts the time-out of a listing with each line, but not for ever", async () => {
    const { modem, run, results, clock, told } = talk();
    modem.expects("AT+CMGL=4");
    for (let index = 0; index < 5; index++) modem.waits(50_000).says(`\r\n+CMGL: ${index},1,,33\r\n07\r\n`);
    run(LIST_ALL);
    await clock.advance(299_999);
    expect(results[0]).toBeUndefined();
    modem.expects("AT").answers("OK").expects("AT+CSQ").answers("+CSQ: 17,99", "OK");
    await clock.advance(1);
    await clock.advance(1000);
    modem.finished();
    expect(results[0]).toMatchObject({ is: "timeout" });
    expect(told).toContain("resync");
  });
});

describe("after a time-out", () => {
  test("the old command's OK is not taken for the next one's answer", async () => {
    const { modem, run, results, clock, told } = talk();
    modem
      .expects("ATV1")
      .expects("AT")
      // ATV1's, late, and AT's own, which nobody waits for any more.
      .answers("OK", "OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK")
      .expects("AT+CMGF=0")
      .answers("ERROR");
    run(set("ATV1"));
    run(set("AT+CMGF=0"));
    await clock.advance(20_000);
    expect(results).toMatchObject([{ is: "timeout", phase: "command" }, { is: "error" }]);
    expect(told).toEqual(["stale OK", "resync"]);
    modem.finished();
  });

  test("asks again when the sentinel's OK comes without its line", async () => {
    const { modem, run, results, clock } = talk();
    modem
      .expects("ATV1")
      .expects("AT")
      // ATV1's: AT's own comes a moment later.
      .answers("OK")
      .expects("AT+CSQ")
      .answers("OK")
      .waits(50)
      .answers("+CSQ: 17,99", "OK")
      .expects("AT")
      .answers("OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    run(set("ATV1"));
    await clock.advance(20_000);
    expect(results).toMatchObject([{ is: "timeout" }]);
    modem.finished();
  });

  test("closes with ESC a prompt that may be open, and types Ctrl-Z only after another ESC", async () => {
    const { modem, run, clock } = talk();
    modem
      .expects("AT+CMGS=3")
      .expectsRaw("\x1b\r")
      .expects("AT")
      .expects("AT")
      .expectsRaw("\x1b\r\x1a\r\x1b\r")
      .expects("AT")
      .answers("OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    run(CMGS);
    await clock.advance(60_000);
    modem.finished();
  });

  test("types neither when the PDU is out, and hands over the result that comes late", async () => {
    const { modem, run, results, clock, told } = talk();
    modem
      .expects("AT+CMGS=3")
      .prompts()
      .expectsPdu(PDU)
      .expects("AT")
      .expects("AT")
      .expects("AT")
      .answers("+CMGS: 9", "OK")
      .expects("AT+CSQ")
      .answers("+CSQ: 17,99", "OK");
    run(CMGS);
    await clock.advance(200_000);
    expect(results).toMatchObject([{ is: "timeout", phase: "result", late: ["+CMGS: 9"] }]);
    expect(told).toEqual(["resync"]);
    modem.finished();
  });

  test("an error after a PDU without a result is not taken for the next PDU's prompt", async () => {
    const { modem, run, results, clock, told } = talk();
    modem.expects("AT+CMGS=3").prompts().expectsPdu(PDU);
    modem.expects("AT").answers("OK").expects("AT+CSQ").answers("+CSQ: 9,99", "OK");
    run(CMGS);
    await clock.advance(200_000);
    // The first PDU's own refusal, and only then the second one's prompt: it is closed with ESC.
    modem.expects("AT+CMGS=3").answers("+CMS ERROR: 21").prompts();
    modem.expectsRaw("\x1b\r").answers("OK");
    modem.expects("AT").answers("OK").expects("AT+CSQ").answers("+CSQ: 9,99", "OK");
    // From then on an error is the command's own again.
    modem.expects("AT+CMGS=3").answers("+CMS ERROR: 21");
    run(CMGS);
    run(CMGS);
    await clock.advance(10_000);
    expect(results).toMatchObject([
      { is: "timeout", phase: "result" },
      { is: "timeout", phase: "prompt" },
      { is: "error", phase: "prompt", error: { code: 21 } },
    ]);
    expect(told).toEqual(["resync", "stale 21", "unknown >", "stale OK", "resync"]);
    modem.finished();
  });

  test("gives up on a modem that answers nothing", async () => {
    const { modem, run, results, clock, told } = talk();
    modem.expects("ATV1").expects("AT").expects("AT").expectsRaw("\x1b\r\x1a\r\x1b\r");
    modem.expects("AT").expects("AT").expects("AT");
    run(set("ATV1"));
    await clock.advance(60_000);
    expect(results).toMatchObject([{ is: "timeout" }]);
    expect(told).toEqual(["mute no answer to ATV1, nor to AT"]);
    modem.finished();
  });

  test("a probe's silence is an answer", async () => {
    const { modem, run, results, clock, told } = talk();
    modem.expects("AT").expects("AT").answers("OK");
    run({ text: "AT", timeoutMs: 1000, probe: true });
    run({ text: "AT", timeoutMs: 1000, probe: true });
    await clock.advance(2000);
    expect(results).toMatchObject([{ is: "timeout" }, { is: "ok" }]);
    expect(told).toEqual([]);
    modem.finished();
  });
});

test("takes an answer that is reported before the write it answers", async () => {
  const clock = new FakeClock();
  let hear: (bytes: Uint8Array) => void = () => undefined;
  const handlers = {
    onUrc: () => undefined,
    onRestart: () => undefined,
    onEcho: () => undefined,
    onLate: () => undefined,
    onNoise: () => undefined,
    onResync: () => undefined,
    onMute: () => undefined,
    onClose: () => undefined,
  };
  const said = (text: string) => hear(Buffer.from(text, "latin1"));
  const port = {
    write: async (bytes: Uint8Array) => {
      const typed = Buffer.from(bytes).toString("latin1");
      if (typed === "AT+CMGS=3\r") said("\r\n> ");
      else if (typed.endsWith("\x1a")) said("\r\n+CMGS: 44\r\n\r\nOK\r\n");
      await settle();
    },
    onData: (listener: (bytes: Uint8Array) => void) => {
      hear = listener;
    },
    onClose: () => undefined,
    close: () => Promise.resolve(),
  };
  const dialogue = new Dialogue({ port, clock, urcs: GENERIC_URCS, handlers });
  expect(await dialogue.run(CMGS)).toMatchObject({ is: "ok", lines: [{ text: "+CMGS: 44" }] });
});

describe("withdrawing", () => {
  test("takes a queued command away without a byte", async () => {
    const { modem, run, results, clock } = talk();
    const caller = new AbortController();
    modem.expects("ATE0").waits(1000).answers("OK");
    run(set("ATE0"));
    run(CMGS, { signal: caller.signal });
    await clock.advance(500);
    caller.abort();
    await clock.advance(5000);
    expect(results).toMatchObject([{ is: "ok" }, { is: "aborted", phase: "queued" }]);
    modem.finished();
  });

  test("spares what is past the point of no return, and what came without a signal", async () => {
    const { modem, run, results, clock, dialogue } = talk();
    modem
      .expects("AT+CMGS=3")
      .prompts()
      .expectsPdu(PDU)
      .waits(5000)
      .answers("+CMGS: 9", "OK")
      .expects("AT+CMGD=1")
      .answers("OK");
    run(CMGS, { signal: new AbortController().signal });
    run(set("AT+CMGD=1"));
    run(CMGS, { signal: new AbortController().signal });
    await clock.advance(1000);
    dialogue.withdraw();
    await clock.advance(10_000);
    expect(results).toMatchObject([{ is: "ok" }, { is: "ok" }, { is: "aborted", phase: "queued" }]);
    modem.finished();
  });
});

describe("the end of the port", () => {
  test("ends what is in flight and what is queued, and leaves no timer behind", async () => {
    const { modem, run, results, clock, told } = talk();
    modem.expects("AT+CSQ").says("\r\n+CMT: ,30\r\n+CS").hangsUp("unplugged");
    run(CSQ);
    run(set("ATE0"));
    await clock.advance(0);
    run(set("ATV1"));
    await clock.advance(0);
    expect(results).toMatchObject([
      { is: "lost", phase: "command", reason: "unplugged" },
      { is: "lost", phase: "queued" },
      { is: "lost", phase: "queued" },
    ]);
    expect(told.filter((line) => line.startsWith("close"))).toEqual(["close unplugged"]);
    expect(clock.pending).toBe(0);
    modem.finished();
  });

  test("ends the resynchronisation too", async () => {
    const { modem, run, results, clock, told } = talk();
    modem.expects("ATV1").expects("AT").hangsUp("unplugged");
    run(set("ATV1"));
    await clock.advance(60_000);
    expect(results).toMatchObject([{ is: "timeout" }]);
    expect(told).toEqual(["close unplugged"]);
    expect(clock.pending).toBe(0);
  });
});

test("holds the same dialogue however the modem's bytes are cut, with lines nobody asked for in every gap", async () => {
  const urcs = fc.constantFrom(
    '\r\n+CMTI: "SM",3\r\n',
    "\r\n^RSSI:17\r\n",
    "\r\n+CMT: ,30\r\n0791330609\r\n",
    "",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(urcs, { minLength: 6, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
      async (between, sizes) => {
        const { modem, run, results, told, clock } = talk();
        const gap = (place: number) => between[place] ?? "";
        modem
          .cutBy((text) => cut(text, sizes))
          .expects("AT+CMGS=3")
          .says(`${gap(0)}\r\n> `)
          .expectsPdu(PDU)
          .says(`${gap(1)}\r\n+CMGS: 44\r\n${gap(2)}\r\nOK\r\n`)
          .expects("AT+CMGL=4")
          .says(`${gap(3)}\r\n+CMGL: 1,1,,33\r\nAB\r\n${gap(4)}+CMGL: 2,1,,33\r\nCD\r\n${gap(5)}\r\nOK\r\n`);
        run(CMGS);
        run(LIST_ALL);
        await clock.advance(0);
        await clock.advance(0);
        expect(results).toMatchObject([
          { is: "ok", lines: [{ text: "+CMGS: 44" }] },
          { is: "ok", lines: [{ text: "+CMGL: 1,1,,33", pdu: "AB" }, { pdu: "CD" }] },
        ]);
        expect(told).toHaveLength(between.filter((text) => text !== "").length);
        modem.finished();
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

function cut(text: string, sizes: readonly number[]): string[] {
  const chunks: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(text.slice(at, at + size));
    at += size;
  }
  return chunks;
}
