/**
 * What each member reads: the template with their attributes, or what the app gave. Where there is no text (an attribute
 * is missing, the app failed, it is too long) the fallback text is sent, or the member is left out and counted; which of
 * the two, and how long the app is asked again, is the broadcast's own rule.
 */
import { cut } from "../../sms/cut.ts";
import { smartEncode } from "../../sms/smart-encoding.ts";
import type { MemberRecord } from "../../store/audience-commands.ts";
import type { BroadcastDefinition, StoredRun } from "../../store/broadcast-commands.ts";
import type { Parameters } from "../webhook/signature.ts";
import type { FetchBody } from "./fetch-body.ts";
import { parseTemplate, render } from "./template.ts";

/** UTF-16 units, whatever the alphabet (contract §4.2). */
export const MAX_TEXT_LENGTH = 1600;

const MINUTE_MS = 60_000;

/** As much of a run as its texts depend on. `sid` is null in a dry run. */
export type TextRun = Pick<StoredRun, "definition" | "plannedAt" | "text" | "broadcastSid"> & {
  readonly sid: string | null;
};

export type TextDeps = {
  readonly fetchBody: FetchBody;
  readonly now: () => number;
  /** The sender's service replaces what would force UCS-2. */
  readonly smart: boolean;
};

/** `instead`: why it is the fallback text; null when it is not. */
type Text = {
  readonly is: "text";
  readonly text: string;
  readonly segments: number;
  readonly instead: string | null;
};
/** `wait`: the app is asked again. `none`: there is no text, and will be none. */
type NoText = { readonly is: "wait" | "none"; readonly why: string };
export type MemberText = Text | NoText;

/** The one text of a run whose app is asked once; null where each member's is made by itself. */
export async function textOfRun(run: TextRun, deps: TextDeps): Promise<MemberText | null> {
  const { bodyUrl, bodyPer } = run.definition;
  return bodyUrl === null || bodyPer === "member" ? null : ask(run, bodyUrl, [], deps);
}

export async function textOfMember(run: TextRun, member: MemberRecord, deps: TextDeps): Promise<MemberText> {
  const { definition } = run;
  if (run.text !== null) return fitted(run.text, definition, deps);
  if (definition.bodyUrl !== null) return ask(run, definition.bodyUrl, paramsOf(member), deps);
  const template = parseTemplate(definition.body ?? "");
  if (typeof template === "string") return { is: "none", why: template };
  const rendered = render(template, placesOf(member));
  const text =
    rendered.is === "text"
      ? fitted(rendered.text, definition, deps)
      : none(`a member has no attribute ${rendered.attribute}`);
  return text.is === "text" ? text : fallback(run, text, deps);
}

/** What a template may name: the member's attributes, and `phoneNumber` and `language` unless those are attributes. */
export function placesOf(member: MemberRecord): ReadonlyMap<string, string> {
  const { phoneNumber, language, attributes } = member;
  return new Map([["phoneNumber", phoneNumber], ["language", language ?? ""], ...Object.entries(attributes)]);
}

/** The text as it will be sent, or why it cannot be. */
export function fitted(
  written: string,
  { maxSegments }: Pick<BroadcastDefinition, "maxSegments">,
  { smart }: Pick<TextDeps, "smart">,
): Text | NoText {
  const text = smart ? smartEncode(written) : written;
  if (text.trim() === "") return none("the text is empty");
  if (text.length > MAX_TEXT_LENGTH) {
    return none(`the text has ${text.length} characters, and ${MAX_TEXT_LENGTH} are the most there are`);
  }
  const segments = cut(text).parts.length;
  if (segments > maxSegments)
    return none(`the text takes ${segments} segments, and ${maxSegments} are allowed`);
  return { is: "text", text, segments, instead: null };
}

async function ask(run: TextRun, url: string, about: Parameters, deps: TextDeps): Promise<MemberText> {
  const { definition, plannedAt, broadcastSid, sid } = run;
  const { bodyMethod: method, maxAgeMinutes, onBodyFailure, retryMinutes } = definition;
  const params: Parameters = [
    ["BroadcastSid", broadcastSid],
    ...(sid === null ? ([["DryRun", "true"]] as const) : ([["RunSid", sid]] as const)),
    ["PlannedAt", new Date(plannedAt).toISOString()],
    ...about,
  ];
  const answer = await deps.fetchBody({ url, method, params, maxAgeMinutes });
  const text = answer.is === "text" ? fitted(answer.text, definition, deps) : none(answer.why);
  if (text.is === "text") return text;
  const until = plannedAt + retryMinutes * MINUTE_MS;
  if (onBodyFailure === "retry" && sid !== null && deps.now() < until) return { is: "wait", why: text.why };
  return onBodyFailure === "skip" ? text : fallback(run, text, deps);
}

function paramsOf({ phoneNumber, language, attributes }: MemberRecord): Parameters {
  return [
    ["To", phoneNumber],
    ["Language", language ?? ""],
    ["Attributes", JSON.stringify(attributes)],
  ];
}

function fallback({ definition }: TextRun, { why }: NoText, deps: TextDeps): MemberText {
  if (definition.fallbackText === null) return none(why);
  const text = fitted(definition.fallbackText, definition, deps);
  return text.is === "text" ? { ...text, instead: why } : text;
}

function none(why: string): NoText {
  return { is: "none", why };
}
