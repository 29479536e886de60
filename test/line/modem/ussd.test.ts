/** Questions to the network by USSD: the dialogue, every way in which modems write the answer, and what goes wrong. */
import { describe, expect, test } from "vitest";
import type { UssdResult } from "../../../src/line/line.ts";
import { packedCode, ussdText } from "../../../src/line/modem/ussd-text.ts";
import { segmentTo } from "../line-contract.ts";
import { closeStage, readyLine, type Stage } from "./scripted-line.ts";

describe("the text of an answer", () => {
  const cases: { name: string; text: string; dcs: number | null; means: string }[] = [
    { name: "plain", text: "Solde 12.40 EUR", dcs: 15, means: "Solde 12.40 EUR" },
    {
      name: "packed septets in hex",
      text: "D3379B5C06C5642E1A0C54AC4A1B",
      dcs: 15,
      means: "Solde 12.40 EUR",
    },
    { name: "UCS-2 in hex", text: "0053006F006C0064006500200035", dcs: 72, means: "Solde 5" },
    { name: "UCS-2 though the scheme says GSM", text: "0053006F006C00640065", dcs: 15, means: "Solde" },
    { name: "Cyrillic", text: "041104300439", dcs: 8, means: "Бай" },
    { name: "without a scheme", text: "Credit: 5", dcs: null, means: "Credit: 5" },
    { name: "padded with CR", text: "Credit: 5\r", dcs: 15, means: "Credit: 5" },
    { name: "digits that are no hex", text: "12345678", dcs: 15, means: "12345678" },
    { name: "the GSM alphabet", text: "Cr\x05dit 5", dcs: 15, means: "Crédit 5" },
  ];
  test.each(cases)("is read: $name", ({ text, dcs, means }) => {
    expect(ussdText(text, dcs)).toBe(means);
  });

  test("is asked for in packed septets as sticks want them", () => {
    expect(packedCode("*100#")).toBe("AA180C3602");
    expect(packedCode("*123#")).toBe("AA986C3602");
  });
});

async function asked(stage: Stage, code = "*100#"): Promise<UssdResult> {
  let result: UssdResult | null = null;
  const pending = stage.line.ussd?.(code).then((answer) => {
    result = answer;
  });
  await stage.until(() => result !== null);
  await pending;
  return result as unknown as UssdResult;
}

describe("a USSD request", () => {
  test("is answered by a line of its own, line ends, commas and quotes included", async () => {
    const stage = await readyLine();
    stage.modem
      .expects('AT+CUSD=1,"*100#",15')
      .answers("OK")
      .waits(3000)
      .says('\r\n+CUSD: 0,"Solde: 12,40 EUR\r\nMerci",15\r\n');
    expect(await asked(stage)).toEqual({
      is: "answered",
      text: "Solde: 12,40 EUR\nMerci",
      expectsAnswer: false,
    });
    await closeStage(stage);
  });

  test("may be a menu that is answered by the next one", async () => {
    const stage = await readyLine();
    stage.modem
      .expects('AT+CUSD=1,"*123#",15')
      .answers("OK")
      .says('\r\n+CUSD: 1,"1 Balance 2 Offers",15\r\n');
    expect(await asked(stage, "*123#")).toMatchObject({ text: "1 Balance 2 Offers", expectsAnswer: true });
    stage.modem.expects('AT+CUSD=1,"1",15').answers("OK").says('\r\n+CUSD: 0,"5 EUR",15\r\n');
    expect(await asked(stage, "1")).toMatchObject({ text: "5 EUR", expectsAnswer: false });
    await closeStage(stage);
  });

  test("is repeated packed where a modem refuses it plain", async () => {
    const stage = await readyLine();
    stage.modem
      .expects('AT+CUSD=1,"*100#",15')
      .answers("ERROR")
      .expects('AT+CUSD=1,"AA180C3602",15')
      .answers("OK")
      .says('\r\n+CUSD: 0,"D3379B5C06C5642E1A0C54AC4A1B",15\r\n');
    expect(await asked(stage)).toMatchObject({ text: "Solde 12.40 EUR" });
    await closeStage(stage);
  });

  test.each([
    ["+CUSD: 2", "ended"],
    ["+CUSD: 4", "refused"],
    ["+CUSD: 5", "no-answer"],
  ])("that ends in %s has failed: %s", async (line, why) => {
    const stage = await readyLine();
    stage.modem.expects('AT+CUSD=1,"*100#",15').answers("OK").answers(line);
    if (why === "no-answer") stage.modem.expects("AT+CUSD=2").answers("OK");
    expect(await asked(stage)).toMatchObject({ is: "failed", why });
    await closeStage(stage);
  });

  test("without an answer is given up after 30 s and cancelled; meanwhile another is refused and a text waits", async () => {
    const stage = await readyLine();
    stage.modem.expects('AT+CUSD=1,"*100#",15').answers("OK");
    const first = asked(stage);
    await stage.clock.advance(100);
    expect(await stage.line.ussd?.("*101#")).toMatchObject({ is: "failed", why: "busy" });
    stage.modem
      .waits(29_000)
      .expects("AT+CUSD=2")
      .answers("OK")
      .expects("AT+CMGS=30")
      .answers("+CMS ERROR: 21");
    const sent = stage.line.submit(segmentTo("+33612345678", "Gate 4 open [ok]"), {
      submissionId: "s1",
      signal: new AbortController().signal,
    });
    expect(await first).toMatchObject({ is: "failed", why: "no-answer" });
    await stage.until(() => stage.modem.remaining === 0);
    expect(await sent).toMatchObject({ is: "rejected" });
    await closeStage(stage);
  });

  test("of a line that is not ready is refused", async () => {
    const stage = await readyLine();
    await closeStage(stage);
    expect(await stage.line.ussd?.("*100#")).toMatchObject({ is: "failed", why: "not-ready" });
  });
});
