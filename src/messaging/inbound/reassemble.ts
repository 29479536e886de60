/**
 * Puts the parts of concatenated messages together (23.040 §9.2.3.24.1 and §9.2.3.24.8). Pure: the kept parts in,
 * the messages they make out.
 *
 * Parts belong together when Line, receiving Number, sender (as decoded, case included), reference, width of the
 * reference and total agree: an 8-bit A5h is not a 16-bit 00A5h. They may come in any order, hours apart and in
 * different alphabets.
 *
 * - The same sequence number with the same content is a second copy, and goes with its set.
 * - The same sequence number with other content is a new message with a recycled reference: a new set begins, and
 *   what comes later belongs to the newest set that lacks it.
 * - A part that came long after the first of a set belongs to another message: three days after the set was to be
 *   shown with gaps at the latest, since references come back.
 * - A set that a Message with gaps shows already takes the parts that it lacks and the copies of those it has.
 * - A header that contradicts itself (total 0, sequence beyond the total) is ignored: the part is a message.
 */
import type { UserData } from "../../sms/message.ts";
import type { KeptSegment } from "../../store/store.ts";

const HOUR_MS = 3_600_000;
/** How long a Message with gaps waits for the rest. */
const MEND_WITHIN_MS = 72 * HOUR_MS;
export const INCOMPLETE_AFTER_HOURS = 24;

export type Assembled = {
  /** In order of sequence; null where one is missing. */
  readonly parts: readonly (KeptSegment | null)[];
  /** Of every waiting segment it accounts for, second copies included. */
  readonly keptIds: readonly string[];
  /** The Message that shows it with gaps, or showed it until now. */
  readonly shownIn: string | null;
  /** Some of the waiting segments are parts the Message lacks; else they are copies. */
  readonly hasNews: boolean;
};

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
  readonly shownIn: string | null;
};

/** The messages that are whole, and that nobody was shown yet. */
export function reassemble(kept: readonly KeptSegment[]): readonly WholeMessage[] {
  return assemble(kept).flatMap(({ parts, keptIds, shownIn }) => {
    const there = parts.filter((part) => part !== null);
    return shownIn === null && there.length === parts.length ? [{ parts: there, keptIds }] : [];
  });
}

/** `kept`: unfinished segments, and those of Messages with gaps, oldest first, of any senders and references. */
export function assemble(
  kept: readonly KeptSegment[],
  incompleteAfterHours = INCOMPLETE_AFTER_HOURS,
): readonly Assembled[] {
  const joinWithinMs = incompleteAfterHours * HOUR_MS + MEND_WITHIN_MS;
  const open = new Map<string, PartSet[]>();
  const assembled: Assembled[] = [];
  for (const part of kept) {
    const { concatenation } = part.segment;
    if (concatenation === null || !isConcatenated(part)) {
      assembled.push({ parts: [part], keptIds: [part.keptId], shownIn: null, hasNews: true });
      continue;
    }
    const key = keyOf(part);
    const sets = open.get(key) ?? [];
    open.set(key, sets);
    const set =
      setFor(part, concatenation.sequence, sets, joinWithinMs) ?? begin(sets, concatenation.total, part);
    if (part.shownIn === undefined) set.keptIds.push(part.keptId);
    if (!set.bySequence.has(concatenation.sequence)) set.bySequence.set(concatenation.sequence, part);
  }
  for (const set of [...open.values()].flat()) if (set.keptIds.length > 0) assembled.push(assembledOf(set));
  return assembled.sort((a, b) => newestAt(a) - newestAt(b));
}

function assembledOf({ total, bySequence, keptIds, shownIn }: PartSet): Assembled {
  const parts = Array.from({ length: total }, (_, at) => bySequence.get(at + 1) ?? null);
  const hasNews = parts.some((part) => part !== null && part.shownIn === undefined);
  return { parts, keptIds, shownIn, hasNews };
}

/** False for one-part messages, those that say "1 of 1" and those whose header makes no sense included. */
export function isConcatenated({ segment }: Pick<KeptSegment, "segment">): boolean {
  const { concatenation } = segment;
  if (concatenation === null) return false;
  const { total, sequence } = concatenation;
  return total > 1 && sequence >= 1 && sequence <= total;
}

function setFor(
  part: KeptSegment,
  sequence: number,
  sets: readonly PartSet[],
  joinWithinMs: number,
): PartSet | undefined {
  if (part.shownIn !== undefined) return sets.find((set) => set.shownIn === part.shownIn);
  const near = sets.filter((set) => part.receivedAt - firstReceivedAt(set) <= joinWithinMs);
  const copyOf = near.findLast((set) => {
    const there = set.bySequence.get(sequence);
    return there !== undefined && sameUserData(there.segment.userData, part.segment.userData);
  });
  return copyOf ?? near.findLast((set) => !set.bySequence.has(sequence));
}

function begin(sets: PartSet[], total: number, { shownIn = null }: { shownIn?: string | null }): PartSet {
  const set: PartSet = { total, bySequence: new Map(), keptIds: [], shownIn };
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

/** When the last of its parts came. */
export function newestAt({ parts }: Pick<Assembled, "parts">): number {
  return Math.max(...parts.map((part) => part?.receivedAt ?? 0));
}

function sameUserData(one: UserData, other: UserData): boolean {
  if (one.alphabet === "gsm7" && other.alphabet === "gsm7") return sameOctets(one.septets, other.septets);
  if (one.alphabet === "gsm7" || other.alphabet === "gsm7") return false;
  return one.alphabet === other.alphabet && sameOctets(one.octets, other.octets);
}

function sameOctets(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((octet, at) => octet === other[at]);
}
