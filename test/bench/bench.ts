/**
 * `npm run bench`: the figures of the design, measured from outside on this machine; `--json` for programs,
 * `--only WORD` for one row, `--profile FOLDER` for the daemon's processor profiles. Daemon, modem and load generator
 * are processes of their own.
 *
 *   npm run build && npx tsc -p test/bench/tsconfig.json && node dist/bench/test/bench/bench.js
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ACCEPT_PLANS } from "./accept-rows.ts";
import { HISTORY_PLANS } from "./history-rows.ts";
import { MODEM_PLANS } from "./modem-rows.ts";
import { machineMs } from "./process.ts";
import { measured, printed, type Row } from "./row.ts";
import { SMPP_PLANS } from "./smpp-rows.ts";

const PLANS = [...ACCEPT_PLANS, ...MODEM_PLANS, ...SMPP_PLANS, ...HISTORY_PLANS];

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

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    profile: { type: "string" },
  },
});
const machine = {
  cores: cpus().length,
  processor: cpus()[0]?.model ?? "unknown",
  node: process.version,
  syncMs: syncMs(),
  loadAverage: loadavg()[0] ?? 0,
};
const print = (text: string) => process.stdout.write(`${text}\n`);
if (!values.json)
  print(
    `${machine.cores} × ${machine.processor}, Node ${machine.node}, one sync ${machine.syncMs.toFixed(2)} ms, load average ${machine.loadAverage.toFixed(1)}`,
  );
const profiling =
  values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${resolve(values.profile)}`];
const rows: Row[] = [];
for (const plan of PLANS) {
  if (values.only !== undefined && !plan.figure.includes(values.only)) continue;
  const row = await measured({
    ...plan,
    site: { ...plan.site, nodeArgs: [...profiling, ...(plan.site.nodeArgs ?? [])] },
  });
  rows.push(row);
  if (!values.json) print(printed(row));
}
if (values.json) print(JSON.stringify({ machine, rows }, null, 2));
if (rows.some(({ value }) => value === null)) process.exitCode = 1;
