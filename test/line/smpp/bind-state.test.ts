import { describe, expect, test } from "vitest";
import {
  type BindInput,
  type BindState,
  canReceive,
  canSend,
  next,
  retryDelayMs,
} from "../../../src/line/smpp/bind-state.ts";

const trouble = { why: "ended", reason: "before" } as const;
const STATES: Readonly<Record<BindState["is"], BindState>> = {
  closed: { is: "closed", failures: 2, trouble },
  connecting: { is: "connecting", failures: 2, trouble },
  open: { is: "open", failures: 2, trouble },
  bound_trx: { is: "bound_trx", failures: 2, isProven: true, trouble: null },
  bound_tx: { is: "bound_tx", failures: 2, isProven: true, trouble: null },
  bound_rx: { is: "bound_rx", failures: 2, isProven: true, trouble: null },
  unbinding: { is: "unbinding" },
  stopped: { is: "stopped" },
};

const INPUTS = {
  connect: { is: "connect" },
  connected: { is: "connected" },
  unreachable: { is: "unreachable", reason: "no route" },
  bound: { is: "bound", role: "transmitter" },
  denied: { is: "denied", needsPerson: false, reason: "busy" },
  refused: { is: "denied", needsPerson: true, reason: "password" },
  lost: { is: "lost", why: "silent", reason: "quiet", boundForMs: 0 },
  answered: { is: "answered" },
  unbind: { is: "unbind" },
  stop: { is: "stop" },
} as const satisfies Record<string, BindInput>;

/** Every pair that changes something; every other leaves the state as it is. */
const CHANGES: Readonly<Record<string, BindState>> = {
  "closed connect": { is: "connecting", failures: 2, trouble },
  "connecting connected": { is: "open", failures: 2, trouble },
  "connecting unreachable": {
    is: "closed",
    failures: 3,
    trouble: { why: "unreachable", reason: "no route" },
  },
  "open bound": { is: "bound_tx", failures: 2, isProven: false, trouble: null },
  "open denied": { is: "closed", failures: 3, trouble: { why: "denied", reason: "busy" } },
  "open refused": { is: "closed", failures: 3, trouble: { why: "refused", reason: "password" } },
  "open lost": { is: "closed", failures: 3, trouble: { why: "silent", reason: "quiet" } },
  "bound_trx lost": { is: "closed", failures: 3, trouble: { why: "silent", reason: "quiet" } },
  "bound_tx lost": { is: "closed", failures: 3, trouble: { why: "silent", reason: "quiet" } },
  "bound_rx lost": { is: "closed", failures: 3, trouble: { why: "silent", reason: "quiet" } },
  "bound_trx unbind": { is: "unbinding" },
  "bound_tx unbind": { is: "unbinding" },
  "bound_rx unbind": { is: "unbinding" },
};

describe("the states of a bind", () => {
  const pairs = Object.entries(STATES).flatMap(([state, from]) =>
    Object.entries(INPUTS).map(([input, given]) => ({ state, from, input, given })),
  );

  test.each(pairs)("$state, $input", ({ state, from, input, given }) => {
    const expected = input === "stop" ? { is: "stopped" } : (CHANGES[`${state} ${input}`] ?? from);
    expect(next(from, given)).toEqual(expected);
  });

  test.each([
    ["transceiver", "bound_trx"],
    ["transmitter", "bound_tx"],
    ["receiver", "bound_rx"],
  ] as const)("a %s is %s", (role, is) => {
    expect(next(STATES.open, { is: "bound", role }).is).toBe(is);
  });

  test("what stood for a while begins to count its failures anew", () => {
    const lost = { is: "lost", why: "broken", reason: "cut" } as const;
    expect(next(STATES.bound_trx, { ...lost, boundForMs: 9_999 })).toMatchObject({ failures: 3 });
    expect(next(STATES.bound_trx, { ...lost, boundForMs: 10_000 })).toMatchObject({ failures: 1 });
  });

  test("what has answered nothing since the bind goes on counting, however long it stood", () => {
    const fresh = next(STATES.open, { is: "bound", role: "transceiver" });
    const mute = next(fresh, { is: "lost", why: "silent", reason: "no answer", boundForMs: 60_000 });
    expect(mute).toEqual({
      is: "closed",
      failures: 3,
      trouble: { why: "mute", reason: "bound, but it answers nothing: no answer" },
    });
    const cut = next(fresh, { is: "lost", why: "ended", reason: "cut", boundForMs: 60_000 });
    expect(cut).toEqual({ is: "closed", failures: 3, trouble: { why: "ended", reason: "cut" } });
  });

  test("that it answered nothing is remembered by the next bind until something is answered", () => {
    const trouble = { why: "mute", reason: "bound, but it answers nothing" } as const;
    const again = next({ is: "open", failures: 1, trouble }, { is: "bound", role: "transmitter" });
    expect(again).toEqual({ is: "bound_tx", failures: 1, isProven: false, trouble });
    const proven = { is: "bound_tx", failures: 1, isProven: true, trouble: null };
    expect(next(again, { is: "answered" })).toEqual(proven);
  });

  test("says what it can do", () => {
    const all = Object.values(STATES);
    expect(all.filter(canSend).map(({ is }) => is)).toEqual(["bound_trx", "bound_tx"]);
    expect(all.filter(canReceive).map(({ is }) => is)).toEqual(["bound_trx", "bound_rx"]);
  });
});

describe("the pause before the next try", () => {
  const afterFailures = (failures: number, why: "unreachable" | "refused", random = 1) =>
    retryDelayMs({ failures, trouble: { why, reason: "" } }, random);

  test("doubles from a second up to two minutes", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((failures) => afterFailures(failures, "unreachable"));
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000]);
  });

  test("is half a minute to ten minutes when a person is needed", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 100].map((failures) => afterFailures(failures, "refused"));
    expect(pauses).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  });

  test("is shortened by chance, to half of it at the most", () => {
    expect(afterFailures(4, "unreachable", 0)).toBe(4000);
    expect(afterFailures(4, "unreachable", 0.5)).toBe(6000);
    expect(retryDelayMs({ failures: 0, trouble: null }, 1)).toBe(1000);
  });
});
