/**
 * Whether a torture was survived. Nothing of it knows the daemon's inside: what was accepted, what arrived, what the
 * app was told and what the API shows in the end must be one story.
 */
import type { Accident, History, Post, Told } from "./history.ts";

export type Verdict = {
  readonly counts: Readonly<Record<string, number>>;
  /** One sentence each. */
  readonly problems: readonly string[];
};

const RANK: Readonly<Record<string, number>> = { queued: 0, sending: 1, sent: 2, delivered: 3 };

export function judge(history: History): Verdict {
  const parts = [outbound(history), order(history), inbound(history), callbacks(history), repeats(history)];
  const kills = history.accidents.filter(({ is }) => is === "kill").length;
  return {
    counts: Object.assign(
      { kills, appRestarts: history.accidents.length - kills },
      ...parts.map(({ counts }) => counts),
    ),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** Everything accepted went out; nothing went out twice but what was on the wire at a kill. */
function outbound(history: History): Verdict {
  const { lines, posts, texts, arrivals, told, shown, resent, accidents } = history;
  const problems: string[] = [];
  const times = countBy(arrivals.map(({ text }) => text));
  const rows = groupBy(
    shown.filter(({ direction }) => direction !== "inbound"),
    ({ text }) => text,
  );
  for (const post of posts) {
    const found = rows.get(`out ${post.id}`) ?? [];
    if (post.sid !== null && !found.some(({ sid }) => sid === post.sid))
      problems.push(`${nameOf(post)} was accepted and is not in the list`);
    if (found.length > 1) problems.push(`${nameOf(post)} is ${found.length} messages`);
  }
  const staying = lines.filter(({ storesReports }) => storesReports);
  const reportsStay = new Set(staying.map(({ name }) => name));
  const replied = new Set(told.filter(({ isReplied }) => isReplied).map(({ text }) => text));
  for (const { id, round } of texts) {
    const replies = rows.get(`re in ${id}`)?.length ?? 0;
    if (replied.has(`in ${id}`) && replies !== 1)
      problems.push(`the app's reply to "in ${id}" of round ${round} is ${replies} messages`);
  }
  let doubled = 0;
  let doubledWhereReportsStay = 0;
  const rounds = new Map(posts.map((post) => [`out ${post.id}`, post.round]));
  for (const [text, found] of rows) {
    for (const { sid, from, status } of found) {
      const name = `${sid} ("${text}"${rounds.has(text) ? ` of round ${rounds.get(text)}` : ""}, from ${from})`;
      const twice = (times.get(text) ?? 0) - 1;
      if (twice < 0) problems.push(`${name} is ${status} and never arrived`);
      if (status !== "delivered") problems.push(`${name} ended as ${status}`);
      if (twice <= 0) continue;
      doubled += twice;
      const told = resent.get(sid) ?? 0;
      if (twice > told) problems.push(`${name} arrived ${twice + 1} times, and ${told} resends were told`);
      if (!staying.some(({ number }) => number === from)) continue;
      doubledWhereReportsStay += twice;
      problems.push(`${name} arrived ${twice + 1} times, and its modem had stored the report`);
    }
  }
  for (const [text, many] of times)
    if (!rows.has(text)) problems.push(`"${text}" arrived ${many} times, and no message says so`);
  const kills = accidents.filter(({ is }) => is === "kill").length;
  const bound = kills * lines.reduce((sum, { window }) => sum + window, 0);
  if (doubled > bound) problems.push(`${doubled} were doubled, more than ${bound} can have been on the wire`);
  return {
    problems,
    counts: {
      posts: posts.length,
      accepted: posts.filter(({ sid }) => sid !== null).length,
      unanswered: posts.filter(({ sid }) => sid === null).length,
      replies: [...rows.keys()].filter((text) => text.startsWith("re ")).length,
      arrived: arrivals.length,
      inDoubt: history.inDoubt.length,
      inDoubtWhereReportsStay: history.inDoubt.filter((line) => reportsStay.has(line)).length,
      resent: [...resent.values()].reduce((sum, many) => sum + many, 0),
      doubled,
      doubledBound: bound,
      doubledWhereReportsStay,
    },
  };
}

/**
 * Of two messages of a number, one posted after the other was answered, the earlier arrived first; unless nobody knew
 * whether it had been sent.
 */
function order({ posts, arrivals, resent }: History): Verdict {
  const problems: string[] = [];
  const byText = new Map(posts.map((post) => [`out ${post.id}`, post]));
  const seen = new Set<string>();
  const newest = new Map<string, Post>();
  let compared = 0;
  for (const { text } of arrivals) {
    const post = byText.get(text);
    if (post === undefined || seen.has(text)) continue;
    seen.add(text);
    const before = newest.get(post.from);
    if (before === undefined || post.postedAt > before.postedAt) newest.set(post.from, post);
    if (post.answeredAt === null || post.sid === null || resent.has(post.sid) || before === undefined)
      continue;
    compared += 1;
    if (post.answeredAt < before.postedAt)
      problems.push(`${nameOf(post)} arrived after ${nameOf(before)}, which was posted later`);
  }
  return { problems, counts: { compared } };
}

/** Every text reached the app, as one Message; those of a number in their order. */
function inbound({ texts, told }: History): Verdict {
  const problems: string[] = [];
  const byText = groupBy(
    told.filter(({ kind }) => kind === "inbound"),
    ({ text }) => text,
  );
  for (const { id, round, to, isLong } of texts) {
    const sids = new Set((byText.get(`in ${id}`) ?? []).map(({ sid }) => sid));
    if (sids.size === 0)
      problems.push(
        `"in ${id}" of round ${round}, ${isLong ? "a long one" : "a short one"} to ${to}, never reached the app`,
      );
    if (sids.size > 1) problems.push(`"in ${id}" of round ${round} is ${[...sids].join(" and ")}`);
  }
  const known = new Map(texts.map((text) => [`in ${text.id}`, text]));
  const newest = new Map<string, (typeof texts)[number]>();
  for (const text of byText.keys()) {
    const first = known.get(text);
    if (first === undefined) {
      problems.push(`the app was told of "${text}", which nobody wrote`);
      continue;
    }
    // A long one is whole when its last part is there, and others may be by then.
    if (first.isLong) continue;
    const before = newest.get(first.to);
    if (before !== undefined && first.takenAt < before.textedAt)
      problems.push(`the app was told of "${text}" after "in ${before.id}", which was written later`);
    if (before === undefined || first.textedAt > before.textedAt) newest.set(first.to, first);
  }
  return { problems, counts: { texts: texts.length, reachedTheApp: byText.size } };
}

/** The app knows of each message how it ended, step by step. */
function callbacks({ shown, told }: History): Verdict {
  const problems: string[] = [];
  const bySid = groupBy(
    told.filter(({ kind }) => kind === "status"),
    ({ sid }) => sid,
  );
  for (const { sid, direction, status, text } of shown) {
    if (direction !== "outbound-api") continue;
    const statuses = (bySid.get(sid) ?? []).map((each) => each.status);
    const steps = [...new Set(statuses)].map((each) => RANK[each] ?? -1);
    if (statuses.at(-1) !== status)
      problems.push(`${sid} ("${text}") is ${status}, and the app was last told ${statuses.at(-1)}`);
    if (steps.some((step, at) => step < (steps[at - 1] ?? 0)))
      problems.push(`${sid} ("${text}") was told as ${statuses.join(", ")}`);
  }
  const listed = new Set(shown.map(({ sid }) => sid));
  const strange = [...bySid.keys()].filter((sid) => !listed.has(sid));
  problems.push(...strange.map((sid) => `the app was told of ${sid}, which is in no list`));
  return { problems, counts: { callbacks: [...bySid.values()].reduce((sum, each) => sum + each.length, 0) } };
}

/** A webhook comes again only when somebody died in between. */
function repeats({ told, accidents }: History): Verdict {
  const problems: string[] = [];
  let toldAgain = 0;
  for (const tries of groupBy(told, ({ token }) => token).values()) {
    tries.slice(1).forEach((again, at) => {
      toldAgain += 1;
      if (!isExplained(tries[at] ?? again, again, accidents))
        problems.push(`${again.sid} was told as ${again.status} twice, and nobody had died`);
    });
  }
  return { problems, counts: { toldAgain } };
}

function isExplained(before: Told, again: Told, accidents: readonly Accident[]): boolean {
  return accidents.some(({ at, until }) => until >= before.toldAt && at <= again.toldAt);
}

function nameOf({ id, round, sid }: Post): string {
  return `"out ${id}" of round ${round} (${sid ?? "never answered"})`;
}

function countBy(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** The SIDs that a sentence names: whose particulars help. */
export function sidsIn(problems: readonly string[]): readonly string[] {
  return [...new Set(problems.flatMap((text) => text.match(/SM[0-9a-f]{32}/g) ?? []))];
}
