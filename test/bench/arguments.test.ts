import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readArguments, WrongArguments } from "./arguments.ts";

const FIGURES = ["durable accepts", "SMPP: POST → submit_sm"];
const read = (...args: string[]) => readArguments(args, FIGURES);

let folder: string;
let written: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pylone-bench-"));
  written = join(folder, "before.json");
  const rows = [
    { figure: FIGURES[0], value: 9000 },
    { figure: FIGURES[1], value: null },
  ];
  writeFileSync(written, JSON.stringify({ rows }));
  writeFileSync(join(folder, "text"), "no\nJSON");
  writeFileSync(join(folder, "other.json"), "[]");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("npm run bench", () => {
  it("measures every row three times unless told otherwise", () => {
    const asked = read();
    expect(asked).toMatchObject({ json: false, runs: 3, profile: null });
    expect(FIGURES.filter((figure) => asked?.isAsked(figure))).toEqual(FIGURES);
  });

  it("measures the rows that are asked for, beside an earlier run", () => {
    const asked = read("--only", "smpp: post|bytes", "--runs", "5", "--baseline", written, "--json");
    expect(asked).toMatchObject({ json: true, runs: 5, baseline: new Map([["durable accepts", 9000]]) });
    expect(FIGURES.filter((figure) => asked?.isAsked(figure))).toEqual(FIGURES.slice(1));
  });

  it("tells what it can be asked", () => expect(read("--help")).toBeNull());

  it.each([
    [["--only", "nosuchrow"], /^--only nosuchrow: no row has that name; they are: durable accepts · SMPP/],
    [["--only", "("], /^--only \(: Invalid regular expression/],
    [["--runs", "0"], /^--runs 0: a whole number from 1 on/],
    [["--runs", "many"], /^--runs many: /],
    [["--baseline", "/nonexistent"], /^--baseline \/nonexistent: ENOENT.*that --json has written/],
    [["--fast"], /^Unknown option '--fast'/],
    [["row"], /^Unexpected argument 'row'/],
  ])("says in a sentence what is wrong with %j", (args, sentence) => {
    expect(() => read(...args)).toThrow(WrongArguments);
    expect(() => read(...args)).toThrow(sentence);
  });

  it("says which file is no earlier run", () => {
    expect(() => read("--baseline", join(folder, "text"))).toThrow(/text: Unexpected token.* is meant\.$/);
    expect(() => read("--baseline", join(folder, "other.json"))).toThrow(/other\.json has no rows/);
  });
});
