import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AudienceResult, Audiences, MAX_MEMBERS } from "../../../src/accounts/audience/audiences.ts";
import { reservedWords } from "../../../src/accounts/audience/keywords.ts";
import { MAX_ATTRIBUTES } from "../../../src/accounts/audience/member-fields.ts";
import { DEFAULT_OPT_OUT, optOutWords } from "../../../src/accounts/opt-out.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { type InProcess, openInProcess, storeOver } from "../../store/in-process.ts";

let opened: InProcess;
let clock: FakeClock;
let audiences: Audiences;

beforeEach(() => {
  opened = openInProcess();
  clock = new FakeClock();
  audiences = start();
});

afterEach(() => opened.close());

function start(): Audiences {
  const keys = new KeySequence(clock, opened.set.newestKey);
  const reserved = reservedWords(optOutWords(DEFAULT_OPT_OUT));
  return new Audiences({ store: storeOver(opened), keys, clock, reserved });
}

async function create(friendlyName: string, keywords: readonly string[]): Promise<string> {
  return sidIn(await audiences.create({ friendlyName, keywords }));
}

function sidIn(result: AudienceResult): string {
  if (result.is !== "kept") throw new Error(JSON.stringify(result));
  return result.audience.sid;
}

function phone(n: number): string {
  return `+3361${String(n).padStart(7, "0")}`;
}

const many = (count: number) => Array.from({ length: count }, (_, n) => ({ phoneNumber: phone(n) }));

describe("keywords", () => {
  it("mean something once they are kept, and nothing once they are not", async () => {
    const sid = await create("Weather", ["METEO"]);
    expect(audiences.readKeyword("meteo")).toMatchObject({ is: "join", audience: { sid } });
    await audiences.update(sid, { keywords: ["TEMPS"] });
    expect(audiences.readKeyword("meteo")).toBeNull();
    expect(audiences.readKeyword("temps stop")).toMatchObject({ is: "leave", audience: { sid } });
    await audiences.delete(sid);
    expect(audiences.readKeyword("temps")).toBeNull();
  });

  it("are known again after a restart", async () => {
    const sid = await create("Weather", ["METEO"]);
    audiences = start();
    expect(audiences.readKeyword("METEO")).toBeNull();
    await audiences.load();
    expect(audiences.readKeyword("METEO")).toMatchObject({ audience: { sid } });
  });

  it("are given to one of two who ask at once", async () => {
    const both = [1, 2].map((n) => audiences.create({ friendlyName: `Weather ${n}`, keywords: ["METEO"] }));
    const results = await Promise.all(both);
    expect(results.map(({ is }) => is)).toEqual(["kept", "refused"]);
  });

  it("stay as they were when what was asked for is refused", async () => {
    await create("Weather", ["METEO"]);
    const tides = await create("Tides", ["MAREES"]);
    expect(await audiences.update(tides, { keywords: ["METEO"] })).toMatchObject({ is: "refused" });
    expect(audiences.readKeyword("MAREES")).toMatchObject({ audience: { sid: tides } });
  });
});

describe("members", () => {
  it("are put in by slices, each number once, the later line counting", async () => {
    const sid = await create("Weather", []);
    const again = { phoneNumber: phone(3), attributes: { town: "Brest" } };
    const result = await audiences.putMembers(sid, [...many(1203), again], "import");
    expect(result).toEqual({ is: "kept", added: 1203, changed: 0, folded: 1 });
    expect(opened.commands.countMembers(sid)).toBe(1203);
    expect(opened.commands.getMember(sid, { phoneNumber: phone(3) })?.attributes).toEqual({ town: "Brest" });
    expect(await audiences.putMembers(sid, [again], "api")).toMatchObject({ added: 0, changed: 0 });
  });

  it("are all left out where one has too many attributes", async () => {
    const sid = await create("Weather", []);
    const attributes = Object.fromEntries(Array.from({ length: MAX_ATTRIBUTES }, (_, n) => [`a${n}`, "x"]));
    await audiences.putMembers(sid, [{ phoneNumber: phone(700), attributes }], "api");
    const more = many(800).map((member) => ({ ...member, attributes: { town: "Brest" } }));
    const refused = { is: "too-many-attributes", phoneNumber: phone(700) };
    expect(await audiences.putMembers(sid, more, "import")).toEqual(refused);
    expect(opened.commands.countMembers(sid)).toBe(1);
  });

  it("are all left out where there are too many, but those there can be changed", async () => {
    const sid = await create("Weather", []);
    await audiences.putMembers(sid, many(2), "import");
    opened.db.prepare("UPDATE audience SET members = ?").run(MAX_MEMBERS - 1);
    expect(await audiences.putMembers(sid, many(4), "import")).toEqual({
      is: "full",
      members: MAX_MEMBERS + 1,
    });
    expect(opened.db.prepare("SELECT count(*) FROM audience_member").pluck().get()).toBe(2);
    const changed = [{ phoneNumber: phone(1), language: "fr" }];
    expect(await audiences.putMembers(sid, changed, "api")).toMatchObject({ is: "kept", changed: 1 });
  });

  it("joined when and how the file says, if they are new", async () => {
    const sid = await create("Weather", []);
    const given = { joinedAt: 5, joinedBy: "keyword" } as const;
    await audiences.putMembers(
      sid,
      [{ phoneNumber: phone(1), ...given }, { phoneNumber: phone(2) }],
      "import",
    );
    expect(opened.commands.getMember(sid, { phoneNumber: phone(1) })).toMatchObject(given);
    const now = { joinedAt: clock.now(), joinedBy: "import" };
    expect(opened.commands.getMember(sid, { phoneNumber: phone(2) })).toMatchObject(now);
  });
});
