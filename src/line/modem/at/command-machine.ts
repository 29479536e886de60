/**
 * One command at a time, as a pure state machine: `next(machine, input)` gives the next state and what is to be
 * done. No port, no timer, no promise; a time-out is an input like any other.
 *
 *   idle ─start▶ sending ─written▶ awaiting-final ─final▶ idle
 *                    └──written▶ awaiting-prompt ─prompt▶ sending-pdu ─written▶ awaiting-final
 *
 * A final result counts only once the command is fully written: what comes while our bytes are still leaving
 * answers something older. So does an `OK` or a result line that comes before the PDU is out: the prompt is
 * still owed, and a command typed into it would become part of a text. Headers that are followed by a line of
 * hex are kept beside the state, one unsolicited and one of the response, because an unsolicited line may come
 * between any two lines.
 */
import { assertNever } from "../../../runtime/assert-never.ts";
import { classify, isHex, type UrcTable } from "./classify.ts";
import type { Command, CommandResult, Phase, ResponseLine } from "./command.ts";
import { partsOf } from "./glued.ts";

export type Flight = { readonly command: Command; readonly lines: readonly ResponseLine[] };

export type MachineState =
  | { readonly is: "idle" }
  | { readonly is: "sending"; readonly flight: Flight }
  | { readonly is: "awaiting-prompt"; readonly flight: Flight }
  | { readonly is: "sending-pdu"; readonly flight: Flight }
  | { readonly is: "awaiting-final"; readonly flight: Flight };

export type Machine = {
  readonly state: MachineState;
  /** A two-line unsolicited header whose hex has not come yet. */
  readonly urcHeader: string | null;
  /** The same for a header of the response. */
  readonly responseHeader: string | null;
};

export type Input =
  | { readonly is: "start"; readonly command: Command }
  | { readonly is: "written" }
  | { readonly is: "line"; readonly text: string }
  | { readonly is: "prompt" }
  | { readonly is: "timeout" }
  /** A header's second line did not come. */
  | { readonly is: "header-timeout" }
  | { readonly is: "abort" }
  | { readonly is: "closed"; readonly reason: string };

export type Effect =
  | { readonly is: "write"; readonly text: string }
  | { readonly is: "expect-prompt"; readonly expected: boolean }
  | { readonly is: "arm"; readonly ms: number }
  | { readonly is: "disarm" }
  | { readonly is: "settle"; readonly result: CommandResult }
  | { readonly is: "urc"; readonly text: string; readonly pdu: string | null }
  /** A result line of a command that was given up. */
  | { readonly is: "late"; readonly text: string }
  | { readonly is: "restart"; readonly text: string }
  | { readonly is: "echo" }
  /** A final result nobody waits for. */
  | { readonly is: "stale"; readonly text: string }
  | { readonly is: "unknown"; readonly text: string }
  /** A header whose hex never came. */
  | { readonly is: "damaged"; readonly text: string };

export type Step = { readonly machine: Machine; readonly effects: readonly Effect[] };

export const IDLE: Machine = { state: { is: "idle" }, urcHeader: null, responseHeader: null };

const CTRL_Z = "\x1a";

export function next(machine: Machine, input: Input, urcs: UrcTable): Step {
  switch (input.is) {
    case "start":
      return start(machine, input.command);
    case "written":
      return written(machine);
    case "prompt":
      return prompted(machine);
    case "line":
      return lines(machine, input.text, urcs);
    case "timeout":
      return ended(machine, (flight, phase) =>
        isAnswered(flight)
          ? { is: "ok", phase, lines: flight.lines }
          : { is: "timeout", phase, lines: flight.lines, late: [] },
      );
    case "header-timeout":
      return headersDropped(machine);
    case "abort":
      return aborted(machine);
    case "closed":
      return ended(machine, (flight, phase) => ({
        is: "lost",
        phase,
        reason: input.reason,
        lines: flight.lines,
      }));
    default:
      return assertNever(input);
  }
}

function start(machine: Machine, command: Command): Step {
  if (machine.state.is !== "idle") throw new Error(`${command.text} started while another command runs`);
  return {
    machine: { ...machine, state: { is: "sending", flight: { command, lines: [] } } },
    // A port that does not take our bytes must not hold the line for ever either.
    effects: [
      { is: "arm", ms: command.timeoutMs },
      { is: "write", text: `${command.text}\r` },
    ],
  };
}

function written(machine: Machine): Step {
  const { state } = machine;
  if (state.is === "sending") {
    const { command } = state.flight;
    const prompts = command.pdu !== undefined;
    const effects: Effect[] = [{ is: "arm", ms: command.timeoutMs }];
    if (prompts) effects.unshift({ is: "expect-prompt", expected: true });
    return {
      machine: {
        ...machine,
        state: { is: prompts ? "awaiting-prompt" : "awaiting-final", flight: state.flight },
      },
      effects,
    };
  }
  if (state.is === "sending-pdu") {
    return {
      machine: { ...machine, state: { is: "awaiting-final", flight: state.flight } },
      effects: [{ is: "arm", ms: state.flight.command.pdu?.timeoutMs ?? state.flight.command.timeoutMs }],
    };
  }
  return { machine, effects: [] };
}

function prompted(machine: Machine): Step {
  const { state } = machine;
  if (state.is !== "awaiting-prompt") return { machine, effects: [{ is: "unknown", text: ">" }] };
  return {
    machine: { ...machine, state: { is: "sending-pdu", flight: state.flight } },
    effects: [
      { is: "expect-prompt", expected: false },
      { is: "arm", ms: state.flight.command.pdu?.timeoutMs ?? state.flight.command.timeoutMs },
      // One write, Ctrl-Z included: from here on the outcome belongs to the network.
      { is: "write", text: `${state.flight.command.pdu?.hex ?? ""}${CTRL_Z}` },
    ],
  };
}

function lines(machine: Machine, text: string, urcs: UrcTable): Step {
  let step: Step = { machine, effects: [] };
  for (const part of partsOf(text)) {
    const then = line(step.machine, part, urcs);
    step = { machine: then.machine, effects: [...step.effects, ...then.effects] };
  }
  return step;
}

function line(machine: Machine, text: string, urcs: UrcTable): Step {
  const flight = flightOf(machine.state);
  const wanted = machine.urcHeader !== null || machine.responseHeader !== null;
  if (wanted && isHex(text)) return second(machine, text);

  const seen = classify(text, flight && { command: flight.command, responses: flight.lines.length }, urcs);
  switch (seen.is) {
    case "echo":
      return { machine, effects: [{ is: "echo" }] };
    case "final": {
      if (!acceptsFinal(machine.state)) return { machine, effects: [{ is: "stale", text }] };
      const { final } = seen;
      if (final.is === "ok" && machine.state.is === "awaiting-prompt") {
        return { machine, effects: [{ is: "stale", text }] };
      }
      return ended(machine, (running, phase) =>
        final.is === "ok"
          ? { is: "ok", phase, lines: running.lines }
          : { is: "error", phase, error: final.error, lines: running.lines },
      );
    }
    case "restart": {
      const lost = ended(machine, (running, phase) => ({
        is: "lost",
        phase,
        reason: `the modem said "${text}"`,
        lines: running.lines,
      }));
      return { machine: lost.machine, effects: [...lost.effects, { is: "restart", text }] };
    }
    case "urc": {
      if (!seen.pduFollows) return { machine, effects: [{ is: "urc", text, pdu: null }] };
      return { machine: { ...machine, urcHeader: text }, effects: damagedHeader(machine.urcHeader) };
    }
    case "response": {
      if (isBeforePdu(machine.state)) return { machine, effects: [{ is: "late", text }] };
      if (!seen.pduFollows) return collected(machine, { text, pdu: null });
      return {
        machine: { ...machine, responseHeader: text },
        effects: damagedHeader(machine.responseHeader),
      };
    }
    case "late":
      return { machine, effects: [{ is: "late", text }] };
    case "unknown":
      // Damaged hex is still the header's second line: somebody must see it before it is deleted.
      if (wanted) return second(machine, text);
      return { machine, effects: [{ is: "unknown", text }] };
    default:
      return assertNever(seen);
  }
}

/** The line that belongs to a header. The unsolicited one came last, so its hex comes first. */
function second(machine: Machine, pdu: string): Step {
  if (machine.urcHeader !== null) {
    return {
      machine: { ...machine, urcHeader: null },
      effects: [{ is: "urc", text: machine.urcHeader, pdu }],
    };
  }
  const text = machine.responseHeader ?? "";
  return collected({ ...machine, responseHeader: null }, { text, pdu });
}

function collected(machine: Machine, response: ResponseLine): Step {
  const { state } = machine;
  const flight = flightOf(state);
  if (state.is === "idle" || flight === null) return { machine, effects: [] };
  const { command } = flight;
  const ms =
    command.pdu !== undefined && state.is === "awaiting-final"
      ? command.pdu.finalWithinMs
      : (command.finalWithinMs ?? command.timeoutMs);
  return {
    machine: { ...machine, state: { ...state, flight: { command, lines: [...flight.lines, response] } } },
    effects: state.is === "awaiting-final" ? [{ is: "arm", ms }] : [],
  };
}

function ended(machine: Machine, result: (flight: Flight, phase: Phase) => CommandResult): Step {
  const flight = flightOf(machine.state);
  if (flight === null) return { machine, effects: [] };
  return {
    machine: { ...machine, state: { is: "idle" }, responseHeader: null },
    effects: [
      { is: "disarm" },
      { is: "expect-prompt", expected: false },
      ...damagedHeader(machine.responseHeader),
      { is: "settle", result: result(flight, phaseOf(machine.state)) },
    ],
  };
}

function isAnswered({ command, lines: responses }: Flight): boolean {
  return command.finalWithinMs !== undefined && responses.length > 0;
}

/** Only a command that still waits for its prompt can be withdrawn; the dialogue then clears the prompt. */
function aborted(machine: Machine): Step {
  const { state } = machine;
  const withdrawable =
    state.is === "awaiting-prompt" || (state.is === "sending" && state.flight.command.pdu !== undefined);
  if (!withdrawable) return { machine, effects: [] };
  return ended(machine, (_flight, phase) => ({ is: "aborted", phase }));
}

function headersDropped(machine: Machine): Step {
  return {
    machine: { ...machine, urcHeader: null, responseHeader: null },
    effects: [...damagedHeader(machine.urcHeader), ...damagedHeader(machine.responseHeader)],
  };
}

function damagedHeader(header: string | null): Effect[] {
  return header === null ? [] : [{ is: "damaged", text: header }];
}

function acceptsFinal(state: MachineState): boolean {
  return state.is === "awaiting-final" || state.is === "awaiting-prompt";
}

/** Nothing has been handed over yet: a result cannot be this command's. */
function isBeforePdu(state: MachineState): boolean {
  return state.is === "awaiting-prompt" || (state.is === "sending" && state.flight.command.pdu !== undefined);
}

export function flightOf(state: MachineState): Flight | null {
  return state.is === "idle" ? null : state.flight;
}

function phaseOf(state: MachineState): Phase {
  switch (state.is) {
    case "idle":
      return "queued";
    case "sending":
      return state.flight.command.pdu === undefined ? "command" : "prompt";
    case "awaiting-prompt":
      return "prompt";
    case "sending-pdu":
      return "result";
    case "awaiting-final":
      return state.flight.command.pdu === undefined ? "command" : "result";
    default:
      return assertNever(state);
  }
}
