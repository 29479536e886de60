/** The command as a person at a terminal meets it. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { DIST, Site } from "../harness/program.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

describe("the command", () => {
  it("knows what was asked, helps and says its version where no library can be loaded but one", async () => {
    cpSync(DIST, join(site.folder, "dist"), { recursive: true });
    cpSync(join(ROOT, "package.json"), join(site.folder, "package.json"));
    cpSync(join(ROOT, "node_modules/leven"), join(site.folder, "node_modules/leven"), { recursive: true });
    const main = join(site.folder, "dist/main.js");
    const say = async (...args: string[]) => {
      const program = site.run(main, args);
      return { ...(await program.ended), out: program.lines.join("\n"), errors: program.errors };
    };
    expect(await say("--version")).toMatchObject({ code: 0, out: "0.1.0" });
    expect(await say("--help")).toMatchObject({ code: 0, errors: "" });
    for (const { name, usage } of COMMANDS)
      expect(await say(...name.split(" "), "--help")).toMatchObject({
        code: 0,
        out: expect.stringContaining(usage.slice(0, 40)),
        errors: "",
      });
    expect(await say("sevre")).toMatchObject({
      code: 64,
      errors: "pylone: there is no command `sevre`; did you mean `serve`?\n",
    });
    // Where it is needed, it is missed.
    expect((await say("serve")).code).toBe(70);
  });
});
