/**
 * `npm run torture -- --rounds 100 --seed 1`: the torture as a command, one line for each round. Ends with 1 when
 * something was lost, doubled, out of order or not told, and says then what it knows of it.
 *
 *   npm run build && npx tsc -p test/torture/tsconfig.json && node dist/torture/test/torture/run.js --rounds 100
 */
import { parseArgs } from "node:util";
import { torture } from "./torture.ts";

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
    },
  });
  const { logs, ...report } = await torture({
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    onRound: (round, what) => print(`round ${round}: ${what}`),
  });
  for (const log of logs) print(`── the end of a life\n${log}`);
  print(JSON.stringify(report, null, 2));
  return report.problems.length === 0 ? 0 : 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main();
