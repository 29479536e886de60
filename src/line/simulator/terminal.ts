/**
 * The modem's end of the wire: bytes in, echo, command lines, the prompt, text out (V.250 §5, 27.005 §3.5.1).
 *
 * CR ends a command line, ESC throws it away, LF and other control characters mean nothing. After the prompt
 * Ctrl-Z ends the PDU and ESC cancels it. While a command runs, what is typed waits; so the same bytes give the
 * same answers however they are cut. Unsolicited lines go out at any time except inside an open prompt, where a
 * real TA holds them back too.
 */

const CR = 0x0d;
const LF = 0x0a;
const ESC = 0x1b;
const CTRL_Z = 0x1a;

/** Longest command line; a longer one is an ERROR. Real modems take 200 to 560. */
const LINE_MAX = 560;
/** Longest PDU kept: more cannot be a valid TPDU. */
const PDU_MAX = 1024;

/** How a command or a PDU ends: text for the TE, or a prompt. */
export type Ending =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "prompt"; readonly text: string; readonly take: TakePdu };
export type TakePdu = (pdu: string, end: (ending: Ending) => void) => void;

export type TerminalHost = {
  /** A line without its CR; `end` is called once, at any time. */
  readonly execute: (line: string, end: (ending: Ending) => void) => void;
  readonly isEchoing: () => boolean;
  readonly send: (text: string) => void;
};

type State =
  | { readonly is: "command" }
  | { readonly is: "running" }
  | { readonly is: "prompt"; readonly take: TakePdu };

export class Terminal {
  readonly #host: TerminalHost;
  #state: State = { is: "command" };
  #typed = "";
  #input: Uint8Array[] = [];
  #output = "";
  #heldBack: string[] = [];
  #generation = 0;
  #pumping = false;

  constructor(host: TerminalHost) {
    this.#host = host;
  }

  input(bytes: Uint8Array): void {
    this.#input.push(bytes.slice());
    this.#pump();
  }

  unsolicited(line: string): void {
    const text = `\r\n${line}\r\n`;
    if (this.#state.is === "prompt") this.#heldBack.push(text);
    else this.#output += text;
    if (!this.#pumping) this.#flush();
  }

  /** Power-up: whatever was typed, running or waiting is gone. */
  reset(): void {
    this.#generation += 1;
    this.#state = { is: "command" };
    this.#typed = "";
    this.#input = [];
    this.#output = "";
    this.#heldBack = [];
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const generation = this.#generation;
    try {
      for (let chunk = this.#input.shift(); chunk !== undefined; chunk = this.#input.shift()) {
        let at = 0;
        while (at < chunk.length && !this.#isRunning() && generation === this.#generation)
          this.#byte(chunk[at++] as number);
        if (generation !== this.#generation) break;
        if (at === chunk.length) continue;
        this.#input.unshift(chunk.subarray(at));
        break;
      }
    } finally {
      this.#pumping = false;
    }
    this.#flush();
  }

  #isRunning(): boolean {
    return this.#state.is === "running";
  }

  #byte(byte: number): void {
    if (this.#host.isEchoing()) this.#output += String.fromCharCode(byte);
    if (this.#state.is === "prompt") this.#pduByte(byte, this.#state.take);
    else if (byte === CR) this.#line();
    else if (byte === ESC) this.#typed = "";
    else if (byte >= 0x20 && this.#typed.length <= LINE_MAX) this.#typed += String.fromCharCode(byte);
  }

  #line(): void {
    const typed = this.#typed;
    this.#typed = "";
    const prefix = /AT|at/.exec(typed);
    if (prefix === null) return;
    if (typed.length > LINE_MAX) {
      this.#output += "\r\nERROR\r\n";
      return;
    }
    this.#run((end) => this.#host.execute(typed.slice(prefix.index + 2), end));
  }

  #pduByte(byte: number, take: TakePdu): void {
    if (byte === ESC) {
      this.#typed = "";
      this.#state = { is: "command" };
      this.#output += "\r\nOK\r\n";
      this.#releaseHeldBack();
    } else if (byte === CTRL_Z) {
      const pdu = this.#typed;
      this.#typed = "";
      this.#run((end) => take(pdu, end));
      this.#releaseHeldBack();
    } else if (byte !== CR && byte !== LF && byte !== 0x20 && this.#typed.length < PDU_MAX)
      this.#typed += String.fromCharCode(byte);
  }

  #run(start: (end: (ending: Ending) => void) => void): void {
    this.#state = { is: "running" };
    const generation = this.#generation;
    let ended = false;
    start((ending) => {
      if (ended || generation !== this.#generation) return;
      ended = true;
      this.#output += ending.text;
      if (ending.is === "prompt") {
        this.#output += "\r\n> ";
        this.#state = { is: "prompt", take: ending.take };
      } else this.#state = { is: "command" };
      this.#pump();
    });
  }

  #releaseHeldBack(): void {
    this.#output += this.#heldBack.join("");
    this.#heldBack = [];
  }

  #flush(): void {
    const text = this.#output;
    this.#output = "";
    if (text !== "") this.#host.send(text);
  }
}
