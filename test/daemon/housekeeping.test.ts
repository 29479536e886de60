import { expect, it } from "vitest";
import { Chores } from "../../src/daemon/chores.ts";
import { parseConfig } from "../../src/daemon/config.ts";
import { choresOf } from "../../src/daemon/housekeeping.ts";
import { silentLog } from "../../src/runtime/log.ts";
import type { AccountRecord } from "../../src/store/settings-document.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { openTestStore } from "../harness/open-test-store.ts";
import { newOutbound, newSid } from "../store/new-outbound.ts";

const CONFIG = "lines:\n  - { name: a, type: modem, device: 'sim:', number: '+33639980001' }\n";

const INACTIVE = `AC${"e".repeat(32)}`;

it("a message that was scheduled joins its queue within a second of its instant, if its account may send", async () => {
  const clock = new FakeClock();
  const opened = await openTestStore({ clock });
  const { store } = opened;
  const queued = new Promise<string>((resolve) => store.onQueued(resolve));
  const chores = new Chores({
    clock,
    log: silentLog(),
    chores: choresOf({
      store,
      clock,
      config: parseConfig(CONFIG, "pylone.yaml"),
      lines: [],
      look: () => {},
      publishIncomplete: async () => 0,
      endQueued: async () => {},
      isClockSettled: () => true,
      accounts: { inactive: () => [{ sid: INACTIVE } as AccountRecord] },
    }),
  });
  const sendAt = clock.now() + 20_000;
  const message = newOutbound({
    messagingServiceSid: `MG${"0".repeat(32)}`,
    sendAt,
    expiresAt: sendAt + 60_000,
  });
  await store.accept(message);
  const theirs = newOutbound({ ...message, sid: newSid(), accountSid: INACTIVE });
  await store.accept(theirs);
  chores.start();
  await clock.advance(19_000);
  expect(await store.getMessage(message.sid)).toMatchObject({ status: "scheduled" });
  await clock.advance(1_000);
  expect(await queued).toBe(message.queue);
  expect(await store.getMessage(message.sid)).toMatchObject({ status: "queued" });
  expect(await store.getMessage(theirs.sid)).toMatchObject({ status: "failed", errorCode: 30002 });
  await chores.stop();
  await opened.remove();
});
