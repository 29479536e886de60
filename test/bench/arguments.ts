/** What `npm run bench` is asked for, or one sentence on what is wrong with it, before anything is measured. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** As the `pylone` command ends when it is called wrongly. */
export const USAGE = 64;

export const HELP = `npm run bench -- [--only PATTERN] [--runs N] [--baseline FILE] [--json] [--profile FOLDER]

  --only PATTERN    the rows whose name has it: a regular expression
  --runs N          the median of so many runs is shown; 3 unless told otherwise
  --json            for machines
  --baseline FILE   what --json has written, and how this run compares with it
  --profile FOLDER  the daemon's processor profiles are left there
`;

export type Arguments = {
  readonly json: boolean;
  readonly runs: number;
  readonly isAsked: (figure: string) => boolean;
  /** Figure → its value then. */
  readonly baseline: ReadonlyMap<string, number>;
  readonly profile: string | null;
};

export class WrongArguments extends Error {}

/** Null: help was asked for. Throws `WrongArguments`. */
export function readArguments(args: readonly string[], figures: readonly string[]): Arguments | null {
  const values = parsed(args);
  if (values.help) return null;
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new WrongArguments(`--runs ${values.runs}: a whole number from 1 on is meant.`);
  const only = pattern(values.only ?? "");
  if (!figures.some((figure) => only.test(figure)))
    throw new WrongArguments(
      `--only ${values.only}: no row has that name; they are: ${figures.join(" · ")}.`,
    );
  return {
    json: values.json,
    runs,
    isAsked: (figure) => only.test(figure),
    baseline: values.baseline === undefined ? new Map() : readBaseline(values.baseline),
    profile: values.profile ?? null,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
        only: { type: "string" },
        runs: { type: "string", default: "3" },
        baseline: { type: "string" },
        profile: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new WrongArguments(`${messageOf(error)} --help lists what there is.`);
  }
}

function pattern(source: string): RegExp {
  try {
    return new RegExp(source, "i");
  } catch (error) {
    throw new WrongArguments(`--only ${source}: ${messageOf(error)}.`);
  }
}

function readBaseline(file: string): ReadonlyMap<string, number> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new WrongArguments(
      `--baseline ${file}: ${messageOf(error)}; a file that --json has written is meant.`,
    );
  }
  const rows = isRecord(content) ? content["rows"] : null;
  if (!Array.isArray(rows))
    throw new WrongArguments(`--baseline ${file} has no rows; a file that --json has written is meant.`);
  return new Map(
    rows.flatMap((row: unknown): [string, number][] => {
      if (!isRecord(row)) return [];
      const { figure, value } = row;
      return typeof figure === "string" && typeof value === "number" ? [[figure, value]] : [];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
}
