/** `src/line/modem/FAULTS.md` says which test shows each reaction: here it is held to that. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const HERE = "test/line/modem";

type Row = { readonly fault: string; readonly does: string; readonly shownBy: string };

const rows: readonly Row[] = readFileSync(join(ROOT, "src/line/modem/FAULTS.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|") && !/^\| (?:---|Fault )/.test(line))
  .map((line) => {
    const [fault = "", does = "", shownBy = "", ...more] = line
      .replace(/^\||\|$/g, "")
      .split("|")
      .map((cell) => cell.trim());
    expect(more, line).toEqual([]);
    return { fault, does, shownBy };
  });

/** `file.test.ts`: a test's title, in which … stands for what differs; more of them after semicolons. */
function citationsOf(shownBy: string): { readonly file: string; readonly title: string }[] {
  return shownBy.split("; ").map((citation) => {
    const [, path = "", title = ""] = /^`([^`]+\.ts)`: (.+)$/.exec(citation) ?? [];
    return { file: path.startsWith("test/") ? path : join(HERE, path), title };
  });
}

/** What stands in quotes in a test file: titles, and the values that tables put into them. */
function literalsOf(file: string): string {
  const source = readFileSync(join(ROOT, file), "utf8");
  const literals = source.match(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g) ?? [];
  return literals.map((literal) => literal.slice(1, -1).replace(/\\(["'`\\])/g, "$1")).join("\n");
}

describe("the table of faults", () => {
  test("has its rows", () => {
    expect(rows.length).toBeGreaterThan(90);
    for (const row of rows) {
      expect(row.fault).not.toBe("");
      expect(row.does).not.toBe("");
    }
  });

  test.each(rows)("$fault: is shown by a test that exists", ({ shownBy }) => {
    for (const { file, title } of citationsOf(shownBy)) {
      expect(title, `what is cited in: ${shownBy}`).not.toBe("");
      const literals = literalsOf(file);
      for (const piece of title.split("…").map((part) => part.trim())) expect(literals).toContain(piece);
    }
  });

  test("is where the room's page begins", () => {
    const readme = readFileSync(join(ROOT, "src/line/modem/README.md"), "utf8").split("\n");
    expect(readme.slice(0, 5).join("\n")).toContain("(FAULTS.md)");
  });
});
