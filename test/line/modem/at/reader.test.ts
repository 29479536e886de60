import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Reader } from "../../../../src/line/modem/at/reader.ts";
import { FakeClock } from "../../../harness/fake-clock.ts";

type Emitted = string;

function reader(clock = new FakeClock()) {
  const emitted: Emitted[] = [];
  const it = new Reader(clock, {
    onLine: (line) => emitted.push(line),
    onPrompt: () => {
      emitted.push("PROMPT");
      it.expectPrompt(false);
    },
    onDamaged: (beginning) => emitted.push(`DAMAGED ${beginning}`),
  });
  const push = (text: string) => it.push(Buffer.from(text, "latin1"));
  return { it, push, emitted, clock };
}

describe("lines", () => {
  test.each([
    { name: "CR LF before and after", bytes: "\r\nOK\r\n", lines: ["OK"] },
    { name: "LF alone", bytes: "\nOK\n", lines: ["OK"] },
    { name: "CR CR LF at the end", bytes: "\r\n^RSSI:17\r\r\n", lines: ["^RSSI:17"] },
    { name: "an echo and its answer", bytes: "AT\r\r\nOK\r\n", lines: ["AT", "OK"] },
    { name: "spaces at the end", bytes: "\r\n+CSQ: 17,99  \r\n", lines: ["+CSQ: 17,99"] },
    { name: "NUL and FFh after a start", bytes: "\0\0\xffA\0T\xff\r\nOK\r\n", lines: ["AT", "OK"] },
    { name: "several lines in one read", bytes: "\r\n+CMGS: 44\r\n\r\nOK\r\n", lines: ["+CMGS: 44", "OK"] },
    {
      name: "a line end inside quotes",
      bytes: '\r\n+CUSD: 0,"Solde:\r\n12,40",15\r\n',
      lines: ['+CUSD: 0,"Solde:\n12,40",15'],
    },
    {
      name: "results after a quote that is never closed",
      bytes: '\r\n+CUSD: 0,"Solde\r\nOK\r\n',
      lines: ['+CUSD: 0,"Solde', "OK"],
    },
    { name: "Latin-1 as it is", bytes: '\r\n+COPS: 0,0,"\xe9\xe8"\r\n', lines: ['+COPS: 0,0,"éè"'] },
  ])("reads $name", ({ bytes, lines }) => {
    const { push, emitted } = reader();
    push(bytes);
    expect(emitted).toEqual(lines);
  });

  test("drops a line longer than any modem sends, tells its beginning, and reads on after it", () => {
    const { push, emitted } = reader();
    push("x".repeat(1500));
    push("y".repeat(5000));
    push("zzz\r\nOK\r\n");
    expect(emitted).toHaveLength(2);
    expect(emitted[0]).toMatch(/^DAMAGED x+$/);
    expect(emitted[1]).toBe("OK");
  });

  test("gives out a line whose end never came, but not while a prompt is expected", async () => {
    const { push, emitted, clock, it } = reader();
    push("\r\nOK");
    await clock.advance(4999);
    expect(emitted).toEqual([]);
    await clock.advance(1);
    expect(emitted).toEqual(["OK"]);
    it.expectPrompt(true);
    push("\r\nERR");
    await clock.advance(10_000);
    push("OR\r\n");
    expect(emitted).toEqual(["OK", "ERROR"]);
  });
});

describe("the prompt", () => {
  test.each([
    { name: "as the standard has it", bytes: "\r\n> " },
    { name: "after an echo", bytes: "AT+CMGS=30\r\r\n> " },
    { name: "after an echo without LF", bytes: "AT+CMGS=30\r> " },
    { name: "with an end of line for its space", bytes: "\r\n>\r\n" },
  ])("is seen $name", ({ bytes }) => {
    const { it, push, emitted } = reader();
    it.expectPrompt(true);
    push(bytes);
    expect(emitted.at(-1)).toBe("PROMPT");
  });

  test("is seen without its space after a moment, and a space that comes later is nothing", async () => {
    const { it, push, emitted, clock } = reader();
    it.expectPrompt(true);
    push("\r\n>");
    expect(emitted).toEqual([]);
    await clock.advance(50);
    expect(emitted).toEqual(["PROMPT"]);
    push(" \r\n+CMGS: 1\r\n");
    expect(emitted).toEqual(["PROMPT", "+CMGS: 1"]);
  });

  test("is seen although an unsolicited line comes before it", () => {
    const { it, push, emitted } = reader();
    it.expectPrompt(true);
    push('\r\n+CMTI: "SM",3\r\n\r\n> ');
    expect(emitted).toEqual(['+CMTI: "SM",3', "PROMPT"]);
  });

  test("is not seen when nobody expects one, nor in the middle of a line", () => {
    const { it, push, emitted } = reader();
    push("\r\n> hello\r\n");
    it.expectPrompt(true);
    push('\r\n+CUSD: 1,"a > b",15\r\n');
    expect(emitted).toEqual(["> hello", '+CUSD: 1,"a > b",15']);
  });

  test("is not a `>` that begins a line of text", () => {
    const { it, push, emitted } = reader();
    it.expectPrompt(true);
    push("\r\n>x\r\n");
    expect(emitted).toEqual([">x"]);
  });
});

test("reads the same however the bytes are cut", () => {
  const transcript =
    'AT+CMGS=30\r\r\n+CMTI: "SM",3\r\n\0\r\n> 0031\x1a\r\r\n+CREG: 1,"1A2B","00C3D4"\r\n\r\n+CMGS: 44\r\n\r\nOK\r\n' +
    '\r\n+CMGL: 1,1,,33\r\n0791330609\r\n\r\n+CMTI: "ME",7\r\n+CMGL: 2,3,"",18\r\n0011\r\n\r\nOK\r\r\n';
  const whole = read([transcript]);
  expect(whole).toContain("PROMPT");
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 }), (sizes) => {
      expect(read(cut(transcript, sizes))).toEqual(whole);
    }),
  );
});

test("survives any bytes, and reads the next answer", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      fc.boolean(),
      (chunks, prompting) => {
        const { it, push, emitted } = reader();
        it.expectPrompt(prompting);
        for (const chunk of chunks) it.push(chunk);
        it.expectPrompt(false);
        push("\r\n\r\n+CSQ: 17,99\r\n");
        it.close();
        expect(emitted.at(-1)).toContain("+CSQ: 17,99");
      },
    ),
  );
});

function read(chunks: readonly string[]): Emitted[] {
  const { it, push, emitted } = reader();
  it.expectPrompt(true);
  for (const chunk of chunks) push(chunk);
  it.close();
  return emitted;
}

function cut(text: string, sizes: readonly number[]): string[] {
  const chunks: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(text.slice(at, at + size));
    at += size;
  }
  return chunks;
}
