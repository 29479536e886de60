/** `/metrics` and the alerts that ship, read by Prometheus' own tool. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";

const ALERTS = fileURLToPath(new URL("../../systemd/pylone-alerts.yml", import.meta.url));
const RULE_TESTS = fileURLToPath(new URL("./alerts.test.yml", import.meta.url));

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

/** Rejects with what it printed when it does not end with 0. */
function promtool(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile("promtool", args, (error, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr);
      else reject(new Error(`promtool ${args.join(" ")}: ${stdout}${stderr}`));
    });
    child.stdin?.end(input);
  });
}

it("answers /metrics with a page that promtool finds no fault with, every metric of the alerts on it", async () => {
  const { client } = await startDaemon(
    site,
    'dataDir: data\nlines:\n  - { name: sim1, type: modem, device: "sim:", number: "+33639980001" }\n',
  );
  const sent = await client.post("{AC}/Messages.json", {
    From: "+33639980001",
    To: "+33612345678",
    Body: "Hi",
  });
  await client.statuses(String(sent.json["sid"]), "delivered");
  const authorization = `Basic ${btoa(`${client.sid}:${client.token}`)}`;
  const page = await eventually(async () => {
    const answer = await fetch(`${client.base}/metrics`, { headers: { authorization } });
    const text = await answer.text();
    return answer.status === 200 && text.includes('pylone_line_state{line="sim1",state="ready"} 1')
      ? text
      : null;
  });
  expect(await promtool(["check", "metrics"], page)).toBe("");
  expect(page).toContain('pylone_submissions_total{line="sim1",outcome="accepted",error_code=""} 1');
  expect(page).toContain('pylone_health{check="store"} 1');
  expect(page).not.toContain("33612345678");

  const rules = readFileSync(ALERTS, "utf8");
  const used = new Set(rules.match(/\bpylone_[a-z_]+(?=[{ [)])/g));
  expect(used.size).toBeGreaterThanOrEqual(8);
  // A queue's gauges are there while something waits in it; these two are declared all the same.
  for (const metric of used) expect(page).toContain(`# TYPE ${metric.replace(/_bucket$/, "")} `);

  expect((await fetch(`${client.base}/metrics`)).status).toBe(401);
});

it("ships alerts that fire when they should and not before", async () => {
  expect(await promtool(["check", "rules", ALERTS])).toContain("SUCCESS");
  const tests = join(site.folder, "alerts.test.yml");
  writeFileSync(tests, readFileSync(RULE_TESTS, "utf8").replace("ALERTS", ALERTS));
  expect(await promtool(["test", "rules", tests])).toContain("SUCCESS");
});
