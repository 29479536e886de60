/**
 * Puts the parts of concatenated messages together (23.040 §9.2.3.24.1 and §9.2.3.24.8). Pure: the kept parts in,
 * the messages that are whole out.
 *
 * Parts belong together when Line, receiving Number, sender (as decoded, case included), reference, width of the
 * reference and total agree: an 8-bit A5h is not a 16-bit 00A5h. They may come in any order, hours apart and in
 * different alphabets.
 *
 * - The same sequence number with the same content is a second copy, and goes with its set.
 * - The same sequence number with other content is a new message with a recycled reference: a new set begins, and
 *   what comes later belongs to the newest set that lacks it.
 * - A part that came more than a day after the first of a set belongs to another message.
 * - A header that contradicts itself (total 0, sequence beyond the total) is ignored: the part is a message.
 */
import type { UserData } from "../../sms/message.ts";
import type { KeptSegment } from "../../store/store.ts";

const JOIN_WITHIN_MS = 24 * 3_600_000;

export type WholeMessage = {
  /** In order of sequence. */
  readonly parts: readonly KeptSegment[];
  /** Of every kept segment it accounts for, second copies included. */
  readonly keptIds: readonly string[];
};

type PartSet = {
  readonly total: number;
  readonly bySequence: Map<number, KeptSegment>;
  readonly keptIds: string[];
};

/** `kept`: unfinished segments, oldest first, of any senders and references. */
export function reassemble(kept: readonly KeptSegment[]): readonly WholeMessage[] {
  const open = new Map<string, PartSet[]>();
  const whole: WholeMessage[] = [];
  for (const part of kept) {
    const { concatenation } = part.segment;
    if (concatenation === null || !isConcatenated(part)) {
      whole.push({ parts: [part], keptIds: [part.keptId] });
      continue;
    }
    const key = keyOf(part);
    const sets = open.get(key) ?? [];
    open.set(key, sets);
    const set = setFor(part, concatenation.sequence, sets) ?? begin(sets, concatenation.total);
    set.keptIds.push(part.keptId);
    if (!set.bySequence.has(concatenation.sequence)) set.bySequence.set(concatenation.sequence, part);
  }
  for (const set of [...open.values()].flat()) {
    if (set.bySequence.size === set.total) whole.push({ parts: inOrder(set), keptIds: set.keptIds });
  }
  return whole.sort((a, b) => completedAt(a) - completedAt(b));
}

/** False for one-part messages, those that say "1 of 1" and those whose header makes no sense included. */
export function isConcatenated({ segment }: Pick<KeptSegment, "segment">): boolean {
  const { concatenation } = segment;
  if (concatenation === null) return false;
  const { total, sequence } = concatenation;
  return total > 1 && sequence >= 1 && sequence <= total;
}

function setFor(part: KeptSegment, sequence: number, sets: readonly PartSet[]): PartSet | undefined {
  const near = sets.filter((set) => part.receivedAt - firstReceivedAt(set) <= JOIN_WITHIN_MS);
  const copyOf = near.findLast((set) => {
    const there = set.bySequence.get(sequence);
    return there !== undefined && sameUserData(there.segment.userData, part.segment.userData);
  });
  return copyOf ?? near.findLast((set) => !set.bySequence.has(sequence));
}

function begin(sets: PartSet[], total: number): PartSet {
  const set: PartSet = { total, bySequence: new Map(), keptIds: [] };
  sets.push(set);
  return set;
}

function keyOf({ line, segment }: KeptSegment): string {
  const { from, to, concatenation } = segment;
  return JSON.stringify([
    line,
    to,
    from,
    concatenation?.reference,
    concatenation?.referenceBits,
    concatenation?.total,
  ]);
}

function firstReceivedAt(set: PartSet): number {
  return Math.min(...[...set.bySequence.values()].map(({ receivedAt }) => receivedAt));
}

function inOrder(set: PartSet): readonly KeptSegment[] {
  return [...set.bySequence.entries()].sort(([a], [b]) => a - b).map(([, part]) => part);
}

function completedAt({ parts }: WholeMessage): number {
  return Math.max(...parts.map(({ receivedAt }) => receivedAt));
}

function sameUserData(one: UserData, other: UserData): boolean {
  if (one.alphabet === "gsm7" && other.alphabet === "gsm7") return sameOctets(one.septets, other.septets);
  if (one.alphabet === "gsm7" || other.alphabet === "gsm7") return false;
  return one.alphabet === other.alphabet && sameOctets(one.octets, other.octets);
}

function sameOctets(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, at) => octet === other[at]);
}
