import { describe, expect, it } from "vitest";
import { type Rules, skippedTests, violations } from "./architecture.ts";
import { importsOf, readSource } from "./source-text.ts";

const RULES: Rules = {
  rooms: [
    { path: "main.ts", mayImport: ["*"] },
    { path: "line/", mayImport: ["sms/", "runtime/"] },
    { path: "line/modem/", mayImport: ["line/line.ts", "sms/", "runtime/"] },
    { path: "sms/", mayImport: [], node: false },
    { path: "runtime/", mayImport: [] },
  ],
  doors: { serialport: ["line/modem/port.ts"], "@scope/parser": ["line/modem/"] },
  maxLines: 5,
  specTables: ["sms/table.ts"],
  clock: "runtime/clock.ts",
  environment: ["main.ts"],
};

const HOUSE = {
  "main.ts": 'import { go } from "./line/modem/go.ts";\nconst where = process.env["X"];\n',
  "line/line.ts": 'import type { A } from "../sms/a.ts";\n',
  "line/modem/go.ts": 'import { A } from "../../sms/a.ts";\nimport type { L } from "../line.ts";\n',
  "line/modem/port.ts":
    'import { open } from "node:fs";\nimport { SerialPort } from "serialport/lib/x";\nimport { P } from "@scope/parser";\n',
  "sms/a.ts": "export const a = 1;\n",
  "sms/table.ts": "1;\n".repeat(50),
  "runtime/clock.ts": "export const now = () => Date.now() + performance.now();\nsetTimeout(now, 1);\n",
};

const breaches = (changed: Record<string, string>): string[] =>
  violations(new Map(Object.entries({ ...HOUSE, ...changed })), RULES);

describe("the architecture's checker", () => {
  it("has nothing to say of a house in order", () => {
    expect(breaches({})).toEqual([]);
  });

  it.each([
    {
      breach: "an import up the floors",
      files: { "sms/b.ts": 'import { now } from "../runtime/clock.ts";\n' },
      says: ["sms/b.ts (sms/) may not import runtime/clock.ts"],
    },
    {
      breach: "a type imported up the floors",
      files: { "sms/b.ts": 'export type { L } from "../line/line.ts";\n' },
      says: [
        "sms/b.ts (sms/) may not import line/line.ts",
        "sms/b.ts re-exports: import from the defining file",
      ],
    },
    {
      breach: "a room's file that is not the one allowed",
      files: { "line/other.ts": "\n", "line/modem/x.ts": 'import "../other.ts";\n' },
      says: ["line/modem/x.ts (line/modem/) may not import line/other.ts"],
    },
    {
      breach: "a room importing from the room inside it",
      files: { "line/x.ts": 'await import("./modem/go.ts");\n' },
      says: ["line/x.ts (line/) may not import line/modem/go.ts"],
    },
    {
      breach: "node: where nothing may be imported",
      files: { "sms/b.ts": 'import { Buffer } from "node:buffer";\n' },
      says: ["sms/b.ts (sms/) may not import node:buffer"],
    },
    {
      breach: "a library outside its door",
      files: { "line/modem/x.ts": 'import { SerialPort } from "serialport";\n' },
      says: ["line/modem/x.ts imports serialport, whose door is line/modem/port.ts"],
    },
    {
      breach: "a library without a door",
      files: { "main.ts": 'import _ from "lodash/fp";\nimport x from "constructor";\n' },
      says: ["main.ts imports constructor, which has no door", "main.ts imports lodash, which has no door"],
    },
    {
      breach: "a file too long",
      files: { "sms/b.ts": "1;\n".repeat(6) },
      says: ["sms/b.ts has 6 lines; 5 is the ceiling"],
    },
    {
      breach: "a circle of three, once",
      files: {
        "sms/x.ts": 'import "./y.ts";\n',
        "sms/y.ts": 'import type { Z } from "./z.ts";\n',
        "sms/z.ts": 'import "./x.ts";\n',
      },
      says: ["a circle of imports: sms/x.ts → sms/y.ts → sms/z.ts"],
    },
    {
      breach: "a file that imports itself",
      files: { "sms/x.ts": 'import "./x.ts";\n' },
      says: ["a circle of imports: sms/x.ts"],
    },
    {
      breach: "clocks and timers",
      files: {
        "line/modem/x.ts":
          'import { setTimeout } from "node:timers/promises";\nDate.now();\nnew Date();\nAbortSignal.timeout(3);\n',
      },
      says: [
        "line/modem/x.ts imports node:timers/promises: take a Clock",
        "line/modem/x.ts uses AbortSignal.timeout: take a Clock",
        "line/modem/x.ts uses Date.now: take a Clock",
        "line/modem/x.ts uses new Date(): take a Clock",
        "line/modem/x.ts uses setTimeout: take a Clock",
      ],
    },
    {
      breach: "the environment",
      files: { "runtime/x.ts": "export const home = process.env.HOME;\n" },
      says: ["runtime/x.ts reads process.env: take what it says as an argument"],
    },
    {
      breach: "barrels and default exports",
      files: {
        "sms/x.ts": 'export * from "./a.ts";\n',
        "sms/y.ts": 'export { a } from "./a.ts";\n',
        "sms/z.ts": "export default 1;\n",
      },
      says: [
        "sms/x.ts re-exports: import from the defining file",
        "sms/y.ts re-exports: import from the defining file",
        "sms/z.ts has a default export",
      ],
    },
    {
      breach: "names that say nothing, or shout",
      files: { "sms/utils.ts": "\n", "sms/PduCodec.ts": "\n" },
      says: [
        "sms/PduCodec.ts: file names are kebab-case",
        "sms/utils.ts: a file is named for what it is, not utils.ts",
      ],
    },
    {
      breach: "a file in no room, and an import of nothing",
      files: { "attic/x.ts": "\n", "sms/x.ts": 'import "./gone.ts";\n' },
      says: ["attic/x.ts is in no room", "sms/x.ts imports ./gone.ts, which is not in the tree"],
    },
  ])("finds $breach", ({ files, says }) => {
    expect(breaches(files as unknown as Record<string, string>)).toEqual(says);
  });

  it("does not take words in strings, comments or regular expressions for code", () => {
    const text = [
      '// import "../line/line.ts"; Date.now()',
      '/* setTimeout */ const a = "Date.now() \\" // not a comment"; const b = /[/"]\'setInterval/;',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text under test is itself a template
      "const c = `setTimeout ${a + `Date.now ${b}`} process.env`;",
    ].join("\n");
    expect(breaches({ "line/x.ts": text })).toEqual([]);
  });

  it("goes on reading code after strings, inside templates and after a division", () => {
    const read = readSource(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text under test is itself a template
      "const a = 1 / 2; const s = `${({ n: Date.now() }).n}`; const d = a / 3; import(\"./x.ts\"); import y from 'z';",
    );
    expect(read.code).toContain("Date.now()");
    expect(importsOf(read)).toEqual(["./x.ts", "z"]);
  });

  it("finds tests that do not run", () => {
    const tree = new Map([
      ["a.test.ts", "it.skip('x', f);\ndescribe.only('y', f);\nxit('z', f);\nit.each([1]).skip;\n"],
      ["b.test.ts", "it.runIf(x)('y', f);\n// it.skip\nit('it.skip', f);\nit.each([1])('z', f);\n"],
    ]);
    expect(skippedTests(tree)).toEqual([
      "a.test.ts: it.skip",
      "a.test.ts: describe.only",
      "a.test.ts: xit",
      "b.test.ts: it.runIf",
    ]);
  });
});
