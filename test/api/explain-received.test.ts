/** Does my app know of it: the sentences about a received message's webhook. */
import { describe, expect, it } from "vitest";
import { explainReceived, untoldOf, viewOfWebhook } from "../../src/api/explain-received.ts";
import type { Event } from "../../src/runtime/event.ts";
import type { WebhookStanding } from "../../src/store/reading.ts";

const NOW = Date.UTC(2026, 0, 4, 10, 15, 30);
const URL_WITH_SECRETS = "http://user:secret@app.lan:5000/sms/key?token=1";

function standing(fields: Partial<WebhookStanding> = {}): WebhookStanding {
  return { url: URL_WITH_SECRETS, attempts: 0, ahead: 0, head: { attempts: 0, notBefore: NOW }, ...fields };
}

describe("a webhook that waits", () => {
  const again = { attempts: 3, notBefore: NOW + 60_000 };

  it.each<[Partial<WebhookStanding>, string]>([
    [{}, "Its webhook is with http://app.lan:5000, which has not answered yet."],
    [
      { attempts: 3, head: again },
      "http://app.lan:5000 did not take its webhook in 3 attempts; it is asked again at 2026-01-04T10:16:30.000Z.",
    ],
    [
      { attempts: 1, head: { attempts: 1, notBefore: NOW } },
      "http://app.lan:5000 did not take its webhook in 1 attempt; it is being asked.",
    ],
    [
      { ahead: 2, head: again },
      "Its webhook waits for http://app.lan:5000: 2 webhooks stand before it, the first of which was not taken in 3 attempts and is asked again at 2026-01-04T10:16:30.000Z.",
    ],
    [
      { ahead: 1 },
      "Its webhook waits for http://app.lan:5000: 1 webhook stands before it, the first of which is being asked.",
    ],
  ])("is explained: %j", (fields, sentence) => {
    expect(explainReceived({ standing: standing(fields), untold: null }, NOW)).toBe(sentence);
  });

  it("shows its app without what may be secret in the URL, and when its queue is asked again", () => {
    const view = viewOfWebhook(standing({ ahead: 2, head: again }), NOW);
    expect(view).toEqual({
      app: "http://app.lan:5000",
      attempts: 0,
      ahead: 2,
      nextAttemptAt: NOW + 60_000,
    });
  });
});

describe("a webhook that does not wait", () => {
  const event = (fields: Partial<Event>): Event => ({
    sid: `NO${"0".repeat(32)}`,
    type: "webhook.failed",
    level: "error",
    at: NOW,
    text: "The app did not take it: given up on.",
    ...fields,
  });

  it("was answered, as far as anybody knows", () => {
    expect(explainReceived({ standing: null, untold: null }, NOW)).toBe(
      "It came in. No webhook of it waits and no event tells of one that failed: its app answered it, its number had no URL then, or it was the keyword of an audience.",
    );
  });

  it("was given up on, or never was, where an event says so", () => {
    const untold = untoldOf([event({ type: "twiml.error", level: "warning", text: "another" }), event({})]);
    expect(explainReceived({ standing: null, untold }, NOW)).toBe(
      "It came in, and no app was told: The app did not take it: given up on.",
    );
    expect(untoldOf([event({ type: "inbound.unrouted", level: "info", text: "no SmsUrl" })])).toBe(
      "no SmsUrl",
    );
  });

  it("never was, where the text was the keyword of an audience that keeps them to itself", () => {
    const joined = (forwarded: boolean) =>
      untoldOf([event({ type: "audience.changed", level: "info", text: "joined", detail: { forwarded } })]);
    expect(joined(false)).toBe("joined");
    expect(joined(true)).toBeNull();
  });

  it("was not given up on where only its first URL failed and the fallback answered", () => {
    expect(untoldOf([event({ level: "warning" })])).toBeNull();
  });
});
