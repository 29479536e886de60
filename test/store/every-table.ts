/** A database in which no table is empty, and every column that may be something is, in a row or another. */

import type { BroadcastDefinition } from "../../src/store/broadcast-commands.ts";
import type { Database } from "../../src/store/database.ts";
import type { PlanTerms } from "../../src/store/plan-commands.ts";
import type { CommandName } from "../../src/store/protocol.ts";
import type { Store } from "../../src/store/store.ts";
import { FROM, newOutbound, newSid, T0, TO } from "./new-outbound.ts";

export const SERVICE = `MG${"0".repeat(32)}`;
const DAY_MS = 86_400_000;

const FOREVER = { startsAt: T0 - DAY_MS, endsAt: T0 + DAY_MS, segments: 1000 };
export const PLAN: PlanTerms = {
  periods: { minute: FOREVER, hour: FOREVER, day: FOREVER, month: FOREVER },
  recipients: 100,
  warnAtPercent: 80,
};

export const DEFINITION: BroadcastDefinition = {
  name: "Morning",
  cron: "0 7 * * *",
  at: null,
  timeZone: "Europe/Paris",
  from: FROM,
  messagingServiceSid: null,
  audienceSid: "",
  body: "Sun",
  bodyUrl: null,
  bodyMethod: "GET",
  bodyPer: "run",
  onBodyFailure: "skip",
  retryMinutes: 30,
  maxAgeMinutes: null,
  fallbackText: null,
  maxSegments: 6,
  ifMissed: "catch-up",
  deadlineMinutes: 600,
  quietHours: null,
};

const REPORT = {
  reference: "9",
  recipient: TO,
  state: "delivered",
  status: 0,
  errorCode: null,
  tpScts: null,
  doneAt: null,
  raw: "00",
} as const;

type Commands = Pick<Store, CommandName>;

/** An audience of two, a broadcast to it, and a run of which the first has got the Message. */
export async function addMorning(
  store: Commands,
  { plannedAt = T0, status = "started" }: { plannedAt?: number; status?: "planned" | "started" } = {},
): Promise<{ readonly broadcastSid: string; readonly runSid: string; readonly messageSid: string }> {
  const [audienceSid, broadcastSid, runSid] = [sid("AU"), sid("BC"), sid("BR")];
  await store.createAudience({
    sid: audienceSid,
    friendlyName: "Meteo",
    language: "fr",
    keywords: ["METEO"],
    confirm: true,
    welcomeText: "Welcome",
    goodbyeText: null,
    forwardKeywords: false,
    createdAt: T0,
  });
  const member = { joinedAt: T0, joinedBy: "import" as const, attributes: { name: "Ann" } };
  const phones = ["+33639980101", "+33639980102"];
  await store.putMembers(
    audienceSid,
    phones.map((phoneNumber) => ({ ...member, phoneNumber, sid: sid("MB") })),
    T0,
  );
  const definition = { ...DEFINITION, audienceSid };
  const times = { judgedTo: plannedAt, createdAt: T0, updatedAt: T0 };
  await store.createBroadcast({ sid: broadcastSid, state: "active", ...times, definition });
  const about = { sid: runSid, broadcastSid, plannedAt, cause: "schedule", createdAt: plannedAt } as const;
  await store.planRun(
    { ...about, status: "planned", reason: null, definition },
    { judgedTo: plannedAt, events: [] },
  );
  const message = newOutbound({ to: phones[0] ?? "", lane: "broadcast" });
  if (status === "started") {
    await store.startRun(runSid, { at: plannedAt, members: 2, segments: 2, text: "Sun", events: [] });
    await store.acceptSlice(runSid, [{ phoneNumber: message.to, message }], null);
  }
  return { broadcastSid, runSid, messageSid: message.sid };
}

export async function fillEveryTable(store: Commands, db: Database): Promise<void> {
  for (const parts of [["a"], ["b"], ["x".repeat(153), "y"]]) await store.accept(newOutbound({ parts }));
  const callback = { statusCallback: "http://127.0.0.1:5000/status" };
  const [ended, sent] = [
    newOutbound({ ...callback, from: "+33639980008" }),
    newOutbound({ from: "+33639980009" }),
  ];
  for (const message of [ended, sent]) await store.accept(message);
  const first = await store.claim(ended.from, { line: "sim1", limit: 1, now: T0 });
  await store.settle(first.claims[0]?.submissionId ?? "", { is: "failed", errorCode: 30008, why: "no" }, T0);
  const second = await store.claim(sent.from, { line: "sim1", limit: 1, now: T0 });
  await store.settle(second.claims[0]?.submissionId ?? "", { is: "accepted", reference: "7" }, T0);
  const putOff = newOutbound({ from: "+33639980007" });
  await store.accept(putOff);
  const third = await store.claim(putOff.from, { line: "sim1", limit: 1, now: T0 });
  const retry = { is: "retry", retryAt: T0 + 60_000, why: "later" } as const;
  await store.settle(third.claims[0]?.submissionId ?? "", retry, T0);
  await store.retire({ sentBefore: T0 + 1, limit: 1000 });
  await store.keepFeedback(sent.sid, "confirmed", T0);
  await store.claim(FROM, { line: "sim1", limit: 1, now: T0, plan: PLAN });
  await addMorning(store);

  const segment = {
    from: "+33612345678",
    to: FROM,
    userData: { alphabet: "gsm7", septets: new Uint8Array([1, 2]), lockingShift: 0, singleShift: 0 },
    concatenation: { reference: 1, referenceBits: 8, total: 2, sequence: 1 },
    tpScts: null,
    tpPid: 0,
    tpDcs: 0,
    messageClass: null,
    destinationPort: null,
    fingerprint: "print",
    raw: "00",
  } as const;
  await store.keepInbound({ line: "sim1", receivedAt: T0, segment }, null);
  await store.parkReport("sim1", REPORT, T0);
  await store.quarantine("sim1", "00", "no PDU", T0);
  await store.addEvent({ type: "store.restored", level: "info", at: T0, text: "as the test has it" });
  await store.putMemory("sim1", "smsc", "+33609001390");
  await store.ping(T0);
  await store.clockStepped({ byMs: 2 * DAY_MS, at: T0 + 2 * DAY_MS, judgesOld: false });
  db.prepare("INSERT INTO opt_out (recipient, scope, since) VALUES (?, ?, ?)").run(TO, FROM, T0);
  db.prepare("INSERT INTO sticky_sender (service, recipient, sender) VALUES (?, ?, ?)").run(
    SERVICE,
    TO,
    FROM,
  );
  db.prepare(
    `INSERT INTO shown_part SELECT key, ?, line, "from", "to", reference, referenceBits, total, receivedAt, segment
      FROM inbound_segment`,
  ).run(newSid());
}

function sid(prefix: string): string {
  return newSid().replace("SM", prefix);
}
