/**
 * What a message costs must not grow with what is stored (DESIGN §4.7). Ratios within one run, of medians, of processor
 * time: what else the machine does meanwhile is in both. A hundred times the history, not the design's thousand, because
 * that many rows are there within a second; an index that is missing makes a ratio of dozens, so the limit is a wide one.
 * `npm run bench` measures a million against a thousand, with the limit of the design.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstKeyAt, KeySequence, sidOf } from "../../src/runtime/ids.ts";
import { createCommands } from "../../src/store/commands.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { type InProcess, openInProcess } from "./in-process.ts";
import { ACCOUNT, FROM, newOutbound, T0 } from "./new-outbound.ts";

const FEW = 1_000;
const MANY = 100_000;
const OF_EACH_RECIPIENT = 100;
const ROUNDS = 15;
/** In its queue, while a message goes through. */
const SHORT = 100;
const LONG = 20_000;
const LIMIT = 2.5;
/** A year of the large one, half a week of the small one. */
const EACH_MS = 300_000;

const recipientOf = (n: number) => `+${33_600_000_000 + n}`;

class Stored {
  readonly opened: InProcess;
  readonly #keys: KeySequence;
  readonly #oldest: string;

  constructor(messages: number) {
    this.opened = openInProcess();
    const { db } = this.opened;
    db.pragma("synchronous = OFF");
    const firstKey = firstKeyAt(T0 - messages * EACH_MS);
    const keysEach = firstKeyAt(T0) - firstKeyAt(T0 - EACH_MS);
    db.prepare(`
      WITH RECURSIVE each (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM each WHERE n + 1 < @messages)
      INSERT INTO message_retired (key, sid, accountSid, direction, "from", "to", status, numSegments, createdAt,
        updatedAt, sentAt, line, attempts, body)
      SELECT @firstKey + n * @keysEach, printf('SM%014x%018x', @firstKey + n * @keysEach, 0), @account,
        'outbound-api', @from, printf('+%d', 33600000000 + n % @recipients), 'delivered', 1, @at + n * @each,
        @at + n * @each, @at + n * @each, 'a', 0, 'Stored' FROM each`).run({
      messages,
      firstKey,
      keysEach,
      account: ACCOUNT,
      from: FROM,
      recipients: messages / OF_EACH_RECIPIENT,
      at: T0 - messages * EACH_MS,
      each: EACH_MS,
    });
    this.#oldest = sidOf("SM", firstKey + 60 * keysEach, "0".repeat(18));
    this.#keys = new KeySequence(new FakeClock(T0), this.opened.set.newestKey);
  }

  queue(messages: number): this {
    this.opened.db.transaction(() => {
      for (let message = 0; message < messages; message++) this.#accept();
    })();
    return this;
  }

  /** Accepted; the first of its queue claimed, taken by its line, looked up by its reference, retired. */
  life(): void {
    const { commands } = this.opened;
    this.#accept();
    const [claim] = commands.claim(FROM, { line: "a", limit: 1, now: T0 }).claims;
    commands.settle(claim?.submissionId ?? "", { is: "accepted", reference: "1" }, T0);
    const [open] = commands.openSubmissions("a", "1");
    commands.settle(open?.submissionId ?? "", { is: "accepted", reference: "1" }, T0);
    commands.retire({ sentBefore: T0 + 1, limit: 1 });
  }

  #accept(): void {
    this.opened.commands.accept(newOutbound({ sid: this.#keys.sid("SM"), maxQueuedSegments: 1_000_000 }));
  }

  list(filter: { to?: string; from?: string } = {}): void {
    expect(this.opened.commands.listMessages({ accountSid: ACCOUNT, limit: 50, ...filter })).toHaveLength(50);
  }

  /** The page at the end of history. */
  lastPage(): void {
    const filter = { accountSid: ACCOUNT, beforeSid: this.#oldest, limit: 50 };
    expect(this.opened.commands.listMessages(filter)).toHaveLength(50);
  }

  /** What was sent within the last fifty minutes: a page that is not full. */
  lately(): void {
    const filter = { accountSid: ACCOUNT, sentFrom: T0 - 10 * EACH_MS, sentBefore: T0, limit: 50 };
    expect(this.opened.commands.listMessages(filter)).toHaveLength(10);
  }

  fetch(): void {
    expect(this.opened.commands.getMessage(this.#oldest)).not.toBeNull();
  }

  open(): void {
    createCommands(this.opened.db, T0);
  }
}

let few: Stored;
let many: Stored;
let short: Stored;
let long: Stored;
beforeAll(() => {
  few = new Stored(FEW);
  many = new Stored(MANY);
  short = new Stored(FEW).queue(SHORT);
  long = new Stored(FEW).queue(LONG);
}, 60_000);
afterAll(() => {
  for (const stored of [few, many, short, long]) stored.opened.close();
});

/** Processor microseconds of so many of them, as one transaction. */
function cost(stored: Stored, act: (stored: Stored) => void, times: number): number {
  const { db } = stored.opened;
  const before = process.cpuUsage();
  db.transaction(() => {
    for (let time = 0; time < times; time++) act(stored);
  })();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Turn by turn, so that both meet the same machine. */
function ratio(
  act: (stored: Stored) => void,
  times: number,
  { large = many, small = few, other = act } = {},
): number {
  const rounds = Array.from(
    { length: ROUNDS },
    () => [cost(large, act, times), cost(small, other, times)] as const,
  );
  return median(rounds.map(([one]) => one)) / median(rounds.map(([, one]) => one));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe(`a hundred times as many stored messages do not cost ${LIMIT} times as much`, () => {
  it("in a message's life from accept to retirement", () => {
    expect(ratio((stored) => stored.life(), 60)).toBeLessThan(LIMIT);
  });

  it.each([
    ["all of an account's", {}],
    ["to a recipient", { to: recipientOf(3) }],
    ["from a sender", { from: FROM }],
    ["from a sender to a recipient", { from: FROM, to: recipientOf(3) }],
  ])("in a list of %s", (_name, filter) => {
    expect(ratio((stored) => stored.list(filter), 20)).toBeLessThan(LIMIT);
  });

  it("in the last page of a list, over the first of the same", () => {
    const last = (stored: Stored) => stored.lastPage();
    const first = (stored: Stored) => stored.list();
    expect(ratio(last, 20, { small: many, other: first })).toBeLessThan(LIMIT);
    expect(ratio(last, 20)).toBeLessThan(LIMIT);
  });

  it("in a list of what was sent lately", () => {
    expect(ratio((stored) => stored.lately(), 20)).toBeLessThan(LIMIT);
  });

  it("in the fetch of one", () => {
    expect(ratio((stored) => stored.fetch(), 500)).toBeLessThan(LIMIT);
  });

  it("in opening the store", () => {
    expect(ratio((stored) => stored.open(), 4)).toBeLessThan(LIMIT);
  });
});

it(`neither does a queue ${LONG / SHORT} times as long, in the life of a message that goes through it`, () => {
  expect(ratio((stored) => stored.life(), 60, { large: long, small: short })).toBeLessThan(LIMIT);
});
