/** What the operator is told of a line's states. */
import { expect, test } from "vitest";
import { handlersOf } from "../../src/daemon/line-handlers.ts";
import type { Line } from "../../src/line/line.ts";
import type { Pending } from "../../src/messaging/outbound/pending.ts";
import type { NewEvent } from "../../src/runtime/event.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { FakeClock } from "../harness/fake-clock.ts";

function told(): { readonly events: string[]; readonly onState: ReturnType<typeof handlersOf>["onState"] } {
  const events: string[] = [];
  const { onState } = handlersOf({ name: "gsm1", status: { simulated: false } } as unknown as Line, {
    store: {
      addEvent: (event: NewEvent) => Promise.resolve(events.push(event.text)).then(() => undefined),
      quarantine: () => Promise.resolve(),
    },
    clock: new FakeClock(),
    log: silentLog(),
    networkTime: () => Promise.resolve(),
    pending: { own: () => undefined } as unknown as Pending,
    receive: () => Promise.resolve("kept"),
    report: () => Promise.resolve("kept"),
    acceptedLate: () => undefined,
    onState: () => undefined,
  });
  return { events, onState };
}

test("the attempts of one outage are told once, and the next outage again", () => {
  const { events, onState } = told();
  onState("opening", "not started");
  onState("starting", "setting the modem up");
  onState("ready", "registered");
  const outage = () => {
    onState("opening", "unplugged");
    for (let attempt = 0; attempt < 50; attempt++) {
      onState("starting", "setting the modem up");
      onState("opening", "no answer");
    }
    onState("starting", "setting the modem up");
    onState("ready", "registered");
  };
  outage();
  const once = [
    "gsm1 went from ready to opening: unplugged",
    "gsm1 went from opening to starting: setting the modem up",
    "gsm1 went from starting to opening: no answer",
    "gsm1 went from starting to ready: registered",
  ];
  expect(events.slice(2)).toEqual(once);
  outage();
  expect(events.slice(6)).toEqual(once);
});

test("that a person is needed is told between any attempts", () => {
  const { events, onState } = told();
  onState("opening", "not started");
  onState("starting", "setting the modem up");
  onState("opening", "no answer");
  onState("starting", "setting the modem up");
  onState("refused", "the SIM needs a PIN");
  expect(events.at(-1)).toBe("gsm1 went from starting to refused: the SIM needs a PIN");
  expect(events).toHaveLength(3);
});
