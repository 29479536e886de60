/** Runs: planned by the clock, sent to everybody once, and told of when they are not. */
import { afterEach, describe, expect, it } from "vitest";
import type { FetchBody } from "../../../src/messaging/broadcast/fetch-body.ts";
import { NUMBER } from "../numbers.ts";
import { optOut } from "./opt-out.ts";
import { phone, Town, type TownOptions } from "./town.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Half an hour before seven in Paris. */
const BEFORE = Date.parse("2027-06-10T04:30Z");
const SEVEN = BEFORE + HOUR / 2;

const towns: Town[] = [];
async function town(options: Partial<TownOptions> & { members?: number } = {}): Promise<Town> {
  const opened = await Town.open({ wallMs: BEFORE, members: 3, ...options });
  towns.push(opened);
  return opened;
}
afterEach(() => {
  for (const opened of towns.splice(0)) opened.close();
});

describe("a morning", () => {
  it("is sent to every member at its time, and not before", async () => {
    const site = await town();
    const sid = await site.broadcast();
    await site.pass(29 * MINUTE);
    expect(site.line.handed).toEqual([]);
    await site.pass(2 * MINUTE);
    expect(site.line.handed.map(({ segment }) => segment.to)).toEqual([phone(0), phone(1), phone(2)]);
    expect(site.line.texts).toEqual(["Sun today", "Sun today", "Sun today"]);
    const [run, ...others] = await site.runs(sid);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      status: "finished",
      plannedAt: SEVEN,
      cause: "schedule",
      members: 3,
      segments: 3,
    });
    expect(await site.events("broadcast.run")).toEqual([
      "The broadcast Morning of 2027-06-10 07:00 GMT+2 began: 3 people, 3 segments, done by 2027-06-10 07:01 GMT+2 on 1 line.",
      "The broadcast Morning of 2027-06-10 07:00 GMT+2 is done: 3 messages queued.",
    ]);
  });

  it("is planned once, however often it is ticked, and by two timers at once", async () => {
    const site = await town();
    const sid = await site.broadcast();
    await site.clock.advance(HOUR / 2);
    for (let times = 0; times < 5; times++) {
      void site.life.broadcaster.tick();
      await site.tick();
    }
    await site.pass(5 * MINUTE);
    expect(await site.runs(sid)).toHaveLength(1);
    expect(site.line.handed).toHaveLength(3);
  });

  it("is in the ledger with each member's message, and counted by what became of it", async () => {
    const site = await town();
    const sid = await site.broadcast();
    await site.pass(32 * MINUTE);
    const [run] = await site.runs(sid);
    const members = await site.life.store.listRunMembers(run?.sid ?? "", { limit: 10 });
    const messages = await site.messages();
    expect(members).toEqual(
      messages.map(({ to, sid: messageSid }) => ({ phoneNumber: to, outcome: "accepted", messageSid })),
    );
    expect((await site.life.store.countRun(run?.sid ?? "")).messages).toEqual({ sent: 3 });
  });

  it("leaves out who opted out, counted as skipped and not as failed", async () => {
    const site = await town();
    const sid = await site.broadcast();
    await optOut(site, phone(1));
    await site.pass(32 * MINUTE);
    expect(site.line.handed.map(({ segment }) => segment.to)).toEqual([phone(0), phone(2)]);
    const [run] = await site.runs(sid);
    const { outcomes, messages } = await site.life.store.countRun(run?.sid ?? "");
    expect(outcomes).toEqual({ accepted: 2, "opted-out": 1, refused: 0, "no-text": 0, late: 0 });
    expect(messages).toEqual({ sent: 2 });
    expect((await site.events("broadcast.run")).at(-1)).toMatch(/2 messages queued, 1 has opted out\.$/);
  });

  it("leaves out whom its sender cannot reach", async () => {
    const site = await town();
    await site.join({ phoneNumber: NUMBER }, { phoneNumber: "+14155550123" });
    const sid = await site.broadcast();
    await site.powerOff();
    await site.powerOn({ countries: ["FR"] });
    await site.pass(32 * MINUTE);
    expect(site.line.handed).toHaveLength(3);
    const [run] = await site.runs(sid);
    expect((await site.life.store.countRun(run?.sid ?? "")).outcomes).toMatchObject({
      accepted: 3,
      refused: 2,
    });
  });

  it("of an audience that is still empty is skipped, with an event", async () => {
    const site = await town({ members: 0 });
    const sid = await site.broadcast();
    await site.pass(32 * MINUTE);
    expect(await site.runs(sid)).toMatchObject([{ status: "skipped", reason: "the audience is empty" }]);
    expect(await site.events("broadcast.skipped")).toEqual([
      "The broadcast Morning of 2027-06-10 07:00 GMT+2 was not sent: the audience is empty.",
    ]);
  });

  it("whose audience is deleted in the middle of it ends there, and says so", async () => {
    const site = await town({ members: 40 });
    const sid = await site.broadcast();
    await site.life.desk.runNow(sid);
    await site.tick();
    await site.life.store.deleteAudience(site.audienceSid);
    await site.pass(2 * MINUTE);
    expect(site.line.handed.length).toBeLessThan(25);
    expect(await site.runs(sid)).toMatchObject([
      { status: "finished", reason: "its audience was deleted before everybody in it was seen to" },
    ]);
    expect((await site.events("broadcast.run")).at(-1)).toMatch(/its audience was deleted/);
  });

  it("of one instant is sent at it and never again", async () => {
    const site = await town();
    const sid = await site.broadcast({ cron: null, at: SEVEN });
    await site.pass(3 * DAY, HOUR / 2);
    expect(site.line.handed).toHaveLength(3);
    expect(await site.runs(sid)).toHaveLength(1);
  });
});

describe("a template", () => {
  const berths = async (options: { fallbackText?: string } = {}) => {
    const site = await town({ members: 0 });
    await site.join(
      { phoneNumber: phone(0), attributes: { name: "Ann", berth: "12" } },
      { phoneNumber: phone(1), attributes: { name: "Bob", berth: "7" } },
    );
    const sid = await site.broadcast({ body: "{{name|Sailor}}, berth {{berth}}", ...options });
    await site.join({ phoneNumber: phone(2) });
    await site.pass(32 * MINUTE);
    return { site, sid };
  };

  it("leaves out who lacks an attribute since, and tells of it", async () => {
    const { site } = await berths();
    expect(site.line.texts).toEqual(["Ann, berth 12", "Bob, berth 7"]);
    expect((await site.events("broadcast.run")).at(-1)).toMatch(/2 messages queued, 1 had no text\.$/);
  });

  it("or sends them the fallback text", async () => {
    const { site } = await berths({ fallbackText: "See the board" });
    expect(site.line.texts).toEqual(["Ann, berth 12", "Bob, berth 7", "See the board"]);
    expect(await site.events("broadcast.text")).toEqual([
      expect.stringMatching(/a member has no attribute berth\): the fallback text is sent\.$/),
    ]);
  });
});

describe("a box that was off at seven", () => {
  it("catches up, with the newest only", async () => {
    const site = await town();
    const sid = await site.broadcast();
    await site.powerOff(2 * DAY + HOUR);
    await site.powerOn();
    await site.pass(5 * MINUTE);
    expect(site.line.handed).toHaveLength(3);
    expect(await site.runs(sid)).toMatchObject([{ status: "finished", plannedAt: SEVEN + 2 * DAY }]);
    expect(await site.events("broadcast.skipped")).toEqual([]);
    expect(await site.events("broadcast.late")).toEqual([
      "The broadcast Morning of 2027-06-12 07:00 GMT+2 is sent 30 minutes late; 2 before it were missed.",
    ]);
    await site.pass(DAY, HOUR / 2);
    expect(site.line.handed).toHaveLength(6);
  });

  it("skips by the broadcast's own rule", async () => {
    const site = await town();
    const sid = await site.broadcast({ ifMissed: "skip" });
    await site.powerOff(HOUR);
    await site.powerOn();
    await site.pass(5 * MINUTE);
    expect(site.line.handed).toEqual([]);
    expect(await site.runs(sid)).toMatchObject([
      { status: "skipped", reason: "its time had passed by 30 minutes, and it does not catch up" },
    ]);
    expect(await site.events("broadcast.skipped")).toHaveLength(1);
  });

  it("skips what is past its deadline", async () => {
    const site = await town();
    const sid = await site.broadcast({ deadlineMinutes: 20 });
    await site.powerOff(HOUR);
    await site.powerOn();
    await site.pass(5 * MINUTE);
    expect(site.line.handed).toEqual([]);
    expect(await site.runs(sid)).toMatchObject([
      { status: "skipped", reason: "its time had passed by 30 minutes, more than the 20 it may be late" },
    ]);
  });

  it("is on time after a start that took a minute", async () => {
    const site = await town();
    await site.broadcast({ ifMissed: "skip" });
    await site.powerOff(HOUR / 2 + 2 * MINUTE);
    await site.powerOn();
    await site.pass(MINUTE);
    expect(site.line.handed).toHaveLength(3);
  });
});

describe("a clock that is not to be trusted", () => {
  it("runs nothing, and says so once", async () => {
    const site = await town();
    await site.broadcast();
    site.whyClockUntrusted = "the NTP service has not synchronised it yet";
    await site.pass(40 * MINUTE);
    expect(site.line.handed).toEqual([]);
    expect(await site.events("broadcast.waiting")).toEqual([
      expect.stringMatching(/POST \/appliance\/v1\/Clock/),
    ]);
    site.whyClockUntrusted = null;
    await site.pass(2 * MINUTE);
    expect(site.line.handed).toHaveLength(3);
  });

  it("that jumps back by a day, and forth again, sends no morning twice", async () => {
    const site = await town();
    const sid = await site.broadcast();
    await site.pass(35 * MINUTE);
    expect(site.line.handed).toHaveLength(3);
    site.clock.jump(-DAY);
    await site.pass(35 * MINUTE);
    site.clock.jump(DAY - HOUR);
    await site.pass(2 * HOUR);
    expect((await site.runs(sid)).map(({ plannedAt }) => plannedAt)).toEqual([SEVEN]);
    expect(site.line.handed).toHaveLength(3);
  });

  it("that was years ahead and believed does not hold up the mornings to come", async () => {
    const site = await town();
    const sid = await site.broadcast({ ifMissed: "skip" });
    site.clock.jump(2000 * DAY + HOUR);
    await site.pass(2 * MINUTE);
    site.clock.jump(-(2000 * DAY + HOUR));
    await site.pass(35 * MINUTE);
    expect(site.line.handed).toHaveLength(3);
    expect((await site.runs(sid)).map(({ status }) => status)).toEqual(["skipped", "finished"]);
  });
});

describe("an operator", () => {
  it("runs one now, and not a second time while it is under way", async () => {
    const site = await town({ members: 40 });
    const sid = await site.broadcast();
    expect(await site.life.desk.runNow(sid)).toMatchObject({ is: "begun", run: { cause: "operator" } });
    await site.clock.advance(1_000);
    expect(await site.life.desk.runNow(sid)).toMatchObject({
      is: "refused",
      why: expect.stringMatching(/under way/),
    });
    await site.pass(2 * MINUTE);
    expect(site.line.handed).toHaveLength(40);
    expect(await site.life.desk.runNow(sid)).toMatchObject({ is: "begun" });
  });

  it("cancels a run: what waits is canceled, what was sent stays sent, nobody else is written to", async () => {
    const site = await town({ members: 40 });
    const sid = await site.broadcast();
    const begun = await site.life.desk.runNow(sid);
    await site.tick();
    await site.clock.advance(5_000);
    const sent = site.line.handed.length;
    expect(sent).toBeGreaterThan(0);
    expect(begun.is === "begun" && (await site.life.desk.cancel(begun.run.sid))).toMatchObject({
      status: "canceled",
    });
    await site.pass(10 * MINUTE);
    // One was on the air, and one claimed for it.
    expect(site.line.handed.length).toBeLessThanOrEqual(sent + 2);
    const statuses = (await site.messages()).map(({ status }) => status);
    expect(statuses.filter((status) => status === "sent")).toHaveLength(site.line.handed.length);
    expect(new Set(statuses)).toEqual(new Set(["sent", "canceled"]));
    expect(statuses.length).toBeLessThan(25);
    expect(begun.is === "begun" && (await site.life.desk.cancel(begun.run.sid))).toBeNull();
  });

  it("pauses, in the middle of a run and over a morning, and resumes", async () => {
    const site = await town({ members: 40 });
    const sid = await site.broadcast();
    await site.life.desk.runNow(sid);
    await site.tick();
    await site.clock.advance(5_000);
    await site.life.desk.change(sid, {}, "paused");
    await site.pass(HOUR);
    const sent = site.line.handed.length;
    expect(sent).toBeLessThan(25);
    expect(await site.life.desk.runNow(sid)).toMatchObject({
      is: "refused",
      why: expect.stringMatching(/paused/),
    });
    expect(await site.runs(sid)).toMatchObject([{ status: "started", reason: "the broadcast is paused" }]);
    await site.life.desk.change(sid, {}, "active");
    await site.pass(2 * MINUTE);
    expect(site.line.handed).toHaveLength(40);
    expect(await site.runs(sid)).toHaveLength(1);
  });

  it("sees the next ten runs; none while it is paused", async () => {
    const site = await town();
    const sid = await site.broadcast();
    const kept = await site.life.desk.change(sid, { cron: "30 6 * * 1-5" }, null);
    if (kept.is !== "kept") throw new Error("not kept");
    const next = site.life.desk.nextRuns(kept.broadcast).map((at) => new Date(at).toISOString());
    expect(next).toHaveLength(10);
    expect(next.slice(0, 3)).toEqual([
      "2027-06-11T04:30:00.000Z",
      "2027-06-14T04:30:00.000Z",
      "2027-06-15T04:30:00.000Z",
    ]);
    expect(site.life.desk.nextRuns({ ...kept.broadcast, state: "paused" })).toEqual([]);
  });

  it("sees what would be sent, what it costs and why, and nothing is sent", async () => {
    const site = await town({ members: 0 });
    await site.join(
      { phoneNumber: phone(0), attributes: { name: "Ann" } },
      { phoneNumber: phone(1), attributes: { name: "Zoë ☀" } },
    );
    const sid = await site.broadcast({ body: "Hello {{name}}" });
    await optOut(site, phone(0));
    await site.join({ phoneNumber: phone(2), attributes: { name: "Bob" } });
    const dry = await site.life.desk.dryRun(sid, { after: null, limit: 10 });
    expect(dry).toMatchObject({
      is: "dry",
      why: null,
      survey: { members: 3, recipients: 2, segments: 2, skipped: { "opted-out": 1 } },
      messages: [
        { is: "skipped", to: phone(0), why: "it has opted out of messages from the sender" },
        { to: phone(1), from: NUMBER, text: "Hello Zoë ☀", segments: 1, alphabet: "ucs2", forcedBy: "ë" },
        { to: phone(2), from: NUMBER, text: "Hello Bob", segments: 1, alphabet: "gsm7", forcedBy: null },
      ],
    });
    expect(site.line.handed).toEqual([]);
    expect((await site.messages()).map(({ direction }) => direction)).toEqual(["inbound"]);
  });
});

describe("pacing", () => {
  it("is foreseen by what the line was measured to take for a segment", async () => {
    const site = await town({ members: 40 });
    const sid = await site.broadcast();
    const foreseen = async () => {
      const dry = await site.life.desk.dryRun(sid, { after: null, limit: 1 });
      return dry.is === "dry" ? dry.foreseen?.text : dry.is;
    };
    expect(await foreseen()).toBe("40 people, 40 segments, done by 2027-06-10 07:01 GMT+2 on 1 line");
    site.line.airMs = 15_000;
    await site.life.desk.runNow(sid);
    await site.pass(15 * MINUTE);
    expect(site.line.handed).toHaveLength(40);
    expect(await foreseen()).toBe("40 people, 40 segments, done by 2027-06-10 07:10 GMT+2 on 1 line");
  });

  it("never has more than a slice in the queue, and leaves the line no pause", async () => {
    const site = await town({ members: 100 });
    site.line.airMs = 1_000;
    const sid = await site.broadcast();
    await site.life.desk.runNow(sid);
    let most = 0;
    for (let second = 0; second < 130; second++) {
      await site.clock.advance(1_000);
      const [depth] = await site.life.store.queueDepths();
      most = Math.max(most, depth?.segments ?? 0);
    }
    expect(most).toBeLessThanOrEqual(10);
    expect(site.line.handed).toHaveLength(100);
    const gaps = site.line.handed.slice(1).map(({ atMs }, at) => atMs - (site.line.handed[at]?.atMs ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
  });

  it("keeps quiet hours: it waits for their end, and goes on where it stopped", async () => {
    const site = await town({ members: 40 });
    const sid = await site.broadcast({ quietHours: { from: 6 * 60 + 30, until: 7 * 60 + 10 } });
    await site.pass(35 * MINUTE);
    expect(site.line.handed).toEqual([]);
    expect(await site.runs(sid)).toMatchObject([
      { status: "planned", reason: "quiet hours until 2027-06-10 07:10 GMT+2" },
    ]);
    await site.pass(10 * MINUTE);
    expect(site.line.handed).toHaveLength(40);
  });

  it("sends what the line had not taken when quiet hours began after they end", async () => {
    const site = await town();
    await site.broadcast({ quietHours: { from: 7 * 60 + 5, until: 9 * 60 } });
    site.line.become("opening");
    await site.pass(HOUR);
    site.line.become("ready");
    await site.pass(HOUR + 29 * MINUTE);
    expect(site.line.handed).toEqual([]);
    expect((await site.messages()).map(({ status }) => status)).toEqual(["queued", "queued", "queued"]);
    await site.pass(2 * MINUTE);
    expect(site.line.handed).toHaveLength(3);
  });

  it("tells who was not reached before the deadline", async () => {
    const site = await town({ members: 40 });
    const sid = await site.broadcast({ deadlineMinutes: 10 });
    site.line.become("opening");
    await site.pass(45 * MINUTE);
    const [run] = await site.runs(sid);
    expect(run).toMatchObject({ status: "finished" });
    const { outcomes, messages } = await site.life.store.countRun(run?.sid ?? "");
    expect(outcomes.accepted + outcomes.late).toBe(40);
    expect(outcomes.late).toBeGreaterThanOrEqual(30);
    expect(messages).toEqual({ failed: outcomes.accepted });
    expect((await site.events("broadcast.run")).at(-1)).toMatch(/were not reached before its deadline\.$/);
  });
});

describe("the text from an app", () => {
  const answers = (...texts: (string | null)[]): { fetchBody: FetchBody; asked: URLSearchParams[] } => {
    const asked: URLSearchParams[] = [];
    const fetchBody: FetchBody = async ({ params }) => {
      asked.push(new URLSearchParams(Object.fromEntries(params)));
      const text = texts.length > 1 ? texts.shift() : texts[0];
      return text ? { is: "text", text } : { is: "trouble", why: "the answer was HTTP 500" };
    };
    return { fetchBody, asked };
  };
  const url = { body: null, bodyUrl: "http://app.example/forecast" };

  it("is asked for once per run", async () => {
    const { fetchBody, asked } = answers("Rain by noon");
    const site = await town({ fetchBody });
    const sid = await site.broadcast(url);
    await site.pass(32 * MINUTE);
    expect(site.line.texts).toEqual(["Rain by noon", "Rain by noon", "Rain by noon"]);
    const [run] = await site.runs(sid);
    expect(asked.map((params) => Object.fromEntries(params))).toEqual([
      { BroadcastSid: sid, RunSid: run?.sid, PlannedAt: "2027-06-10T05:00:00.000Z" },
    ]);
  });

  it("or per member", async () => {
    const { fetchBody, asked } = answers("a", "b", "c");
    const site = await town({ fetchBody });
    await site.broadcast({ ...url, bodyPer: "member" });
    await site.pass(32 * MINUTE);
    expect(site.line.texts).toEqual(["a", "b", "c"]);
    expect(asked.map((params) => params.get("To"))).toEqual([phone(0), phone(1), phone(2)]);
  });

  it("that fails skips the run, with an event", async () => {
    const site = await town(answers(null));
    const sid = await site.broadcast(url);
    await site.pass(32 * MINUTE);
    expect(site.line.handed).toEqual([]);
    expect(await site.runs(sid)).toMatchObject([{ status: "skipped", reason: "the answer was HTTP 500" }]);
    expect(await site.events("broadcast.skipped")).toHaveLength(1);
  });

  it("that fails is the fallback text, where that is said", async () => {
    const site = await town(answers(null));
    await site.broadcast({ ...url, onBodyFailure: "fallback", fallbackText: "See the board" });
    await site.pass(32 * MINUTE);
    expect(site.line.texts).toEqual(["See the board", "See the board", "See the board"]);
    expect(await site.events("broadcast.text")).toHaveLength(1);
  });

  it("that fails is asked for again until it comes", async () => {
    const { fetchBody, asked } = answers(null, null, null, "Rain by noon");
    const site = await town({ fetchBody });
    const sid = await site.broadcast({ ...url, onBodyFailure: "retry" });
    await site.pass(32 * MINUTE);
    expect(await site.runs(sid)).toMatchObject([{ status: "planned", reason: "the answer was HTTP 500" }]);
    await site.pass(2 * MINUTE);
    expect(asked).toHaveLength(4);
    expect(site.line.texts).toEqual(["Rain by noon", "Rain by noon", "Rain by noon"]);
    expect(await site.events("broadcast.text")).toHaveLength(1);
  });

  it("that fails until the deadline for it is skipped, or is the fallback text", async () => {
    for (const fallbackText of [null, "See the board"]) {
      const site = await town(answers(null));
      await site.broadcast({ ...url, onBodyFailure: "retry", retryMinutes: 10, fallbackText });
      await site.pass(50 * MINUTE);
      expect(site.line.texts).toEqual(
        fallbackText === null ? [] : [fallbackText, fallbackText, fallbackText],
      );
    }
  });

  it("that is too long counts as none", async () => {
    const site = await town(answers("long ".repeat(200)));
    const sid = await site.broadcast({ ...url, maxSegments: 2 });
    await site.pass(32 * MINUTE);
    expect(site.line.handed).toEqual([]);
    expect(await site.runs(sid)).toMatchObject([
      { status: "skipped", reason: "the text takes 7 segments, and 2 are allowed" },
    ]);
  });
});
