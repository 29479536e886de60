/**
 * How full the modem's message storages are. A full one receives nothing, and most modems do not say so: no
 * announcement, no error, the network keeps the messages (27.005 §3.2.2). No command is spent on it: what a storage
 * holds is what its listing shows or what `+CPMS` answers when it is selected, whichever is more.
 *
 * Each storage is alarming from 80 % on, once, until a listing finds it less than half full.
 */
import type { StorageLevel } from "../line.ts";
import { fieldsOf } from "./at/command.ts";

const ALARM_AT = 0.8;
const CALM_BELOW = 0.5;

export class StorageGauge {
  readonly #levels = new Map<string, StorageLevel>();
  readonly #alarmed = new Set<string>();

  constructor(level: StorageLevel | null) {
    if (level !== null) this.#levels.set(level.name, level);
  }

  /** The fullest; null where no modem told how much any of them takes. */
  get fullest(): StorageLevel | null {
    const levels = [...this.#levels.values()];
    return levels.sort((a, b) => b.used / b.total - a.used / a.total)[0] ?? null;
  }

  totalOf(name: string): number | null {
    return this.#levels.get(name)?.total ?? null;
  }

  usedOf(name: string): number {
    return this.#levels.get(name)?.used ?? 0;
  }

  /** `+CPMS: <used>,<total>,…`, the answer to its selection. */
  selected(name: string, answer: string | undefined): void {
    const level = answer === undefined ? null : levelIn(name, answer);
    if (level !== null) this.#levels.set(name, level);
  }

  /** What a listing found there, before anything is taken. True: that is alarming, and was not before. */
  found(name: string, entries: number): boolean {
    const level = this.#levels.get(name);
    if (level === undefined) return false;
    const used = Math.max(entries, level.used);
    this.#levels.set(name, { ...level, used });
    if (used < CALM_BELOW * level.total) this.#alarmed.delete(name);
    if (used < ALARM_AT * level.total || this.#alarmed.has(name)) return false;
    this.#alarmed.add(name);
    return true;
  }

  /** The modem says by itself that it is full. */
  full(name: string): boolean {
    const level = this.#levels.get(name);
    return level !== undefined && this.found(name, level.total);
  }

  left(name: string, entries: number): void {
    const level = this.#levels.get(name);
    if (level !== undefined) this.#levels.set(name, { ...level, used: Math.min(entries, level.total) });
  }

  /** Little room is left in one of them. */
  get isPressed(): boolean {
    return [...this.#levels.values()].some(({ used, total }) => used >= ALARM_AT * total);
  }
}

export function levelIn(name: string, answer: string): StorageLevel | null {
  const [used = "", total = ""] = fieldsOf(answer).filter((field) => /^\d+$/.test(field));
  return used === "" || Number(total) < 1 ? null : { name, used: Number(used), total: Number(total) };
}
