/**
 * Unlocking the SIM (27.007 §8.3). Three wrong PINs lock the card, so a PIN is sent once: that it is being tried
 * is remembered on disk *before* it is sent, and taken back when the SIM is READY. A PIN that was refused, or
 * was being tried when the power went, is not sent again to that SIM until the configuration changes, unless
 * the counter shows at least two tries left and the PIN was never refused.
 */
import { createHash } from "node:crypto";
import type { LineMemory } from "../line.ts";
import { type Answer, type Ask, answerTo, may } from "./ask.ts";
import { afterColon } from "./at/command.ts";
import { CPIN_QUERY, enterPin } from "./commands.ts";
import type { PinCounter } from "./profiles/profile.ts";

export type PinTools = {
  readonly ask: Ask;
  readonly sleep: (ms: number) => Promise<void>;
  readonly memory: LineMemory;
  readonly pin: string | null;
  /** ICCID, or what stands in for it where it cannot be read, as it often is before the PIN. */
  readonly sim: () => Promise<string>;
  /** What stands in for it: the IMEI. */
  readonly standIn: string;
  /** The maker's way to tell how many tries are left. */
  readonly counter: PinCounter | null;
};

export type Unlocked =
  | { readonly is: "ready" }
  | { readonly is: "refused"; readonly reason: string }
  | { readonly is: "failed"; readonly reason: string };

export type Remembered = { readonly state: "trying" | "refused"; readonly digest: string };

const REFUSED = "the SIM refused its PIN: correct `pin` of this line";

/** 27.007 §9.2. */
const NOT_INSERTED = 10;

const POLL_MS = 2000;
const POLLS = 20;

/** What `AT+CPIN?` says: its text, or an error number for a SIM that is busy or missing. */
type SimState = { readonly text: string; readonly error: number | null };

export async function unlock(tools: PinTools): Promise<Unlocked> {
  const state = await settledState(tools);
  if (isReady(state)) return ready(tools);
  if (state.text !== "SIM PIN") return locked(state);
  return enter(tools);
}

/** Whether a PIN may be sent, or why not. `triesLeft` is null when the modem does not tell. */
export function whyNotToSend(
  remembered: Remembered | null,
  digest: string,
  triesLeft: number | null,
): string | null {
  if (triesLeft !== null && triesLeft < 2) {
    return "only one try is left before the SIM locks: unlock it in a phone, or switch its PIN off";
  }
  if (remembered === null || remembered.digest !== digest) return null;
  if (remembered.state === "refused") return REFUSED;
  if (triesLeft !== null) return null;
  return "this PIN was being tried when the power went, and the modem does not tell how many tries are left: correct or confirm `pin` of this line by changing it";
}

async function enter(tools: PinTools): Promise<Unlocked> {
  const { ask, memory, pin } = tools;
  if (pin === null) return { is: "refused", reason: "the SIM asks for its PIN: set `pin` of this line" };
  const key = keyOf(await tools.sim());
  const digest = digestOf(pin, key);
  const why = whyNotToSend(parse(await memory.get(key)), digest, await triesLeft(ask, tools.counter));
  if (why !== null) return { is: "refused", reason: why };
  await memory.put(key, JSON.stringify({ state: "trying", digest }));
  const answer = await answerTo(ask, enterPin(pin));
  if (isWrong(answer)) {
    await memory.put(key, JSON.stringify({ state: "refused", digest }));
    return { is: "refused", reason: REFUSED };
  }
  // Busy, or READY not yet said: wait, and never send it a second time.
  for (let poll = 0; poll < POLLS; poll++) {
    const state = await askState(ask);
    if (isReady(state)) return ready(tools);
    if (/PUK/.test(state.text)) return locked(state);
    await tools.sleep(POLL_MS);
  }
  return { is: "failed", reason: "the SIM did not become ready after its PIN" };
}

async function ready(tools: PinTools): Promise<Unlocked> {
  if (tools.pin === null) return { is: "ready" };
  const { memory, standIn } = tools;
  const key = keyOf(await tools.sim());
  if (parse(await memory.get(key)) !== null) await memory.put(key, "");
  // Noted before the ICCID could be read. What was refused under it may have been another SIM's.
  const early = keyOf(standIn);
  if (parse(await memory.get(early))?.state === "trying") await memory.put(early, "");
  return { is: "ready" };
}

/** What the SIM asks for, in its own words (`SIM PIN`, `SIM PUK`, `PH-NET PIN`), and given nothing. */
export async function lookAtSim(
  ask: Ask,
): Promise<{ readonly is: "ready" | "absent" | "asks" | "silent"; readonly text: string }> {
  const state = await askState(ask);
  const { text, error } = state;
  if (isReady(state)) return { is: "ready", text };
  if (error === NOT_INSERTED || text === "NOT INSERTED") return { is: "absent", text };
  return { is: isUnsettled(state) ? "silent" : "asks", text };
}

/** Whether the SIM that was READY is gone or locked now. What a busy one answers says nothing. */
export async function isSimLost(ask: Ask): Promise<boolean> {
  const state = await askState(ask);
  return !isReady(state) && (state.error === null || state.error === NOT_INSERTED);
}

/** A SIM being read answers busy (14), not inserted (10) or NOT READY for its first seconds. */
async function settledState(tools: PinTools): Promise<SimState> {
  let state = await askState(tools.ask);
  for (let poll = 0; poll < POLLS / 2 && isUnsettled(state); poll++) {
    await tools.sleep(POLL_MS / 2);
    state = await askState(tools.ask);
  }
  return state;
}

function isUnsettled({ text, error }: SimState): boolean {
  return error !== null || text === "NOT READY" || text === "";
}

async function askState(ask: Ask): Promise<SimState> {
  const answer = await answerTo(ask, CPIN_QUERY);
  if (answer.is === "error") return { text: answer.error.text, error: answer.error.code ?? -1 };
  const line = answer.lines[0]?.text ?? "";
  return { text: afterColon(line).replaceAll('"', "").trim(), error: null };
}

/** PIN2 and PUK2 guard other things than texts. */
function isReady(state: SimState): boolean {
  return state.error === null && (state.text === "READY" || /^SIM P(?:IN|UK)2$/.test(state.text));
}

function isWrong(answer: Answer): boolean {
  if (answer.is === "ok") return false;
  const { family, code } = answer.error;
  return code === 16 || code === 12 || (family === "generic" && code === null);
}

function locked(state: SimState): Unlocked {
  const { text, error } = state;
  if (error === NOT_INSERTED || text === "NOT INSERTED") {
    return { is: "refused", reason: "no SIM in the modem: insert one" };
  }
  if (error !== null) return { is: "failed", reason: `the SIM does not answer (+CME ERROR ${text})` };
  if (isUnsettled(state)) return { is: "failed", reason: `the SIM is not ready (${text || "no answer"})` };
  if (text.startsWith("PH-")) {
    const to = text.startsWith("PH-SIM") ? "SIM" : "network";
    return {
      is: "refused",
      reason: `the modem is locked to another ${to} (${text}): unlock it or change it`,
    };
  }
  return {
    is: "refused",
    reason: `the SIM says "${text}": it needs a person, and a phone to unlock it in`,
  };
}

/** `+CPINR: SIM PIN,3,3` (27.007 §8.65), after the maker's own. Null when the modem tells in neither way. */
export async function triesLeft(ask: Ask, counter: PinCounter | null): Promise<number | null> {
  const counters = counter === null ? [STANDARD_COUNTER] : [counter, STANDARD_COUNTER];
  for (const { ask: text, tries } of counters) {
    const accepts = (line: string) => tries.test(line);
    const lines = (await may(ask, { text, accepts, timeoutMs: 10_000 })) ?? [];
    for (const line of lines) {
      const left = tries.exec(line.text)?.[1];
      if (left !== undefined) return Number.parseInt(left, 10);
    }
  }
  return null;
}

const STANDARD_COUNTER: PinCounter = { ask: "AT+CPINR", tries: /^\+CPINR: ?"?SIM PIN"?, ?(\d+)/ };

function keyOf(sim: string): string {
  return `pin ${sim}`;
}

/** Enough to see that the configured PIN has changed; the PIN itself is not kept. */
function digestOf(pin: string, key: string): string {
  return createHash("sha256").update(`${key}\n${pin}`).digest("hex").slice(0, 16);
}

function parse(value: string | null): Remembered | null {
  if (value === null || value === "") return null;
  const remembered: unknown = JSON.parse(value);
  if (typeof remembered !== "object" || remembered === null) return null;
  const { state, digest } = remembered as Partial<Remembered>;
  if ((state !== "trying" && state !== "refused") || typeof digest !== "string") return null;
  return { state, digest };
}
