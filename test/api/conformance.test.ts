/** The conformance table is held to its own rules: what it says of a row is one of three words, and shown. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const TABLE = readFileSync(fileURLToPath(new URL("../../src/api/CONFORMANCE.md", import.meta.url)), "utf8");

type Row = {
  readonly priority: string;
  readonly path: string;
  readonly says: string;
  readonly how: string;
  readonly shownBy: string;
};

const ROWS: readonly Row[] = TABLE.split("\n")
  .filter((line) => /^\| P\d /.test(line))
  .map((line) => {
    const [, priority = "", path = "", says = "", how = "", shownBy = ""] = line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    return { priority, path, says, how, shownBy };
  });

describe("the conformance table", () => {
  it("has rows", () => {
    expect(ROWS.length).toBeGreaterThan(20);
  });

  it.each(ROWS)("says $says of $path, and which test shows it", ({ priority, says, how, shownBy }) => {
    expect(["yes", "differs", "no"]).toContain(says);
    if (priority !== "P3") expect(says).toBe("yes");
    if (says !== "yes") expect(how).not.toBe("");
    const files = [...shownBy.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    expect(files).not.toEqual([]);
    for (const file of files) {
      expect(existsSync(fileURLToPath(new URL(`../${file}`, import.meta.url))), file).toBe(true);
    }
  });

  // Contract §2, as far as messages and numbers go.
  it.each([
    "POST `API/Messages.json`",
    "GET `API/Messages.json`",
    "GET `API/Messages/{SM}.json`",
    "POST `API/Messages/{SM}.json`",
    "DELETE `API/Messages/{SM}.json`",
    "GET `API/Messages/{SM}/Media.json`",
    "`API/Messages/{SM}/Media/{ME}.json`",
    "POST `API/Messages/{SM}/Feedback.json`",
    "GET `API/IncomingPhoneNumbers.json`",
    "GET, POST `API/IncomingPhoneNumbers/{PN}.json`",
    "POST `API/IncomingPhoneNumbers.json`",
    "DELETE `API/IncomingPhoneNumbers/{PN}.json`",
    "GET, POST `API/IncomingPhoneNumbers/{Local,Mobile,TollFree}.json`",
    "GET `API/AvailablePhoneNumbers/{CC}/{Local,Mobile,TollFree}.json`",
    "GET `API/AvailablePhoneNumbers.json`",
    "GET `API/AvailablePhoneNumbers/{CC}/{National,Voip,SharedCost,MachineToMachine}.json`",
    "GET `API/SMS/ShortCodes.json`",
    "POST `API/SMS/ShortCodes/{SC}.json`",
    "GET `API/OutgoingCallerIds.json`",
    "POST `API/OutgoingCallerIds.json`",
    "`API/OutgoingCallerIds/{PN}.json`",
  ])("has a row for %s", (endpoint) => {
    expect(ROWS.some(({ path }) => path.includes(endpoint))).toBe(true);
  });
});
