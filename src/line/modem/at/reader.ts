/**
 * Bytes to lines and prompts.
 *
 *   bytes ─▶ NUL, FFh dropped ─▶ "> " at a line's start, while a prompt is expected ─▶ onPrompt
 *                             └▶ ReadlineParser (LF, latin1) ─▶ CRs cut, blanks dropped ─▶ onLine
 *
 * The prompt has no line end (27.005 §3.5.1), so no line splitter ever emits it: it is taken out before the
 * line parser, and only while a command that prompts is in flight; otherwise `>` is ordinary text. Line ends
 * vary (CR LF, LF, CR CR LF), so the parser splits at LF and every CR is cut afterwards. The parser is pulled,
 * not listened to: a line is out before the byte after it is looked at, whatever the chunks were.
 */
import { ReadlineParser } from "@serialport/parser-readline";
import type { Clock, Timer } from "../../../runtime/clock.ts";

export type ReaderHandlers = {
  readonly onLine: (line: string) => void;
  readonly onPrompt: () => void;
  /** A line longer than any modem sends: its beginning. */
  readonly onDamaged: (beginning: string) => void;
};

const LINE_LIMIT = 2048;
/** Some modems print `>` without its space. */
const PROMPT_SPACE_MS = 50;
/** Some omit the last LF of what they send. */
const STRAY_MS = 5000;

/** A quote that is never closed must not swallow the results after it. */
const NOT_IN_A_TEXT = /^(?:OK|ERROR|\+[A-Z]+(?: ERROR)?:.*)$/;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const GREATER = 0x3e;

export class Reader {
  readonly #handlers: ReaderHandlers;
  readonly #clock: Clock;
  readonly #parser = new ReadlineParser({ delimiter: "\n", encoding: "latin1", readableObjectMode: true });
  #promptExpected = false;
  #greaterHeld = false;
  /** Octets since the last line end, as given to the parser. */
  #lineLength = 0;
  /** After a lone CR the next byte begins a line too: an echo, then `> `. */
  #lastWasCr = false;
  #damaged = false;
  /** The first part of a text whose quotes are still open. */
  #openQuote = "";
  #timer: Timer | null = null;

  constructor(clock: Clock, handlers: ReaderHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  expectPrompt(expected: boolean): void {
    this.#promptExpected = expected;
  }

  push(bytes: Uint8Array): void {
    this.#cancelTimer();
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#greaterHeld) {
        this.#greaterHeld = false;
        from = at;
        if (byte === SPACE || byte === CR) {
          from = at + 1;
          this.#handlers.onPrompt();
          continue;
        }
        this.#give(Uint8Array.of(GREATER));
      }
      if (byte === 0x00 || byte === 0xff) {
        this.#give(bytes.subarray(from, at));
        from = at + 1;
      } else if (byte === GREATER && this.#promptExpected && this.#atLineStart(bytes, from, at)) {
        this.#give(bytes.subarray(from, at));
        from = at + 1;
        this.#greaterHeld = true;
      } else if (byte === LF) {
        this.#give(bytes.subarray(from, at + 1));
        from = at + 1;
      }
    }
    this.#give(bytes.subarray(from));
    this.#armTimer();
  }

  /** Forgets what is half read and stops its timer. */
  close(): void {
    this.#cancelTimer();
  }

  #atLineStart(bytes: Uint8Array, from: number, at: number): boolean {
    if (at > from) return bytes[at - 1] === CR;
    return this.#lineLength === 0 || this.#lastWasCr;
  }

  /** Hands octets to the parser; they hold at most one LF, at their end. */
  #give(octets: Uint8Array): void {
    if (octets.length === 0) return;
    const last = octets[octets.length - 1];
    const length = this.#lineLength + octets.length;
    this.#lineLength = last === LF ? 0 : length;
    this.#lastWasCr = last === CR;
    if (this.#damaged) {
      this.#damaged = last !== LF;
    } else if (length > LINE_LIMIT) {
      this.#damaged = last !== LF;
      this.#handlers.onDamaged(this.#flush().slice(0, 80));
    } else {
      this.#parser.write(octets);
      if (last === LF) this.#emit(this.#pull());
    }
  }

  #pull(): string {
    const line: unknown = this.#parser.read();
    return typeof line === "string" ? line : "";
  }

  #flush(): string {
    this.#parser.write("\n", "latin1");
    return this.#pull();
  }

  #emit(text: string): void {
    for (const piece of text.split("\r")) this.#emitLine(piece.trim());
  }

  /** A CR LF inside the quotes of `+CUSD:` or `+COPS:` is part of the text. */
  #emitLine(piece: string): void {
    if (piece === "") return;
    if (this.#openQuote !== "" && NOT_IN_A_TEXT.test(piece)) {
      this.#handlers.onLine(this.#openQuote);
      this.#openQuote = "";
    }
    const line = this.#openQuote === "" ? piece : `${this.#openQuote}\n${piece}`;
    this.#openQuote = "";
    if (/^\+(CUSD|COPS):/.test(line) && line.split('"').length % 2 === 0 && line.length < LINE_LIMIT) {
      this.#openQuote = line;
      return;
    }
    this.#handlers.onLine(line);
  }

  #armTimer(): void {
    if (this.#greaterHeld) {
      this.#timer = this.#clock.timer(PROMPT_SPACE_MS, () => {
        this.#greaterHeld = false;
        this.#handlers.onPrompt();
      });
    } else if ((this.#lineLength > 0 || this.#openQuote !== "") && !this.#damaged) {
      this.#timer = this.#clock.timer(STRAY_MS, () => {
        if (this.#promptExpected) return;
        this.#lineLength = 0;
        const stray = [this.#openQuote, this.#flush()].filter((part) => part !== "").join("\n");
        this.#openQuote = "";
        for (const piece of stray.split("\r")) if (piece.trim() !== "") this.#handlers.onLine(piece.trim());
      });
    }
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
