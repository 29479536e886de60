/** Binds over time: kinds, refusals, silence, garbage, leave-taking. Time stands still but for what is told. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import type { Log } from "../../../src/runtime/log.ts";
import {
  ALERT_NOTIFICATION,
  BIND_RECEIVER,
  BIND_TRANSCEIVER,
  BIND_TRANSMITTER,
  cString,
  ENQUIRE_LINK,
  GENERIC_NACK,
  OUTBIND,
  pduOf,
  RESPONSE,
  SUBMIT_SM,
  UNBIND,
} from "../../harness/smpp-octets.ts";
import { segmentTo, textOf } from "../line-contract.ts";
import { Conversation } from "./rig.ts";

let conversation: Conversation;
afterEach(async () => {
  await conversation.end();
  expect(conversation.clock.pending, "timers left behind").toBe(0);
});

const begin = (options: Partial<SmppLineOptions> = {}) => {
  conversation = new Conversation({ random: () => 1, ...options });
  conversation.start();
  return conversation;
};
const status = () => conversation.line.status;
const submit = (to = "+33612345678") =>
  conversation.line.submit(segmentTo(to, "x"), { submissionId: "s", signal: new AbortController().signal });
/** Seconds between the beginnings of two connections. */
const pauses = () =>
  conversation.smsc.openedAt
    .slice(1)
    .map((at, index) => (at - (conversation.smsc.openedAt[index] ?? 0)) / 1000);

describe("its pulse", () => {
  test("stops when one of its binds never comes back from connecting", async () => {
    const { clock, line } = begin({ bind: "pair", openStream: () => new Promise(() => undefined) });
    await clock.advance(600_000);
    expect(clock.monotonicMs() - (line.pulse.dueBy ?? Number.NaN)).toBeGreaterThan(0);
  });

  test("keeps coming while a bind is refused with growing pauses", async () => {
    const { clock, smsc, line } = begin();
    smsc.bindStatus = 0x0e;
    for (let minute = 0; minute < 120; minute++) {
      await clock.advance(60_000);
      expect(clock.monotonicMs() - (line.pulse.dueBy ?? Number.NaN)).toBeLessThan(0);
    }
    expect(Math.max(...pauses())).toBeGreaterThanOrEqual(600);
  });
});

describe("the kinds of bind", () => {
  test.each([
    { bind: "transceiver", binds: 1, expected: [BIND_TRANSCEIVER], window: 10 },
    { bind: "transmitter", binds: 1, expected: [BIND_TRANSMITTER], window: 10 },
    { bind: "receiver", binds: 1, expected: [BIND_RECEIVER], window: 10 },
    { bind: "pair", binds: 1, expected: [BIND_TRANSMITTER, BIND_RECEIVER], window: 10 },
    { bind: "transceiver", binds: 3, expected: [9, 9, 9], window: 30 },
    { bind: "pair", binds: 2, expected: [2, 1, 2, 1], window: 20 },
  ] as const)("$bind, $binds at once", async ({ bind, binds, expected, window }) => {
    const { smsc, line } = begin({ bind, binds });
    await conversation.until(() => status().state === "ready");
    expect(smsc.connections.map(({ bound }) => bound)).toEqual(expected);
    expect(line.window).toBe(window);
    expect(status().facts).toMatchObject({ operator: "SCRIPTED", technology: "SMPP 3.4" });
  });

  test("a receiver never takes what is to be sent", async () => {
    await begin({ bind: "receiver" }).until(() => status().state === "ready");
    expect(await submit()).toMatchObject({
      is: "rejected",
      fault: { code: "line.not-ready", disposition: "line", message: expect.stringContaining("receiver") },
    });
  });

  test("a pair is ready with both, and not with one", async () => {
    const { smsc } = begin({ bind: "pair" });
    smsc.mute.add(BIND_RECEIVER);
    await conversation.clock.advance(5000);
    expect(status().state).toBe("starting");
    expect(await submit()).toMatchObject({ is: "rejected" });
    smsc.mute.clear();
    await conversation.until(() => status().state === "ready");
    expect(await submit()).toMatchObject({ is: "accepted" });
  });

  test("a pair sends on the one and receives on the other", async () => {
    const { smsc, seen } = begin({ bind: "pair" });
    await conversation.until(() => status().state === "ready");
    await submit();
    await conversation.until(() => seen.reports.length === 1);
    const [transmitter, receiver] = smsc.connections;
    expect(transmitter?.heardOf(SUBMIT_SM)).toHaveLength(1);
    expect(receiver?.heardOf(0x80000005)).toHaveLength(1);
  });

  test("one bind of three that falls leaves the line ready, and says so", async () => {
    const { smsc } = begin({ binds: 3 });
    await conversation.until(() => status().state === "ready" && smsc.connections.length === 3);
    smsc.connections[1]?.cut();
    await conversation.clock.advance(0);
    expect(status()).toMatchObject({ state: "ready", reason: "2 of 3 binds stand" });
    expect(await submit()).toMatchObject({ is: "accepted" });
    await conversation.until(() => status().reason === "3 of 3 binds stand");
  });

  test("what goes to one recipient goes over one bind", async () => {
    const { smsc } = begin({ binds: 3 });
    await conversation.until(() => status().reason === "3 of 3 binds stand");
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        ["+33612345671", "+33612345672", "+33612345673", "+33612345674"].map((to) => submit(to)),
      );
    }
    const destinations = smsc.connections.map((connection) => [
      ...new Set(
        connection.heardOf(SUBMIT_SM).map(({ body }) => body.toString("latin1").match(/3361234567\d/)?.[0]),
      ),
    ]);
    expect(destinations.flat().sort()).toEqual(["33612345671", "33612345672", "33612345673", "33612345674"]);
    expect(destinations.filter(({ length }) => length > 0).length).toBeGreaterThan(1);
  });
});

describe("a bind that is refused", () => {
  test.each([
    { status: 0x0e, name: "ESME_RINVPASWD" },
    { status: 0x0f, name: "ESME_RINVSYSID" },
    { status: 0x0d, name: "ESME_RBINDFAIL" },
  ])(
    "$name needs a person: refused with the reason, and no tight loop",
    async ({ status: bindStatus, name }) => {
      const { smsc, seen, clock } = begin();
      smsc.bindStatus = bindStatus;
      await clock.advance(3_600_000);
      expect(status()).toMatchObject({ state: "refused", reason: expect.stringContaining(name) });
      expect(pauses().slice(0, 6)).toEqual([30, 60, 120, 240, 480, 600]);
      expect(smsc.connections.length).toBeLessThan(12);
      expect(seen.events.filter(({ type }) => type === "line.refused")).toHaveLength(1);
      expect(status().recovery).toMatchObject({ trouble: "refused", nextStep: "connect and bind again" });
      smsc.bindStatus = 0;
      await conversation.until(() => status().state === "ready");
      expect(status().recovery).toBeNull();
    },
  );

  test("says neither password nor system_id to anybody, nor anything of a text to a log", async () => {
    const logged: unknown[] = [];
    const write = (...args: unknown[]) => logged.push(args);
    const log = { trace: write, debug: write, info: write, warn: write, error: write } as unknown as Log;
    Object.assign(log, { child: () => log });
    const { smsc, seen, clock } = begin({ password: "sesame", systemId: "harbour", log });
    smsc.bindStatus = 0x0e;
    await clock.advance(60_000);
    smsc.bindStatus = 0;
    await conversation.until(() => status().state === "ready");
    await conversation.line.submit(segmentTo("+33612345678", "tide at six"), {
      submissionId: "s",
      signal: new AbortController().signal,
    });
    seen.answer = () => Promise.reject(new Error("the disk is full"));
    smsc.delivers({ shortMessage: Buffer.from("tide at six") });
    await clock.advance(0);
    seen.answer = () => Promise.resolve("kept");
    expect(logged.length).toBeGreaterThan(3);
    const told = JSON.stringify([seen.events, seen.states, status(), logged]);
    for (const secret of ["sesame", "harbour", "tide", "33612345678"]) expect(told).not.toContain(secret);
  });

  test("while another stands is told once, not at every try", async () => {
    const { smsc, seen, clock } = begin({ binds: 2 });
    await conversation.until(() => status().reason === "2 of 2 binds stand");
    smsc.bindStatus = 0x0e;
    smsc.connections[1]?.cut();
    await clock.advance(3_600_000);
    expect(status()).toMatchObject({ state: "ready", reason: "1 of 2 binds stand" });
    expect(seen.events.filter(({ type }) => type === "line.refused")).toHaveLength(1);
  });

  test("because it stands already is tried again soon: the SMSC has not noticed that the old one is gone", async () => {
    const { smsc, clock } = begin();
    smsc.bindStatus = 0x05;
    await clock.advance(20_000);
    expect(status()).toMatchObject({ state: "opening", reason: expect.stringContaining("ESME_RALYBND") });
    expect(pauses()).toEqual([1, 2, 4, 8]);
  });
});

describe("an SMSC in trouble", () => {
  test("that takes the connection and never answers is left after the time-out", async () => {
    const { smsc, clock } = begin();
    smsc.mute.add(BIND_TRANSCEIVER);
    await clock.advance(30_000);
    expect(status()).toMatchObject({
      state: "opening",
      reason: expect.stringContaining("does not answer the bind"),
    });
    await clock.advance(1000);
    expect(smsc.connections).toHaveLength(2);
    smsc.mute.clear();
    await conversation.until(() => status().state === "ready");
  });

  test("that vanishes without a word is found out by enquire_link", async () => {
    const { smsc, clock } = begin();
    await conversation.until(() => status().state === "ready");
    smsc.mute.add(ENQUIRE_LINK);
    await clock.advance(60_000);
    expect(status().state).not.toBe("ready");
    expect(status().reason).toContain("no answer to enquire_link");
    smsc.mute.clear();
    await conversation.until(() => status().state === "ready");
  });

  test("that binds and then answers nothing is tried with growing pauses, and the line says so", async () => {
    const { smsc, clock, seen } = begin();
    smsc.mute.add(ENQUIRE_LINK).add(SUBMIT_SM);
    await conversation.until(() => status().state === "ready");
    void submit();
    await clock.advance(60_000);
    const mute = "bound, but it answers nothing: no answer to enquire_link within 30 s";
    expect(status()).toMatchObject({ state: "opening", reason: mute });
    expect(status().recovery).toMatchObject({
      trouble: "mute",
      reason: mute,
      nextStepAt: expect.any(Number),
    });
    await conversation.until(() => status().state === "ready");
    expect(status().reason).toBe("bound, but it answers nothing");
    expect(status().recovery).toMatchObject({
      trouble: "mute",
      nextStep: expect.stringContaining("bind again"),
    });
    await clock.advance(1_500_000);
    // Each bind stands for the half minute that enquire_link may take.
    expect(
      pauses()
        .slice(1, 9)
        .map((pause) => Math.round(pause) - 30),
    ).toEqual([2, 4, 8, 16, 32, 64, 120, 120]);
    expect(seen.events.filter(({ type }) => type === "line.recovery")).toHaveLength(1);
    smsc.mute.clear();
    await conversation.until(() => status().reason === "bound");
    expect(status().recovery).toBeNull();
    expect(await submit()).toMatchObject({ is: "accepted" });
  });

  test("that answers enquire_link and no submit keeps its bind, and the reason tells", async () => {
    const { smsc, clock } = begin();
    await conversation.until(() => status().state === "ready");
    smsc.mute.add(SUBMIT_SM);
    void submit();
    void submit("+33612345679");
    await clock.advance(100_000);
    expect(smsc.connections).toHaveLength(1);
    expect(status()).toMatchObject({
      state: "ready",
      reason: "bound, but 2 submits are without an answer for 100 s",
      recovery: { trouble: "unanswered" },
    });
    smsc.mute.clear();
    await submit();
    expect(status()).toMatchObject({ state: "ready", reason: "bound", recovery: null });
  });

  test("that loses one answer among many is in no doubt", async () => {
    const { smsc, clock } = begin();
    await conversation.until(() => status().state === "ready");
    smsc.mute.add(SUBMIT_SM);
    void submit();
    await clock.advance(1000);
    smsc.mute.clear();
    await submit();
    await clock.advance(40_000);
    expect(status()).toMatchObject({ state: "ready", reason: "bound", counters: { timeouts: 1 } });
  });

  test("that leaves a submit unanswered is asked at once whether it is there", async () => {
    const { smsc, clock } = begin({ enquireLinkMs: 300_000 });
    await conversation.until(() => status().state === "ready");
    smsc.mute.add(ENQUIRE_LINK).add(SUBMIT_SM);
    void submit();
    await clock.advance(29_000);
    expect(smsc.last.heardOf(ENQUIRE_LINK)).toHaveLength(0);
    await clock.advance(31_000);
    expect(smsc.connections[0]?.heardOf(ENQUIRE_LINK)).toHaveLength(1);
    expect(status()).toMatchObject({ state: "opening", reason: expect.stringContaining("answers nothing") });
  });

  test("that does not know enquire_link keeps its bind while it answers submits", async () => {
    const { smsc, clock } = begin();
    await conversation.until(() => status().state === "ready");
    smsc.mute.add(ENQUIRE_LINK);
    smsc.last.cut();
    await conversation.until(() => smsc.connections.length === 2 && status().state === "ready");
    for (let time = 0; time < 6; time++) {
      expect(await submit()).toMatchObject({ is: "accepted" });
      await clock.advance(10_000);
    }
    expect(smsc.connections).toHaveLength(2);
  });

  test("that sends garbage is bound to anew, and the operator is told once", async () => {
    const { smsc, seen } = begin();
    for (let time = 0; time < 3; time++) {
      await conversation.until(() => status().state === "ready");
      smsc.last.send(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
      await conversation.until(() => status().state !== "ready");
      expect(status().reason).toContain("not SMPP");
    }
    expect(seen.events.filter(({ type }) => type === "line.noise")).toHaveLength(1);
    expect(status().counters).toMatchObject({ disconnects: 3, noise: 3 });
    await conversation.until(() => status().state === "ready");
  });

  test("that sends whatever is bound to anew, and takes texts again", async () => {
    const { smsc, line } = begin();
    await conversation.until(() => status().state === "ready");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 }), { maxLength: 10 }),
        async (chunks) => {
          for (const chunk of chunks) smsc.last.send(Buffer.from(chunk));
          await conversation.clock.advance(60_000);
          await conversation.until(() => line.status.state === "ready");
          expect(await submit()).toMatchObject({ is: "accepted" });
        },
      ),
      { numRuns: 40 },
    );
    expect(status().counters["disconnects"]).toBeGreaterThan(10);
  });

  test("that cannot be reached is tried with growing pauses, and the reason stays in sight", async () => {
    const { smsc, clock, seen } = begin();
    smsc.reachable = false;
    await clock.advance(700_000);
    expect(status()).toMatchObject({
      state: "opening",
      reason: expect.stringContaining("refuses the connection"),
    });
    expect(pauses().slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120]);
    expect(seen.events.filter(({ type }) => type === "line.recovery")).toMatchObject([
      { level: "warning", text: expect.stringContaining("refuses the connection") },
    ]);
    smsc.reachable = true;
    await conversation.until(() => status().state === "ready");
    expect(seen.events.at(-1)).toMatchObject({ type: "line.recovery", level: "info" });
  });

  test("that drops each bind at once is not bound to in a tight loop", async () => {
    const { smsc, clock } = begin();
    for (let time = 0; time < 6; time++) {
      await conversation.until(() => smsc.connections.length === time + 1 && smsc.last.bound !== null);
      smsc.last.cut();
      await clock.advance(0);
    }
    await conversation.until(() => smsc.connections.length === 7);
    expect(pauses()).toEqual([1, 2, 4, 8, 16, 32].map((seconds) => expect.closeTo(seconds, 0)));
  });

  test("pauses are shortened by chance, so that clients do not all come back at once", async () => {
    const { smsc, clock } = begin({ random: () => 0 });
    smsc.reachable = false;
    await clock.advance(4000);
    expect(pauses()).toEqual([0.5, 1, 2]);
  });
});

describe("what the SMSC asks", () => {
  test("enquire_link is answered", async () => {
    const { smsc } = begin();
    await conversation.until(() => status().state === "ready");
    const sequenceNumber = smsc.last.asks(ENQUIRE_LINK);
    await conversation.clock.advance(0);
    expect(smsc.last.heard.at(-1)).toMatchObject({
      commandId: ENQUIRE_LINK + RESPONSE,
      status: 0,
      sequenceNumber,
    });
  });

  test("unbind is answered, and the bind comes back", async () => {
    const { smsc } = begin();
    await conversation.until(() => status().state === "ready");
    const first = smsc.last;
    const sequenceNumber = first.asks(UNBIND);
    await conversation.clock.advance(0);
    expect(first.heard.at(-1)).toMatchObject({ commandId: UNBIND + RESPONSE, status: 0, sequenceNumber });
    expect(status()).toMatchObject({ state: "opening", reason: "the SMSC unbound" });
    await conversation.until(() => status().state === "ready");
    expect(smsc.connections).toHaveLength(2);
  });

  test.each([
    { name: "outbind", commandId: OUTBIND, body: Buffer.concat([cString("SMSC"), cString("secret")]) },
    {
      name: "alert_notification",
      commandId: ALERT_NOTIFICATION,
      body: Buffer.concat([Buffer.of(1, 1), cString("33612345678"), Buffer.of(1, 1), cString("33639980001")]),
    },
  ])("$name is survived, and nothing is answered", async ({ commandId, body }) => {
    const { smsc, seen } = begin();
    await conversation.until(() => status().state === "ready");
    const before = smsc.last.heard.length;
    smsc.last.asks(commandId, body);
    await conversation.clock.advance(0);
    expect(smsc.last.heard).toHaveLength(before);
    smsc.delivers({ shortMessage: Buffer.from("Paris") });
    await conversation.until(() => seen.inbound.length === 1);
    expect(textOf(seen.inbound[0])).toBe("Paris");
  });

  test.each([
    { name: "unknown to SMPP", commandId: 0x0999, noise: "carrier: an unknown request" },
    { name: "meant for an SMSC", commandId: SUBMIT_SM, noise: "carrier: a submit_sm request" },
    { name: "of a vendor's own", commandId: 0x00010201, noise: "carrier: an unknown request" },
  ])("a command $name is answered generic_nack, and the bind stands", async ({ commandId, noise }) => {
    const { smsc, seen } = begin();
    await conversation.until(() => status().state === "ready");
    const sequenceNumber = smsc.last.asks(commandId, Buffer.from("whatever"));
    await conversation.clock.advance(0);
    expect(smsc.last.heard.at(-1)).toMatchObject({ commandId: GENERIC_NACK, status: 3, sequenceNumber });
    expect(seen.events.map(({ text }) => text)).toEqual([noise]);
    expect(status().state).toBe("ready");
    expect(await submit()).toMatchObject({ is: "accepted" });
  });

  test("a response nobody waits for is counted and passed over", async () => {
    const { smsc } = begin();
    await conversation.until(() => status().state === "ready");
    smsc.last.send(pduOf(SUBMIT_SM + RESPONSE, 0, 4711, cString("x")));
    smsc.last.send(pduOf(GENERIC_NACK, 3, 0));
    await conversation.clock.advance(0);
    expect(status()).toMatchObject({ state: "ready", counters: { noise: 2 } });
  });
});

test("a memory that fails costs nothing but memory", async () => {
  const broken = () => Promise.reject(new Error("the disk is full"));
  const { smsc, seen } = begin({ memory: { get: broken, put: broken } });
  await conversation.until(() => status().state === "ready");
  smsc.delivers({ shortMessage: Buffer.from("Paris") });
  await submit();
  await conversation.until(() => seen.inbound.length === 1 && seen.reports.length === 1);
  await conversation.until(() => smsc.toDeliver.length === 0);
});

describe("stopping", () => {
  test("unbinds and waits for the response before it closes", async () => {
    const { smsc, line, clock } = begin();
    await conversation.until(() => status().state === "ready");
    const stopping = line.stop(8000);
    await clock.advance(0);
    await stopping;
    expect(smsc.last.heard.at(-1)).toMatchObject({ commandId: UNBIND });
    expect(smsc.last.stream.destroyed).toBe(true);
    expect(status().state).toBe("stopped");
    await clock.advance(600_000);
    expect(smsc.connections).toHaveLength(1);
  });

  test("waits no longer than its grace for an SMSC that does not answer", async () => {
    const { smsc, line, clock } = begin();
    await conversation.until(() => status().state === "ready");
    smsc.mute.add(UNBIND);
    let isStopped = false;
    const stopping = line.stop(8000).then(() => {
      isStopped = true;
    });
    await clock.advance(7999);
    expect(isStopped).toBe(false);
    await clock.advance(1);
    await stopping;
  });

  test("unbinds within its grace though a message is never answered", async () => {
    const { smsc, line, clock } = begin();
    await conversation.until(() => status().state === "ready");
    smsc.mute.add(SUBMIT_SM);
    const outcome = submit();
    await clock.advance(0);
    const stopping = line.stop(500);
    await clock.advance(500);
    await stopping;
    expect(smsc.last.heard.at(-1)).toMatchObject({ commandId: UNBIND });
    expect(await outcome).toMatchObject({ is: "unknown" });
  });

  test("waits no longer than its grace though the desk is full and nothing is read", async () => {
    const { smsc, line, clock, seen } = begin({ inboundWindow: 2 });
    await conversation.until(() => status().state === "ready");
    let keep = (): void => undefined;
    const kept = new Promise<"kept">((resolve) => {
      keep = () => resolve("kept");
    });
    seen.answer = () => kept;
    for (const text of ["1", "2"]) smsc.delivers({ shortMessage: Buffer.from(text) });
    await clock.advance(0);
    let isStopped = false;
    const stopping = line.stop(500).then(() => {
      isStopped = true;
    });
    await clock.advance(500);
    expect(isStopped).toBe(true);
    await stopping;
    expect(smsc.last.heard.at(-1)).toMatchObject({ commandId: UNBIND });
    keep();
    await clock.advance(0);
  });

  test("ends a pause between two tries at once", async () => {
    const { smsc, line, clock } = begin();
    smsc.reachable = false;
    await clock.advance(60_000);
    const stopping = line.stop(8000);
    await clock.advance(0);
    await stopping;
    expect(status().state).toBe("stopped");
  });
});
