/** What the operator is told of broadcasts afterwards. No text of a message is in it. */
import type { NewEvent } from "../../runtime/event.ts";
import type {
  BroadcastDefinition,
  RunCounts,
  StoredBroadcast,
  StoredRun,
} from "../../store/broadcast-commands.ts";
import type { Foreseen } from "./foresee.ts";
import { localText } from "./local-time.ts";

type About = {
  readonly broadcastSid: string;
  readonly sid?: string | null;
  readonly plannedAt: number;
  readonly definition: Pick<BroadcastDefinition, "name" | "timeZone">;
};

/** `missed`: how many before it were not sent either. */
export function skippedEvent(run: About, at: number, why: string, missed = 0): NewEvent {
  const more = missed === 0 ? "" : `, and ${counted(missed)} before it`;
  return event(run, at, "broadcast.skipped", "warning", `was not sent${more}: ${why}.`);
}

/** The newest is sent, those before it are not. */
export function lateEvent(run: About, at: number, missed: number): NewEvent {
  const minutes = Math.floor((at - run.plannedAt) / 60_000);
  const late = minutes === 0 ? "is sent" : `is sent ${plural(minutes, "minute")} late`;
  const more = missed === 0 ? "" : `; ${counted(missed)} before it ${missed === 1 ? "was" : "were"} missed`;
  return event(run, at, "broadcast.late", "warning", `${late}${more}.`);
}

/** What was on the air goes its way. */
export function canceledEvent(run: About, at: number): NewEvent {
  return event(run, at, "broadcast.run", "info", "was canceled by the operator.");
}

/** Paused or resumed. */
export function stateEvent({ sid, state, definition }: StoredBroadcast, at: number): NewEvent {
  const what = state === "paused" ? "was paused" : "goes on";
  const text = `The broadcast ${definition.name} ${what}.`;
  return { type: `broadcast.${state}`, level: "info", at, text, detail: { broadcastSid: sid } };
}

export function failedEvent(run: About, at: number, why: string): NewEvent {
  return event(run, at, "broadcast.failed", "error", `could not be sent: ${why}. Nobody was sent anything.`);
}

/** A warning where a deadline or a cap cannot be kept. */
export function startedEvent(run: About, at: number, { text, warnings }: Foreseen): NewEvent {
  const grave = warnings.map((warning) => ` ${warning.text}`).join("");
  return event(run, at, "broadcast.run", grave === "" ? "info" : "warning", `began: ${text}.${grave}`);
}

export function textEvent(run: About, at: number, why: string, isAskedAgain: boolean): NewEvent {
  const then = isAskedAgain ? "the app is asked again every minute" : "the fallback text is sent";
  return event(run, at, "broadcast.text", "warning", `has no text of its own (${why}): ${then}.`);
}

/** `reason`: why it ended before its end. */
export function finishedEvent(
  run: StoredRun,
  at: number,
  { outcomes }: RunCounts,
  reason: string | null,
): NewEvent {
  const { accepted, refused, late, "opted-out": optedOut, "no-text": noText } = outcomes;
  const said = [
    `${plural(accepted, "message")} queued`,
    ...(optedOut > 0 ? [`${optedOut} ${optedOut === 1 ? "has" : "have"} opted out`] : []),
    ...(refused > 0 ? [`${refused} cannot be reached from its sender`] : []),
    ...(noText > 0 ? [`${noText} had no text`] : []),
    ...(late > 0 ? [`${late} ${late === 1 ? "was" : "were"} not reached before its deadline`] : []),
    ...(reason === null ? [] : [reason]),
  ];
  const level = refused + noText + late > 0 || reason !== null ? "warning" : "info";
  return event(run, at, "broadcast.run", level, `is done: ${said.join(", ")}.`);
}

export function clockEvent(at: number, why: string): NewEvent {
  const text = `Broadcasts wait, because the wall clock is not to be trusted: ${why}. They go on by themselves once NTP or the mobile network tells the time; where neither ever will, set the clock and vouch for it: POST /appliance/v1/Clock with Trust=now.`;
  return { type: "broadcast.waiting", level: "warning", at, text };
}

function event(
  run: About,
  at: number,
  type: NewEvent["type"],
  level: NewEvent["level"],
  what: string,
): NewEvent {
  const { broadcastSid, sid = null, plannedAt, definition } = run;
  const text = `The broadcast ${definition.name} of ${localText(plannedAt, definition.timeZone)} ${what}`;
  return { type, level, at, text, detail: { broadcastSid, runSid: sid } };
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

/** They are counted up to 1,000. */
function counted(missed: number): string {
  return missed >= 999 ? "999 or more" : String(missed);
}
