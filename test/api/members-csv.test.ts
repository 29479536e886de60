/** Members as a file: what is taken, what each line is refused for, and that what goes out comes in again. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAttributeName, readAttributeValue } from "../../src/accounts/audience/member-fields.ts";
import { type CsvProblem, readMembersCsv } from "../../src/api/read-members-csv.ts";
import { guardCell, unguardCell } from "../../src/api/spreadsheet-cell.ts";
import { writeMembersCsv } from "../../src/api/write-members-csv.ts";
import { KeySequence } from "../../src/runtime/ids.ts";
import type { MemberRecord, NewMember } from "../../src/store/audience-commands.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { openInProcess, storeOver } from "../store/in-process.ts";
import { type ApiBox, openApiBox } from "./api-box.ts";

const NOW = Date.UTC(2026, 10, 28);
const site = { country: "FR", now: NOW };

async function problemsOf(text: string): Promise<readonly string[]> {
  const { problems } = await readMembersCsv(Buffer.from(text), site);
  return problems.map(({ line, column, text: why }: CsvProblem) => `${line} ${column ?? "-"}: ${why}`);
}

async function membersOf(text: string | Buffer) {
  const { members, problems } = await readMembersCsv(Buffer.from(text), site);
  expect(problems).toEqual([]);
  return members;
}

describe("a file of members", () => {
  it("is read as spreadsheets write it: separators, marks, line ends, quotes, empty lines", async () => {
    const rows = [
      ["Phone Number", "Town", "language"],
      ["06 39 98 00 02", 'Saint "Malo"', "FR"],
      ["+33639980003", "Brest, port", ""],
    ];
    for (const [separator, end] of [
      [",", "\n"],
      [";", "\r\n"],
      ["\t", "\n"],
    ] as const) {
      const line = (cells: readonly string[]) =>
        cells.map((cell) => (/[",;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(separator);
      const text = `\ufeff${rows.map(line).join(end)}${end}${end}${separator}${separator}${end}`;
      expect(await membersOf(text)).toEqual([
        { phoneNumber: "+33639980002", attributes: { Town: 'Saint "Malo"' }, language: "fr", line: 2 },
        { phoneNumber: "+33639980003", attributes: { Town: "Brest, port" }, language: null, line: 3 },
      ]);
    }
  });

  it("says when and how its members joined, where it says so", async () => {
    const text =
      "phone_number,joined_at,joined_by,opted_out_of\n0639980002,2026-01-02T03:04:05Z,keyword,+331\n0639980003,,,\n";
    const [one, other] = await membersOf(text);
    expect(one).toMatchObject({
      joinedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      joinedBy: "keyword",
      attributes: {},
    });
    expect(other).toEqual({ phoneNumber: "+33639980003", attributes: {}, line: 3 });
  });

  it("takes an attribute away with an empty cell, and keeps letters of any script", async () => {
    expect(await membersOf("phone_number,Prénom,ville\n0639980002,Loïc 海,\n")).toMatchObject([
      { attributes: { Prénom: "Loïc 海", ville: null } },
    ]);
  });

  it("is read whole whatever its length, letters of two octets at the seams of its pieces too", async () => {
    const lines = Array.from(
      { length: 9000 },
      (_, n) => `+3361${String(n).padStart(7, "0")},é${"è".repeat(n % 5)}`,
    );
    const members = await membersOf(`phone_number,town\n${lines.join("\n")}`);
    expect(members).toHaveLength(9000);
    expect(members.every(({ attributes }, n) => attributes?.["town"] === `é${"è".repeat(n % 5)}`)).toBe(true);
  });

  it("names every line that is wrong, with its column and the mend", async () => {
    const text = [
      "phone_number,town,language,joined_at,joined_by,",
      "06 39,Brest,,,,",
      "0639980002,Brest,fr,,,",
      ",Quimper,,,,",
      '0639980003,"two',
      'lines",french,,,',
      "0639980004,,,yesterday,letter,",
      "0639980005,,,2027-01-01T00:00:00Z,,",
      "3.36E+10,,,,,what",
      "0639980006,Brest, port,,,,,and more",
      `0639980007,${"x".repeat(256)},,,,`,
    ].join("\n");
    expect(await problemsOf(text)).toEqual([
      "2 phone_number: 06 39 is no phone number: write it with its country (+33612345678), or as in FR",
      "4 phone_number: the number is missing: write it, or delete the line",
      "5 town: it has a line break, a tab or another control character: write it on one line",
      "5 language: french is no language tag such as fr or pt-BR",
      "7 joined_at: yesterday is no date such as 2026-11-28T07:00:00Z: write it so, or empty it",
      "7 joined_by: letter is none of api, import, keyword: write one, or empty it",
      "8 joined_at: 2027-01-01T00:00:00Z is in the future: nobody joined then",
      "9 phone_number: 3.36E+10 is what a spreadsheet makes of a number: format the column as text, write it again",
      "9 : column 6 has no name: name it in the first line, or empty it",
      "10 language: port is no language tag such as fr or pt-BR",
      "10 -: the line has 8 cells, the first line names 6: put a cell with a separator in quotation marks",
      "11 town: it has 256 characters, 255 are allowed: shorten it",
    ]);
  });

  it.each([
    ["", "1 -: the file is empty"],
    ["\n\n", "1 -: the file is empty"],
    ["name,town\nAnn,Brest\n", "1 -: no column is called phone_number (they are called: name, town)"],
    ["0639980002\n0639980003\n", "cannot name an attribute"],
    ["phone_number,a,a\n", "1 a: two columns are called so"],
    ["phone_number,Phone Number\n", "1 Phone Number: two columns are called so"],
    ["phone_number,=cmd\n", "1 =cmd: =cmd cannot name an attribute"],
    [
      `phone_number,${Array.from({ length: 21 }, (_, n) => `a${n}`).join(",")}\n`,
      "21 columns would be attributes",
    ],
    ['phone_number,a\n0639980002,x"y\n', "2 -: a quotation mark stands within a cell"],
    ['phone_number,a\n0639980002,x\n0639980003,"y\n0639980004,z\n', "3 -: a quotation mark"],
    [`phone_number,a\n0639980002,x\n"${"0639980004,z\n".repeat(9000)}`, "3 -: a quotation mark"],
  ])("is refused as a whole when it is %j", async (text, why) => {
    expect((await problemsOf(text))[0]).toContain(why);
  });

  it("is read before a quotation mark that is wrong, and not behind it", async () => {
    const problems = await problemsOf('phone_number,a\n12,x\n0639980003,"y"z\n13,"\n14,"\n');
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual(["2", "3"]);
  });

  it("that is not UTF-8 is refused, for its letters would come out wrong", async () => {
    const latin = Buffer.from("phone_number,Prénom\n0639980002,Loïc\n", "latin1");
    const { problems } = await readMembersCsv(latin, site);
    expect(problems).toMatchObject([{ line: 1, text: expect.stringContaining("CSV UTF-8") }]);
  });
});

describe("a cell", () => {
  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "'=1"])(
    "that a spreadsheet would run, %s, is written as text",
    (text) => {
      expect(guardCell(text)).toBe(`'${text}`);
    },
  );

  it("comes back as it was, whatever it was", () => {
    const start = fc.constantFrom("", "=", "+", "-", "@", "'", "''", "'=", "'x", "＝", "\t");
    const texts = fc.tuple(start, fc.string()).map((parts) => parts.join(""));
    fc.assert(fc.property(texts, (text) => unguardCell(guardCell(text)) === text));
    fc.assert(fc.property(texts, (text) => !/^[=+\-@\t\r＝＋－＠]/.test(guardCell(text))));
  });
});

describe("members that go out as a file and come in again", () => {
  const value = fc
    .oneof(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.constantFrom("=1+1", "'=x", "''@", '"', '""', "a;b", "a,b", "-", " ", "'"),
    )
    .map((text) => readAttributeValue(text))
    .filter((read) => read.is === "read")
    .map((read) => read.value);
  const name = fc
    .oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
      fc.constantFrom("town", "Prénom", "Code postal", "toString", "constructor"),
    )
    .map((text) => readAttributeName(text))
    .filter((read) => read.is === "read")
    .map((read) => read.value);
  const member = fc.record({
    phoneNumber: fc.integer({ min: 0, max: 9_999_999 }).map((n) => `+3361${String(n).padStart(7, "0")}`),
    language: fc.constantFrom(null, "fr", "pt-BR"),
    attributes: fc.dictionary(name, value, { maxKeys: 4 }),
    joinedAt: fc.integer({ min: 0, max: NOW }),
    joinedBy: fc.constantFrom("api", "import", "keyword" as const),
  });
  const people = fc.uniqueArray(member, { selector: ({ phoneNumber }) => phoneNumber, maxLength: 12 });

  it("are the same people with the same attributes", async () => {
    const opened = openInProcess();
    const store = storeOver(opened);
    const keys = new KeySequence(new FakeClock(NOW));
    const audience = async () => {
      const sid = keys.sid("AU");
      const rest = { language: null, keywords: [], confirm: true, welcomeText: null, goodbyeText: null };
      await store.createAudience({ sid, friendlyName: "x", forwardKeywords: false, createdAt: NOW, ...rest });
      return sid;
    };
    const without = ({ sid: _sid, audienceSid: _audience, updatedAt: _at, ...rest }: MemberRecord) => rest;
    const listed = async (sid: string) =>
      (await store.listMembers(sid, { after: null, limit: 99 })).map(without);
    try {
      await fc.assert(
        fc.asyncProperty(people, async (all) => {
          const [from, to] = [await audience(), await audience()];
          const put = (sid: string, members: readonly Omit<NewMember, "sid">[]) =>
            store.putMembers(
              sid,
              members.map((each) => ({ ...each, sid: keys.sid("MB") })),
              NOW,
            );
          await put(from, all);
          const chunks: Buffer[] = [];
          for await (const chunk of writeMembersCsv(from, store)) chunks.push(Buffer.from(chunk));
          const file = Buffer.concat(chunks);
          expect(file.subarray(0, 3).toString("hex")).toBe("efbbbf");
          const { members, problems } = await readMembersCsv(file, site);
          expect(problems).toEqual([]);
          await put(
            to,
            members.map(({ line: _line, joinedAt = -1, joinedBy = "api", ...rest }) => ({
              ...rest,
              joinedAt,
              joinedBy,
            })),
          );
          expect(await listed(to)).toEqual(await listed(from));
          expect(await listed(from)).toHaveLength(all.length);
        }),
        { numRuns: 150 },
      );
    } finally {
      opened.close();
    }
  });
});

describe("over HTTP", () => {
  let box: ApiBox;
  let path: string;

  beforeAll(async () => {
    box = await openApiBox();
    const { body } = await box.post("/appliance/v1/Audiences", { FriendlyName: "Weather" });
    path = `/appliance/v1/Audiences/${body["sid"]}`;
  });

  afterAll(() => box.close());

  const send = (text: string) =>
    box.request(`${path}/Members.csv`, { method: "POST", body: text, type: "text/csv" });

  it("a file is taken, its duplicates folded, and can be sent again", async () => {
    const text = "phone_number;town\n06 39 98 00 02;Brest\n+33639980003;=1+1\n0639980002;Quimper\n";
    const first = await send(text);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ added: 2, changed: 0, unchanged: 0, folded: 1 });
    expect((await send(text)).body).toMatchObject({ added: 0, changed: 0, unchanged: 2, folded: 1 });
    const out = await box.get(`${path}/Members.csv`);
    expect(out.headers.get("content-type")).toContain("text/csv");
    expect(out.headers.get("content-disposition")).toContain(".csv");
    const at = new Date(box.clock.now()).toISOString();
    expect(out.text).toBe(
      "phone_number,language,joined_at,joined_by,opted_out_of,town\n" +
        `+33639980002,,${at},import,,Quimper\n+33639980003,,${at},import,,'=1+1\n`,
    );
    expect((await send(out.text)).body).toMatchObject({ added: 0, changed: 0, unchanged: 2 });
  });

  it("a file with a wrong line changes nothing, and the answer names the line", async () => {
    const answer = await send("phone_number,town\n0639980009,Brest\n12,Brest\n0639980002,Lyon\n12,\n");
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 20422,
      message:
        "2 lines of the file cannot be taken, so none was. The first is line 3: phone_number: 12 is no phone number: write it with its country (+33612345678), or as in FR.",
      details: { lines: 2, problems: [{ line: 3, column: "phone_number" }, { line: 5 }] },
    });
    expect((await box.get(path)).body["members"]).toBe(2);
    const found = await box.get(`${path}/Members?PhoneNumber=0639980002`);
    expect(found.body["members"]).toMatchObject([{ attributes: { town: "Quimper" } }]);
  });

  it("of very many wrong lines the first hundred are named, and all counted", async () => {
    const { body } = await send(`phone_number\n${"12\n".repeat(250)}`);
    const details = body["details"] as { lines: number; problems: readonly unknown[] };
    expect([details.lines, details.problems.length]).toEqual([250, 100]);
  });

  it("a line that would give somebody too many attributes is named", async () => {
    const columns = (letter: string) => Array.from({ length: 15 }, (_, n) => `${letter}${n}`).join(",");
    await send(`phone_number,${columns("a")}\n0639980020${",x".repeat(15)}\n`);
    const { status, body } = await send(
      `phone_number,${columns("b")}\n0639980021\n0639980020${",x".repeat(15)}\n`,
    );
    expect(status).toBe(400);
    expect(body["message"]).toContain("line 3: +33639980020 would have more than 20 attributes");
  });

  it("a file of more than 8 MB is refused", async () => {
    const answer = await send("x".repeat(8 * 1024 * 1024 + 1));
    expect([answer.status, answer.body["code"]]).toEqual([413, 21658]);
  });

  it("an audience without members is a header", async () => {
    const { body } = await box.post("/appliance/v1/Audiences", { FriendlyName: "Empty" });
    const out = await box.get(`/appliance/v1/Audiences/${body["sid"]}/Members.csv`);
    expect(out.text).toBe("phone_number,language,joined_at,joined_by,opted_out_of\n");
  });
});
