/**
 * What goes over the wire, line by line, with everything private taken out before it is kept anywhere: PDUs and
 * text become their length, phone numbers and identities are masked, a PIN is never shown. The last seconds are
 * always at hand for the events of the recovery ladder; with `trace: true` every line is logged as well.
 *
 * A line is shown only when its shape is known; anything else may be somebody's text and becomes its length.
 */
import type { Clock } from "../../runtime/clock.ts";
import { type Log, maskNumber } from "../../runtime/log.ts";
import type { BytePort } from "../byte-port.ts";

type Direction = "→" | "←";
type Entry = { readonly at: number; readonly text: string };

const KEPT_LINES = 200;
const TAIL_MS = 60_000;
const TAIL_CHARACTERS = 4000;
const LONGEST_LINE = 2000;

export class WireTrace {
  readonly #clock: Clock;
  readonly #log: Log | null;
  #entries: Entry[] = [];
  #partial: Record<Direction, string> = { "→": "", "←": "" };

  /** `log`: null keeps the last seconds only. */
  constructor(options: { readonly clock: Clock; readonly log: Log | null }) {
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** The port, overheard. */
  tap(port: BytePort): BytePort {
    this.#partial = { "→": "", "←": "" };
    return {
      write: (bytes) => {
        this.#hear("→", bytes);
        return port.write(bytes);
      },
      onData: (listener) =>
        port.onData((bytes) => {
          this.#hear("←", bytes);
          listener(bytes);
        }),
      onClose: (listener) =>
        port.onClose((reason) => {
          this.note(`closed: ${reason}`);
          listener(reason);
        }),
      close: () => port.close(),
    };
  }

  /** Something that happened to the link itself. */
  note(text: string): void {
    this.#keep(`· ${text}`);
  }

  /** The last seconds, each line with its age in seconds. */
  tail(): string {
    const now = this.#clock.monotonicMs();
    const lines: string[] = [];
    let characters = 0;
    for (const entry of [...this.#entries].reverse()) {
      const age = now - entry.at;
      const line = `-${(age / 1000).toFixed(1)} ${entry.text}`;
      characters += line.length + 1;
      if (age > TAIL_MS || characters > TAIL_CHARACTERS) break;
      lines.unshift(line);
    }
    return lines.join("\n");
  }

  #hear(direction: Direction, bytes: Uint8Array): void {
    const text = this.#partial[direction] + Buffer.from(bytes).toString("latin1");
    // ESC and Ctrl-Z end what is typed at a prompt.
    const pieces = text
      .replaceAll("\x1a", "\n")
      .replaceAll("\x1b", "\n")
      .split(/[\r\n]+/);
    const rest = pieces.pop() ?? "";
    for (const piece of pieces) if (piece.trim() !== "") this.#keep(`${direction} ${masked(piece.trim())}`);
    if (direction === "←" && rest.trim() === ">") {
      this.#keep("← >");
      this.#partial[direction] = "";
    } else {
      // Without an end in sight it is no line: it is not hoarded.
      this.#partial[direction] = rest.slice(-LONGEST_LINE);
    }
  }

  #keep(text: string): void {
    this.#entries.push({ at: this.#clock.monotonicMs(), text });
    if (this.#entries.length > KEPT_LINES * 2) this.#entries = this.#entries.slice(-KEPT_LINES);
    this.#log?.info({ wire: text }, "wire");
  }
}

/** Commands, results with a name, and the words modems say by themselves. */
const KNOWN_SHAPE =
  /^(?:AT(?:$|[+^*#$%&A-Z])|[+^*#$%&_][A-Z0-9]+(?: ERROR)?(?:[:=]|$)|OK$|ERROR$|RING$|RDY$|APP RDY$|BUSY$|NO [A-Z]+$|(?:Call|SMS) (?:Ready|DONE)$|PB DONE$|NORMAL POWER DOWN$|POWERED DOWN$|VOICE CALL: |MISSED_CALL)/;
/** Their quoted fields are addresses, names and text. */
const CARRIES_TEXT = /^(?:AT)?\+(?:CMT|CMGL|CMGR|CMGW|CMGS|CDS|CBM|CUSD|CPBR|CPBF|CCWA)\b/;

export function masked(line: string): string {
  const text = line.replace(/^> ?/, "");
  if (/^AT\+(?:CPIN|CPWD|CLCK|CPUK)\b/i.test(text)) return text.replace(/=.*/, "=…");
  if (/^[0-9A-Fa-f]{16,}$/.test(text) && text.length % 2 === 0 && !/^\d{14,20}$/.test(text)) {
    return `<${text.length / 2} octets>`;
  }
  if (/^"?\d{7,20}F?"?$/i.test(text)) return text.replace(/\d{7,20}/, maskNumber);
  if (!KNOWN_SHAPE.test(text)) return `<${line.length} characters>`;
  // A text may hold quotes of its own: everything between the first and the last goes.
  const hidden = CARRIES_TEXT.test(text) ? text.replace(/".*"?/, '"…"') : text;
  return hidden
    .replace(/[0-9A-Fa-f]{24,}/g, (hex) => `<${hex.length / 2} octets>`)
    .replace(/\+?\d{7,}/g, maskNumber);
}
