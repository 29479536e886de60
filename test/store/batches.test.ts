/** When commands leave for the store's thread, and how many together. The thread is this test's own. */
import { EventEmitter } from "node:events";
import type { Worker } from "node:worker_threads";
import { beforeEach, describe, expect, it } from "vitest";
import { type Commit, StoreClient } from "../../src/store/client.ts";
import type { FromWorker, ToWorker } from "../../src/store/protocol.ts";
import { FakeClock } from "../harness/fake-clock.ts";

/** How many commands each message had, and the answers as they are asked for. */
class Thread extends EventEmitter {
  readonly batches: number[] = [];
  #unanswered: number[] = [];

  postMessage(message: ToWorker): void {
    if (message.is !== "requests") return;
    this.batches.push(message.requests.length);
    this.#unanswered.push(message.requests.length);
  }

  /** Of the `messages` oldest, as one transaction. */
  answer(syncedInMs: number, messages = 1): void {
    const commands = this.#unanswered.splice(0, messages).reduce((sum, count) => sum + count, 0);
    const outcomes = Array.from({ length: commands }, () => ({ ok: true as const, value: null }));
    const answer: FromWorker = { is: "answer", answer: { outcomes, queued: [], webhooks: [], syncedInMs } };
    this.emit("message", answer);
  }
}

let thread: Thread;
let clock: FakeClock;
let store: StoreClient;
let commits: Commit[];

beforeEach(() => {
  thread = new Thread();
  clock = new FakeClock();
  commits = [];
  store = new StoreClient(thread as unknown as Worker, {
    newestKey: 0,
    clock,
    onFatal: (fault) => expect.unreachable(fault.message),
    onCommit: (commit) => commits.push(commit),
  });
});

const ask = (count: number) => {
  for (let at = 0; at < count; at++) void store.getMemory("line", "key");
};
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const askInOneTurn = (count: number) => {
  ask(count);
  return turn();
};

describe("commands of one turn", () => {
  it("travel together, at its end", async () => {
    ask(3);
    expect(thread.batches).toEqual([]);
    await turn();
    expect(thread.batches).toEqual([3]);
  });

  it("wait for the answer that is under way, with those of later turns", async () => {
    await askInOneTurn(1);
    await askInOneTurn(2);
    await askInOneTurn(3);
    expect(thread.batches).toEqual([1]);
    thread.answer(0.3);
    expect(thread.batches).toEqual([1, 5]);
  });

  it("leave in parts when they are many: the thread has work while the others are made", async () => {
    ask(40);
    expect(thread.batches).toEqual([16, 16]);
    await turn();
    expect(thread.batches).toEqual([16, 16]);
    thread.answer(0.3);
    expect(thread.batches).toEqual([16, 16]);
    thread.answer(0.3);
    expect(thread.batches).toEqual([16, 16, 8]);
  });
});

describe("behind a slow disk", () => {
  it("the next batch waits for those who have just been answered", async () => {
    await askInOneTurn(10);
    await askInOneTurn(1);
    thread.answer(20);
    expect(thread.batches).toEqual([10]);
    await askInOneTurn(10);
    await turn();
    expect(thread.batches).toEqual([10, 11]);
  });

  it("it waits a quarter of what the disk took for the last one, should they not come", async () => {
    await askInOneTurn(10);
    await askInOneTurn(1);
    thread.answer(20);
    await clock.advance(4.9);
    expect(thread.batches).toEqual([10]);
    await clock.advance(0.2);
    expect(thread.batches).toEqual([10, 1]);
  });

  it("nothing leaves in parts: each sync has its price", async () => {
    await askInOneTurn(1);
    thread.answer(20);
    ask(40);
    expect(thread.batches).toEqual([1]);
    await turn();
    expect(thread.batches).toEqual([1, 40]);
  });

  it("who is alone does not wait", async () => {
    await askInOneTurn(1);
    thread.answer(300);
    await askInOneTurn(1);
    expect(thread.batches).toEqual([1, 1]);
  });
});

describe("a main thread that is busy", () => {
  it("is no slow disk: nobody waits because an answer lay there unread", async () => {
    await askInOneTurn(10);
    await askInOneTurn(1);
    await clock.advance(200);
    thread.answer(0.3);
    expect(thread.batches).toEqual([10, 1]);
  });
});

describe("what a batch took", () => {
  it("counts from the oldest of what one transaction answers", async () => {
    ask(16);
    await clock.advance(5);
    ask(16);
    await clock.advance(2);
    thread.answer(0.3, 2);
    ask(1);
    await turn();
    await clock.advance(1);
    thread.answer(0.3);
    expect(commits).toEqual([
      { commands: 32, tookMs: 7 },
      { commands: 1, tookMs: 1 },
    ]);
  });
});
