/**
 * The conformance table is held against the contract's index and against the tests: every endpoint is in it with its
 * priority, what an app needs is served, what is served has a golden body, and what is not has its error.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { expand, INDEX, nameOf } from "./contract-index.ts";
import { GOLDENS } from "./goldens.ts";
import { REFUSALS } from "./refusals.ts";

const TABLE = readFileSync(fileURLToPath(new URL("../../src/api/CONFORMANCE.md", import.meta.url)), "utf8");

type Row = {
  readonly priority: string;
  readonly cell: string;
  readonly endpoints: readonly string[];
  readonly says: string;
  readonly how: string;
  readonly shownBy: readonly string[];
};

const ROWS: readonly Row[] = TABLE.split("\n")
  .filter((line) => /^\| P\d /.test(line))
  .map((line) => {
    const [, priority = "", cell = "", says = "", how = "", shownBy = ""] = line
      .split("|")
      .map((each) => each.trim());
    const files = [...shownBy.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    return { priority, cell, endpoints: endpointsIn(cell), says, how, shownBy: files };
  });

/** "GET, POST `a`, `b`, DELETE `c`" are five: a path without methods has those of the path before it. */
function endpointsIn(cell: string): readonly string[] {
  const endpoints: string[] = [];
  let methods: string[] = [];
  let isAfterPath = false;
  for (const [word] of cell.matchAll(/`[^`]+`|\b(?:GET|POST|DELETE)\b/g)) {
    if (word.startsWith("`")) {
      const paths = expand(word.slice(1, -1));
      endpoints.push(...paths.flatMap((path) => methods.map((method) => nameOf({ method, path }))));
      isAfterPath = true;
    } else {
      methods = isAfterPath ? [word] : [...methods, word];
      isAfterPath = false;
    }
  }
  return endpoints;
}

function rowOf(endpoint: string): Row | undefined {
  return ROWS.find(({ endpoints }) => endpoints.includes(endpoint));
}

describe("the conformance table", () => {
  it.each(ROWS)("says $says of $cell, and which tests show it", ({ priority, says, how, shownBy }) => {
    expect(["yes", "differs", "no"]).toContain(says);
    if (priority !== "P3") expect(says).toBe("yes");
    if (says !== "yes") expect(how).not.toBe("");
    expect(shownBy).not.toEqual([]);
    for (const file of shownBy) {
      expect(existsSync(fileURLToPath(new URL(`../${file}`, import.meta.url))), file).toBe(true);
    }
  });

  it("has each endpoint once", () => {
    const endpoints = ROWS.flatMap((row) => row.endpoints);
    expect(endpoints.filter((each, index) => endpoints.indexOf(each) !== index)).toEqual([]);
  });

  it("has no endpoint that the index does not have", () => {
    const known = INDEX.map(nameOf);
    expect(ROWS.flatMap(({ endpoints }) => endpoints).filter((each) => !known.includes(each))).toEqual([]);
  });
});

describe.each(INDEX)("$method $path", (endpoint) => {
  const name = nameOf(endpoint);
  const golden = GOLDENS.find((each) => each.endpoint === name);
  const refusal = REFUSALS.find((each) => each.endpoint === name);

  it(`is in the table, as ${endpoint.priority}`, () => {
    expect(rowOf(name)?.priority).toBe(endpoint.priority);
  });

  it("has its golden body where it is served, or else the error that the table gives", () => {
    const row = rowOf(name);
    if (row?.says === "no") {
      expect(golden).toBeUndefined();
      expect(refusal).toBeDefined();
      expect(row.how).toContain(String(refusal?.code));
      expect(row.how).toContain(`${refusal?.status}/`);
    } else {
      expect(golden).toBeDefined();
      expect(refusal).toBeUndefined();
      expect(row?.shownBy).toContain("api/golden-bodies.test.ts");
    }
  });

  it("has XML beside its JSON where it is served below 2010-04-01", () => {
    const hasBody = golden !== undefined && golden.shape !== null;
    const isOld = /^(API|\/2010-04-01)/.test(endpoint.path);
    expect(golden?.xml !== undefined).toBe(hasBody && isOld);
  });
});
