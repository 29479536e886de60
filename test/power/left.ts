/** What a data folder holds after a power cut, and which promises it breaks. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { textOf } from "../../src/sms/join.ts";
import { createCommands } from "../../src/store/commands.ts";
import { openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/schema.ts";
import { readSettings } from "../../src/store/settings.ts";
import { EMPTY_SETTINGS, type SettingsDocument } from "../../src/store/settings-document.ts";
import type { StoredMessage } from "../../src/store/store.ts";
import type { SubmissionDetail } from "../../src/store/submission-record.ts";
import type { Promised } from "./promises.ts";

export type Left = {
  readonly settings: SettingsDocument;
  readonly messages: readonly StoredMessage[];
  /** By SID: how often it was, or may have been, handed to a line; how many of these are known to have arrived. */
  readonly tries: ReadonlyMap<string, { readonly made: number; readonly arrived: number }>;
  /** Texts of Segments that are not a Message yet. */
  readonly segments: readonly string[];
  /** `SM… delivered`: what apps are still to be told. */
  readonly waiting: ReadonlySet<string>;
  /** What SQLite itself finds wrong. */
  readonly damage: readonly string[];
};

const RANK: Readonly<Record<string, number>> = { queued: 0, sending: 1, sent: 2, delivered: 3 };

export async function readLeft(dataDir: string): Promise<Left> {
  mkdirSync(dataDir, { recursive: true });
  const settings = (await readSettings(dataDir)) ?? EMPTY_SETTINGS;
  const db = openDatabase(join(dataDir, "pylone.db"));
  try {
    const damage = (db.pragma("quick_check") as { quick_check: string }[]).map((row) => row.quick_check);
    migrate(db);
    const { commands } = createCommands(db, Date.now());
    const messages = settings.accounts.flatMap(({ sid }) =>
      commands.listMessages({ accountSid: sid, limit: 100_000 }),
    );
    const waiting = commands
      .webhookQueues()
      .flatMap((queue) => commands.nextWebhooks(queue, 100_000))
      .map(({ facts }) => `${facts.messageSid} ${facts.kind === "inbound" ? "received" : facts.status}`);
    return {
      settings,
      messages,
      tries: new Map(messages.map(({ sid }) => [sid, triesOf(commands.submissionsOf(sid))])),
      segments: commands.unfinishedInbound().map(({ segment }) => textOf([segment.userData])),
      waiting: new Set(waiting),
      damage: damage.filter((finding) => finding !== "ok"),
    };
  } finally {
    db.close();
  }
}

function triesOf(submissions: readonly SubmissionDetail[]) {
  const arrived = submissions.filter(({ reportState }) => reportState === "delivered");
  return { made: submissions.length, arrived: arrived.length };
}

/** One sentence for each promise that does not hold. */
export function brokenPromises(left: Left, given: readonly Promised[]): readonly string[] {
  const bySid = new Map(left.messages.map((message) => [message.sid, message]));
  const outbound = left.messages.filter(({ direction }) => direction !== "inbound");
  const byText = new Map(outbound.map((message) => [beginningOf(message.body), message]));
  const inbound = left.messages.filter(({ direction }) => direction === "inbound").map(({ body }) => body);
  const isKept = (text: string) =>
    inbound.some((body) => beginningOf(body) === text) ||
    left.segments.some((each) => beginningOf(each) === text);
  const accounts = left.settings.accounts.map(({ sid }) => sid);
  const names = new Map<string, string>();
  const reported = new Map<string, number>();
  const problems = left.damage.map((finding) => `SQLite finds ${finding}`);
  const answered = new Set<string>();
  for (const promise of given) {
    const broken = (what: string) => problems.push(`${what} (promised at ${promise.position})`);
    switch (promise.is) {
      case "accepted":
        if (!accounts.includes(promise.accountSid)) broken(`the account ${promise.accountSid} is gone`);
        if (!bySid.has(promise.sid)) broken(`${promise.sid}, answered with 201, is gone`);
        break;
      case "tried": {
        const message = byText.get(promise.text);
        if (message === undefined || left.tries.get(message.sid)?.made === 0)
          broken(`"${promise.text}" was on the wire, and nothing says that it was tried`);
        break;
      }
      case "kept":
        if (!isKept(promise.text)) broken(`"${promise.text}", acknowledged to the network, is gone`);
        break;
      case "reported": {
        const sid = byText.get(promise.text)?.sid ?? "";
        const times = (reported.get(promise.text) ?? 0) + 1;
        reported.set(promise.text, times);
        if ((left.tries.get(sid)?.arrived ?? 0) < times)
          broken(`the report of "${promise.text}", acknowledged, is gone`);
        break;
      }
      case "told": {
        const status = bySid.get(promise.sid)?.status ?? "gone";
        if (status !== promise.status && !((RANK[status] ?? -1) >= (RANK[promise.status] ?? 9)))
          broken(`the app knows ${promise.sid} as ${promise.status}, and it is ${status}`);
        break;
      }
      case "answered":
        answered.add(`${promise.sid} ${promise.status}`);
        break;
      case "named":
        names.set(promise.number, promise.name);
        break;
      case "key":
        if (!left.settings.keys.some(({ sid }) => sid === promise.sid))
          broken(`the key ${promise.sid} is gone`);
        break;
    }
  }
  return [...problems, ...staleNames(left, names), ...untold(left, answered)];
}

/** Names count up (`name 7`): a later one than was answered may be there already. */
function staleNames(left: Left, names: ReadonlyMap<string, string>): readonly string[] {
  return [...names].flatMap(([number, name]) => {
    const now = left.settings.numbers.find(({ phoneNumber }) => phoneNumber === number)?.friendlyName;
    return now !== undefined && countOf(now) >= countOf(name)
      ? []
      : [`${number} is named ${now}, not ${name}`];
  });
}

/** What nobody answered must still be waiting. */
function untold(left: Left, answered: ReadonlySet<string>): readonly string[] {
  return left.messages.flatMap(({ sid, status, direction, statusCallback }) => {
    const isOver = direction === "inbound" || (statusCallback !== null && status === "delivered");
    const key = `${sid} ${status}`;
    return !isOver || answered.has(key) || left.waiting.has(key) ? [] : [`nobody will be told of ${key}`];
  });
}

function countOf(name: string): number {
  return Number(/^name (\d+)$/.exec(name)?.[1] ?? 0);
}

function beginningOf(text: string): string {
  return /^(?:re )?(?:in|out) \d+/.exec(text)?.[0] ?? text;
}
