/**
 * Message storages (27.005 §3.2.2): `ME` where the modem offers it for reading and receiving, else `SM`, unless
 * its profile knows better: SIM cards are slow and wear. `MT` only when there is nothing else: an index in it
 * may mean two messages.
 */
import type { StorageLevel } from "../line.ts";
import type { Ask } from "./ask.ts";
import { may } from "./ask.ts";
import { fieldsOf } from "./at/command.ts";
import { query, selectStorage } from "./commands.ts";
import { levelIn } from "./storage-gauge.ts";

export type Storages = {
  /** What mem1 and mem3 are set to; null when the modem takes no choice. */
  readonly selected: string | null;
  /** Every storage that may hold something for us, the selected one first. */
  readonly drained: readonly string[];
  /** How full the selected one was; null when the modem did not tell. */
  readonly level: StorageLevel | null;
};

/** `(("SM","ME"),("SM"),("SM"))`, `("ME","MT"),…`, or one bare list that stands for all three. */
export function storagesOffered(line: string): { readonly reading: string[]; readonly receiving: string[] } {
  const lists = fieldsOf(line.replace(/:\s*\(\((.*)\)\)\s*$/, ": ($1)"))
    .map(namesOf)
    .filter((names) => names.length > 0);
  const bare = !line.includes("(");
  const all = [...new Set(lists.flat())];
  const reading = bare ? all : (lists[0] ?? []);
  return { reading, receiving: bare ? all : (lists[2] ?? reading) };
}

/** The order in which selections are tried. */
export function storageChoices(
  offered: { readonly reading: string[]; readonly receiving: string[] },
  wanted: readonly string[] = ["ME", "SM", "MT"],
): string[] {
  const both = offered.reading.filter((name) => offered.receiving.includes(name));
  const known = [...new Set([...wanted, "ME", "SM", "MT"])].filter((name) => both.includes(name));
  return known.length > 0 ? known : [...wanted].filter((name) => name !== "MT");
}

export async function chooseStorage(
  ask: Ask,
  sleep: (ms: number) => Promise<void>,
  order: readonly string[],
): Promise<Storages> {
  const listed = await may(ask, query("AT+CPMS=?"));
  const offered = storagesOffered(listed?.[0]?.text ?? "");
  const choices = storageChoices(offered, order);
  const { selected, level } = await select(ask, sleep, choices);
  // One that does not tell what it has may have these two: what it has not, it refuses to select.
  const readable = offered.reading.length > 0 ? offered.reading : ["ME", "SM"];
  const wanted = [...(selected === null ? [] : [selected]), "ME", "SM", "SR"];
  const drained = wanted.filter((name) => name === selected || readable.includes(name));
  return { selected, drained: [...new Set(drained)], level };
}

async function select(
  ask: Ask,
  sleep: (ms: number) => Promise<void>,
  choices: readonly string[],
): Promise<Pick<Storages, "selected" | "level">> {
  // The first call after a start may be refused while the storage is still being read.
  for (let attempt = 1; attempt <= 10; attempt++) {
    for (const name of choices) {
      const lines =
        (await may(ask, selectStorage([name, name, name]))) ?? (await may(ask, selectStorage([name])));
      if (lines !== null) return { selected: name, level: levelIn(name, lines[0]?.text ?? "") };
    }
    await sleep(1000);
  }
  return { selected: null, level: null };
}

function namesOf(field: string): string[] {
  return [...field.matchAll(/\b(SM|ME|MT|SR|BM|TA)\b/g)].map((match) => match[1] ?? "");
}
