/**
 * The network is given 180 s to answer a PDU (24.011 §10), so these take three minutes and a half in real time: a
 * modem that falls silent while its text is on the air, and one whose answer comes later than that. Side by side.
 */
import { describe, expect, it } from "vitest";
import { ordeal } from "../harness/ordeal.ts";

const FOR_MS = 500_000;

describe.concurrent("over a PDU", () => {
  it("a modem that falls silent is found mute, and the report it had stored settles the text", {
    timeout: FOR_MS,
  }, async (context) => {
    const { shown, events } = await ordeal(
      context,
      async (faulty, sendTexts) => {
        await faulty.fault({ Fault: "slow-air", Ms: "15000", Times: "1" });
        await sendTexts();
        await faulty.acted("slow-air");
        await faulty.fault({ Fault: "hang" });
      },
      (seen) => seen.some((state) => state.startsWith("opening: ")),
    );
    expect(shown).toContainEqual(expect.stringMatching(/^opening: no answer to AT\+CMGS=\d+, nor to AT$/));
    expect(events).toContainEqual(expect.stringMatching(/\(reopen\)$/));
    expect(events.filter((text) => text.startsWith("Nobody knows whether the network took"))).toHaveLength(1);
    expect(events.at(-1)).toBe("a went from starting to ready: registered");
  });

  it("an answer that comes after its time-out is its own text's, and no other's", {
    timeout: FOR_MS,
  }, async (context) => {
    const { shown, events } = await ordeal(
      context,
      async (faulty, sendTexts) => {
        await faulty.fault({ Fault: "report-early", Ms: "184000", Times: "1" });
        await sendTexts();
      },
      (_, forMs) => forMs > 186_000,
    );
    expect(shown.at(0)).toBe("ready: registered");
    expect(shown).toContain(
      "ready: a text has waited 20 s for the network's answer, at most 180 s; nothing is read meanwhile",
    );
    expect(shown.filter((state) => !state.startsWith("ready: "))).toEqual([]);
    expect(shown.at(-1)).toBe("ready: registered");
    expect(events).toContainEqual(
      "a: a command was not answered in time; the dialogue finds its place again (resync)",
    );
    expect(events.filter((text) => text.startsWith("Nobody knows whether the network took"))).toEqual([]);
  });
});
