/**
 * `npm run soak -- --hours 24 --seed 1`: the soak as a command, one line for each simulated hour. Ends with 1 when
 * something was lost, doubled or out of order, or when memory grew.
 *
 *   npx tsc -p test/soak/tsconfig.json && node --expose-gc dist/soak/test/soak/run.js --hours 24 --seed 1
 */
import { parseArgs } from "node:util";
import { createLog } from "../../src/runtime/log.ts";
import { runSoak } from "./soak.ts";

/** What a day may leave behind: the ledger's own numbers and what the collector has not got to. */
const GROWTH_MAX_BYTES = 12 * 1024 * 1024;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      hours: { type: "string", default: "24" },
      seed: { type: "string", default: "1" },
      lines: { type: "string", default: "2" },
      "message-every": { type: "string", default: "20" },
      "fault-every": { type: "string", default: "300" },
      "crash-every-hours": { type: "string", default: "2" },
      verbose: { type: "boolean", default: false },
    },
  });
  const report = await runSoak({
    hours: Number(values.hours),
    seed: Number(values.seed),
    lines: Number(values.lines),
    messageEverySeconds: Number(values["message-every"]),
    faultEverySeconds: Number(values["fault-every"]),
    crashEveryHours: Number(values["crash-every-hours"]),
    ...(values.verbose ? { log: createLog({ readable: false }) } : {}),
    heapBytes: () => {
      const collect = (globalThis as { gc?: () => void }).gc;
      if (collect === undefined) return null;
      collect();
      return process.memoryUsage().heapUsed;
    },
    onHour: (hour, totals, heap) =>
      print(
        `hour ${hour}: ${totals.outbound} out, ${totals.inbound} in, ${totals.resent} resent${
          heap === null ? "" : `, heap ${megabytes(heap)} MB`
        }`,
      ),
  });
  const problems = [...report.problems];
  const [first, last] = report.heapBytes ?? [0, 0];
  if (last - first > GROWTH_MAX_BYTES)
    problems.push(`memory grew from ${megabytes(first)} to ${megabytes(last)} MB`);
  print(JSON.stringify({ ...report, problems }, null, 2));
  return problems.length === 0 ? 0 : 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

process.exitCode = await main();
