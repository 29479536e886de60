/** Every endpoint that is served answers with exactly the keys of the contract, in JSON and in XML. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERROR } from "./contract-shapes.ts";
import { GOLDENS, wrongWith } from "./goldens.ts";
import { REFUSALS } from "./refusals.ts";
import { differences, xmlDifferences } from "./shape.ts";
import { openWorld, pathIn, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});

afterAll(() => world.box.close());

describe("the answer", () => {
  it.each(GOLDENS)("of $endpoint is as the contract has it", async (golden) => {
    expect(await wrongWith(golden, world)).toEqual([]);
  });
});

describe("the refusal", () => {
  it.each(REFUSALS)("of $endpoint is $status/$code", async ({ endpoint, form, status, code }) => {
    const [method = "", template = ""] = endpoint.split(" ");
    const path = pathIn(template, { ...world.names, MG: world.names["MG"] ?? `MG${"0".repeat(32)}` });
    const answer = await world.ask(method, path, form);
    expect(answer.status).toBe(status);
    // A 2010-04-01 path without a suffix is XML.
    if (template.endsWith(".json") || !template.startsWith("API")) {
      expect(answer.body["code"]).toBe(code);
      expect(differences(answer.body, ERROR)).toEqual([]);
    }
    if (!template.startsWith("API")) return;
    const written = await world.ask(method, path.replace(/\.json$/, ".xml"), form);
    expect(written.text).toContain(`<Code>${code}</Code>`);
    expect(xmlDifferences(written.text, ERROR, { name: "RestException" })).toEqual([]);
  });
});
