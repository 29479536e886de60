/** SMPP 3.4 Appendix B, and what SMSCs make of it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MESSAGE_STATES, messageStateOf, stateOf } from "../../../src/line/smpp/message-state.ts";
import { isoOfReceiptDate, parseReceiptText } from "../../../src/line/smpp/receipt-text.ts";

const STANDARD =
  "id:0123456789 sub:001 dlvrd:001 submit date:2601041015 done date:2601041016 stat:DELIVRD err:000 text:Hello";
const READ = {
  id: "0123456789",
  stat: "DELIVRD",
  err: "000",
  submitDate: "2601041015",
  doneDate: "2601041016",
};

describe("the text of a receipt", () => {
  test.each([
    { dialect: "of the standard", text: STANDARD, read: READ },
    { dialect: "with Text:", text: STANDARD.replace("text:", "Text:"), read: READ },
    { dialect: "in upper case", text: STANDARD.toUpperCase(), read: READ },
    { dialect: "with blanks after the colons", text: STANDARD.replaceAll(":", ": "), read: READ },
    { dialect: "with lines in place of blanks", text: STANDARD.replaceAll(" ", "\n"), read: READ },
    {
      dialect: "with commas",
      text: STANDARD.replaceAll(/ (?=sub|dlv|done|stat|err|text)/g, ", "),
      read: READ,
    },
    { dialect: "with a NUL at its end", text: STANDARD.replace(" text:Hello", "\0"), read: READ },
    { dialect: "without sub and dlvrd", text: STANDARD.replace("sub:001 dlvrd:001 ", ""), read: READ },
    {
      dialect: "with the dates' blank as an underscore",
      text: STANDARD.replace("submit date", "submit_date").replace("done date", "done_date"),
      read: READ,
    },
    {
      dialect: "with seconds",
      text: STANDARD.replace("2601041016", "260104101630"),
      read: { ...READ, doneDate: "260104101630" },
    },
    {
      dialect: "without dates",
      text: "id:a1b2 stat:UNDELIV err:069",
      read: { id: "a1b2", stat: "UNDELIV", err: "069", submitDate: null, doneDate: null },
    },
    {
      dialect: "with nothing but a state",
      text: "stat:EXPIRED",
      read: { id: null, stat: "EXPIRED", err: null, submitDate: null, doneDate: null },
    },
    {
      dialect: "with status: and error:",
      text: "id:77 status:REJECTD error:11 text:",
      read: { id: "77", stat: "REJECTD", err: "11", submitDate: null, doneDate: null },
    },
    {
      dialect: "with an id that is a name",
      text: "id:6fa459ea-ee8a-3ca4-894e-db77e160355e stat:ENROUTE",
      read: {
        id: "6fa459ea-ee8a-3ca4-894e-db77e160355e",
        stat: "ENROUTE",
        err: null,
        submitDate: null,
        doneDate: null,
      },
    },
    {
      dialect: "whose text looks like a receipt",
      text: "id:1 stat:DELIVRD err:000 text:id:2 stat:EXPIRED err:9",
      read: { id: "1", stat: "DELIVRD", err: "000", submitDate: null, doneDate: null },
    },
  ])("$dialect", ({ text, read }) => {
    expect(parseReceiptText(text)).toEqual(read);
  });

  test.each(["", "Hello", "id:12", "my grid: 5 stat", "state:DELIVRD", "text:id:1 stat:DELIVRD"])(
    "%j is none",
    (text) => {
      expect(parseReceiptText(text)).toBeNull();
    },
  );

  test("no text makes it throw or last", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        parseReceiptText(text);
        parseReceiptText(`id:${text} stat:${text}`);
      }),
    );
  });
});

describe("a receipt's date", () => {
  test.each([
    ["2601041015", "2026-01-04T10:15"],
    ["260104101559", "2026-01-04T10:15:59"],
    ["20260104101559", "2026-01-04T10:15:59"],
    ["202601041015", "2026-01-04T10:15"],
    ["26/01/04 10:15", "2026-01-04T10:15"],
    ["2602301015", null],
    ["2613011015", null],
    ["0000000000", null],
    ["26010410", null],
    ["never", null],
    [null, null],
  ])("%s is %s", (date, iso) => {
    expect(isoOfReceiptDate(date)).toBe(iso);
  });
});

describe("message_state", () => {
  test.each([
    ["SCHEDULED", 0, "pending"],
    ["ENROUTE", 1, "pending"],
    ["DELIVRD", 2, "delivered"],
    ["EXPIRED", 3, "failed"],
    ["DELETED", 4, "failed"],
    ["UNDELIV", 5, "failed"],
    ["ACCEPTD", 6, "pending"],
    ["UNKNOWN", 7, "failed"],
    ["REJECTD", 8, "failed"],
    ["SKIPPED", 9, "failed"],
    ["DELIVERED", 2, "delivered"],
    ["delivrd", 2, "delivered"],
    ["UNDELIVERABLE", 5, "failed"],
    ["UNDELIVERED", 5, "failed"],
    ["ACCEPTED", 6, "pending"],
    ["REJECTED", 8, "failed"],
    ["2", 2, "delivered"],
  ])("%s is %i: %s", (word, messageState, state) => {
    expect(messageStateOf(word)).toBe(messageState);
    expect(stateOf(messageState)).toBe(state);
  });

  test.each(["", "D", "FOO", "PENDING", "99"])("%j is none", (word) => {
    expect(messageStateOf(word)).toBeNull();
  });

  test("one nobody knows is no verdict", () => {
    expect(MESSAGE_STATES.some(({ messageState }) => messageState === 10)).toBe(false);
    expect(stateOf(10)).toBe("pending");
  });
});
