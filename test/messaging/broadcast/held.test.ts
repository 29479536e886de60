/** What of a run waits in the queue: how much that is, and that it can be held and taken back. */
import { afterEach, describe, expect, it } from "vitest";
import { settle } from "../../harness/fake-clock.ts";
import { phone, Town, type TownOptions } from "./town.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Half an hour before seven in Paris. */
const BEFORE = Date.parse("2027-06-10T04:30Z");

const towns: Town[] = [];
async function town(options: Partial<TownOptions> & { members?: number } = {}): Promise<Town> {
  const opened = await Town.open({ wallMs: BEFORE, members: 3, ...options });
  towns.push(opened);
  return opened;
}
afterEach(() => {
  for (const opened of towns.splice(0)) opened.close();
});

async function begun(site: Town): Promise<{ broadcast: string; run: string }> {
  const broadcast = await site.broadcast();
  const result = await site.life.desk.runNow(broadcast);
  if (result.is !== "begun") throw new Error(result.is);
  return { broadcast, run: result.run.sid };
}

const statuses = async (site: Town) => (await site.messages()).map(({ status }) => status);

describe("a run whose members have all been accepted", () => {
  it("is under way while its messages wait for their line, and finished when they have left", async () => {
    const site = await town();
    site.line.become("opening");
    const { broadcast } = await begun(site);
    await site.pass(10 * MINUTE);
    expect(await statuses(site)).toEqual(["queued", "queued", "queued"]);
    expect(await site.runs(broadcast)).toMatchObject([{ status: "started" }]);
    site.line.become("ready");
    await site.pass(MINUTE);
    expect(site.line.handed).toHaveLength(3);
    expect(await site.runs(broadcast)).toMatchObject([{ status: "finished" }]);
  });

  it("is canceled with everything that waits, and an event", async () => {
    const site = await town();
    site.line.become("opening");
    const { run } = await begun(site);
    await site.pass(10 * MINUTE);
    expect(await site.life.desk.cancel(run)).toMatchObject({ status: "canceled" });
    expect(await statuses(site)).toEqual(["canceled", "canceled", "canceled"]);
    expect((await site.events("broadcast.run")).at(-1)).toMatch(/was canceled by the operator\.$/);
  });

  it("can be canceled though it is finished, as long as something of it waits", async () => {
    const site = await town();
    site.line.become("opening");
    const { run } = await begun(site);
    await site.pass(MINUTE);
    const end = { status: "finished", reason: null, at: site.clock.now(), events: [] } as const;
    await site.life.store.endRun(run, end);
    expect(await site.life.desk.cancel(run)).toMatchObject({ status: "canceled" });
    expect(await statuses(site)).toEqual(["canceled", "canceled", "canceled"]);
    expect(await site.life.desk.cancel(run)).toBeNull();
  });
});

describe("a pause", () => {
  it("holds what no line has taken, through a power cut, until it is over", async () => {
    const site = await town({ members: 40 });
    site.line.airMs = 1_000;
    const { broadcast } = await begun(site);
    await site.tick();
    await site.clock.advance(5_000);
    const sent = site.line.handed.length;
    expect(sent).toBeGreaterThan(0);
    await site.life.desk.change(broadcast, {}, "paused");
    await site.pass(HOUR);
    await site.powerOff(MINUTE);
    await site.powerOn();
    await site.pass(HOUR);
    // One was on the air, and what was claimed for it.
    expect(site.line.handed.length).toBeLessThanOrEqual(sent + 2);
    expect(await statuses(site)).toContain("queued");
    await site.life.desk.change(broadcast, {}, "active");
    await site.pass(2 * MINUTE);
    expect(new Set(site.line.handed.map(({ segment }) => segment.to)).size).toBe(40);
    expect(new Set(await statuses(site))).toEqual(new Set(["sent"]));
    expect(await site.events("broadcast.paused")).toEqual(["The broadcast Morning was paused."]);
    expect(await site.events("broadcast.active")).toEqual(["The broadcast Morning goes on."]);
  });

  it("of a second holds and lets go", async () => {
    const site = await town();
    site.line.become("opening");
    const { broadcast } = await begun(site);
    await site.pass(MINUTE);
    await site.life.desk.change(broadcast, {}, "paused");
    await site.life.desk.change(broadcast, {}, "active");
    site.line.become("ready");
    await site.pass(2 * MINUTE);
    expect(site.line.handed).toHaveLength(3);
  });
});

describe("a slice", () => {
  it("is what the line does in ten seconds, where its number has no rate", async () => {
    const site = await town({ members: 300, rate: "unlimited" });
    site.line.airMs = 500;
    const { broadcast } = await begun(site);
    const deepest = async (seconds: number) => {
      let most = 0;
      for (let second = 0; second < seconds; second++) {
        await site.clock.advance(1_000);
        most = Math.max(most, (await site.life.store.queueDepths())[0]?.segments ?? 0);
      }
      return most;
    };
    expect(await deepest(10)).toBeLessThanOrEqual(100);
    await deepest(190);
    expect(site.line.handed).toHaveLength(300);
    await site.life.desk.runNow(broadcast);
    const most = await deepest(170);
    expect(most).toBeGreaterThan(10);
    expect(most).toBeLessThanOrEqual(20);
    expect(site.line.handed).toHaveLength(600);
  });
});

describe("quiet hours that begin in the middle of a run", () => {
  it("hold the rest of it until they end: nobody is left out, and nothing fails", async () => {
    const site = await town({ members: 100 });
    site.line.airMs = 1_000;
    const sid = await site.broadcast({ quietHours: { from: 7 * 60 + 1, until: 7 * 60 + 20 } });
    await site.pass(31 * MINUTE);
    await site.clock.advance(3_000);
    const sent = site.line.handed.length;
    expect(sent).toBeGreaterThan(30);
    await site.pass(18 * MINUTE);
    expect(site.line.handed).toHaveLength(sent);
    expect(await site.runs(sid)).toMatchObject([{ reason: "quiet hours until 2027-06-10 07:20 GMT+2" }]);
    await site.pass(4 * MINUTE);
    expect(site.line.handed.map(({ segment }) => segment.to)).toEqual(
      Array.from({ length: 100 }, (_, at) => phone(at)),
    );
    expect(new Set(await statuses(site))).toEqual(new Set(["sent"]));
    expect(await site.runs(sid)).toMatchObject([{ status: "finished" }]);
  });
});

describe("one instant with seconds", () => {
  it("is sent at it, not at the next full minute", async () => {
    const site = await town();
    const at = BEFORE + 10 * MINUTE + 17_000;
    await site.broadcast({ cron: null, at });
    await site.pass(10 * MINUTE);
    await site.clock.advance(16_999);
    expect(site.line.handed).toEqual([]);
    for (let second = 0; second < 5; second++) {
      await site.clock.advance(1_000);
      await settle(40);
    }
    expect(site.line.handed).toHaveLength(3);
  });
});
