import { describe, expect, it } from "vitest";
import {
  CONFIRMATION_LANGUAGES,
  confirmationLanguage,
  confirmationTexts,
  spoken,
} from "../../../src/accounts/audience/confirmations.ts";
import { cut } from "../../../src/sms/cut.ts";

const AUDIENCE = {
  friendlyName: "la météo",
  keywords: ["METEO", "TEMPS"],
  language: null,
  welcomeText: null,
  goodbyeText: null,
};

describe("what who joins or leaves is answered", () => {
  it.each(CONFIRMATION_LANGUAGES)("is one segment each in %s, and names the audience", (language) => {
    for (const text of Object.values(confirmationTexts(AUDIENCE, language))) {
      expect(cut(text)).toMatchObject({ alphabet: "gsm7", parts: [text] });
      expect(text).toContain("la météo");
    }
  });

  it("says how to leave, to come back, and what lifts a STOP", () => {
    const { welcome, goodbye, blocked } = confirmationTexts(AUDIENCE, "en");
    expect(welcome).toBe("You are subscribed to la météo. Reply METEO STOP to leave.");
    expect(goodbye).toBe("You have left la météo. Reply METEO to subscribe again.");
    expect(blocked).toContain("Reply START");
  });

  it("is the audience's own text in any language", () => {
    const own = { ...AUDIENCE, welcomeText: "Bienvenue", goodbyeText: "Kenavo" };
    for (const language of CONFIRMATION_LANGUAGES) {
      expect(confirmationTexts(own, language)).toMatchObject({ welcome: "Bienvenue", goodbye: "Kenavo" });
    }
  });
});

describe("its language", () => {
  it.each([
    ["fr", "US", "auto", "fr"],
    ["fr-CA", "US", "auto", "fr"],
    ["de", "FR", "auto", "en"],
    [null, "FR", "auto", "fr"],
    [null, "MC", "auto", "fr"],
    [null, "DE", "auto", "en"],
    [null, null, "auto", "en"],
    [null, "FR", "en", "en"],
    ["fr", "FR", "en", "fr"],
  ] as const)(
    "of the audience %s, to %s, with optOut.language %s is %s",
    (language, country, configured, is) => {
      expect(confirmationLanguage({ ...AUDIENCE, language }, { country }, configured)).toBe(is);
    },
  );

  it("is none of a language that has no texts", () => {
    expect([spoken("FR-be"), spoken("en"), spoken("br")]).toEqual(["fr", "en", null]);
  });
});
