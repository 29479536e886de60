/**
 * The ids that were accepted last, and by them how this SMSC's receipts write theirs. A receipt that fits one id to
 * its recipient under one relation, and under no other, shows the relation; it is remembered, so that receipts that
 * come days later or after a restart are understood too. A relation that was found is given up when three receipts
 * in a row show another.
 */

import type { LineMemory } from "../line.ts";
import { likelySame } from "./address-kind.ts";
import {
  type IdRelation,
  type IdStyle,
  keyOfId,
  keyOfReceiptId,
  PLAIN_STYLE,
  rebuildId,
  styleAfter,
} from "./message-id.ts";
import type { MessageIds } from "./smpp-line-options.ts";

const MEMORY_KEY = "smpp.message-ids";
const RECENT_KEPT = 10_000;
const AGAINST_IT = 3;

const RELATIONS: readonly IdRelation[] = ["same", "receipt-decimal", "receipt-hex"];

type Accepted = { readonly id: string; readonly recipient: string; readonly acceptedAt: number };

export type Found = {
  /** The id as its response wrote it, as far as can be told. */
  readonly reference: string;
  /** Epoch milliseconds; null when it is not among the last. */
  readonly acceptedAt: number | null;
  /** False: nothing shows yet how receipts write ids, and this is the receipt's own. */
  readonly certain: boolean;
};

export class MessageIdBook {
  readonly #setting: MessageIds;
  readonly #memory: LineMemory;
  /** Two halves, the older of which is dropped whole: to take single ones off the front of a Map is slow. */
  #recent = new Map<string, Accepted>();
  #older: ReadonlyMap<string, Accepted> = new Map();
  #relation: IdRelation | null;
  /** The ids are equal to the letter: nothing is to be rebuilt. */
  #verbatim = true;
  #style: IdStyle = PLAIN_STYLE;
  #against = 0;
  #written = "";

  constructor(options: { readonly setting: MessageIds; readonly memory: LineMemory }) {
    this.#setting = options.setting;
    this.#memory = options.memory;
    this.#relation = options.setting === "auto" ? null : options.setting;
  }

  /** Null while it is not known. */
  get relation(): IdRelation | null {
    return this.#relation;
  }

  async load(): Promise<void> {
    const written = await this.#memory.get(MEMORY_KEY);
    const match = /^(same|receipt-decimal|receipt-hex) (verbatim|rebuilt) (upper|lower) (\d+)$/.exec(
      written ?? "",
    );
    if (match === null) return;
    this.#written = written ?? "";
    const [, relation, verbatim, letters, width] = match;
    this.#style = { upperCase: letters === "upper", width: Number(width) };
    if (this.#setting !== "auto") return;
    this.#relation = relation as IdRelation;
    this.#verbatim = verbatim === "verbatim";
  }

  accepted(id: string, recipient: string, acceptedAt: number): void {
    if (this.#setting === "same" || id === "") return;
    this.#style = styleAfter(this.#style, id);
    const key = keyOfId(id);
    this.#recent.set(key, { id, recipient, acceptedAt });
    if (this.#recent.size < RECENT_KEPT) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  find(receiptId: string, recipient: string): Found {
    if (this.#setting === "same") return { reference: receiptId, acceptedAt: null, certain: true };
    const fitting = RELATIONS.flatMap((relation) => {
      const accepted = this.#lookUp(receiptId, recipient, relation);
      return accepted === null ? [] : [{ relation, accepted }];
    });
    const [only] = fitting;
    if (only !== undefined && fitting.length === 1)
      this.#shown(only.relation, only.accepted.id === receiptId);
    const chosen = fitting.find(({ relation }) => relation === this.#relation) ?? only;
    if (chosen !== undefined && this.#allows(chosen.relation)) {
      return { reference: chosen.accepted.id, acceptedAt: chosen.accepted.acceptedAt, certain: true };
    }
    if (this.#relation === null) return { reference: receiptId, acceptedAt: null, certain: false };
    const verbatim = this.#relation === "same" && this.#verbatim;
    const reference = verbatim ? receiptId : rebuildId(receiptId, this.#relation, this.#style);
    return { reference, acceptedAt: null, certain: true };
  }

  #allows(relation: IdRelation): boolean {
    return this.#setting === "auto" || this.#setting === relation;
  }

  #lookUp(receiptId: string, recipient: string, relation: IdRelation): Accepted | null {
    const key = keyOfReceiptId(receiptId, relation);
    const accepted = key === null ? undefined : (this.#recent.get(key) ?? this.#older.get(key));
    return accepted !== undefined && likelySame(accepted.recipient, recipient) ? accepted : null;
  }

  #shown(relation: IdRelation, verbatim: boolean): void {
    if (this.#setting !== "auto") {
      this.#write();
      return;
    }
    if (this.#relation === null || relation === this.#relation) this.#against = 0;
    else if (++this.#against < AGAINST_IT) return;
    this.#against = 0;
    this.#relation = relation;
    this.#verbatim = verbatim;
    this.#write();
  }

  /** A finding that is not on disk is found again. */
  #write(): void {
    const { upperCase, width } = this.#style;
    const text = `${this.#relation} ${this.#verbatim ? "verbatim" : "rebuilt"} ${upperCase ? "upper" : "lower"} ${width}`;
    if (text === this.#written || this.#relation === null) return;
    this.#written = text;
    this.#memory.put(MEMORY_KEY, text).catch(() => {
      this.#written = "";
    });
  }
}
