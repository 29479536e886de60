/**
 * What who joins an audience or leaves it is answered: the audience's own text, else a built-in one, English or
 * French. French without letters that the GSM alphabet lacks, so that it is one segment.
 *
 * The language of the built-in ones is the member's own where it is known, else the audience's, else that of the
 * answers to STOP: the configured one, or with `auto` that of the person's country.
 */
import type { AudienceRecord } from "../../store/audience-commands.ts";
import { FRENCH_SPEAKING } from "../opt-out.ts";

export type ConfirmationTexts = {
  readonly welcome: string;
  readonly goodbye: string;
  /** To who joins and has said STOP to that number: the STOP holds. */
  readonly blocked: string;
};

export const CONFIRMATION_LANGUAGES = ["en", "fr"] as const;
export type ConfirmationLanguage = (typeof CONFIRMATION_LANGUAGES)[number];

type Confirmed = Pick<
  AudienceRecord,
  "friendlyName" | "keywords" | "language" | "welcomeText" | "goodbyeText"
>;

export function confirmationTexts(audience: Confirmed, language: ConfirmationLanguage): ConfirmationTexts {
  const { friendlyName: name, keywords, welcomeText, goodbyeText } = audience;
  const builtIn = BUILT_IN[language](name, keywords[0] ?? "");
  return { ...builtIn, welcome: welcomeText ?? builtIn.welcome, goodbye: goodbyeText ?? builtIn.goodbye };
}

/** Of a person whose own language is not known. `configured`: `auto`, or a language. */
export function confirmationLanguage(
  audience: Confirmed,
  person: { readonly country: string | null },
  configured: string,
): ConfirmationLanguage {
  const language = audience.language ?? (configured === "auto" ? null : configured);
  if (language !== null) return spoken(language) ?? "en";
  return person.country !== null && FRENCH_SPEAKING.includes(person.country) ? "fr" : "en";
}

/** `fr-CA` is French. Null: there are no built-in texts in it. */
export function spoken(language: string): ConfirmationLanguage | null {
  const [primary] = language.toLowerCase().split("-");
  return CONFIRMATION_LANGUAGES.find((known) => known === primary) ?? null;
}

const BUILT_IN: Readonly<Record<ConfirmationLanguage, (name: string, keyword: string) => ConfirmationTexts>> =
  {
    en: (name, keyword) => ({
      welcome: `You are subscribed to ${name}. Reply ${keyword} STOP to leave.`,
      goodbye: `You have left ${name}. Reply ${keyword} to subscribe again.`,
      blocked: `You are subscribed to ${name}, but you have texted STOP to this number. Reply START to receive it.`,
    }),
    fr: (name, keyword) => ({
      welcome: `Inscription à ${name} enregistrée. Répondez ${keyword} STOP pour vous désinscrire.`,
      goodbye: `Désinscription de ${name} enregistrée. Répondez ${keyword} pour vous réinscrire.`,
      blocked: `Inscription à ${name} enregistrée, mais vous avez envoyé STOP à ce numéro. Répondez START pour recevoir ses messages.`,
    }),
  };
