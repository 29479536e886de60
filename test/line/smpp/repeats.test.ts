/** When an equal deliver_sm is the same text again, and when somebody says the same thing twice. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Kept, Line } from "../../../src/line/line.ts";
import { createSmppLine } from "../../../src/line/smpp/smpp-line.ts";
import { UNBIND } from "../../harness/smpp-octets.ts";
import { Recorder } from "../line-contract.ts";
import { Conversation, DEFAULTS } from "./rig.ts";

let conversation: Conversation;
beforeEach(async () => {
  conversation = new Conversation();
  await conversation.ready();
});
afterEach(() => conversation.end());

const ok = () => conversation.smsc.delivers({ shortMessage: Buffer.from("OK") });
const fingerprints = () => conversation.seen.inbound.map(({ fingerprint }) => fingerprint);
const distinct = () => new Set(fingerprints()).size;

test("somebody who answers OK twice has said it twice", async () => {
  ok();
  await conversation.clock.advance(0);
  ok();
  await conversation.clock.advance(0);
  expect(fingerprints()).toHaveLength(2);
  expect(distinct()).toBe(2);
});

test("two that come in one read are two", async () => {
  ok();
  ok();
  await conversation.clock.advance(0);
  expect(distinct()).toBe(2);
});

test("what was refused is the same when it comes again, and the next one is new", async () => {
  conversation.seen.answer = () => Promise.resolve("refused");
  ok();
  await conversation.clock.advance(0);
  conversation.seen.answer = () => Promise.resolve("kept");
  await conversation.until(() => conversation.smsc.toDeliver.length === 0);
  expect(fingerprints()).toHaveLength(2);
  expect(distinct()).toBe(1);
  ok();
  await conversation.clock.advance(0);
  expect(distinct()).toBe(2);
});

test("what was cut off from its response is the same when it comes again", async () => {
  let keep: (kept: Kept) => void = () => undefined;
  conversation.seen.answer = () =>
    new Promise((resolve) => {
      keep = resolve;
    });
  ok();
  await conversation.clock.advance(0);
  conversation.smsc.last.cut();
  await conversation.clock.advance(0);
  keep("kept");
  conversation.seen.answer = () => Promise.resolve("kept");
  await conversation.until(() => conversation.smsc.toDeliver.length === 0);
  expect(fingerprints()).toHaveLength(2);
  expect(distinct()).toBe(1);
});

test("a response on a connection that broke at once may be lost: what comes again is the same", async () => {
  const { smsc } = conversation;
  smsc.last.onHeard = ({ commandId }) => {
    if (commandId === 0x80000005) smsc.last.cut();
  };
  ok();
  await conversation.until(() => smsc.connections.length === 2 && smsc.toDeliver.length === 0);
  expect(fingerprints()).toHaveLength(2);
  expect(distinct()).toBe(1);
});

test("a response the SMSC had long before the connection broke is not in doubt", async () => {
  ok();
  await conversation.clock.advance(3000);
  conversation.smsc.last.asks(0x15);
  await conversation.clock.advance(0);
  conversation.smsc.last.cut();
  await conversation.until(() => conversation.line.status.state === "ready");
  ok();
  await conversation.clock.advance(0);
  expect(distinct()).toBe(2);
});

test("an SMSC that takes its leave has what it was answered", async () => {
  ok();
  await conversation.clock.advance(0);
  conversation.smsc.last.asks(UNBIND);
  await conversation.until(() => conversation.line.status.state !== "ready");
  await conversation.until(() => conversation.line.status.state === "ready");
  ok();
  await conversation.clock.advance(0);
  expect(distinct()).toBe(2);
});

test("what nobody repeats within a quarter of an hour is new when it comes", async () => {
  conversation.seen.answer = () => Promise.resolve("refused");
  ok();
  await conversation.clock.advance(0);
  conversation.smsc.toDeliver.length = 0;
  await conversation.clock.advance(15 * 60_000 + 1);
  conversation.seen.answer = () => Promise.resolve("kept");
  ok();
  await conversation.clock.advance(0);
  expect(distinct()).toBe(2);
});

/** The process dies: the memory stays, the connection does not. */
async function afterRestart(): Promise<Recorder> {
  const { smsc, clock } = conversation;
  const memory = { entries: new Map(conversation.memory.entries) };
  smsc.last.cut();
  const seen = new Recorder();
  const line = createSmppLine({
    ...DEFAULTS,
    clock,
    openStream: smsc.openStream,
    memory: { get: async (key) => memory.entries.get(key) ?? null, put: async () => undefined },
  });
  await stopped(conversation.line);
  line.start(seen.handlers);
  await conversation.until(() => smsc.toDeliver.length === 0 && line.status.state === "ready");
  await stopped(line);
  return seen;
}

async function stopped(line: Line): Promise<void> {
  const stopping = line.stop(0);
  await conversation.clock.advance(0);
  await stopping;
}

test("what was in hand when the process died is the same when it comes again", async () => {
  conversation.seen.answer = () => new Promise(() => undefined);
  ok();
  await conversation.clock.advance(0);
  const seen = await afterRestart();
  expect(seen.inbound.map(({ fingerprint }) => fingerprint)).toEqual(fingerprints());
});

test("what was acknowledged a while before the process died is new when it comes", async () => {
  ok();
  await conversation.clock.advance(2000);
  ok();
  conversation.smsc.last.cut();
  const seen = await afterRestart();
  expect(seen.inbound).toHaveLength(1);
  expect(seen.inbound[0]?.fingerprint).not.toBe(fingerprints()[0]);
});

test("what was acknowledged just before the process died, and others came after it, is the same", async () => {
  ok();
  await conversation.clock.advance(100);
  conversation.smsc.delivers({ shortMessage: Buffer.from("Coming") });
  await conversation.clock.advance(0);
  // The acknowledgement was still on its way when the power went.
  ok();
  conversation.smsc.last.cut();
  const seen = await afterRestart();
  expect(seen.inbound.map(({ fingerprint }) => fingerprint)).toEqual([fingerprints()[0]]);
});

test("what is remembered of acknowledged texts has a bound", async () => {
  for (let at = 0; at < 200; at++) conversation.smsc.delivers({ shortMessage: Buffer.from(`text ${at}`) });
  await conversation.clock.advance(100);
  conversation.smsc.delivers({ shortMessage: Buffer.from("the last") });
  await conversation.clock.advance(0);
  const written = conversation.memory.entries.get("smpp.in-hand") ?? "";
  expect(written.split(" ").length).toBeLessThanOrEqual(100);
  expect(written.split(" ").length).toBeGreaterThan(50);
});
