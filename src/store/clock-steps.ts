/**
 * What the store does when the wall clock is set: dates that something waits for move with it, so that what was minutes
 * old stays minutes old and what was due in five minutes stays due in five minutes. An instant that an app named
 * (`SendAt`) means what it says, and stays.
 *
 * Keys are times too, and cannot move. The stretch of keys from before a step is remembered with the step's time, which
 * nothing in it is younger than: retention and lists by date ask here which keys an instant has.
 */
import { firstKeyAt } from "../runtime/ids.ts";
import type { ClockStep } from "./clock-commands.ts";
import type { Database, Statement } from "./database.ts";
import { newestKeyOf } from "./events.ts";
import type { Horizon } from "./horizon.ts";
import type { Messages } from "./messages.ts";
import type { Submissions } from "./submissions.ts";

/** The longest that a Message is ever put off (`messaging/outbound/retry.ts`): what is further away is a wrong clock's. */
const LONGEST_BACKOFF_MS = 900_000;

/** A step that no retention and no list by date notices. */
const SMALL_MS = 86_400_000;

/** Tables whose keys come from one sequence. */
const SEQUENCES = {
  message: ["message", "message_retired"],
  webhook: ["webhook"],
  event: ["event"],
  inbound: ["inbound_segment", "shown_part", "undecodable"],
  parked: ["parked_report"],
} as const;
type Sequence = keyof typeof SEQUENCES;
const NAMES = Object.keys(SEQUENCES) as Sequence[];

type Stretch = {
  readonly keys: Sequence;
  /** What the clock was set to: nothing in the stretch was made after that. */
  readonly at: number;
  readonly fromKey: number;
  readonly toKey: number;
};
type Range = { readonly after: number; readonly to: number };
type Move = {
  readonly keys: Sequence;
  readonly statement: Statement<[Range & { readonly by: number }]>;
  /** When the newest row of a range was made. */
  readonly newest: Statement<[Range], number | null>;
};

export class ClockSteps {
  readonly #db: Database;
  readonly #messages: Messages;
  readonly #submissions: Submissions;
  readonly #horizon: Horizon;
  readonly #openedAt: number;
  /** The newest key of each sequence when this process began. */
  readonly #atOpen: ReadonlyMap<Sequence, number>;
  readonly #moves: readonly Move[];
  readonly #moveFingerprints: Statement<[{ by: number; from: number; to: number }]>;
  readonly #bringForward: Statement<[{ latest: number }]>;
  readonly #keep: Statement<[Stretch]>;
  #stretches: readonly Stretch[];
  /** What was written before this start has moved with a step that nobody vouched for: it goes on with the rest. */
  #hasMovedOld = false;

  constructor(
    db: Database,
    options: { messages: Messages; submissions: Submissions; horizon: Horizon; openedAt: number },
  ) {
    this.#db = db;
    this.#messages = options.messages;
    this.#submissions = options.submissions;
    this.#horizon = options.horizon;
    this.#openedAt = options.openedAt;
    this.#atOpen = new Map(NAMES.map((keys) => [keys, this.#newest(keys)]));
    const move = (keys: Sequence, table: string, assignments: string, key = "key"): Move => {
      const range = `WHERE ${key} > @after AND ${key} <= @to`;
      const [made = ""] = assignments.split(" ", 1);
      return {
        keys,
        statement: db.prepare(`UPDATE ${table} SET ${assignments} ${range}`),
        newest: db.prepare<[Range], number | null>(`SELECT max(${made}) FROM ${table} ${range}`).pluck(),
      };
    };
    this.#moves = [
      move(
        "message",
        "message",
        `createdAt = createdAt + @by, updatedAt = updatedAt + @by, sentAt = sentAt + @by, retryAt = retryAt + @by,
          expiresAt = expiresAt + iif(sendAt IS NULL, @by, 0)`,
      ),
      move(
        "message",
        "submission",
        "startedAt = startedAt + @by, settledAt = settledAt + @by, reportedAt = reportedAt + @by",
        "messageKey",
      ),
      move("webhook", "webhook", "createdAt = createdAt + @by, notBefore = notBefore + @by"),
      move("inbound", "inbound_segment", "receivedAt = receivedAt + @by"),
      move("inbound", "shown_part", "receivedAt = receivedAt + @by"),
      move("parked", "parked_report", "at = at + @by"),
    ];
    this.#moveFingerprints = db.prepare(
      "UPDATE fingerprint SET receivedAt = receivedAt + @by WHERE receivedAt BETWEEN @from AND @to",
    );
    this.#bringForward = db.prepare("UPDATE message SET retryAt = @latest WHERE retryAt > @latest");
    this.#keep = db.prepare(`
      INSERT INTO clock_step (keys, at, fromKey, toKey) VALUES (@keys, @at, @fromKey, @toKey)
      ON CONFLICT DO UPDATE SET toKey = excluded.toKey`);
    this.#stretches = this.#all();
    this.#bringForward.run({ latest: options.openedAt + LONGEST_BACKOFF_MS });
  }

  step({ byMs, at, judgesOld }: ClockStep): void {
    const movesOld = this.#hasMovedOld || !judgesOld;
    const old = (keys: Sequence) => ({ after: 0, to: this.#atOpen.get(keys) ?? 0 });
    const after = (keys: Sequence) => (movesOld ? 0 : old(keys).to);
    const oldBy = movesOld && !this.#hasMovedOld ? byMs - this.#startedLate(old) : byMs;
    for (const { keys, statement } of this.#moves) {
      statement.run({ by: byMs, after: old(keys).to, to: Number.MAX_SAFE_INTEGER });
      if (movesOld) statement.run({ by: oldBy, ...old(keys) });
    }
    this.#hasMovedOld = movesOld;
    this.#moveFingerprints.run({ by: byMs, from: movesOld ? 0 : this.#openedAt, to: at - byMs });
    this.#bringForward.run({ latest: at + LONGEST_BACKOFF_MS });
    if (Math.abs(byMs) >= SMALL_MS) {
      for (const keys of NAMES) {
        this.#keep.run({ keys, at, fromKey: after(keys) + 1, toKey: this.#newest(keys) });
      }
      this.#stretches = this.#all();
    }
    this.#messages.forgetInHand();
    this.#submissions.forgetInHand();
    this.#horizon.include(Number.NEGATIVE_INFINITY);
  }

  /** No row of that instant or later has a smaller key. */
  firstKeyOf(instant: number, keys: Sequence): number {
    const older = this.#stretches.filter((stretch) => stretch.keys === keys && stretch.at >= instant);
    return Math.min(firstKeyAt(instant), ...older.map(({ fromKey }) => fromKey));
  }

  /** Every row from before that instant has a smaller key. */
  firstKeyAfter(instant: number, keys: Sequence): number {
    const key = firstKeyAt(instant);
    // Set back: keys count on from there until the clock catches up with them.
    const isAhead = this.#stretches.some(
      (stretch) => stretch.keys === keys && stretch.at < instant && stretch.toKey > key,
    );
    return isAhead ? Number.MAX_SAFE_INTEGER : key;
  }

  /**
   * By how much this start's clock was behind what was written before it: of a board that starts in 1970, what waits was
   * not written then. No time counts as passed between its newest row and the start.
   */
  #startedLate(old: (keys: Sequence) => Range): number {
    const made = this.#moves.map(({ keys, newest }) => newest.get(old(keys)) ?? 0);
    return Math.max(0, Math.max(...made) - this.#openedAt);
  }

  #newest(keys: Sequence): number {
    return Math.max(...SEQUENCES[keys].map((table) => newestKeyOf(this.#db, table)));
  }

  #all(): readonly Stretch[] {
    return this.#db.prepare<[], Stretch>("SELECT keys, at, fromKey, toKey FROM clock_step").all();
  }
}
