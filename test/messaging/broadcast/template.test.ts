import { describe, expect, it } from "vitest";
import { neededBy, parseTemplate, render, type Template } from "../../../src/messaging/broadcast/template.ts";

function template(source: string): Template {
  const parsed = parseTemplate(source);
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}
const rendered = (source: string, attributes: Record<string, string>) =>
  render(template(source), new Map(Object.entries(attributes)));

describe("a template", () => {
  it("takes a member's attributes", () => {
    expect(rendered("Hello {{name}}, {{ berth }}.", { name: "Ève", berth: "12" })).toEqual({
      is: "text",
      text: "Hello Ève, 12.",
    });
  });

  it("has a word for who lacks one, which may be empty", () => {
    expect(rendered("Hello {{name|sailor}}{{title|}}!", {})).toEqual({ is: "text", text: "Hello sailor!" });
    expect(rendered("{{name|sailor}}", { name: "" })).toEqual({ is: "text", text: "sailor" });
  });

  it("says what a member lacks, who has no such word", () => {
    expect(rendered("{{name|sailor}} at {{berth}}", { name: "Ann" })).toEqual({
      is: "lacks",
      attribute: "berth",
    });
    expect(rendered("at {{berth}}", { berth: "" })).toEqual({ is: "lacks", attribute: "berth" });
    expect(neededBy(template("{{a}} {{b|x}} {{a}} {{c}}"))).toEqual(["a", "c"]);
  });

  it("puts nothing in twice: what an attribute says is not read again", () => {
    expect(rendered("{{name}}", { name: "{{berth}}", berth: "12" })).toEqual({
      is: "text",
      text: "{{berth}}",
    });
  });

  it.each(["Hello {{name", "Hello name}}", "{{}}", "{{ |x}}", "{{a{b}}"])("%s is none", (source) => {
    expect(parseTemplate(source)).toEqual(expect.any(String));
  });

  it("may be a plain text, braces and all", () => {
    expect(rendered("{ok} 5 | 3", {})).toEqual({ is: "text", text: "{ok} 5 | 3" });
  });
});
