/**
 * `npm run bench`: the figures of the design (§7), measured from outside on this machine. Daemon, modem and load
 * generator are processes of their own, and each run has a site of its own.
 *
 * What it can be asked is in `arguments.ts`, and `--help` says it.
 *
 *   npm run build && npx tsc -p test/bench/tsconfig.json && node dist/bench/test/bench/bench.js
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ACCEPT_PLANS } from "./accept-rows.ts";
import { type Arguments, HELP, readArguments, USAGE, WrongArguments } from "./arguments.ts";
import { DISK_PLANS } from "./disk-rows.ts";
import { historyPlans } from "./history-rows.ts";
import { KILL_PLANS } from "./kill-rows.ts";
import { LOAD_PLANS } from "./load-rows.ts";
import { MODEM_PLANS } from "./modem-rows.ts";
import { machineMs } from "./process.ts";
import { measured, type Row } from "./row.ts";
import { Seeds } from "./seed.ts";
import { SMPP_PLANS } from "./smpp-rows.ts";
import { type Line, lineOf, printed } from "./table.ts";

const SEEDS = new Seeds();
const PLANS = [
  ...ACCEPT_PLANS,
  ...MODEM_PLANS,
  ...KILL_PLANS,
  ...SMPP_PLANS,
  ...DISK_PLANS,
  ...LOAD_PLANS,
  ...historyPlans(SEEDS),
];

const SYNCS = 100;

/** What one synced 4 KB write costs here: every durable figure stands on it. */
function syncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), "pylone-sync-"));
  const file = openSync(join(folder, "sync"), "w");
  const block = Buffer.alloc(4096, 1);
  const times = Array.from({ length: SYNCS }, () => {
    const begin = machineMs();
    writeSync(file, block);
    fdatasyncSync(file);
    return machineMs() - begin;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return times.sort((a, b) => a - b)[SYNCS / 2] ?? Number.NaN;
}

function asked(): Arguments {
  try {
    const figures = PLANS.map(({ figure }) => figure);
    const read = readArguments(process.argv.slice(2), figures);
    if (read !== null) return read;
    process.stdout.write(HELP);
    SEEDS.remove();
    process.exit(0);
  } catch (error) {
    if (!(error instanceof WrongArguments)) throw error;
    process.stderr.write(`${error.message}\n`);
    SEEDS.remove();
    process.exit(USAGE);
  }
}

const { json, runs, isAsked, baseline, profile } = asked();
const machine = {
  cores: cpus().length,
  processor: cpus()[0]?.model ?? "unknown",
  node: process.version,
  syncMs: syncMs(),
  loadAverage: loadavg()[0] ?? 0,
  at: new Date().toISOString(),
};
const print = (text: string) => process.stdout.write(`${text}\n`);
if (!json)
  print(
    `${machine.cores} × ${machine.processor}, Node ${machine.node}, one sync ${machine.syncMs.toFixed(2)} ms, load average ${machine.loadAverage.toFixed(1)}; the median of ${runs} runs, and the lowest to the highest`,
  );
const profiling = profile === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${resolve(profile)}`];
const rows: Line[] = [];
for (const plan of PLANS) {
  if (!isAsked(plan.figure)) continue;
  const site = { ...plan.site, nodeArgs: [...profiling, ...(plan.site.nodeArgs ?? [])] };
  const results: (readonly Row[])[] = [];
  for (let run = 0; run < (plan.once === true ? 1 : runs); run++)
    results.push(await measured({ ...plan, site }));
  const [first = []] = results;
  for (const index of first.keys()) {
    const [one, ...others] = results.map((result) => result[index] as Row);
    if (one === undefined) continue;
    const line = lineOf([one, ...others]);
    rows.push(line);
    if (!json) print(printed(line, baseline.get(line.figure) ?? null));
  }
}
SEEDS.remove();
if (json) print(JSON.stringify({ machine, runs, rows }, null, 2));
if (rows.some(({ value }) => value === null)) process.exitCode = 1;
