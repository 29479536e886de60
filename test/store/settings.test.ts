import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { locateJsonError, locateJsonValue } from "../../src/store/json-error.ts";
import { openSettings } from "../../src/store/settings.ts";
import {
  type AccountRecord,
  EMPTY_SETTINGS,
  type SettingsDocument,
} from "../../src/store/settings-document.ts";
import { T0 } from "./new-outbound.ts";

let dataDir: string;
let file: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "pylone-settings-"));
  file = join(dataDir, "settings.json");
});

afterEach(() => rm(dataDir, { recursive: true, force: true }));

function account(sid: string): AccountRecord {
  return {
    sid,
    friendlyName: "Main",
    authToken: "0123456789abcdef",
    status: "active",
    ownerAccountSid: null,
    createdAt: T0,
    updatedAt: T0,
  };
}

function adding(sid: string) {
  return (document: SettingsDocument) => ({ ...document, accounts: [...document.accounts, account(sid)] });
}

describe("the settings", () => {
  it("are empty at first and read back as they were written", async () => {
    const settings = await openSettings(dataDir);
    expect(settings.document).toEqual(EMPTY_SETTINGS);
    await settings.change(adding("AC1"));
    expect((await openSettings(dataDir)).document).toEqual({
      ...EMPTY_SETTINGS,
      accounts: [account("AC1")],
    });
  });

  it("are on disk, for their owner alone, when a change has settled", async () => {
    await writeFile(join(dataDir, "settings.json.12345"), "what a power cut left of a write");
    const settings = await openSettings(dataDir);
    await settings.change(adding("AC1"));
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
      version: 1,
      accounts: [{ sid: "AC1" }],
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(["settings.json", "settings.json.previous"]);
    expect((await stat(`${file}.previous`)).mode & 0o777).toBe(0o600);
  });

  it("change one after the other, each on top of the one before", async () => {
    const settings = await openSettings(dataDir);
    const sids = Array.from({ length: 10 }, (_, index) => `AC${index}`);
    await Promise.all(sids.map((sid) => settings.change(adding(sid))));
    expect((await openSettings(dataDir)).document.accounts.map((each) => each.sid)).toEqual(sids);
  });

  it("stay as they are, in memory too, when a change throws or cannot be written, and go on afterwards", async () => {
    const settings = await openSettings(dataDir);
    await settings.change(adding("AC1"));
    const failing = settings.change(() => {
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await rm(file);
    await mkdir(join(file, "in the way"), { recursive: true });
    await expect(settings.change(adding("AC2"))).rejects.toThrow();
    expect(settings.document.accounts.map((each) => each.sid)).toEqual(["AC1"]);
    await rm(file, { recursive: true });
    await settings.change(adding("AC3"));
    expect((await openSettings(dataDir)).document.accounts.map((each) => each.sid)).toEqual(["AC1", "AC3"]);
  });

  it.each([
    ["cut short", '{\n  "version": 1,\n  "accounts": [', "line 3, column 16"],
    ["a comma too many", '{"version": 1,\n "accounts": [],\n "numbers": [],}', "line 3, column 16"],
    ["not JSON", "version: 1", "line 1, column 1"],
    ["empty", "", "line 1, column 1"],
    ["no version", "{}", 'has no "version"'],
    ["a list", "[]", "the document is not an object"],
    ["no list", '{"version": 1, "accounts": {}, "numbers": []}', "accounts is not a list"],
    [
      "an incomplete account",
      '{"version": 1, "accounts": [{"sid": 5}], "numbers": []}',
      "line 1, column 37: accounts[0].sid",
    ],
    [
      "an unknown state",
      JSON.stringify({ version: 1, accounts: [{ ...account("AC1"), status: "asleep" }], numbers: [] }),
      "accounts[0].status is not one of active, suspended, closed",
    ],
  ])("that are damaged (%s) are refused with the place, and left alone", async (_what, text, place) => {
    await writeFile(file, text);
    const refused = openSettings(dataDir);
    await expect(refused).rejects.toMatchObject({
      code: "config.invalid",
      message: expect.stringContaining(place),
    });
    await expect(refused).rejects.toThrow(file);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  it("that a person has spoilt are refused with the command that takes back what they were", async () => {
    const settings = await openSettings(dataDir);
    await settings.change(adding("AC1"));
    const good = await readFile(file, "utf8");
    await writeFile(file, good.replace('"active"', '"aktive"'));
    const refusal = await openSettings(dataDir).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(refusal).toContain(
      "line 8, column 17: accounts[0].status is not one of active, suspended, closed",
    );
    const [, command = ""] = /: (cp -p \S+ \S+)$/.exec(refusal) ?? [];
    await promisify(execFile)("sh", ["-c", command]);
    expect((await openSettings(dataDir)).document.accounts.map(({ sid }) => sid)).toEqual(["AC1"]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("that are gone are not begun anew while a copy of them is there", async () => {
    await (await openSettings(dataDir)).change(adding("AC1"));
    await rm(file);
    await expect(openSettings(dataDir)).rejects.toMatchObject({
      code: "config.invalid",
      message: expect.stringContaining(`cp -p ${file}.previous ${file}`),
    });
    await rm(`${file}.previous`);
    expect((await openSettings(dataDir)).document).toEqual(EMPTY_SETTINGS);
  });

  it("that are gone with their copy are not begun anew where something belongs to them", async () => {
    await expect(openSettings(dataDir, "put it back")).rejects.toMatchObject({
      code: "config.invalid",
      message: `${file} is gone, and so is its copy: put it back`,
    });
    expect(await readdir(dataDir)).toEqual([]);
  });

  it("are read where an editor has put a mark before them", async () => {
    await (await openSettings(dataDir)).change(adding("AC1"));
    await writeFile(file, `\uFEFF${await readFile(file, "utf8")}`);
    expect((await openSettings(dataDir)).document.accounts).toMatchObject([{ sid: "AC1" }]);
  });

  it("that a person has changed well are what one goes back to from then on", async () => {
    await (await openSettings(dataDir)).change(adding("AC1"));
    const edited = (await readFile(file, "utf8")).replace('"Main"', '"Harbour"');
    await writeFile(file, edited);
    await openSettings(dataDir);
    expect(await readFile(`${file}.previous`, "utf8")).toBe(edited);
  });

  it("of a newer version are refused", async () => {
    await writeFile(file, '{"version": 2}');
    await expect(openSettings(dataDir)).rejects.toMatchObject({ code: "store.newer" });
  });
});

describe("the place of a value in JSON", () => {
  it("is where it stands, or where what should hold it stands", () => {
    const text = '{\n  "a": [1, {"b": "c"}],\n  "d.e": null\n}';
    expect(locateJsonValue(text, "a[1].b")).toEqual({ line: 2, column: 18 });
    expect(locateJsonValue(text, "a[1].x")).toEqual({ line: 2, column: 12 });
    expect(locateJsonValue(text, "a[7]")).toEqual({ line: 2, column: 8 });
    expect(locateJsonValue(text, "x")).toEqual({ line: 1, column: 1 });
    expect(locateJsonValue(text, "")).toEqual({ line: 1, column: 1 });
  });
});

describe("the place of an error in JSON", () => {
  it("is none in anything JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
        expect(locateJsonError(JSON.stringify(value, null, indent))).toBeNull();
      }),
    );
  });

  it("is found exactly when JSON.parse finds an error", () => {
    const damaged = fc
      .tuple(fc.jsonValue(), fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "\n", "0", "x"))
      .map(([value, where, put]) => {
        const text = JSON.stringify(value);
        const at = where % (text.length + 1);
        return text.slice(0, at) + put + text.slice(at + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        const parses = () => JSON.parse(text) as unknown;
        if (locateJsonError(text) === null) expect(parses).not.toThrow();
        else expect(parses).toThrow();
      }),
    );
  });
});
