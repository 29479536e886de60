/** Runs whose sender is a messaging service: two numbers, each on a line of its own, and who of them writes to whom. */
import { afterEach, describe, expect, it } from "vitest";
import type { ServicePatch } from "../../../src/accounts/services.ts";
import type { BroadcastDefinition } from "../../../src/store/broadcast-commands.ts";
import type { ServiceRecord } from "../../../src/store/settings-document.ts";
import { ACCOUNT, NUMBER } from "../numbers.ts";
import { optOut } from "./opt-out.ts";
import { numberOf, phone, Town, type TownOptions } from "./town.ts";

const MINUTE = 60_000;
const BEFORE = Date.parse("2027-06-10T04:59Z");
const SECOND = numberOf(1);
const MEMBERS = 120;
const POOL = [NUMBER, SECOND];

const towns: Town[] = [];
afterEach(() => {
  for (const opened of towns.splice(0)) opened.close();
});

type Served = { readonly site: Town; readonly service: ServiceRecord };

async function town(
  options: Partial<TownOptions> & { readonly members?: number; readonly service?: ServicePatch } = {},
): Promise<Served> {
  const { service: patch, ...rest } = options;
  const site = await Town.open({ wallMs: BEFORE, lines: 2, members: MEMBERS, ...rest });
  towns.push(site);
  return { site, service: await site.service(patch) };
}

const through = ({ sid }: ServiceRecord): Partial<BroadcastDefinition> => ({
  from: null,
  messagingServiceSid: sid,
});

/** A single text through the service: who is written to has met that sender then. */
async function meet({ site, service }: Served, from: string, to: string): Promise<void> {
  const accepted = await site.life.accept.accept({
    accountSid: ACCOUNT,
    direction: "outbound-api",
    from,
    to,
    body: "Hello",
    messagingServiceSid: service.sid,
    statusCallback: null,
    queue: from,
    lane: "single",
    validitySeconds: null,
    segmentsPerSecond: 1,
    optOutScope: service.sid,
    sticky: service.stickySender,
  });
  expect(accepted.is).toBe("accepted");
}

/** What arrived of the broadcast, by who got it: from which number, over which line. */
function received(site: Town): Map<string, { from: string; line: string }[]> {
  const received = new Map<string, { from: string; line: string }[]>();
  for (const line of site.lines) {
    for (const { segment } of line.handed.filter(({ segment }) => segment.text === "Sun today")) {
      const { to, from } = segment;
      received.set(to, [...(received.get(to) ?? []), { from, line: line.name }]);
    }
  }
  return received;
}

const forecastOf = async (site: Town, sid: string) => {
  const dry = await site.life.desk.dryRun(sid, { after: null, limit: 3 });
  if (dry.is !== "dry" || dry.foreseen === null) throw new Error(JSON.stringify(dry));
  return dry.foreseen;
};

describe("a run through a messaging service", () => {
  it("gives everybody one message from its pool, without those who opted out, though the plug is pulled in the middle", async () => {
    const { site, service } = await town();
    const metSecond = Array.from({ length: 10 }, (_, at) => phone(at * 7));
    for (const to of metSecond) await meet({ site, service }, SECOND, to);
    await site.clock.advance(MINUTE / 2);
    const gone = [phone(3), phone(50), phone(119)];
    for (const to of gone) await optOut(site, to, service);
    const sid = await site.broadcast(through(service));

    const foreseen = await forecastOf(site, sid);
    expect(foreseen.text).toBe("117 people, 117 segments, done by 2027-06-10 07:01 GMT+2 on 2 lines");
    expect(foreseen.lines.map(({ line }) => line).sort()).toEqual(["sim1", "sim2"]);

    await site.pass(MINUTE / 2);
    await site.clock.advance(20_500);
    const before = received(site).size;
    expect(before).toBeGreaterThan(30);
    expect(before).toBeLessThan(60);
    let slices = 0;
    await site.powerOff(5_000);
    await site.powerOn({
      onCommand: (name) => (name === "acceptSlice" && ++slices === 2 ? "die-after" : "go"),
    });
    await site.pass(MINUTE / 4, 1_000);
    expect(site.life.alive).toBe(false);
    await site.powerOff(5_000);
    await site.powerOn();
    await site.pass(3 * MINUTE);

    const everybody = Array.from({ length: MEMBERS }, (_, at) => phone(at)).filter(
      (to) => !gone.includes(to),
    );
    const texts = received(site);
    expect([...texts.keys()].sort()).toEqual(everybody);
    expect([...texts.values()].filter(({ length }) => length !== 1)).toEqual([]);
    const senders = new Map([...texts].map(([to, [text]]) => [to, text]));
    for (const text of senders.values()) {
      expect(text?.line).toBe(text?.from === NUMBER ? "sim1" : "sim2");
      expect(POOL).toContain(text?.from);
    }
    expect(metSecond.map((to) => senders.get(to)?.from)).toEqual(metSecond.map(() => SECOND));
    const bySecond = [...senders.values()].filter((text) => text?.from === SECOND).length;
    expect(bySecond).toBeGreaterThan(117 / 3);
    expect(bySecond).toBeLessThan((117 * 2) / 3);

    const [run, ...others] = await site.runs(sid);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: "finished", members: MEMBERS, segments: 117 });
    expect(await site.life.store.countRun(run?.sid ?? "")).toEqual({
      outcomes: { accepted: 117, "opted-out": 3, refused: 0, "no-text": 0, late: 0 },
      messages: { sent: 117 },
    });
    const ledger = await site.life.store.listRunMembers(run?.sid ?? "", { limit: 1000 });
    const messages = (await site.messages()).filter(({ body }) => body === "Sun today");
    expect(ledger.flatMap(({ messageSid }) => messageSid ?? []).sort()).toEqual(
      messages.map((message) => message.sid).sort(),
    );
    expect(new Set(messages.map(({ messagingServiceSid }) => messagingServiceSid))).toEqual(
      new Set([service.sid]),
    );
  });

  it("keeps each to the sender of the morning before, where the service is sticky", async () => {
    const { site, service } = await town({ members: 40 });
    await site.broadcast(through(service));
    await site.pass(2 * MINUTE);
    await site.pass(24 * 60 * MINUTE, 30 * MINUTE);
    await site.pass(MINUTE);
    const twice = [...received(site).values()];
    expect(twice).toHaveLength(40);
    for (const [first, second, ...more] of twice) expect([second, more]).toEqual([first, []]);
    expect(new Set(twice.map(([first]) => first?.from))).toEqual(new Set(POOL));
  });
});

describe("a forecast of a run through a sticky service", () => {
  it("counts each member at the sender who will write to them", async () => {
    const { site, service } = await town({ members: 40 });
    for (let at = 0; at < 40; at++) await meet({ site, service }, SECOND, phone(at));
    await site.clock.advance(MINUTE);
    const sid = await site.broadcast(through(service));
    const foreseen = await forecastOf(site, sid);
    expect(foreseen.lines.map(({ line, segments }) => [line, segments])).toEqual([["sim2", 40]]);
    expect(foreseen.text).toMatch(/^40 people, 40 segments, done by .* on 1 line$/);
  });
});

describe("a run through a service of which one line is away", () => {
  const expectOnceEach = (site: Town, members: number) => {
    const texts = received(site);
    expect([...texts.keys()].sort()).toEqual(Array.from({ length: members }, (_, at) => phone(at)));
    expect([...texts.values()].filter(({ length }) => length !== 1)).toEqual([]);
  };

  /** Every second member has met the first number, the others the second, whose line is away since. */
  async function away(options: Partial<TownOptions> & { readonly service?: ServicePatch } = {}) {
    const served = await town({ members: 60, ...options });
    for (let at = 0; at < 60; at++) await meet(served, POOL[at % 2] ?? "", phone(at));
    await served.site.clock.advance(MINUTE);
    served.site.lines[1]?.become("opening");
    return served;
  }

  it.each([
    { stickySender: true, reached: 30 },
    { stickySender: false, reached: 50 },
  ])("goes on over the other, and ends when it is back: %o", async ({ stickySender, reached }) => {
    const { site, service } = await away({ service: { stickySender } });
    const sid = await site.broadcast(through(service));
    await site.life.desk.runNow(sid);
    await site.pass(5 * MINUTE);
    expect(received(site).size).toBe(reached);
    expect(await site.runs(sid)).toMatchObject([{ status: "started" }]);
    site.lines[1]?.become("ready");
    await site.pass(2 * MINUTE);
    expectOnceEach(site, 60);
    expect(await site.runs(sid)).toMatchObject([{ status: "finished" }]);
  });

  it("finds after a power cut whom it had passed over", async () => {
    const { site, service } = await away();
    const sid = await site.broadcast(through(service));
    await site.life.desk.runNow(sid);
    await site.pass(MINUTE / 4, 1_000);
    const before = received(site).size;
    expect(before).toBeGreaterThan(5);
    expect(before).toBeLessThan(30);
    await site.powerOff(5_000);
    await site.powerOn();
    await site.pass(3 * MINUTE);
    expectOnceEach(site, 60);
    const [run] = await site.runs(sid);
    expect(run).toMatchObject({ status: "finished" });
    expect((await site.life.store.countRun(run?.sid ?? "")).messages).toEqual({ sent: 60 });
  });

  it("writes to who joins among those who wait, within a minute or two", async () => {
    const { site, service } = await away();
    const member = await site.life.store.getMember(site.audienceSid, { phoneNumber: phone(40) });
    await site.life.store.deleteMember(site.audienceSid, member?.sid ?? "");
    const sid = await site.broadcast(through(service));
    await site.life.desk.runNow(sid);
    await site.pass(2 * MINUTE);
    expect(received(site).size).toBe(29);
    await site.join({ phoneNumber: phone(40) });
    await site.pass(2 * MINUTE);
    expect(received(site).get(phone(40))).toEqual([{ from: NUMBER, line: "sim1" }]);
  });

  it("asks the app for the text of nobody who has to wait", async () => {
    const asked: string[] = [];
    const { site, service } = await away({
      fetchBody: async ({ params }) => {
        asked.push(new URLSearchParams(Object.fromEntries(params)).get("To") ?? "");
        return { is: "text", text: "Sun today" };
      },
    });
    const url = { body: null, bodyUrl: "http://app.example/forecast", bodyPer: "member" } as const;
    const sid = await site.broadcast({ ...through(service), ...url });
    await site.life.desk.runNow(sid);
    await site.pass(5 * MINUTE);
    expect(received(site).size).toBe(30);
    // Thirty have theirs, ten of the others are queued; at the end of a slice some were asked for in vain.
    expect(new Set(asked).size).toBeLessThan(45);
    site.lines[1]?.become("ready");
    await site.pass(3 * MINUTE);
    expectOnceEach(site, 60);
  });

  it("finds those of the other behind a thousand who wait", async () => {
    const served = await town({ members: 1_300, rate: "unlimited" });
    const { site, service } = served;
    for (let at = 0; at < 1_250; at++) await meet(served, SECOND, phone(at));
    await site.clock.advance(MINUTE);
    site.lines[1]?.become("opening");
    const sid = await site.broadcast(through(service));
    await site.life.desk.runNow(sid);
    await site.pass(2 * MINUTE, 2_000);
    expect([...received(site).keys()].sort()).toEqual(
      Array.from({ length: 50 }, (_, at) => phone(1_250 + at)),
    );
    site.lines[1]?.become("ready");
    await site.pass(10 * MINUTE, 2_000);
    expectOnceEach(site, 1_300);
    expect(await site.runs(sid)).toMatchObject([{ status: "finished" }]);
  });
});
