/** The judge of the torture can fail: small histories with one thing wrong in each. */
import { describe, expect, it } from "vitest";
import type { History, Post, Shown, Text, Told } from "./history.ts";
import { judge } from "./judge.ts";

const MODEM = { name: "usb", number: "+331", window: 1, storesReports: true };
const SMSC = { name: "carrier", number: "36123", window: 2, storesReports: false };

function post(id: number, fields: Partial<Post> = {}): Post {
  const at = id * 10;
  return { id, round: 1, from: SMSC.number, postedAt: at, answeredAt: at + 5, sid: `SM${id}`, ...fields };
}

function shown(id: number, fields: Partial<Shown> = {}): Shown {
  return {
    sid: `SM${id}`,
    direction: "outbound-api",
    from: SMSC.number,
    status: "delivered",
    text: `out ${id}`,
    ...fields,
  };
}

function told(sid: string, status: string, fields: Partial<Told> = {}): Told {
  return {
    token: `${sid} ${status}`,
    kind: "status",
    sid,
    status,
    text: "",
    toldAt: 100,
    isReplied: false,
    ...fields,
  };
}

function toldIn(id: number, fields: Partial<Told> = {}): Told {
  return told(`SM9${id}`, "received", { kind: "inbound", text: `in ${id}`, ...fields });
}

function text(id: number): Text {
  return { id, round: 1, to: SMSC.number, isLong: false, textedAt: id * 10, takenAt: id * 10 + 5 };
}

const arrival = (name: string) => ({ from: SMSC.number, text: name });

/** Two messages out, two in, one of these answered; one kill at 50. */
const GOOD: History = {
  lines: [MODEM, SMSC],
  posts: [post(1), post(2)],
  texts: [text(3), text(4)],
  arrivals: [arrival("out 1"), arrival("out 2"), arrival("re in 4")],
  told: [
    told("SM1", "sent"),
    told("SM1", "delivered"),
    told("SM2", "sent"),
    told("SM2", "delivered"),
    toldIn(3),
    toldIn(4, { isReplied: true }),
  ],
  accidents: [{ is: "kill", round: 1, at: 50, until: 60 }],
  shown: [shown(1), shown(2), shown(8, { direction: "outbound-reply", text: "re in 4" })],
  inDoubt: ["usb", "carrier"],
  resent: new Map(),
};

function problems(fields: Partial<History>): readonly string[] {
  return judge({ ...GOOD, ...fields }).problems;
}

describe("the judge of the torture", () => {
  it("has nothing to say of a good history, and counts it", () => {
    const { counts, problems } = judge(GOOD);
    expect(problems).toEqual([]);
    expect(counts).toMatchObject({
      kills: 1,
      accepted: 2,
      arrived: 3,
      replies: 1,
      compared: 1,
      inDoubtWhereReportsStay: 1,
      reachedTheApp: 2,
    });
  });

  it("takes what nobody answered as it is: sent and told, or not there at all", () => {
    const unanswered = { answeredAt: null, sid: null };
    expect(problems({ posts: [post(1), post(2), post(5, unanswered)] })).toEqual([]);
    expect(problems({ posts: [post(1), post(2, unanswered)] })).toEqual([]);
  });

  it("allows a double that was told and can have been on the wire", () => {
    const twice = { arrivals: [...GOOD.arrivals, arrival("out 2")] };
    expect(problems({ ...twice, resent: new Map([["SM2", 1]]) })).toEqual([]);
    expect(problems(twice)).toContainEqual(expect.stringMatching(/SM2 .* arrived 2 times, and 0 resends/));
  });

  it("allows a webhook again across a death, and an order that a resend has changed", () => {
    const again = [told("SM2", "delivered", { toldAt: 45 }), told("SM2", "delivered", { toldAt: 70 })];
    expect(problems({ told: [...GOOD.told.slice(0, 3), ...again, ...GOOD.told.slice(4)] })).toEqual([]);
    const turned = [arrival("out 2"), arrival("out 1"), arrival("re in 4")];
    expect(problems({ arrivals: turned, resent: new Map([["SM1", 1]]) })).toEqual([]);
  });

  it.each<{ wrong: string; history: Partial<History>; says: RegExp }>([
    {
      wrong: "an accepted message that is gone",
      history: { shown: GOOD.shown.slice(1) },
      says: /"out 1" of round 1 \(SM1\) was accepted and is not in the list/,
    },
    {
      wrong: "one that never arrived",
      history: { arrivals: GOOD.arrivals.slice(1) },
      says: /SM1 .* is delivered and never arrived/,
    },
    {
      wrong: "one that was accepted twice",
      history: { shown: [...GOOD.shown, shown(7, { text: "out 1" })] },
      says: /"out 1" .* is 2 messages/,
    },
    {
      wrong: "a double on a modem that stores reports",
      history: {
        shown: [shown(1, { from: MODEM.number }), ...GOOD.shown.slice(1)],
        arrivals: [...GOOD.arrivals, arrival("out 1")],
        resent: new Map([["SM1", 1]]),
      },
      says: /SM1 .* arrived 2 times, and its modem had stored the report/,
    },
    {
      wrong: "more doubles than were on the wire",
      history: {
        arrivals: [...GOOD.arrivals, ...Array.from({ length: 4 }, () => arrival("out 2"))],
        resent: new Map([["SM2", 4]]),
      },
      says: /4 were doubled, more than 3 can have been on the wire/,
    },
    {
      wrong: "a text on a phone that no message stands for",
      history: { arrivals: [...GOOD.arrivals, arrival("out 6")] },
      says: /"out 6" arrived 1 times, and no message says so/,
    },
    {
      wrong: "a message that did not end",
      history: { shown: [shown(1, { status: "sent" }), ...GOOD.shown.slice(1)] },
      says: /SM1 .* ended as sent/,
    },
    {
      wrong: "a reply that was lost",
      history: { shown: GOOD.shown.slice(0, 2), arrivals: GOOD.arrivals.slice(0, 2) },
      says: /the app's reply to "in 4" of round 1 is 0 messages/,
    },
    {
      wrong: "a later message that arrived first",
      history: { arrivals: [arrival("out 2"), arrival("out 1"), arrival("re in 4")] },
      says: /"out 1" .* arrived after "out 2"/,
    },
    {
      wrong: "a text that never reached the app",
      history: { told: GOOD.told.filter((each) => each.text !== "in 3") },
      says: /"in 3" of round 1, a short one to 36123, never reached the app/,
    },
    {
      wrong: "a text that became two messages",
      history: { told: [...GOOD.told, toldIn(3, { sid: "SM77", token: "other" })] },
      says: /"in 3" of round 1 is SM93 and SM77/,
    },
    {
      wrong: "texts that were told in another order",
      history: { told: [...GOOD.told.slice(0, 4), ...GOOD.told.slice(4).toReversed()] },
      says: /told of "in 3" after "in 4", which was written later/,
    },
    {
      wrong: "a text that nobody wrote",
      history: { told: [...GOOD.told, toldIn(9)] },
      says: /told of "in 9", which nobody wrote/,
    },
    {
      wrong: "a last callback that is not how it ended",
      history: { told: GOOD.told.filter(({ token }) => token !== "SM1 delivered") },
      says: /SM1 .* is delivered, and the app was last told sent/,
    },
    {
      wrong: "callbacks out of order",
      history: { told: [told("SM1", "delivered"), told("SM1", "sent"), ...GOOD.told.slice(1)] },
      says: /SM1 .* was told as delivered, sent, delivered/,
    },
    {
      wrong: "a webhook that came twice though nobody died",
      history: { told: [...GOOD.told, told("SM2", "delivered", { toldAt: 130 })] },
      says: /SM2 was told as delivered twice, and nobody had died/,
    },
    {
      wrong: "a callback for a message that is in no list",
      history: { told: [...GOOD.told, told("SM66", "sent")] },
      says: /told of SM66, which is in no list/,
    },
  ])("finds $wrong", ({ history, says }) => {
    expect(problems(history)).toContainEqual(expect.stringMatching(says));
  });
});
