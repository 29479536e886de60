import { describe, expect, test } from "vitest";
import type { Command, CommandResult } from "../../../../src/line/modem/at/command.ts";
import {
  type Effect,
  IDLE,
  type Input,
  type Machine,
  next,
} from "../../../../src/line/modem/at/command-machine.ts";
import { LIST_ALL, query, send, set } from "../../../../src/line/modem/commands.ts";
import { GENERIC_URCS } from "../../../../src/line/modem/urcs.ts";

const CMGS = send({ hex: "0011000A", tpduLength: 3 });
const HEX = "07913306091093F0040B91";

function line(text: string): Input {
  return { is: "line", text };
}

function start(command: Command): Input {
  return { is: "start", command };
}

const WRITTEN: Input = { is: "written" };
const PROMPT: Input = { is: "prompt" };
const TIMEOUT: Input = { is: "timeout" };

function run(...inputs: Input[]): { machine: Machine; effects: Effect[] } {
  let machine = IDLE;
  const effects: Effect[] = [];
  for (const input of inputs) {
    const step = next(machine, input, GENERIC_URCS);
    machine = step.machine;
    effects.push(...step.effects);
  }
  return { machine, effects };
}

function resultOf(...inputs: Input[]): CommandResult | null {
  const settled = run(...inputs).effects.find((effect) => effect.is === "settle");
  return settled?.is === "settle" ? settled.result : null;
}

function told(...inputs: Input[]): Effect[] {
  const quiet = ["write", "arm", "disarm", "expect-prompt", "settle"];
  return run(...inputs).effects.filter((effect) => !quiet.includes(effect.is));
}

describe("one command", () => {
  test("is written with CR alone and ends at its final result", () => {
    const { machine, effects } = run(start(set("ATE0")), WRITTEN, line("OK"));
    expect(effects).toEqual([
      { is: "arm", ms: 5000 },
      { is: "write", text: "ATE0\r" },
      { is: "arm", ms: 5000 },
      { is: "disarm" },
      { is: "expect-prompt", expected: false },
      { is: "settle", result: { is: "ok", phase: "command", lines: [] } },
    ]);
    expect(machine.state).toEqual({ is: "idle" });
  });

  test("does not take a final result that comes before it is written: that answers something older", () => {
    expect(resultOf(start(set("ATE0")), line("OK"))).toBeNull();
    expect(told(start(set("ATE0")), line("OK"))).toEqual([{ is: "stale", text: "OK" }]);
    expect(resultOf(start(set("ATE0")), line("OK"), WRITTEN, line("ERROR"))).toMatchObject({ is: "error" });
  });

  test("waits longer with each line of a listing", () => {
    const { effects } = run(start(LIST_ALL), WRITTEN, line("+CMGL: 1,1,,33"), line(HEX));
    expect(effects.filter((effect) => effect.is === "arm")).toHaveLength(3);
  });

  test("ends lost when the modem restarts, and says so", () => {
    expect(resultOf(start(set("ATE0")), WRITTEN, line("RDY"))).toMatchObject({
      is: "lost",
      phase: "command",
    });
    expect(told(start(set("ATE0")), WRITTEN, line("RDY"))).toEqual([{ is: "restart", text: "RDY" }]);
  });

  test("cannot be started while another runs", () => {
    expect(() => run(start(set("ATE0")), start(set("ATV1")))).toThrow(/while another command runs/);
  });
});

describe("a command that prompts", () => {
  test("types the PDU at the prompt, Ctrl-Z in the same write", () => {
    const { effects } = run(start(CMGS), WRITTEN, PROMPT);
    expect(effects.filter((effect) => effect.is === "write")).toEqual([
      { is: "write", text: "AT+CMGS=3\r" },
      { is: "write", text: "0011000A\x1a" },
    ]);
    expect(effects.filter((effect) => effect.is === "expect-prompt")).toEqual([
      { is: "expect-prompt", expected: true },
      { is: "expect-prompt", expected: false },
    ]);
  });

  test("never types it when the prompt is refused", () => {
    const { effects } = run(start(CMGS), WRITTEN, line("+CMS ERROR: 302"));
    expect(effects.filter((effect) => effect.is === "write")).toHaveLength(1);
  });

  test.each<{ name: string; inputs: Input[]; phase: string; is: string }>([
    { name: "refused before the prompt", inputs: [WRITTEN, line("ERROR")], phase: "prompt", is: "error" },
    { name: "no prompt", inputs: [WRITTEN, TIMEOUT], phase: "prompt", is: "timeout" },
    { name: "withdrawn before it was written", inputs: [{ is: "abort" }], phase: "prompt", is: "aborted" },
    { name: "withdrawn at the prompt", inputs: [WRITTEN, { is: "abort" }], phase: "prompt", is: "aborted" },
    {
      name: "closed before the prompt",
      inputs: [WRITTEN, { is: "closed", reason: "unplugged" }],
      phase: "prompt",
      is: "lost",
    },
    {
      name: "closed while the PDU leaves",
      inputs: [WRITTEN, PROMPT, { is: "closed", reason: "unplugged" }],
      phase: "result",
      is: "lost",
    },
    {
      name: "no answer to the PDU",
      inputs: [WRITTEN, PROMPT, WRITTEN, TIMEOUT],
      phase: "result",
      is: "timeout",
    },
    {
      name: "restarted after the PDU",
      inputs: [WRITTEN, PROMPT, WRITTEN, line("RDY")],
      phase: "result",
      is: "lost",
    },
    {
      name: "refused after the PDU",
      inputs: [WRITTEN, PROMPT, WRITTEN, line("ERROR")],
      phase: "result",
      is: "error",
    },
    {
      name: "accepted",
      inputs: [WRITTEN, PROMPT, WRITTEN, line("+CMGS: 44"), line("OK")],
      phase: "result",
      is: "ok",
    },
  ])("knows how far it got: $name", ({ inputs, phase, is }) => {
    expect(resultOf(start(CMGS), ...inputs)).toMatchObject({ is, phase });
  });

  test("cannot be withdrawn once the PDU is on its way", () => {
    const { machine } = run(start(CMGS), WRITTEN, PROMPT, { is: "abort" }, WRITTEN, { is: "abort" });
    expect(machine.state.is).toBe("awaiting-final");
  });

  test("waits only a little for the final result once its own line has come", () => {
    const { effects } = run(start(CMGS), WRITTEN, PROMPT, WRITTEN, line("+CMGS: 44"));
    expect(effects.at(-1)).toEqual({ is: "arm", ms: 5000 });
    expect(resultOf(start(CMGS), WRITTEN, PROMPT, WRITTEN, line("+CMGS: 44"), TIMEOUT)).toMatchObject({
      is: "timeout",
      lines: [{ text: "+CMGS: 44", pdu: null }],
    });
  });

  test("takes neither a result nor an OK for its own before its PDU is out", () => {
    const early: Input[] = [start(CMGS), WRITTEN, line("+CMGS: 44"), line("OK")];
    expect(told(...early)).toEqual([
      { is: "late", text: "+CMGS: 44" },
      { is: "stale", text: "OK" },
    ]);
    expect(resultOf(...early)).toBeNull();
    const result = resultOf(...early, PROMPT, WRITTEN, line("+CMGS: 45"), line("OK"));
    expect(result).toEqual({ is: "ok", phase: "result", lines: [{ text: "+CMGS: 45", pdu: null }] });
  });

  test("does not take a prompt for its own before it is written", () => {
    expect(told(start(CMGS), PROMPT)).toEqual([{ is: "unknown", text: ">" }]);
  });
});

describe("lines nobody asked for", () => {
  const dialogue: Input[] = [
    start(LIST_ALL),
    WRITTEN,
    line("+CMGL: 1,1,,33"),
    line(HEX),
    line("+CMGL: 2,1,,33"),
    line(`${HEX}00`),
    line("OK"),
  ];
  const undisturbed = resultOf(...dialogue);

  test.each(Array.from({ length: dialogue.length }, (_, gap) => gap + 1))(
    "may come in gap %i, one line or two, without changing the answer",
    (gap) => {
      for (const between of [[line('+CMTI: "SM",3')], [line("+CMT: ,30"), line("0791")]]) {
        const inputs = [...dialogue.slice(0, gap), ...between, ...dialogue.slice(gap)];
        expect(resultOf(...inputs)).toEqual(undisturbed);
        expect(told(...inputs)).toEqual([
          between.length === 1
            ? { is: "urc", text: '+CMTI: "SM",3', pdu: null }
            : { is: "urc", text: "+CMT: ,30", pdu: "0791" },
        ]);
      }
    },
  );

  test.each([1, 2, 3, 4, 5])("may come in gap %i of a send", (gap) => {
    const sending: Input[] = [start(CMGS), WRITTEN, PROMPT, WRITTEN, line("+CMGS: 44"), line("OK")];
    const inputs = [...sending.slice(0, gap), line('+CREG: 1,"1A2B","00C3D4"'), ...sending.slice(gap)];
    expect(resultOf(...inputs)).toMatchObject({ is: "ok", lines: [{ text: "+CMGS: 44", pdu: null }] });
    expect(told(...inputs)).toEqual([{ is: "urc", text: '+CREG: 1,"1A2B","00C3D4"', pdu: null }]);
  });
});

describe("headers and their hex", () => {
  test("a header glued to the hex before it begins a new line", () => {
    expect(
      resultOf(
        start(LIST_ALL),
        WRITTEN,
        line("+CMGL: 1,1,,33"),
        line(`${HEX}+CMGL: 2,1,,33`),
        line(HEX),
        line("OK"),
      ),
    ).toMatchObject({ lines: [{ pdu: HEX }, { text: "+CMGL: 2,1,,33", pdu: HEX }] });
  });

  test("a header without its hex is damaged, and what follows is read as usual", () => {
    expect(told(line("+CMT: ,30"), line("+CMT: ,31"), line("0791"))).toEqual([
      { is: "damaged", text: "+CMT: ,30" },
      { is: "urc", text: "+CMT: ,31", pdu: "0791" },
    ]);
    expect(resultOf(start(LIST_ALL), WRITTEN, line("+CMGL: 1,1,,33"), line("OK"))).toMatchObject({
      is: "ok",
      lines: [],
    });
    expect(told(line("+CMT: ,30"), { is: "header-timeout" }, line("0791"))).toEqual([
      { is: "damaged", text: "+CMT: ,30" },
      { is: "unknown", text: "0791" },
    ]);
  });

  test("hex that is not quite hex still belongs to its header: somebody must see it", () => {
    expect(told(line("+CMT: ,30"), line("0791=33"))).toEqual([
      { is: "urc", text: "+CMT: ,30", pdu: "0791=33" },
    ]);
  });

  test("an answer that comes when nothing is asked is stale, a result late", () => {
    expect(told(line("OK"), line("+CMGS: 44"), line("gibberish"))).toEqual([
      { is: "stale", text: "OK" },
      { is: "late", text: "+CMGS: 44" },
      { is: "unknown", text: "gibberish" },
    ]);
  });
});

test("an echo is told, and is no answer", () => {
  expect(told(start(query("AT+CSQ")), line("AT+CSQ"), WRITTEN, line("+CSQ: 17,99"), line("OK"))).toEqual([
    { is: "echo" },
  ]);
});
