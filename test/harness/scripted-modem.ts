/**
 * The modem's side of a dialogue, written down beforehand:
 *
 *     modem.expects("AT+CMGS=18");
 *     modem.prompts();
 *     modem.expectsPdu("0011…");
 *     modem.answers("+CMGS: 7", "OK");
 *
 * What is typed must be what is expected, octet for octet and in this order; what is said is said as soon as its
 * turn comes. `finished` fails on steps that were not reached and on writes nobody expected.
 */
import { expect } from "vitest";
import type { BytePort } from "../../src/line/byte-port.ts";
import type { FakeClock } from "./fake-clock.ts";

type Step =
  | { readonly is: "expect"; readonly typed: string }
  | { readonly is: "say"; readonly text: string }
  | { readonly is: "wait"; readonly ms: number }
  | { readonly is: "do"; readonly deed: () => void };

export type Chunking = (text: string) => readonly string[];

export class ScriptedModem {
  readonly #clock: FakeClock;
  readonly #steps: Step[] = [];
  readonly #problems: string[] = [];
  /** Everything typed and said, for failures and for order: `→ AT␍`, `← ␍␊OK␍␊`. */
  readonly transcript: string[] = [];
  #chunking: Chunking = (text) => [text];
  #port: ScriptedPort | null = null;
  #typed = "";
  #waiting = false;
  #talking = false;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** A line typed to it, without its CR. */
  expects(line: string): this {
    return this.expectsRaw(`${line}\r`);
  }

  expectsPdu(hex: string): this {
    return this.expectsRaw(`${hex}\x1a`);
  }

  expectsRaw(typed: string): this {
    return this.#then({ is: "expect", typed });
  }

  /** Lines in the V1 form, CR LF before and after each. */
  answers(...lines: string[]): this {
    return this.says(lines.map((line) => `\r\n${line}\r\n`).join(""));
  }

  prompts(prompt = "\r\n> "): this {
    return this.says(prompt);
  }

  says(text: string): this {
    return this.#then({ is: "say", text });
  }

  waits(ms: number): this {
    return this.#then({ is: "wait", ms });
  }

  /** Runs something when its turn comes. */
  does(deed: () => void): this {
    return this.#then({ is: "do", deed });
  }

  hangsUp(reason = "unplugged"): this {
    return this.does(() => this.#port?.end(reason));
  }

  /** How what it says is cut into reads. */
  cutBy(chunking: Chunking): this {
    this.#chunking = chunking;
    return this;
  }

  connect(): BytePort {
    const port = new ScriptedPort((text) => this.#hear(text));
    this.#port = port;
    this.#typed = "";
    setImmediate(() => this.#talk());
    return port;
  }

  /** Steps not yet reached. */
  get remaining(): number {
    return this.#steps.length;
  }

  finished(): void {
    const rest = this.#steps.map((step) => `not reached: ${describe(step)}`);
    expect([...this.#problems, ...rest], this.transcript.join("\n")).toEqual([]);
  }

  #then(step: Step): this {
    this.#steps.push(step);
    if (this.#port !== null) setImmediate(() => this.#talk());
    return this;
  }

  #hear(text: string): void {
    this.transcript.push(`→ ${visible(text)}`);
    this.#typed += text;
    this.#talk();
  }

  #talk(): void {
    if (this.#talking || this.#port === null) return;
    this.#talking = true;
    try {
      while (this.#step()) {
        // One after the other, until one has to wait.
      }
    } finally {
      this.#talking = false;
    }
  }

  /** False when the next step has to wait. */
  #step(): boolean {
    const step = this.#steps[0];
    if (step?.is === "expect" && step.typed.startsWith(this.#typed) && step.typed !== this.#typed)
      return false;
    if (this.#typed !== "" && (step?.is !== "expect" || step.typed !== this.#typed)) {
      this.#problems.push(`typed ${visible(this.#typed)}, expected ${describe(step)}`);
      this.#typed = "";
      return true;
    }
    if (step === undefined || this.#waiting) return false;
    this.#steps.shift();
    switch (step.is) {
      case "expect":
        this.#typed = "";
        return true;
      case "say":
        this.transcript.push(`← ${visible(step.text)}`);
        for (const chunk of this.#chunking(step.text)) this.#port?.emit(chunk);
        return true;
      case "wait":
        this.#waiting = true;
        this.#clock.timer(step.ms, () => {
          this.#waiting = false;
          this.#talk();
        });
        return false;
      case "do":
        step.deed();
        return true;
      default:
        return step satisfies never;
    }
  }
}

class ScriptedPort implements BytePort {
  readonly #hear: (text: string) => void;
  #onData: (bytes: Uint8Array) => void = () => undefined;
  #onClose: (reason: string) => void = () => undefined;
  #closed: string | null = null;

  constructor(hear: (text: string) => void) {
    this.#hear = hear;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed !== null) return Promise.reject(new Error(this.#closed));
    const text = Buffer.from(bytes).toString("latin1");
    setImmediate(() => {
      if (this.#closed === null) this.#hear(text);
    });
    return Promise.resolve();
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener;
  }

  onClose(listener: (reason: string) => void): void {
    this.#onClose = listener;
  }

  close(): Promise<void> {
    this.end("closed by us");
    return Promise.resolve();
  }

  emit(text: string): void {
    if (this.#closed === null) this.#onData(Buffer.from(text, "latin1"));
  }

  end(reason: string): void {
    if (this.#closed !== null) return;
    this.#closed = reason;
    this.#onClose(reason);
  }
}

export function visible(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.charCodeAt(0);
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : character;
    })
    .join("");
}

function describe(step: Step | undefined): string {
  if (step === undefined) return "nothing more";
  switch (step.is) {
    case "expect":
      return `→ ${visible(step.typed)}`;
    case "say":
      return `← ${visible(step.text)}`;
    case "wait":
      return `${step.ms} ms`;
    case "do":
      return "a deed";
    default:
      return step satisfies never;
  }
}
