/**
 * The words by which a person ends, takes up again or asks about messages from a number (contract §4.5). Pure: a
 * text in, what it asks for and the answer to it out. The whole message must be the word, whatever its case and
 * the white space around it: "STOP please" is conversation.
 *
 * The words of every language count everywhere; only the answer's language is chosen: the configured one, or with
 * `auto` that of the word where one language alone has it (AIDE, HELP), else the recipient's country's, which is
 * French or English. A toll-free number is taken up
 * again by START or UNSTOP only, and a short code that is in no service has no keywords, as with Twilio.
 */
import type { NumberKind } from "../store/settings-document.ts";

export const KEYWORD_CLASSES = ["stop", "start", "help"] as const;
export type KeywordClass = (typeof KEYWORD_CLASSES)[number];

type PerClass<T> = Readonly<Record<KeywordClass, T>>;
type Some<T> = { readonly [Class in KeywordClass]?: T | undefined };

export type OptOutTexts = {
  readonly keywords: PerClass<readonly string[]>;
  /** An empty text sends nothing. */
  readonly replies: PerClass<string>;
};

/** The configuration's `optOut`: what it says of a language replaces the built-in of that class alone. */
export type OptOutSettings = {
  readonly enabled: boolean;
  /** `auto`, or the language of every answer. */
  readonly language: string;
  readonly languages: Readonly<
    Record<
      string,
      {
        readonly keywords?: Some<readonly string[]> | undefined;
        readonly replies?: Some<string> | undefined;
      }
    >
  >;
};

const ENGLISH: OptOutTexts = {
  keywords: {
    stop: ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"],
    start: ["START", "YES", "UNSTOP"],
    help: ["HELP", "INFO"],
  },
  replies: {
    stop: "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.",
    start:
      "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    help: "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
  },
};

/** Without letters that the GSM alphabet lacks (ê, ç), so that each is one segment. */
const FRENCH: OptOutTexts = {
  keywords: {
    stop: ["STOP", "ARRET", "ARRÊT", "ARRETER", "ARRÊTER", "DESABONNER", "DÉSABONNER"],
    start: ["START", "REPRENDRE", "REPRISE"],
    help: ["AIDE", "INFO"],
  },
  replies: {
    stop: "Votre demande est enregistrée. Vous ne recevrez plus de messages de ce numéro. Répondez START pour vous réabonner.",
    start:
      "Vous recevez à nouveau les messages de ce numéro. Répondez AIDE pour obtenir de l'aide, STOP pour vous désabonner.",
    help: "Répondez STOP pour ne plus recevoir de messages de ce numéro.",
  },
};

export const BUILT_IN_LANGUAGES: Readonly<Record<string, OptOutTexts>> = { en: ENGLISH, fr: FRENCH };

export const DEFAULT_OPT_OUT: OptOutSettings = { enabled: true, language: "auto", languages: {} };

/** Countries and territories whose people are answered in French when the word does not tell. */
export const FRENCH_SPEAKING: readonly string[] = "FR MC GP MQ GF RE YT PM BL MF NC PF WF".split(" ");

export type OptOutPolicy = {
  readonly texts: ReadonlyMap<string, OptOutTexts>;
  readonly language: string;
  readonly words: ReadonlyMap<
    string,
    { readonly class: KeywordClass; readonly languages: readonly string[] }
  >;
};

/** Null: keywords mean nothing here. */
export function optOutPolicy(settings: OptOutSettings): OptOutPolicy | null {
  return settings.enabled ? optOutWords(settings) : null;
}

/** Whether they are acted on or not: nothing else is to be called by one of these words. */
export function optOutWords(settings: OptOutSettings): OptOutPolicy {
  const names = new Set([...Object.keys(BUILT_IN_LANGUAGES), ...Object.keys(settings.languages)]);
  const texts = new Map([...names].map((name) => [name, textsOf(name, settings)]));
  const words = new Map<string, { class: KeywordClass; languages: string[] }>();
  for (const kind of KEYWORD_CLASSES) {
    for (const [language, { keywords }] of texts) {
      for (const keyword of keywords[kind]) {
        const word = canonical(keyword);
        const known = words.get(word);
        if (known === undefined) words.set(word, { class: kind, languages: [language] });
        else if (known.class === kind && !known.languages.includes(language)) known.languages.push(language);
      }
    }
  }
  return { texts, words, language: settings.language };
}

export type Keyword = {
  readonly class: KeywordClass;
  readonly reply: string;
  /** Else only where it changed something. */
  readonly isAlwaysAnswered: boolean;
};

/** Nobody writes these by the way, as they do YES. */
const ALWAYS_ANSWERED: readonly string[] = ["START", "UNSTOP"];

export function readKeyword(
  text: string,
  about: {
    /** Of the Number that received it. */
    readonly kind: NumberKind;
    readonly inService: boolean;
    /** Of the person, where it is known. */
    readonly country: string | null;
  },
  policy: OptOutPolicy,
): Keyword | null {
  if (about.kind === "alphanumeric" || (about.kind === "short-code" && !about.inService)) return null;
  const word = canonical(text);
  const found = policy.words.get(word);
  if (found === undefined) return null;
  if (about.kind === "toll-free" && word === "YES") return null;
  const texts = policy.texts.get(languageOf(found.languages, about.country, policy)) ?? ENGLISH;
  const reply = texts.replies[found.class];
  // An answer that is a keyword itself would be answered by another box like this one, for ever.
  const isRepeatable = !policy.words.has(canonical(reply));
  const isAlwaysAnswered =
    found.class === "help" || (found.class === "start" && ALWAYS_ANSWERED.includes(word) && isRepeatable);
  return { class: found.class, reply, isAlwaysAnswered };
}

function languageOf(languages: readonly string[], country: string | null, policy: OptOutPolicy): string {
  if (policy.language !== "auto") return policy.language;
  const [only, another] = languages;
  if (only !== undefined && another === undefined) return only;
  return country !== null && FRENCH_SPEAKING.includes(country) ? "fr" : "en";
}

function textsOf(name: string, settings: OptOutSettings): OptOutTexts {
  const base = BUILT_IN_LANGUAGES[name] ?? { ...ENGLISH, keywords: { stop: [], start: [], help: [] } };
  const own = settings.languages[name];
  return {
    keywords: { ...base.keywords, ...given(own?.keywords) },
    replies: { ...base.replies, ...given(own?.replies) },
  };
}

function given<T>(values: Some<T> | undefined): Partial<PerClass<T>> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter(([, value]) => value !== undefined),
  ) as Partial<PerClass<T>>;
}

function canonical(text: string): string {
  return text.normalize("NFC").trim().toUpperCase();
}
