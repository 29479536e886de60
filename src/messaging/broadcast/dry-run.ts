/** What a run would send, text by text, and nothing sent. An app that is asked for the text is told `DryRun=true`. */
import { cut, forcedBy } from "../../sms/cut.ts";
import type { StoredBroadcast } from "../../store/broadcast-commands.ts";
import { type Foreseen, foresee } from "./foresee.ts";
import { senderFor } from "./senders.ts";
import { type Survey, type SurveyDeps, type SurveyRefusal, survey, whyNothing } from "./survey.ts";
import { textOfMember, textOfRun } from "./texts.ts";

export type DryMessage =
  | {
      readonly is: "message";
      readonly to: string;
      /** Null: the service chooses when the time comes. */
      readonly from: string | null;
      readonly text: string;
      readonly segments: number;
      readonly alphabet: "gsm7" | "ucs2";
      /** The first character that is not in the GSM alphabet; null when all are. */
      readonly forcedBy: string | null;
      /** Why it is the fallback text; null when it is not. */
      readonly instead: string | null;
    }
  | { readonly is: "skipped"; readonly to: string; readonly why: string };

export type DryRun = {
  readonly is: "dry";
  readonly survey: Survey;
  /** Why nothing would be sent; null when something would. */
  readonly why: string | null;
  /** For the next planned run, or for one begun now where none is planned; null where nothing would be sent. */
  readonly foreseen: Foreseen | null;
  readonly messages: readonly DryMessage[];
};

export async function dryRun(
  { sid: broadcastSid, definition }: StoredBroadcast,
  page: { readonly after: string | null; readonly limit: number; readonly startAt: number },
  deps: SurveyDeps,
): Promise<DryRun | SurveyRefusal> {
  const sender = senderFor(definition, deps);
  if (sender.is === "no") return sender;
  const textDeps = { ...deps.texts, smart: sender.service?.smartEncoding ?? false };
  const untold = { sid: null, broadcastSid, plannedAt: deps.texts.now(), text: null, definition };
  const whole = await textOfRun(untold, textDeps);
  const run = { ...untold, text: whole?.is === "text" ? whole.text : null };
  const surveyed = await survey(run, deps);
  if (surveyed.is === "no") return surveyed;
  const why = whole !== null && whole.is !== "text" ? whole.why : whyNothing(surveyed.survey);
  const members = why === null ? await deps.store.listMembers(definition.audienceSid, page) : [];
  const messages = await Promise.all(
    members.map(async (member): Promise<DryMessage> => {
      const to = member.phoneNumber;
      const number = await sender.for(to, (...asked) => deps.store.poolFacts(...asked));
      if (number === null) return { is: "skipped", to, why: "it cannot be reached from the sender" };
      const scopes = [number.phoneNumber, sender.service?.sid ?? deps.services.ofNumber(number)?.sid];
      if (member.optedOutOf.some((scope) => scopes.includes(scope))) {
        return { is: "skipped", to, why: "it has opted out of messages from the sender" };
      }
      const made = await textOfMember(run, member, textDeps);
      if (made.is !== "text") return { is: "skipped", to, why: made.why };
      const { text, segments } = made;
      const instead = whole?.is === "text" ? whole.instead : made.instead;
      const from = sender.service === null ? number.phoneNumber : null;
      const { alphabet } = cut(text);
      return { is: "message", to, from, text, segments, alphabet, forcedBy: forcedBy(text), instead };
    }),
  );
  const { startAt } = page;
  const foreseen =
    why === null ? await foresee(definition, surveyed.survey, { startAt, forecast: deps.forecast }) : null;
  return { is: "dry", survey: surveyed.survey, why, foreseen, messages };
}
