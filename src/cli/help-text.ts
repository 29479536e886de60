/** What `pylone COMMAND --help` says, out of what a command declares of itself. */
import { EXIT } from "../daemon/exit-codes.ts";

export type Option = {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: true;
  /** What stands behind it: `FILE`. */
  readonly value?: string;
  readonly about: string;
};
export type Options = Readonly<Record<string, Option>>;

export type Manual = {
  /** One or two words: `send`, `config check`. */
  readonly name: string;
  /** One line of the list of commands. */
  readonly summary: string;
  /** What comes behind the name beside options, as the usage shows it; absent: nothing may. */
  readonly operands?: string;
  readonly about: string;
  readonly options: Options;
  /** Beyond those of every command: 0 and 64. */
  readonly exits: Readonly<Record<number, string>>;
  readonly examples: readonly string[];
};

export function usageOf({ name, operands, options }: Manual): string {
  const known = Object.entries(options).filter(([option]) => option !== "help");
  const words = known.map(([option, { value, multiple }]) => {
    const word = value === undefined ? `--${option}` : `--${option} ${value}`;
    return `[${word}]${multiple === true ? "…" : ""}`;
  });
  return `Usage: ${["pylone", name, ...(operands === undefined ? [] : [operands]), ...words].join(" ")}`;
}

const WIDTH = 110;

export function helpOf(manual: Manual): string {
  const { about, options, exits, examples } = manual;
  const rows = Object.entries(options).map(([name, { short, value, about: text }]): [string, string] => {
    const long = value === undefined ? `--${name}` : `--${name} ${value}`;
    return [short === undefined ? long : `-${short}, ${long}`, text];
  });
  const statuses = { [EXIT.ok]: "done", [EXIT.usage]: "the command line is wrong", ...exits };
  const parts = [
    folded(usageOf(manual), "    "),
    folded(about, ""),
    `Options:\n${listed(rows)}`,
    `Exit status:\n${listed(Object.entries(statuses))}`,
  ];
  if (examples.length > 0) parts.push(`Examples:\n${examples.map((line) => `  ${line}`).join("\n")}`);
  return `${parts.join("\n\n")}\n`;
}

function listed(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([head]) => head.length));
  return rows
    .map(([head, text]) => folded(`  ${head.padEnd(width)}  ${text}`, " ".repeat(width + 4)))
    .join("\n");
}

/** Broken at spaces; what was broken already stays so. `indent`: of every line after the first. */
function folded(text: string, indent: string): string {
  const lines: string[] = [];
  for (const [position, given] of text.split("\n").entries()) {
    let line = position === 0 ? given : indent + given;
    while (line.length > WIDTH) {
      const at = line.lastIndexOf(" ", WIDTH);
      if (at <= indent.length) break;
      lines.push(line.slice(0, at));
      line = indent + line.slice(at + 1);
    }
    lines.push(line);
  }
  return lines.join("\n");
}
