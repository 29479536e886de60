import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KeySequence } from "../../src/runtime/ids.ts";
import type { NewAudience, NewMember } from "../../src/store/audience-commands.ts";
import type { CommandName } from "../../src/store/protocol.ts";
import type { Store } from "../../src/store/store.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { openTestStore } from "../harness/open-test-store.ts";
import { type InProcess, openInProcess, storeOver } from "./in-process.ts";
import { FROM, T0 } from "./new-outbound.ts";

const SERVICE = `MG${"0".repeat(32)}`;
const keys = new KeySequence(new FakeClock(T0));

let opened: InProcess;
let store: Pick<Store, CommandName>;

beforeEach(() => {
  opened = openInProcess();
  store = storeOver(opened);
});

afterEach(() => opened.close());

function newAudience(given: Partial<NewAudience> = {}): NewAudience {
  return {
    sid: keys.sid("AU"),
    friendlyName: "Weather",
    language: null,
    keywords: ["METEO"],
    confirm: true,
    welcomeText: null,
    goodbyeText: null,
    forwardKeywords: false,
    createdAt: T0,
    ...given,
  };
}

function member(phoneNumber: string, given: Partial<NewMember> = {}): NewMember {
  return { sid: keys.sid("MB"), phoneNumber, joinedAt: T0, joinedBy: "import", ...given };
}

function phone(n: number): string {
  return `+3361${String(n).padStart(7, "0")}`;
}

describe("an audience", () => {
  it("is read as it was made, with nobody in it", async () => {
    const made = newAudience({ keywords: ["METEO", "Météo Paris"], language: "fr", welcomeText: "Bonjour" });
    const record = { ...made, members: 0, updatedAt: T0 };
    expect(await store.createAudience(made)).toEqual(record);
    expect(await store.getAudience(made.sid)).toEqual(record);
    expect(await store.getAudience(keys.sid("AU"))).toBeNull();
  });

  it("changes where it is told to, and nowhere else", async () => {
    const { sid } = await store.createAudience(newAudience());
    const patch = { friendlyName: "Tides", confirm: false, goodbyeText: "Bye" };
    const updated = await store.updateAudience(sid, patch, T0 + 5);
    expect(updated).toMatchObject({ ...patch, keywords: ["METEO"], createdAt: T0, updatedAt: T0 + 5 });
    expect(await store.getAudience(sid)).toEqual(updated);
    expect(await store.updateAudience(keys.sid("AU"), patch, T0)).toBeNull();
  });

  it("is listed where it was created, page by page", async () => {
    const sids = [];
    for (let n = 0; n < 5; n++) sids.push((await store.createAudience(newAudience())).sid);
    const first = await store.listAudiences({ after: null, limit: 2 });
    const rest = await store.listAudiences({ after: first.at(-1)?.sid ?? null, limit: 9 });
    expect([...first, ...rest].map(({ sid }) => sid)).toEqual(sids);
  });

  it("takes its members along when it is deleted, and nobody else's", async () => {
    const [one, other] = [newAudience(), newAudience()];
    for (const audience of [one, other]) {
      await store.createAudience(audience);
      await store.putMembers(audience.sid, [member(phone(1)), member(phone(2))], T0);
    }
    expect(await store.deleteAudience(one.sid)).toBe(true);
    expect(await store.deleteAudience(one.sid)).toBe(false);
    expect(await store.listMembers(one.sid, { after: null, limit: 9 })).toEqual([]);
    expect(await store.countMembers(one.sid)).toBeNull();
    expect(await store.putMembers(one.sid, [member(phone(1))], T0)).toEqual({ is: "unknown" });
    expect(await store.countMembers(other.sid)).toBe(2);
    expect(opened.db.prepare("SELECT count(*) FROM audience_member").pluck().get()).toBe(2);
  });
});

describe("the members of an audience", () => {
  let sid = "";

  beforeEach(async () => {
    sid = (await store.createAudience(newAudience())).sid;
  });

  it("are one per number: who comes again is changed, not doubled", async () => {
    const first = member(phone(1), { language: "fr", attributes: { town: "Brest", name: "Ann" } });
    const result = await store.putMembers(sid, [first, member(phone(2))], T0);
    expect(result).toEqual({ is: "kept", added: 2, changed: 0 });
    const again = member(phone(1), { joinedBy: "api", attributes: { town: "Paris", name: null } });
    expect(await store.putMembers(sid, [again, member(phone(2))], T0 + 7)).toEqual({
      is: "kept",
      added: 0,
      changed: 1,
    });
    expect(await store.getMember(sid, { phoneNumber: phone(1) })).toEqual({
      sid: first.sid,
      audienceSid: sid,
      phoneNumber: phone(1),
      language: "fr",
      attributes: { town: "Paris" },
      joinedAt: T0,
      joinedBy: "import",
      updatedAt: T0 + 7,
      optedOutOf: [],
    });
    expect(await store.countMembers(sid)).toBe(2);
  });

  it("are one per number in one call as well: the later counts", async () => {
    const twice = [
      member(phone(1), { attributes: { a: "1" } }),
      member(phone(1), { attributes: { a: "2" } }),
    ];
    await store.putMembers(sid, twice, T0);
    expect(await store.countMembers(sid)).toBe(1);
    expect((await store.getMember(sid, { phoneNumber: phone(1) }))?.attributes).toEqual({ a: "2" });
  });

  it("are listed by number, each once, while others come and go", async () => {
    await store.putMembers(
      sid,
      [5, 1, 3, 2, 4].map((n) => member(phone(n * 10))),
      T0,
    );
    const first = await store.listMembers(sid, { after: null, limit: 2 });
    await store.putMembers(sid, [member(phone(5)), member(phone(35))], T0);
    await store.deleteMember(sid, (await store.getMember(sid, { phoneNumber: phone(30) }))?.sid ?? "");
    const rest = await store.listMembers(sid, { after: first.at(-1)?.phoneNumber ?? null, limit: 9 });
    expect([...first, ...rest].map(({ phoneNumber }) => phoneNumber)).toEqual(
      [10, 20, 35, 40, 50].map(phone),
    );
  });

  it("are found by their own SID in their own audience only", async () => {
    const one = member(phone(1));
    await store.putMembers(sid, [one], T0);
    const other = (await store.createAudience(newAudience())).sid;
    expect((await store.getMember(sid, { sid: one.sid }))?.phoneNumber).toBe(phone(1));
    expect(await store.getMember(other, { sid: one.sid })).toBeNull();
    expect(await store.deleteMember(other, one.sid)).toBe(false);
    expect(await store.deleteMember(sid, one.sid)).toBe(true);
    expect(await store.countMembers(sid)).toBe(0);
  });

  it("have their attributes named, each once", async () => {
    const attributes = [{ town: "Brest" }, { town: "Paris", boat: "Ar Mor" }, { boat: null }];
    await store.putMembers(
      sid,
      attributes.map((each, n) => member(phone(n), { attributes: each })),
      T0,
    );
    expect(await store.memberAttributes(sid)).toEqual(["boat", "town"]);
  });

  it("are planned without being written", async () => {
    await store.putMembers(sid, [member(phone(1), { attributes: { a: "1", b: "2" } })], T0);
    const more = [member(phone(1), { attributes: { c: "3" } }), member(phone(2))];
    expect(await store.planMembers(sid, more, { maxAttributes: 3 })).toEqual({ is: "fits", added: 1 });
    expect(await store.planMembers(sid, more, { maxAttributes: 2 })).toEqual({
      is: "too-many-attributes",
      phoneNumber: phone(1),
    });
    expect(await store.planMembers(keys.sid("AU"), more, { maxAttributes: 2 })).toEqual({ is: "unknown" });
    expect(await store.countMembers(sid)).toBe(1);
  });

  it("tell whom they said STOP to", async () => {
    await store.putMembers(sid, [member(phone(1)), member(phone(2))], T0);
    const stop = opened.db.prepare("INSERT INTO opt_out (recipient, scope, since) VALUES (?, ?, ?)");
    for (const scope of [FROM, SERVICE, "MY SHOP"]) stop.run(phone(2), scope, T0);
    const [free, blocked] = await store.listMembers(sid, { after: null, limit: 9 });
    expect(free?.optedOutOf).toEqual([]);
    expect(blocked?.optedOutOf.toSorted()).toEqual([FROM, SERVICE, "MY SHOP"].toSorted());
  });
});

describe("audiences and members", () => {
  it("are there after the plug was pulled, and their keys are not used again", async () => {
    const before = await openTestStore();
    const audience = newAudience();
    const last = member(phone(1));
    await before.store.createAudience(audience);
    await before.store.putMembers(audience.sid, [last], T0);
    const after = await before.powerCut();
    expect(await after.store.countMembers(audience.sid)).toBe(1);
    expect(new KeySequence(new FakeClock(0), after.store.newestKey).sid("MB") > last.sid).toBe(true);
    await after.remove();
    await before.remove();
  });
});
