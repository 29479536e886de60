/**
 * What becomes of what a restored database was about to do. What waited to be sent when the backup was made may have
 * been sent since: only a person knows. Unless told to send it, it fails with an event and its status callback, so that
 * the app can decide; a broadcast's run that was under way ends, and what was due between the backup and now is not made
 * up for. Scheduled texts whose time has not come yet cannot have been sent and stay. Webhooks are delivered again: an
 * app is told twice rather than never, and its replies are not acted on once `replyWithinMinutes` is over.
 *
 * What a SIM plan has used since is known where the database that is replaced can still be read.
 */
import type { StoredBroadcast } from "./broadcast-commands.ts";
import { type CommandSet, createCommands } from "./commands.ts";
import type { Database } from "./database.ts";

export type Fates = {
  /** What waited and is not sent. */
  readonly failed: number;
  /** What waits and will be sent, the scheduled ones too. */
  readonly waiting: number;
  /** Runs of broadcasts that were under way and do not go on. */
  readonly endedRuns: number;
  /** Lines with a SIM plan of which nobody knows what they have sent since. */
  readonly undercounted: readonly string[];
};

type Occasion = {
  readonly at: number;
  readonly madeAt: number;
  readonly queued: "resend" | "fail";
  /** What was there; null: nothing that can be read. */
  readonly replaced: Database | null;
};

const WHY = "it waited when the backup was made that was restored: it may have been sent since";
const WHY_RUN = "it was under way when the backup was made that was restored: it may have gone on since";

export function settleRestored(db: Database, occasion: Occasion): Fates {
  const { at, madeAt, queued, replaced } = occasion;
  const undercounted = db.transaction(() => takePlans(db, replaced))();
  const set = createCommands(db, at);
  const isSent = queued === "resend";
  const failed = isSent ? 0 : db.transaction(() => failAll(db, set, at))();
  const endedRuns = isSent ? 0 : db.transaction(() => holdBroadcasts(set, occasion))();
  const waiting =
    db
      .prepare<[], number>("SELECT count(*) FROM message WHERE status IN ('queued', 'sending', 'scheduled')")
      .pluck()
      .get() ?? 0;
  const fates = { failed, waiting, endedRuns, undercounted };
  const text = `This data folder was restored from the backup of ${iso(madeAt)}.${told(fates)}`;
  db.transaction(() => set.commands.addEvent({ type: "store.restored", level: "warning", at, text }))();
  set.undo.forget();
  db.pragma("wal_checkpoint(TRUNCATE)");
  return fates;
}

function told({ failed, waiting, endedRuns, undercounted }: Fates): string {
  const said = [
    ...(failed === 0 ? [] : [`${failed} messages that waited then are failed (30008).`]),
    ...(endedRuns === 0 ? [] : [`${endedRuns} broadcasts that were under way then do not go on.`]),
    `${waiting} messages wait to be sent.`,
    ...(undercounted.length === 0
      ? []
      : [`What ${undercounted.join(", ")} sent since does not count for the SIM plan: nobody knows it.`]),
  ];
  return ` ${said.join(" ")}`;
}

/** What is scheduled for a time that has come is due: it may have been sent as well. */
function failAll(db: Database, { commands }: CommandSet, at: number): number {
  while (commands.releaseScheduled(at) > 0);
  const moving = db
    .prepare<[], number>("SELECT count(*) FROM message WHERE status IN ('queued', 'sending')")
    .pluck();
  const before = moving.get() ?? 0;
  for (const { submissionId, messageSid } of commands.unknownSubmissions())
    commands.resolveUnknown(submissionId, "failed", {
      at,
      event: {
        type: "message.unknown",
        level: "warning",
        at,
        text: `message ${messageSid}: ${WHY}`,
        messageSid,
      },
    });
  const accounts = db.prepare<[], string>("SELECT DISTINCT accountSid FROM message").pluck().all();
  for (const account of accounts) while (commands.endQueued(account, { errorCode: 30008, why: WHY, at }) > 0);
  return before - (moving.get() ?? 0);
}

/** Ends the runs under way, and takes all that was due until now as judged. How many runs that were. */
function holdBroadcasts({ commands }: CommandSet, { at, madeAt }: Occasion): number {
  const runs = commands.openRuns();
  for (const { sid, broadcastSid, plannedAt, status, definition } of runs) {
    const text = `The broadcast ${definition.name} of ${iso(plannedAt)} was ended: ${WHY_RUN}.`;
    const detail = { broadcastSid, runSid: sid };
    commands.endRun(sid, {
      status: status === "planned" ? "skipped" : "canceled",
      reason: WHY_RUN,
      at,
      events: [{ type: "broadcast.skipped", level: "warning", at, text, detail }],
    });
  }
  for (const broadcast of allBroadcasts(commands)) {
    const { sid, state, judgedTo, updatedAt, definition } = broadcast;
    if (judgedTo >= at) continue;
    commands.changeBroadcast(sid, { judgedTo: at }, updatedAt);
    if (state !== "active") continue;
    const text = `The broadcast ${definition.name} does not make up for what was due between ${iso(madeAt)} and ${iso(at)}: a backup was restored, and it may have been sent meanwhile.`;
    commands.addEvent({
      type: "broadcast.skipped",
      level: "warning",
      at,
      text,
      detail: { broadcastSid: sid, runSid: null },
    });
  }
  return runs.length;
}

function allBroadcasts(commands: CommandSet["commands"]): readonly StoredBroadcast[] {
  const all: StoredBroadcast[] = [];
  for (;;) {
    const beforeSid = all.at(-1)?.sid;
    const page = commands.listBroadcasts({ ...(beforeSid === undefined ? {} : { beforeSid }), limit: 100 });
    if (page.length === 0) return all;
    all.push(...page);
  }
}

type Row = Readonly<Record<string, unknown>>;
type Use = Row & { readonly line: string; readonly monthAt: number; readonly month: number };

/** Takes over what the replaced database has counted of a Line, where that is no less. The Lines that are not in it. */
function takePlans(db: Database, replaced: Database | null): readonly string[] {
  const known = new Map(rowsOf<Use>(db, { table: "plan_use", like: db }).map((use) => [use.line, use]));
  const taken = replaced === null ? [] : countedIn(replaced, db).filter(({ use }) => isMore(use, known));
  for (const { use, recipients } of taken) {
    db.prepare("DELETE FROM plan_use WHERE line = ?").run(use.line);
    db.prepare("DELETE FROM plan_recipient WHERE line = ?").run(use.line);
    insert(db, "plan_use", use);
    for (const recipient of recipients) insert(db, "plan_recipient", recipient);
  }
  return [...known.keys()].filter((line) => !taken.some(({ use }) => use.line === line));
}

function isMore(use: Use, known: ReadonlyMap<string, Use>): boolean {
  const mine = known.get(use.line);
  if (mine === undefined || use.monthAt > mine.monthAt) return true;
  return use.monthAt === mine.monthAt && use.month >= mine.month;
}

/** Nothing where it is damaged, or was written before there were plans. */
function countedIn(
  replaced: Database,
  like: Database,
): readonly { readonly use: Use; readonly recipients: readonly Row[] }[] {
  try {
    const recipients = rowsOf(replaced, { table: "plan_recipient", like });
    return rowsOf<Use>(replaced, { table: "plan_use", like }).map((use) => ({
      use,
      recipients: recipients.filter(({ line }) => line === use.line),
    }));
  } catch {
    return [];
  }
}

/** With the columns that the table has in `like`. */
function rowsOf<R extends Row = Row>(
  db: Database,
  { table, like }: { readonly table: string; readonly like: Database },
): readonly R[] {
  const columns = (like.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
  return db.prepare<[], R>(`SELECT ${columns.join(", ")} FROM ${table}`).all();
}

function insert(db: Database, table: string, row: Row): void {
  const columns = Object.keys(row);
  db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map((name) => `@${name}`)})`).run(row);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
