/**
 * What a command is to the table: its words, its options, its help, and how its workings are loaded. A declaration
 * imports nothing that its workings need, so that `--help` answers where a native library does not.
 *
 * To add one: a file in `commands/` with a `declare(…)`, its workings beside, a row in `command-table.ts`.
 */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearest } from "../daemon/nearest.ts";
import { helpOf, type Manual, type Option, type Options, usageOf } from "./help-text.ts";
import type { Surroundings } from "./surroundings.ts";

type ValueOf<O extends Option> = O["type"] extends "boolean"
  ? true | undefined
  : O extends { readonly multiple: true }
    ? readonly string[] | undefined
    : string | undefined;
export type Values<O extends Options> = { readonly [Name in keyof O]: ValueOf<O[Name]> };

/** The work itself; settles with the exit status. */
export type Work<Asked> = (asked: Asked, surroundings: Surroundings) => Promise<number>;

export type Declaration<O extends Options, Asked> = Manual & {
  readonly options: O;
  /** What was asked, typed. Throws `Misuse`. */
  readonly read: (values: Values<O>, operands: readonly string[]) => Asked;
  readonly load: () => Promise<Work<Asked>>;
};

export type Parsed =
  | {
      readonly is: "run";
      readonly name: string;
      readonly asked: unknown;
      readonly run: (surroundings: Surroundings) => Promise<number>;
    }
  | { readonly is: "help"; readonly text: string };

export type Command = {
  readonly name: string;
  readonly summary: string;
  /** The usage line, without a line end. */
  readonly usage: string;
  readonly help: string;
  /** Throws `Misuse`. */
  readonly parse: (argv: string[]) => Parsed;
};

/** The command line is wrong: the sentence says how. Exit 64. */
export class Misuse extends Error {
  override readonly name = "Misuse";
}

/** Options of nearly every command. */
export const CONFIG = {
  type: "string",
  value: "FILE",
  about: "the configuration; without it PYLONE_CONFIG, then /etc/pylone/pylone.yaml, then the built-in one",
} as const satisfies Option;
export const JSON_OUT = {
  type: "boolean",
  about: "one JSON document instead of text",
} as const satisfies Option;

const HELP = { type: "boolean", short: "h", about: "this text" } as const satisfies Option;

export function declare<const O extends Options, Asked>(declaration: Declaration<O, Asked>): Command {
  const { name, summary, operands, options, read, load } = declaration;
  const all: Options = { ...options, help: HELP };
  const help = helpOf({ ...declaration, options: all });
  return {
    name,
    summary,
    usage: usageOf(declaration),
    help,
    parse: (argv) => {
      refuseWrong(argv, all);
      const { values, positionals } = parseArgs({
        args: argv,
        options: all as NonNullable<ParseArgsConfig["options"]>,
        allowPositionals: true,
      });
      if (values["help"] === true) return { is: "help", text: help };
      const [extra] = positionals;
      if (operands === undefined && extra !== undefined)
        throw new Misuse(`\`${extra}\` is one word too many: it takes options only`);
      const asked = read(values as Values<O>, positionals);
      return { is: "run", name, asked, run: async (surroundings) => (await load())(asked, surroundings) };
    },
  };
}

/** Before anything else is read: Node's own sentences know no neighbours. */
function refuseWrong(argv: string[], options: Options): void {
  const { tokens } = parseArgs({
    args: argv,
    options: options as NonNullable<ParseArgsConfig["options"]>,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) {
      const meant = nearest(token.name, Object.keys(options));
      const hint = meant === null ? "" : `; did you mean \`--${meant}\`?`;
      throw new Misuse(`there is no option \`${token.rawName}\`${hint}`);
    }
    if (option.type === "boolean" && token.value !== undefined)
      throw new Misuse(`--${token.name} takes no value`);
    if (option.type === "string" && (token.value === undefined || token.value === ""))
      throw new Misuse(`--${token.name} needs ${option.value ?? "a value"}`);
  }
}
