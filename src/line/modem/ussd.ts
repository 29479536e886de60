/**
 * USSD: a short dialogue with the network, for balances and the like (27.007 §7.15). `AT+CUSD=1` is answered OK at
 * once; the text follows as a `+CUSD:` of its own. One at a time, and sends wait for it: many modems refuse a text
 * while a USSD session is open.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { UssdResult } from "../line.ts";
import type { Ask } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { set } from "./commands.ts";
import { packedCode, ussdText } from "./ussd-text.ts";

const COMMAND_MS = 30_000;
const ANSWER_MS = 30_000;
/** 27.007 §7.15: "any" data coding scheme, the default alphabet. */
const ANY = 15;

export class Ussd {
  readonly #ask: Ask;
  readonly #clock: Clock;
  #answered: ((result: UssdResult) => void) | null = null;
  #open: Promise<UssdResult> | null = null;

  constructor(options: { readonly ask: Ask; readonly clock: Clock }) {
    this.#ask = options.ask;
    this.#clock = options.clock;
  }

  get pending(): boolean {
    return this.#open !== null;
  }

  /** Settles when no answer is awaited. */
  async idle(): Promise<void> {
    await this.#open;
  }

  /** Never rejects. */
  request(code: string): Promise<UssdResult> {
    if (this.#open !== null) return Promise.resolve(failed("busy", "another USSD request is being answered"));
    this.#open = this.#request(code).finally(() => {
      this.#open = null;
    });
    return this.#open;
  }

  /** True when the line was about USSD. */
  hears(text: string): boolean {
    if (!/^\+CUSD:/.test(text)) return false;
    // Unasked for: the network pushes one, or is done with an old one.
    this.#answered?.(resultOf(text));
    return true;
  }

  stop(reason: string): void {
    this.#answered?.(failed("no-answer", `the modem is gone: ${reason}`));
  }

  async #request(code: string): Promise<UssdResult> {
    const over = new AbortController();
    try {
      const answer = new Promise<UssdResult>((resolve) => {
        this.#answered = resolve;
      });
      const refusal = await this.#send(code);
      if (refusal !== null) return refusal;
      const late = this.#clock.sleep(ANSWER_MS, { signal: over.signal }).then(
        () => failed("no-answer", `the network did not answer within ${ANSWER_MS / 1000} s`),
        () => failed("no-answer", "given up"),
      );
      const result = await Promise.race([answer, late]);
      if (result.is === "failed" && result.why === "no-answer") await this.#ask(set("AT+CUSD=2", COMMAND_MS));
      return result;
    } finally {
      this.#answered = null;
      over.abort();
    }
  }

  /** Plain, and where that is refused as packed septets: some sticks take nothing else. */
  async #send(code: string): Promise<UssdResult | null> {
    const packed = packedCode(code);
    for (const form of packed === null ? [code] : [code, packed]) {
      const result = await this.#ask(set(`AT+CUSD=1,"${form}",${ANY}`, COMMAND_MS));
      if (result.is === "ok") return null;
      if (result.is !== "error") return failed("no-answer", "the modem did not answer");
    }
    return failed("refused", "the modem refuses USSD, or this code");
  }
}

function resultOf(line: string): UssdResult {
  const [, m = "", rest = ""] = /^\+CUSD: ?(\d+)(?:,(.*))?$/s.exec(line) ?? [];
  switch (m) {
    case "0":
    case "1":
    case "2": {
      // Text may hold commas and quotes: what stands between the first quote and the last.
      const quoted = /^"(.*)"(?:,(\d+))?[^"]*$/s.exec(rest);
      const bare = quoted === null ? (fieldsOf(`:${rest}`)[0] ?? "") : "";
      const dcs = quoted?.[2] === undefined ? null : Number.parseInt(quoted[2], 10);
      const text = ussdText(quoted?.[1] ?? bare, dcs);
      if (m === "2" && text === "") return failed("ended", "the network ended the dialogue without a text");
      return { is: "answered", text, expectsAnswer: m === "1" };
    }
    case "3":
      return failed("busy", "another program at the modem has answered the network");
    case "4":
      return failed("refused", "the network does not support this");
    default:
      return failed("no-answer", "the network gave up waiting");
  }
}

function failed(why: Extract<UssdResult, { is: "failed" }>["why"], reason: string): UssdResult {
  return { is: "failed", why, reason };
}
