/**
 * The service centre's number lives on the SIM (`+CSCA`, 27.005 §3.3.1) and applies when a PDU leaves it out. A
 * SIM that has none gets the configured one, or the one seen on it earlier: some modems lose it in a restart.
 */
import type { LineMemory } from "../line.ts";
import { type Ask, lineOf, may } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { query, set } from "./commands.ts";

export type Smsc = {
  readonly address: string | null;
  /** Set when the modem does not keep it: then every PDU carries it. */
  readonly inPdu: string | null;
};

export async function ensureSmsc(tools: {
  readonly ask: Ask;
  readonly memory: LineMemory;
  readonly configured: string | null;
  readonly sim: string;
}): Promise<Smsc> {
  const { ask, memory } = tools;
  const key = keyOf(tools.sim);
  const onSim = await askSmsc(ask);
  const remembered = await memory.get(key);
  if (onSim !== null) {
    if (onSim !== remembered) await memory.put(key, onSim);
    return { address: onSim, inPdu: null };
  }
  const address = await recallSmsc(tools);
  if (address === null) return { address: null, inPdu: null };
  const type = address.startsWith("+") ? 145 : 129;
  const kept = (await may(ask, set(`AT+CSCA="${address}",${type}`))) !== null;
  return { address, inPdu: kept ? null : address };
}

/** The SIM's own; null where it has none. */
export async function askSmsc(ask: Ask): Promise<string | null> {
  return addressOf(await lineOf(ask, query("AT+CSCA?")));
}

/** What is known of this SIM's service centre when the modem says in mid-life that it knows none (330). */
export async function recallSmsc(tools: {
  readonly memory: LineMemory;
  readonly configured: string | null;
  readonly sim: string;
}): Promise<string | null> {
  const remembered = await tools.memory.get(keyOf(tools.sim));
  return tools.configured ?? (remembered === "" ? null : remembered);
}

function keyOf(sim: string): string {
  return `smsc ${sim}`;
}

/** `+CSCA: "+33609001390",145`; the plus is sometimes only in the type. */
function addressOf(line: string | null): string | null {
  const [number = "", type] = line === null ? [] : fieldsOf(line);
  if (!/^\+?\d{3,20}$/.test(number)) return null;
  return number.startsWith("+") || type !== "145" ? number : `+${number}`;
}
