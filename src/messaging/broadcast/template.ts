/**
 * A text with places for a member's attributes: `Hello {{name}}`, with what to say where there is none: `{{name|you}}`.
 * An attribute that is empty counts as missing. Pure.
 */
export type Template = readonly (string | Place)[];
type Place = { readonly attribute: string; readonly otherwise: string | null };

export type Rendered =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "lacks"; readonly attribute: string };

const PLACE = /\{\{([^{}|]*)(?:\|([^{}]*))?\}\}/g;

/** A text: what is wrong with it. */
export function parseTemplate(source: string): Template | string {
  const template: (string | Place)[] = [];
  let end = 0;
  for (const match of source.matchAll(PLACE)) {
    const [whole, name = "", otherwise] = match;
    if (name.trim() === "") return `${whole} names no attribute`;
    template.push(source.slice(end, match.index), { attribute: name.trim(), otherwise: otherwise ?? null });
    end = match.index + whole.length;
  }
  template.push(source.slice(end));
  const stray = template.find((part) => typeof part === "string" && /\{\{|\}\}/.test(part));
  if (stray !== undefined)
    return "a {{ or }} of it has no counterpart; a place is written {{name}} or {{name|otherwise}}";
  return template.filter((part) => part !== "");
}

/** The attributes that must be there: those without a word to say otherwise. */
export function neededBy(template: Template): readonly string[] {
  const names = template.flatMap((part) =>
    typeof part !== "string" && part.otherwise === null ? [part.attribute] : [],
  );
  return [...new Set(names)];
}

export function render(template: Template, attributes: ReadonlyMap<string, string>): Rendered {
  let text = "";
  for (const part of template) {
    if (typeof part === "string") {
      text += part;
      continue;
    }
    const value = attributes.get(part.attribute) || part.otherwise;
    if (value === null) return { is: "lacks", attribute: part.attribute };
    text += value;
  }
  return { is: "text", text };
}
