/**
 * A slice of a run: members in their order, as many as the sender's queues have room for. A queue's slice is what its line
 * really sends in a few seconds; the next one is put in when half of it is gone, so that a run of thousands neither fills
 * the queue nor leaves it empty, and little of it has to be held when it is paused.
 *
 * The pool of a service has several queues, and members who go with one of them: who met its number, whose country it is
 * of. One whose queue has no room is passed over, so that a line that is away or has its SIM plan used up does not hold up
 * the people of the others. The run's cursor stays before the first of them, and the ledger tells who behind it was seen to.
 */
import type { MemberRecord } from "../../store/audience-commands.ts";
import type { SliceItem, StoredRun } from "../../store/broadcast-commands.ts";
import type { PoolFacts } from "../../store/recipient.ts";
import type { NumberRecord } from "../../store/settings-document.ts";
import type { NewOutbound, Store } from "../../store/store.ts";
import { type Accept, DEFAULT_VALIDITY_SECONDS, type Rate } from "../outbound/accept.ts";
import { deadlineOf } from "./judge-due.ts";
import { requestFrom, type Sender, type SenderDeps, stickyOf } from "./senders.ts";
import { type MemberText, type TextDeps, textOfMember } from "./texts.ts";

export type SliceDeps = SenderDeps & {
  readonly store: Store;
  readonly texts: Omit<TextDeps, "smart">;
  readonly prepare: Accept["prepare"];
  /** Segments per second of the Line that serves a Number now, as measured and throttled; null: nobody knows. */
  readonly paceOf: (number: string) => number | null;
};

/** `everybody`: of the audience has been seen to. `soon`: when a queue has room. `over`: the run has ended. */
export type Sliced =
  | { readonly is: "again" | "soon" | "over" | "everybody" }
  | { readonly is: "wait"; readonly why: string };

/**
 * The phone number up to which the members of each queue have been seen to. Only spares reading those who are passed over
 * again each second, and is forgotten each minute: people join, and meet other numbers.
 */
export type Looked = { since: number; readonly upTo: Map<string, string> };

const SLICE_SECONDS = 10;
/** One on the air, one behind it. */
const LEAST_SLICE = 2;
const MOST_SLICE = 500;
/** Of a Number without a rate, on a Line that was not measured yet. */
const UNMEASURED_SLICE = 100;
/** Apps are asked so many texts at once. */
const ASKED_AT_ONCE = 4;
/** Members are looked at so many at a time where some are passed over; and so many in one step. */
const PAGE = 200;
const MOST_LOOKED = 1_000;
const LOOK_AGAIN_MS = 60_000;

type Item = SliceItem<NewOutbound>;

/** What is put in, and how far it looked. */
type Draft = {
  readonly items: Item[];
  /** The queues of those who were passed over, and who stood before the first of them. */
  readonly passed: Map<string, string>;
  firstPassed: string | null;
  upTo: string;
  looked: number;
};

export async function slice(
  run: StoredRun,
  sender: Sender,
  deps: SliceDeps,
  looked: Looked,
): Promise<Sliced> {
  const { store } = deps;
  const room = await roomOf(sender, deps);
  const open = sender.queues.filter((queue) => room.in(queue) > 0);
  if (open.length === 0) return { is: "soon" };
  forgetOld(looked, deps.texts.now());
  const cursor = run.cursor ?? "";
  const from = least(open.map((queue) => greater(looked.upTo.get(queue) ?? "", cursor)));
  // Whoever is behind the cursor and before that was passed over.
  const firstPassed = from === cursor ? null : "";
  const draft: Draft = { items: [], passed: new Map(), firstPassed, upTo: from, looked: 0 };
  const end = await fill(draft, run, { sender, room, deps });
  if (draft.items.length > 0) {
    const result = await store.acceptSlice(run.sid, draft.items, draft.firstPassed);
    if (result.status !== "started") return { is: "over" };
    if (result.fullAt !== null) {
      looked.upTo.clear();
      return { is: "soon" };
    }
  }
  for (const queue of open) looked.upTo.set(queue, draft.passed.get(queue) ?? draft.upTo);
  for (const [queue, before] of draft.passed) if (!looked.upTo.has(queue)) looked.upTo.set(queue, before);
  if (end.is !== "nobody left") return end;
  if (draft.items.length > 0) return { is: "again" };
  const page = { after: run.cursor, limit: 1, unseenBy: run.sid };
  const [left] = await store.listMembers(run.definition.audienceSid, page);
  return { is: left === undefined ? "everybody" : "soon" };
}

type End =
  | { readonly is: "again" | "soon" }
  | { readonly is: "nobody left" }
  | { readonly is: "wait"; readonly why: string };
type Filling = { readonly sender: Sender; readonly room: Room; readonly deps: SliceDeps };

async function fill(draft: Draft, run: StoredRun, filling: Filling): Promise<End> {
  const { room, deps } = filling;
  const isAsked = run.definition.bodyUrl !== null && run.text === null;
  const step = isAsked ? ASKED_AT_ONCE : 1;
  for (;;) {
    const limit = draft.looked === 0 ? Math.min(room.whole, MOST_SLICE) : PAGE;
    const page = { after: draft.upTo, limit, unseenBy: run.sid };
    const members = await deps.store.listMembers(run.definition.audienceSid, page);
    if (members.length === 0) return { is: "nobody left" };
    const phoneNumbers = members.map(({ phoneNumber }) => phoneNumber);
    const sticky = await stickyOf(phoneNumbers, filling.sender, deps.store);
    const seen = members.map((member, index) => ({ member, sticky: sticky[index] ?? null }));
    for (let first = 0; first < seen.length; first += step) {
      const end = await add(seen.slice(first, first + step), draft, run, filling);
      if (end !== null) return end;
    }
  }
}

type Seen = { readonly member: MemberRecord; readonly sticky: string | null };

/** Null: there is room for more. */
async function add(
  members: readonly Seen[],
  draft: Draft,
  run: StoredRun,
  { sender, room, deps }: Filling,
): Promise<End | null> {
  const textDeps = { ...deps.texts, smart: sender.service?.smartEncoding ?? false };
  const numbers: (NumberRecord | null)[] = [];
  for (const { member, sticky } of members)
    numbers.push(
      await sender.for(member.phoneNumber, async (_service, _to, queues) => room.facts(sticky, queues)),
    );
  const texts = await Promise.all(
    members.map(async ({ member }, index): Promise<MemberText | null> => {
      const queue = numbers[index]?.phoneNumber;
      return queue === undefined || room.in(queue) <= 0 ? null : textOfMember(run, member, textDeps);
    }),
  );
  for (const [index, { member }] of members.entries()) {
    const { phoneNumber } = member;
    const number = numbers[index] ?? null;
    const text = texts[index] ?? null;
    if (number === null) {
      draft.items.push({ phoneNumber, skipped: "refused" });
    } else if (text === null || room.in(number.phoneNumber) <= 0) {
      draft.firstPassed ??= phoneNumber;
      if (!draft.passed.has(number.phoneNumber)) draft.passed.set(number.phoneNumber, draft.upTo);
    } else if (text.is === "wait") {
      return { is: "wait", why: text.why };
    } else if (text.is !== "text") {
      draft.items.push({ phoneNumber, skipped: "no-text" });
    } else {
      room.take(number.phoneNumber, text.segments);
      const request = { ...requestFrom(number, sender, deps), to: phoneNumber, body: text.text };
      const message = deps.prepare(request);
      draft.items.push({ phoneNumber, message: { ...message, expiresAt: expiryOf(run, message) } });
    }
    draft.upTo = phoneNumber;
    draft.looked++;
    if (sender.queues.every((queue) => room.in(queue) <= 0)) return { is: "soon" };
    if (draft.looked >= MOST_LOOKED || draft.items.length >= MOST_SLICE) return { is: "again" };
  }
  return null;
}

/** Of each queue, in Segments. */
type Queue = { readonly waiting: number; readonly room: number };

/** What each of the sender's queues may still take, and what waits in it with that. */
class Room {
  readonly #queues: Map<string, Queue>;

  constructor(queues: ReadonlyMap<string, Queue>) {
    this.#queues = new Map(queues);
  }

  /** Of all queues together. */
  get whole(): number {
    return [...this.#queues.values()].reduce((sum, { room }) => sum + Math.max(0, room), 0);
  }

  in(queue: string): number {
    return this.#queues.get(queue)?.room ?? 0;
  }

  take(queue: string, segments: number): void {
    const { waiting, room } = this.#queues.get(queue) ?? { waiting: 0, room: 0 };
    this.#queues.set(queue, { waiting: waiting + segments, room: room - segments });
  }

  /** Whoever may go by any of them goes where there is room. */
  facts(sticky: string | null, queues: readonly string[]): PoolFacts {
    const length = (queue: string) => this.#queues.get(queue)?.waiting ?? 0;
    return { sticky, queuedSegments: queues.map((queue) => (this.in(queue) > 0 ? length(queue) : Infinity)) };
  }
}

/** A queue may take a slice, but nothing while more than half of one waits. */
async function roomOf(sender: Sender, { store, rateOf, paceOf }: SliceDeps): Promise<Room> {
  const depths = new Map((await store.queueDepths()).map(({ queue, segments }) => [queue, segments]));
  return new Room(
    new Map(
      sender.queues.map((queue) => {
        const whole = sliceOf(rateOf(queue), paceOf(queue));
        const waiting = depths.get(queue) ?? 0;
        return [queue, { waiting, room: waiting > whole / 2 ? 0 : whole - waiting }];
      }),
    ),
  );
}

/** In Segments; of the Number's rate, and what its Line does in a second (null: nobody knows). */
function sliceOf(rate: Rate, pace: number | null): number {
  const perSecond = Math.min(rate === "unlimited" ? Infinity : rate, pace ?? Infinity);
  if (perSecond === Infinity) return UNMEASURED_SLICE;
  return Math.min(MOST_SLICE, Math.max(LEAST_SLICE, Math.ceil(perSecond * SLICE_SECONDS)));
}

/** Not after the deadline: what a line has not taken by then fails with 30036. */
function expiryOf(
  run: StoredRun,
  { createdAt, expiresAt }: { createdAt: number; expiresAt: number },
): number {
  return Math.min(expiresAt, createdAt + DEFAULT_VALIDITY_SECONDS * 1000, deadlineOf(run));
}

function forgetOld(looked: Looked, now: number): void {
  if (Math.abs(now - looked.since) < LOOK_AGAIN_MS) return;
  looked.upTo.clear();
  looked.since = now;
}

function least(phoneNumbers: readonly string[]): string {
  return phoneNumbers.reduce((one, other) => (one < other ? one : other));
}

function greater(one: string, other: string): string {
  return one > other ? one : other;
}
