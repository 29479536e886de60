import { describe, expect, it } from "vitest";
import {
  type AudienceWords,
  clashOf,
  isKeyword,
  keywordMap,
  readAudienceKeyword,
  reservedWords,
} from "../../../src/accounts/audience/keywords.ts";
import { BUILT_IN_LANGUAGES, DEFAULT_OPT_OUT, optOutWords } from "../../../src/accounts/opt-out.ts";

const RESERVED = reservedWords(optOutWords(DEFAULT_OPT_OUT));

function audience(friendlyName: string, fields: Partial<AudienceWords> = {}): AudienceWords {
  return {
    sid: `AU ${friendlyName}`,
    friendlyName,
    keywords: [],
    welcomeText: null,
    goodbyeText: null,
    ...fields,
  };
}

const WEATHER = audience("Weather", { keywords: ["METEO", "Météo marine"] });
const TIDES = audience("Tides", { keywords: ["MAREES"] });

function read(text: string): string | null {
  const found = readAudienceKeyword(text, keywordMap([WEATHER, TIDES]), RESERVED);
  return found === null ? null : `${found.is} ${found.audience.friendlyName}`;
}

describe("a text", () => {
  it.each([
    ["METEO", "join Weather"],
    ["meteo", "join Weather"],
    ["  Météo \n", "join Weather"],
    ["Me\u0301te\u0301o", "join Weather"],
    ["« METEO »", "join Weather"],
    ['"Meteo".', "join Weather"],
    ["METEO!", "join Weather"],
    ["meteo  MARINE", "join Weather"],
    ["Marées", "join Tides"],
    ["METEO STOP", "leave Weather"],
    ["Stop météo", "leave Weather"],
    ["meteo arrêt", "leave Weather"],
    ["UNSUBSCRIBE METEO MARINE", "leave Weather"],
    ["stop marees.", "leave Tides"],
  ])("%j means %s", (text, meaning) => expect(read(text)).toBe(meaning));

  it.each([
    [""],
    ["..."],
    ["STOP"],
    ["METEO Paris"],
    ["la meteo"],
    ["METEO START"],
    ["METEO STOP STOP"],
    ["METEOSTOP"],
    ["STOP METEO STOP"],
    [`METEO${" ".repeat(200)}`],
  ])("%j means nothing", (text) => expect(read(text)).toBeNull());
});

describe("keywords", () => {
  const words = Object.values(BUILT_IN_LANGUAGES).flatMap(({ keywords }) => Object.values(keywords).flat());

  it.each([...words, "stop", "Arrêt", "aide."])("are not %s, which is taken", (keyword) => {
    expect(clashOf(audience("New", { keywords: [keyword] }), [], RESERVED)).toContain("STOP, START and HELP");
  });

  it.each([
    [["Meteo"], "The keyword Meteo is one of Weather (AU Weather)"],
    [["meteo stop"], "The keyword meteo stop is how one leaves Weather (AU Weather)"],
    [["STOP MAREES"], "The keyword STOP MAREES is how one leaves Tides (AU Tides)"],
    [["VENT", "vent"], "The keyword VENT is there twice"],
    [["VENT", "VENT STOP"], "The keyword VENT STOP is how one leaves this audience"],
  ])("%j are refused: %s", (keywords, why) => {
    expect(clashOf(audience("New", { keywords }), [WEATHER, TIDES], RESERVED)).toContain(why);
  });

  it("are refused when another's would be how one leaves by them", () => {
    const other = audience("Odd", { keywords: ["VENT STOP"] });
    expect(clashOf(audience("New", { keywords: ["VENT"] }), [other], RESERVED)).toContain("VENT STOP of Odd");
  });

  it("do not stand against those of the same audience as it was", () => {
    expect(clashOf({ ...WEATHER, keywords: ["METEO", "TEMPS"] }, [TIDES], RESERVED)).toBeNull();
  });

  it("may be many words, one a part of another", () => {
    expect(clashOf(audience("New", { keywords: ["METEO PARIS"] }), [WEATHER, TIDES], RESERVED)).toBeNull();
  });
});

describe("an answer", () => {
  it.each(["METEO", "meteo stop", "STOP", "« Marées »"])(
    "that is the keyword %s is refused",
    (welcomeText) => {
      const asked = audience("New", { keywords: ["VENT"], welcomeText });
      expect(clashOf(asked, [WEATHER, TIDES], RESERVED)).toContain("write a sentence");
    },
  );

  it("is refused when a new keyword makes one of it", () => {
    const other = audience("Other", { keywords: ["A1"], goodbyeText: "Vent" });
    expect(clashOf(audience("New", { keywords: ["VENT"] }), [other], RESERVED)).toContain("write a sentence");
  });

  it("is no keyword for containing one", () => {
    const words = keywordMap([WEATHER]);
    expect(isKeyword("Reply METEO STOP to leave.", words, RESERVED)).toBe(false);
    expect(isKeyword("Meteo stop.", words, RESERVED)).toBe(true);
  });
});
