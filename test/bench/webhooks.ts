/**
 * From a carrier to an app: receiver, store and deliverer of the product in this process, the app in another. The
 * carrier is this file: `window` texts at once, each followed by the next when it is kept.
 *
 *   npm run build && npx tsc -p test/bench/tsconfig.json
 *   node dist/bench/test/bench/webhooks.js '{"numbers":10,"texts":5000,"window":50}'
 *
 * `answerMs`: how long the app thinks. `gapMs`: a pause between texts, for latency. `untilKept`: it ends when all are
 * kept, whatever the app has been told by then. Prints one JSON line.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAddress } from "../../src/accounts/address.ts";
import { createReceiver, type Receiver } from "../../src/messaging/inbound/receive.ts";
import { createAnswer } from "../../src/messaging/inbound/reply.ts";
import { createAccept } from "../../src/messaging/outbound/accept.ts";
import { WebhookDeliverer } from "../../src/messaging/webhook/deliverer.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { KeySequence } from "../../src/runtime/ids.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { septetsOf } from "../../src/sms/gsm7.ts";
import type { InboundSegment } from "../../src/sms/message.ts";
import { openStore } from "../../src/store/open-store.ts";
import { numberRecord } from "../messaging/numbers.ts";
import { Measured, machineMs } from "./process.ts";
import { pause } from "./site.ts";
import type { AppTold } from "./webhook-app.ts";

type Plan = {
  readonly numbers: number;
  readonly texts: number;
  readonly window: number;
  readonly answerMs: number;
  readonly gapMs: number;
  readonly untilKept: boolean;
};

const HERE = dirname(fileURLToPath(import.meta.url));
/** dist/store/worker.js, seen from dist/bench/test/bench/. */
const WORKER = new URL("../../../store/worker.js", import.meta.url);

const defaults: Plan = { numbers: 10, texts: 5000, window: 50, answerMs: 0, gapMs: 0, untilKept: false };
const plan: Plan = { ...defaults, ...(JSON.parse(process.argv[2] ?? "{}") as Partial<Plan>) };

const dataDir = mkdtempSync(join(tmpdir(), "pylone-webhooks-"));
const app = new Measured(
  join(HERE, "webhook-app.js"),
  [JSON.stringify({ count: plan.texts, answerMs: plan.answerMs })],
  dataDir,
);
const port = await app.line((line) => {
  const said = JSON.parse(line) as { is: string; port: number };
  return said.is === "ready" ? said.port : null;
});

const store = await openStore({
  dataDir,
  workerUrl: WORKER,
  onFatal: (fault) => process.exit(String(fault).length),
});
const records = Array.from({ length: plan.numbers }, (_, index) =>
  numberRecord({
    phoneNumber: `+3363998${String(index).padStart(4, "0")}`,
    sid: `PN${String(index).padStart(32, "0")}`,
    smsUrl: `http://127.0.0.1:${port}/sms`,
  }),
);
const byNumber = new Map(records.map((record) => [record.phoneNumber, record]));
const numbers = { byNumber: (text: string) => byNumber.get(text) ?? null, ofLine: () => records.slice(0, 1) };
const common = {
  store,
  keys: new KeySequence(systemClock, store.newestKey),
  clock: systemClock,
  log: silentLog(),
};
const receive: Receiver = createReceiver({ ...common, numbers, parseAddress, siteCountry: "FR" });
const { prepare } = createAccept({ ...common, limits: { maxQueued: 100_000 } });
const deliverer = new WebhookDeliverer({
  ...common,
  authTokenOf: () => "1".repeat(32),
  answer: createAnswer({ ...common, prepare, numbers, parseAddress, rateOf: () => 1 }),
  options: { timeoutMs: 15_000, retryForHours: 48, replyWithinMinutes: 60 },
  isOwnAddress: () => false,
});
deliverer.start();

const before = threads();
const [appBefore, writtenBefore] = [app.processorSeconds, written()];
const startedAt = machineMs();
let next = 0;
let peak = 0;
await Promise.all(Array.from({ length: plan.window }, carry));
const keptAt = machineMs();
const { waiting } = await deliverer.backlog();
const told = plan.untilKept ? null : await toldByApp();
while (told !== null && (await deliverer.backlog()).waiting > 0) await pause(5);
const after = threads();
const [main = 0, ...others] = after.map((seconds, index) => seconds - (before[index] ?? 0));
const [worker = 0, ...rest] = others.sort((a, b) => b - a);
const each = (seconds: number) => Math.round((seconds * 1e6) / plan.texts);
process.stdout.write(
  `${JSON.stringify({
    ...plan,
    perSecond: told === null ? null : Math.round(plan.texts / ((told.lastAt - startedAt) / 1000)),
    keptPerSecond: Math.round(plan.texts / ((keptAt - startedAt) / 1000)),
    waitingWhenKept: waiting,
    medianMs: told === null ? null : Number(told.medianMs.toFixed(2)),
    p99Ms: told === null ? null : Number(told.p99Ms.toFixed(2)),
    outOfOrder: told?.outOfOrder ?? null,
    connections: told?.connections ?? null,
    mainMicroseconds: each(main),
    storeMicroseconds: each(worker),
    otherMicroseconds: each(rest.reduce((sum, seconds) => sum + seconds, 0)),
    appMicroseconds: each(app.processorSeconds - appBefore),
    bytesPerText: Math.round((written() - writtenBefore) / plan.texts),
    peakMB: Math.round(peak / 1024 / 1024),
  })}\n`,
);
await deliverer.stop(plan.untilKept ? 0 : 3_000);
await store.close();
await app.stop();
rmSync(dataDir, { recursive: true, force: true });

function toldByApp(): Promise<AppTold> {
  return app.line((line) => {
    const said = JSON.parse(line) as AppTold;
    return said.is === "done" ? said : null;
  });
}

async function carry(): Promise<void> {
  while (next < plan.texts) {
    const sequence = next++;
    const to = records[sequence % records.length]?.phoneNumber ?? "";
    await receive("bench", segmentOf(`${sequence} ${machineMs()}`, to, sequence));
    if (sequence % 500 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    if (plan.gapMs > 0) await pause(plan.gapMs);
  }
}

function segmentOf(text: string, to: string, sequence: number): InboundSegment {
  return {
    from: `+3361234${String(sequence % 10_000).padStart(4, "0")}`,
    to,
    userData: {
      alphabet: "gsm7",
      septets: septetsOf(text) ?? new Uint8Array(),
      lockingShift: 0,
      singleShift: 0,
    },
    concatenation: null,
    tpScts: null,
    tpPid: 0,
    tpDcs: 0,
    messageClass: null,
    destinationPort: null,
    fingerprint: `${sequence}`.padStart(64, "0"),
    raw: "00",
  };
}

/** Processor seconds by thread, this one first; the busiest of the others is the store's. */
function threads(): number[] {
  const ids = readdirSync("/proc/self/task")
    .map(Number)
    .sort((a, b) => a - b);
  return ids.map((id) => {
    const fields = readFileSync(`/proc/self/task/${id}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  });
}

function written(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}
