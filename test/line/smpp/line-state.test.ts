import { describe, expect, test } from "vitest";
import type { BindState, Trouble } from "../../../src/line/smpp/bind-state.ts";
import { lineStateOf } from "../../../src/line/smpp/line-state.ts";

const closed = (why: Trouble["why"], reason: string = why): BindState => ({
  is: "closed",
  failures: 1,
  trouble: { why, reason },
});
const fresh = (is: "closed" | "connecting" | "open"): BindState => ({ is, failures: 0, trouble: null });
const again = (is: "connecting" | "open"): BindState => ({ ...closed("silent"), is }) as BindState;
const bound = (is: "bound_trx" | "bound_tx" | "bound_rx"): BindState => ({
  is,
  failures: 0,
  isProven: true,
  trouble: null,
});

const stateOf = (kind: Parameters<typeof lineStateOf>[0], ...binds: (BindState | [BindState, "drained"])[]) =>
  lineStateOf(
    kind,
    binds.map((bind) =>
      Array.isArray(bind)
        ? { state: bind[0], drained: true, doubt: null }
        : { state: bind, drained: false, doubt: null },
    ),
  );

describe("the state of a line", () => {
  test.each([
    ["connecting for the first time", stateOf("transceiver", fresh("connecting")), "opening", "connecting"],
    ["not begun", stateOf("transceiver", fresh("closed")), "opening", "connecting"],
    ["connected, the bind asked for", stateOf("transceiver", fresh("open")), "starting", "binding"],
    ["unreachable", stateOf("transceiver", closed("unreachable")), "opening", "unreachable"],
    ["connecting again", stateOf("transceiver", again("connecting")), "opening", "silent"],
    ["binding again", stateOf("transceiver", again("open")), "starting", "binding again: silent"],
    ["refused", stateOf("transceiver", closed("refused", "password")), "refused", "password"],
    [
      "one of two refused",
      stateOf("transceiver", closed("refused", "password"), closed("ended")),
      "refused",
      "password",
    ],
    [
      "bound",
      stateOf("transceiver", bound("bound_trx")),
      "starting",
      "bound; taking what the SMSC has stored for us",
    ],
    ["bound and drained", stateOf("transceiver", [bound("bound_trx"), "drained"]), "ready", "bound"],
    [
      "one of two bound, the other refused",
      stateOf("transceiver", [bound("bound_trx"), "drained"], closed("refused")),
      "ready",
      "1 of 2 binds stand",
    ],
    ["a transmitter", stateOf("transmitter", bound("bound_tx")), "ready", "bound"],
    ["a receiver", stateOf("receiver", [bound("bound_rx"), "drained"]), "ready", "bound"],
    ["half a pair, sending", stateOf("pair", bound("bound_tx"), closed("ended")), "opening", "ended"],
    [
      "half a pair, receiving",
      stateOf("pair", closed("refused"), [bound("bound_rx"), "drained"]),
      "refused",
      "refused",
    ],
    [
      "a pair",
      stateOf("pair", bound("bound_tx"), [bound("bound_rx"), "drained"]),
      "ready",
      "2 of 2 binds stand",
    ],
    [
      "a pair that has not drained",
      stateOf("pair", [bound("bound_tx"), "drained"], bound("bound_rx")),
      "starting",
      "bound; taking what the SMSC has stored for us",
    ],
  ])("%s", (_name, found, state, reason) => {
    expect(found).toEqual({ state, reason });
  });

  test("that is ready and in doubt says what the doubt is", () => {
    const inDoubt = { state: bound("bound_trx"), drained: true, doubt: "it answers nothing" };
    const fine = { ...inDoubt, doubt: null };
    expect(lineStateOf("transceiver", [inDoubt])).toEqual({
      state: "ready",
      reason: "bound, but it answers nothing",
    });
    expect(lineStateOf("transceiver", [fine, inDoubt]).reason).toBe(
      "2 of 2 binds stand, but one: it answers nothing",
    );
  });
});
