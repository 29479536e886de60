/**
 * Five thousand members while alerts keep flowing, on a told clock: the real dispatcher, lanes and slices, a line that
 * takes three seconds for a segment. What an alert waits for is printed.
 */
import { afterEach, expect, it } from "vitest";
import { ACCOUNT, NUMBER } from "../numbers.ts";
import { phone, Town } from "./town.ts";

const MEMBERS = 5_000;
const AIR_MS = 3_000;
const ALERT = "+33633333333";
const LONG = `{{phoneNumber}} ${"sunny spells and a fresh wind ".repeat(6)}`;

let site: Town | null = null;
afterEach(() => {
  site?.close();
  site = null;
});

it("5,000 members get theirs once, and an alert waits for one segment at most", async () => {
  const town = await Town.open({ wallMs: Date.parse("2027-06-10T04:59Z"), members: MEMBERS });
  site = town;
  town.line.airMs = AIR_MS;
  const sid = await town.broadcast({ body: LONG, deadlineMinutes: 1440 });
  await town.pass(60_000);
  const alertedAt: number[] = [];
  let mostQueued = 0;
  let mostSegments = 0;
  // Two segments each: 30,000 s of air, and an alert now and then in the middle of it.
  for (let second = 0; second < 40_000; second += 30) {
    if (second % 450 === 0 && second < 30_000) {
      // At another moment of what is on the air each time.
      const offsetMs = 100 + ((alertedAt.length * 700) % 5_900);
      await town.clock.advance(offsetMs);
      alertedAt.push(town.clock.monotonicMs());
      const accepted = await town.life.accept.accept({
        accountSid: ACCOUNT,
        direction: "outbound-api",
        from: NUMBER,
        to: ALERT,
        body: `alert ${alertedAt.length}`,
        messagingServiceSid: null,
        statusCallback: null,
        queue: NUMBER,
        lane: "single",
        validitySeconds: null,
        segmentsPerSecond: 1,
      });
      expect(accepted.is).toBe("accepted");
      await town.clock.advance(30_000 - offsetMs);
    } else {
      await town.clock.advance(30_000);
    }
    const [depth] = await town.life.store.queueDepths();
    mostQueued = Math.max(mostQueued, depth?.messages ?? 0);
    mostSegments = Math.max(mostSegments, depth?.segments ?? 0);
  }
  const [run] = await town.runs(sid);
  expect(run).toMatchObject({ status: "finished", members: MEMBERS, segments: 2 * MEMBERS });
  const toMembers = town.line.handed.filter(({ segment }) => segment.to !== ALERT);
  expect(toMembers).toHaveLength(2 * MEMBERS);
  expect(new Set(toMembers.map(({ segment }) => segment.to)).size).toBe(MEMBERS);
  expect(toMembers.at(-1)?.segment.to).toBe(phone(MEMBERS - 1));

  const alerts = town.line.handed.filter(({ segment }) => segment.to === ALERT);
  expect(alerts).toHaveLength(alertedAt.length);
  const delays = alerts.map(({ atMs }, index) => (atMs - (alertedAt[index] ?? 0)) / 1000);
  const worst = Math.max(...delays);
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  process.stdout.write(
    `${alerts.length} alerts among ${MEMBERS} members (2 segments each, ${AIR_MS / 1000} s a segment): ` +
      `worst delay ${worst.toFixed(1)} s, mean ${mean.toFixed(1)} s; ` +
      `at most ${mostQueued} messages (${mostSegments} segments) queued\n`,
  );
  // What is on the air, and nothing behind it.
  expect(worst).toBeLessThanOrEqual(AIR_MS / 1000);
  expect(mostSegments).toBeLessThanOrEqual(12);
}, 600_000);
