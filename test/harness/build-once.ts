import { execFileSync } from "node:child_process";

/** The store's worker and the journeys run the built program, so a test run starts with a build. */
export default function buildOnce(): void {
  execFileSync("npx", ["tsc", "-p", "tsconfig.json"], { stdio: "inherit" });
}
