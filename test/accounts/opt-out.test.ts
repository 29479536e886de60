import { describe, expect, it } from "vitest";
import {
  BUILT_IN_LANGUAGES,
  DEFAULT_OPT_OUT,
  KEYWORD_CLASSES,
  type OptOutPolicy,
  type OptOutSettings,
  optOutPolicy,
  readKeyword,
} from "../../src/accounts/opt-out.ts";
import { cut } from "../../src/sms/cut.ts";

const MOBILE = { kind: "mobile", inService: false, country: null } as const;

function policy(settings: Partial<OptOutSettings> = {}): OptOutPolicy {
  const made = optOutPolicy({ ...DEFAULT_OPT_OUT, ...settings });
  if (made === null) throw new Error("keywords are off");
  return made;
}

function classOf(text: string, about: Partial<Parameters<typeof readKeyword>[1]> = {}): string | null {
  return readKeyword(text, { ...MOBILE, ...about }, policy())?.class ?? null;
}

/** Contract §4.5, and what a French speaker writes. */
const WORDS = {
  stop: "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT ARRET ARRÊT DÉSABONNER",
  start: "START YES UNSTOP REPRENDRE",
  help: "HELP INFO AIDE",
} as const;

describe("a keyword", () => {
  for (const kind of KEYWORD_CLASSES) {
    it.each(WORDS[kind].split(" "))(`%s is a ${kind}, whatever its case and the space around it`, (word) => {
      expect(classOf(word)).toBe(kind);
      expect(classOf(` ${word.toLowerCase()}\r\n`)).toBe(kind);
    });
  }

  it.each([["STOP please"], ["please stop"], ["STOP."], ["STOPP"], [""], ["yes!"]])(
    "is the whole message: %j is conversation",
    (text) => expect(classOf(text)).toBeNull(),
  );

  it("with an accent is the same word whichever way the accent is written", () => {
    expect(classOf("arre\u0302t")).toBe("stop");
  });

  it("on a toll-free number takes up again by START and UNSTOP only", () => {
    expect(classOf("YES", { kind: "toll-free" })).toBeNull();
    expect(classOf("start", { kind: "toll-free" })).toBe("start");
    expect(classOf("UNSTOP", { kind: "toll-free" })).toBe("start");
  });

  it("means something on a short code only where that is in a service", () => {
    expect(classOf("STOP", { kind: "short-code" })).toBeNull();
    expect(classOf("STOP", { kind: "short-code", inService: true })).toBe("stop");
    expect(classOf("STOP", { kind: "alphanumeric" })).toBeNull();
  });
});

describe("the answer to a keyword", () => {
  const { en, fr } = BUILT_IN_LANGUAGES;
  const replyTo = (text: string, country: string | null, settings: Partial<OptOutSettings> = {}) =>
    readKeyword(text, { ...MOBILE, country }, policy(settings))?.reply;

  it("is in the language of the word where the word has one, else in the recipient's", () => {
    expect(replyTo("ARRET", "US")).toBe(fr?.replies.stop);
    expect(replyTo("STOP", "FR")).toBe(fr?.replies.stop);
    expect(replyTo("STOP", "US")).toBe(en?.replies.stop);
    expect(replyTo("AIDE", "US")).toBe(fr?.replies.help);
    expect(replyTo("HELP", "FR")).toBe(en?.replies.help);
    expect(replyTo("UNSTOP", "FR")).toBe(en?.replies.start);
    expect(replyTo("INFO", "FR")).toBe(fr?.replies.help);
    expect(replyTo("INFO", "DE")).toBe(en?.replies.help);
    expect(replyTo("START", null)).toBe(en?.replies.start);
  });

  it("is in the configured language where one is configured, whatever the word", () => {
    expect(replyTo("AIDE", "FR", { language: "en" })).toBe(en?.replies.help);
    expect(replyTo("HELP", "US", { language: "fr" })).toBe(fr?.replies.help);
    expect(replyTo("STOP", "FR", { language: "en" })).toBe(en?.replies.stop);
    expect(replyTo("STOP", "US", { language: "fr" })).toBe(fr?.replies.stop);
  });

  it("may be reworded, one class at a time, and a language may be added", () => {
    const languages = {
      en: { replies: { stop: "Bye." } },
      de: { keywords: { stop: ["HALT"] }, replies: { stop: "Ende." } },
    };
    expect(replyTo("STOP", "US", { languages })).toBe("Bye.");
    expect(replyTo("HELP", "US", { languages })).toBe(en?.replies.help);
    expect(replyTo("halt", "US", { languages })).toBe("Ende.");
    expect(replyTo("STOP", "DE", { languages, language: "de" })).toBe("Ende.");
    expect(replyTo("START", "DE", { languages, language: "de" })).toBe(en?.replies.start);
  });

  it("has other words where the configuration lists them", () => {
    const languages = { fr: { keywords: { help: ["SOS"] } } };
    expect(replyTo("sos", "FR", { languages })).toBe(fr?.replies.help);
    expect(replyTo("AIDE", "FR", { languages })).toBeUndefined();
  });

  it.each(Object.entries(BUILT_IN_LANGUAGES))("built in (%s) is one segment each", (_name, { replies }) => {
    for (const text of Object.values(replies)) {
      expect(cut(text)).toEqual({ alphabet: "gsm7", parts: [text] });
    }
  });

  it("is no keyword itself, so that two machines have nothing to answer each other", () => {
    for (const { replies } of Object.values(BUILT_IN_LANGUAGES)) {
      for (const text of Object.values(replies)) expect(classOf(text)).toBeNull();
    }
  });

  it("is given to START and UNSTOP always, to YES only where there was a block", () => {
    const always = (text: string, settings: Partial<OptOutSettings> = {}) =>
      readKeyword(text, MOBILE, policy(settings))?.isAlwaysAnswered;
    expect(["start", "UNSTOP", "HELP"].map((word) => always(word))).toEqual([true, true, true]);
    expect(["YES", "REPRENDRE", "STOP"].map((word) => always(word))).toEqual([false, false, false]);
    const echo = { en: { replies: { start: "Start" } } };
    expect(always("START", { languages: echo })).toBe(false);
  });

  it("and the keywords can be switched off", () => {
    expect(optOutPolicy({ ...DEFAULT_OPT_OUT, enabled: false })).toBeNull();
  });
});
