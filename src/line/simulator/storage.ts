/** One of the modem's message storages: numbered slots, lowest free one first (27.005 §3.1). */

export type StorageName = "ME" | "SM" | "SR";

/** `<stat>`, 27.005 §3.1: 0 received unread, 1 received read, 2 stored unsent, 3 stored sent. */
export type Stat = 0 | 1 | 2 | 3;

/** `hex` as printed, SMSC field included; `length` counts the TPDU's octets only. */
export type Slot = { stat: Stat; readonly hex: string; readonly length: number };

export class MessageStorage {
  readonly name: StorageName;
  readonly total: number;
  readonly firstIndex: number;
  readonly #slots = new Map<number, Slot>();

  constructor(name: StorageName, total: number, firstIndex: number) {
    this.name = name;
    this.total = total;
    this.firstIndex = firstIndex;
  }

  get used(): number {
    return this.#slots.size;
  }

  get lastIndex(): number {
    return this.firstIndex + this.total - 1;
  }

  /** The index it got; null: full. */
  put(slot: Slot): number | null {
    for (let index = this.firstIndex; index <= this.lastIndex; index++) {
      if (this.#slots.has(index)) continue;
      this.#slots.set(index, slot);
      return index;
    }
    return null;
  }

  get(index: number): Slot | null {
    return this.#slots.get(index) ?? null;
  }

  delete(index: number): boolean {
    return this.#slots.delete(index);
  }

  /** By index, ascending. */
  entries(): readonly (readonly [number, Slot])[] {
    return [...this.#slots.entries()].sort(([a], [b]) => a - b);
  }
}
