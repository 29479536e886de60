/**
 * Three faults in real time. The modem is idle when they begin: over a PDU it is given 180 s, which takes longer than
 * a test may here (`test/system/silent-over-a-pdu.test.ts`). They run side by side, each on a site of its own.
 */
import { describe, expect, it } from "vitest";
import { ordeal, type Strike } from "../harness/ordeal.ts";

const FOR_MS = 180_000;
const GONE =
  /^opening: tcp:\/\/127\.0\.0\.1:\d+ (?:closed the connection|broke the connection \(read ECONNRESET\)): see there/;

function once(fault: Record<string, string>): Strike {
  return async (faulty, sendTexts) => {
    await faulty.fault(fault);
    await sendTexts();
  };
}

describe.concurrent("a line whose modem fails costs the other line not one second, loses nothing and doubles nothing", () => {
  it("while its port is gone", { timeout: FOR_MS }, async (context) => {
    // Opened again and again, and closed by the other end each time, as ser2net does without its device.
    const { shown, events } = await ordeal(context, once({ Fault: "unplug" }), (_, forMs) => forMs > 5000);
    expect(shown).toContainEqual(expect.stringMatching(GONE));
    expect(events.filter((text) => /^a went from ready to opening: /.test(text))).toHaveLength(1);
    expect(events.filter((text) => /^a went from starting to opening: /.test(text))).toHaveLength(1);
    expect(events.at(-1)).toBe("a went from starting to ready: registered");
  });

  it("while its modem is mute", { timeout: FOR_MS }, async (context) => {
    // 10 s without a prompt, 10 s without an answer to AT; then the port is opened anew, and it is still mute.
    const { shown, events } = await ordeal(context, once({ Fault: "hang" }), (seen) => seen.length >= 3);
    expect(shown).toEqual([
      "ready: registered",
      expect.stringMatching(/^opening: no answer to AT\+CMGS=\d+, nor to AT$/),
      "starting: setting the modem up",
    ]);
    expect(events).toContainEqual(
      expect.stringMatching(/nor to AT \(silence\): the port is closed and opened again \(reopen\)$/),
    );
    expect(events).toContainEqual(expect.stringMatching(/^a is well again after \d+ s \(silence\)/));
    expect(events.at(-1)).toBe("a went from starting to ready: registered");
  });

  it("while its modem answers late", { timeout: FOR_MS }, async (context) => {
    // The prompt comes after its 10 s, in the middle of finding the place again: the line need not go down for that.
    const late = { Fault: "late-answer", Ms: "11500" };
    const { shown, events } = await ordeal(context, once(late), (_, forMs) => forMs > 11_500);
    expect(shown).toEqual(["ready: registered"]);
    expect(events).toContainEqual(
      "a: a command was not answered in time; the dialogue finds its place again (resync)",
    );
  });
});
