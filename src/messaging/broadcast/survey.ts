/**
 * The audience gone through before anything is sent: who is to be reached, what they would read, what it is worth on the
 * air. What can be refused is refused here, before the first member's Message is accepted.
 */
import type { MemberRecord } from "../../store/audience-commands.ts";
import type { SkipOutcome } from "../../store/broadcast-commands.ts";
import type { Store } from "../../store/store.ts";
import type { Forecasting } from "./foresee.ts";
import { type Sender, type SenderDeps, type SenderRefusal, senderFor, stickyOf } from "./senders.ts";
import { neededBy, parseTemplate } from "./template.ts";
import { placesOf, type TextDeps, type TextRun, textOfMember } from "./texts.ts";

/** So many are read at once: other work goes on in between. */
const PAGE = 200;

export type Survey = {
  readonly members: number;
  /** Those who would get a Message. */
  readonly recipients: number;
  /** What they would take; null where each text is asked for when its turn comes. */
  readonly segments: number | null;
  readonly skipped: Readonly<Record<Exclude<SkipOutcome, "late">, number>>;
  /** How many get the fallback text instead. */
  readonly instead: number;
  /** The first reason for a text that is none, or is the fallback. */
  readonly why: string | null;
  /** Attributes that a template needs, and how many members have each. */
  readonly needed: ReadonlyMap<string, number>;
  /** Segments, and who would get them, by queue. */
  readonly loads: ReadonlyMap<string, number>;
  readonly people: ReadonlyMap<string, number>;
};

export type SurveyRefusal = {
  readonly is: "no";
  readonly code: SenderRefusal["code"] | 20422;
  readonly why: string;
};

export type SurveyDeps = SenderDeps & {
  readonly store: Pick<Store, "getAudience" | "listMembers" | "poolFacts">;
  readonly texts: Omit<TextDeps, "smart">;
  readonly forecast: Forecasting;
};

export async function survey(
  run: TextRun,
  deps: SurveyDeps,
): Promise<{ readonly is: "surveyed"; readonly survey: Survey; readonly sender: Sender } | SurveyRefusal> {
  const { definition } = run;
  const sender = senderFor(definition, deps);
  if (sender.is === "no") return sender;
  const audience = await deps.store.getAudience(definition.audienceSid);
  if (audience === null) return no(`the audience ${definition.audienceSid} does not exist`);
  const isAsked = definition.bodyUrl !== null && run.text === null;
  const template = definition.body === null ? [] : parseTemplate(definition.body);
  if (typeof template === "string") return no(`the Body cannot be read: ${template}`);
  const needed = new Map(neededBy(template).map((name) => [name, 0]));
  const skipped = { "opted-out": 0, refused: 0, "no-text": 0 };
  const loads = new Map<string, number>();
  const people = new Map<string, number>();
  const textDeps = { ...deps.texts, smart: sender.service?.smartEncoding ?? false };
  let members = 0;
  let recipients = 0;
  let instead = 0;
  let why: string | null = null;
  // What each has to send so far stands for the queues: as they will be when the turn of these members comes.
  const load = (queue: string) => loads.get(queue) ?? 0;

  for await (const { member, sticky } of membersOf(definition.audienceSid, sender, deps.store)) {
    members++;
    const places = placesOf(member);
    for (const [name, count] of needed) if (places.get(name)) needed.set(name, count + 1);
    const number = await sender.for(member.phoneNumber, async (_service, _recipient, queues) => ({
      sticky,
      queuedSegments: queues.map(load),
    }));
    if (number === null) {
      skipped.refused++;
      continue;
    }
    const scopes = [number.phoneNumber, sender.service?.sid ?? deps.services.ofNumber(number)?.sid];
    if (member.optedOutOf.some((scope) => scopes.includes(scope))) {
      skipped["opted-out"]++;
      continue;
    }
    const text = isAsked ? null : await textOfMember(run, member, textDeps);
    if (text !== null && text.is !== "text") {
      why ??= text.why;
      skipped["no-text"]++;
      continue;
    }
    if (text?.instead) {
      why ??= text.instead;
      instead++;
    }
    recipients++;
    people.set(number.phoneNumber, (people.get(number.phoneNumber) ?? 0) + 1);
    loads.set(number.phoneNumber, (loads.get(number.phoneNumber) ?? 0) + (text?.segments ?? 1));
  }
  const segments = isAsked ? null : [...loads.values()].reduce((sum, load) => sum + load, 0);
  return {
    is: "surveyed",
    sender,
    survey: { members, recipients, segments, skipped, instead, why, needed, loads, people },
  };
}

/** Why nothing of it can be sent; null when it can. */
export function whyNothing({ members, recipients, skipped, why }: Survey): string | null {
  if (members === 0) return "the audience is empty";
  if (recipients > 0) return null;
  if (skipped["no-text"] > 0) return why ?? "there is no text for any member";
  return skipped.refused > 0
    ? "the sender can reach none of the members"
    : "every member has opted out of messages from the sender";
}

/** `sticky`: who of the sender's service wrote to them last. */
async function* membersOf(
  audienceSid: string,
  sender: Sender,
  store: SurveyDeps["store"],
): AsyncGenerator<{ readonly member: MemberRecord; readonly sticky: string | null }> {
  let after: string | null = null;
  for (;;) {
    const page: readonly MemberRecord[] = await store.listMembers(audienceSid, { after, limit: PAGE });
    const sticky = await stickyOf(
      page.map(({ phoneNumber }) => phoneNumber),
      sender,
      store,
    );
    for (const [index, member] of page.entries()) yield { member, sticky: sticky[index] ?? null };
    after = page.at(-1)?.phoneNumber ?? null;
    if (after === null || page.length < PAGE) return;
  }
}

function no(why: string): SurveyRefusal {
  return { is: "no", code: 20422, why };
}
