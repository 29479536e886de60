/**
 * `pylone doctor`: everything that has to be in order, one finding each with cause and next step. With the daemon
 * running it asks the daemon, whose modems are nobody else's; without one it opens the ports itself, asks and lets go.
 * It mends nothing, and spends no try of a PIN.
 */
import { readAddress } from "../../daemon/address-file.ts";
import type { LoadedConfig } from "../../daemon/config.ts";
import { EXIT } from "../../daemon/exit-codes.ts";
import { systemClock } from "../../runtime/clock.ts";
import { reasonOf } from "../../runtime/fault.ts";
import { readSettings } from "../../store/settings.ts";
import type { SettingsDocument } from "../../store/settings-document.ts";
import { ApiClient } from "../api-client.ts";
import { type ConfigFindings, checkConfiguration } from "../config-check.ts";
import { connectionOf, reading, urlOf } from "../connection.ts";
import { Failure } from "../failure.ts";
import type { Surroundings } from "../surroundings.ts";
import { jsonDocument } from "../table.ts";
import type { EventView, HealthView, LineView } from "../views.ts";
import { backupFindings } from "./backups.ts";
import { daemonUserOf } from "./daemon-user.ts";
import { lookAtDevice, modemManagerFindings } from "./device.ts";
import { type Finding, fail, failFor, pass, warn } from "./finding.ts";
import { folderFindings } from "./folder.ts";
import { addressFinding, clockFinding, tlsFindings, untrusted } from "./machine.ts";
import { runningLineFindings } from "./running-line.ts";
import { stoppedLineFindings } from "./stopped-line.ts";
import { webhookFindings } from "./webhooks.ts";

export type Doctor = { readonly config: string | null; readonly json: boolean };

export async function doctor({ config, json }: Doctor, surroundings: Surroundings): Promise<number> {
  const checked = checkConfiguration(config, surroundings);
  const examination =
    checked.loaded === null ? { daemon: null, findings: [] } : await examine(checked.loaded);
  const findings = [...configFindings(checked), ...examination.findings];
  const failed = findings.filter(({ status }) => status === "fail").length;
  const warned = findings.filter(({ status }) => status === "warn").length;
  const status = failed > 0 ? "fail" : warned > 0 ? "warn" : "pass";
  if (json) {
    surroundings.print(jsonDocument({ status, daemon: examination.daemon, checks: findings }));
  } else {
    for (const finding of findings) surroundings.print(shown(finding, surroundings.isTerminal));
    const all = `${findings.length} looked at, ${failed} failed, ${warned} to mind`;
    surroundings.print(`\n${status === "pass" ? "All is well" : "Not all is well"}: ${all}.\n`);
  }
  return failed > 0 ? EXIT.failed : EXIT.ok;
}

const COLOURS = { pass: "\x1b[32m", warn: "\x1b[33m", fail: "\x1b[31m" } as const;

function shown({ status, about, text, next }: Finding, isTerminal: boolean): string {
  const word = isTerminal ? `${COLOURS[status]}${status}\x1b[0m` : status;
  return `${word}  ${about}: ${text}\n${next === null ? "" : `      → ${next}\n`}`;
}

function configFindings({ file, problems, isUnreadable }: ConfigFindings): Finding[] {
  const next = isUnreadable
    ? "run this with sudo, or as the user the daemon runs as"
    : "mend the file; `pylone config check` looks at it alone";
  const where = file ?? "built in: one simulated line";
  // Whether a device is there is looked at with its line.
  return problems.length === 0
    ? [pass("configuration", where)]
    : problems.map((problem) => fail("configuration", problem, next));
}

type Examination = {
  /** The running daemon's address; null when none runs. */
  readonly daemon: { readonly url: string } | null;
  readonly findings: readonly Finding[];
};

async function examine(loaded: LoadedConfig): Promise<Examination> {
  const { config } = loaded;
  const { dataDir } = config;
  const findings: Finding[] = await folderFindings(dataDir);
  let settings: SettingsDocument | null = null;
  try {
    settings = await reading(dataDir, () => readSettings(dataDir));
  } catch (error) {
    findings.push(failFor("settings", reasonOf(error), "restore settings.json from a backup"));
  }
  findings.push(...(await tlsFindings(config.http)));
  const daemon = await daemonOf(loaded);
  findings.push(
    ...(daemon.is === "running"
      ? await runningFindings(daemon, loaded)
      : daemon.is === "absent"
        ? await stoppedFindings(loaded, settings)
        : [fail("daemon", daemon.reason, daemon.next)]),
  );
  const failure = daemon.is === "running" ? await lastFailedBackup(daemon) : null;
  const user = await daemonUserOf(dataDir);
  findings.push(...(await backupFindings({ config, user, failure, now: systemClock.now() })));
  const paths = config.lines.flatMap((line) =>
    line.type === "modem" && line.device.startsWith("/") ? [line.device] : [],
  );
  if (config.lines.some((line) => line.type === "modem" && !/^(?:sim|tcp):/.test(line.device)))
    findings.push(...(await modemManagerFindings(paths)));
  if (settings !== null) findings.push(...(await webhookFindings(settings)));
  return { daemon: daemon.is === "running" ? { url: daemon.client.url } : null, findings };
}

/** Its own bound is 3 s. */
const HEALTH_MS = 5_000;

type Running = { readonly is: "running"; readonly client: ApiClient; readonly health: HealthView };
type Daemon =
  | Running
  | { readonly is: "absent" }
  /** One runs, or may: its ports are left alone. */
  | { readonly is: "unknown"; readonly reason: string; readonly next: string };

/** No answer is no proof: what has left its address and still runs has its ports too. */
async function daemonOf({ config }: LoadedConfig): Promise<Daemon> {
  try {
    if ((await urlOf(config)) === null) return { is: "absent" };
    const client = new ApiClient(await connectionOf(config), { patienceMs: HEALTH_MS });
    // Health is anybody's: a daemon with other credentials is a daemon.
    const { body } = await client.call("GET", "/health");
    return { is: "running", client, health: body as HealthView };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.exitCode === EXIT.noPermission)
      return {
        is: "unknown",
        reason: "whether it runs cannot be told, so its ports were left alone",
        next: "run this with sudo, or as the user the daemon runs as (sudo -u pylone …)",
      };
    const left = await readAddress(config.dataDir).catch(() => null);
    if (left === null) return { is: "absent" };
    return {
      is: "unknown",
      reason: `process ${left.pid} runs and does not answer as it should: ${error.message}`,
      next: "see `journalctl -u pylone -e`; restart it: systemctl restart pylone",
    };
  }
}

async function stoppedFindings(
  { config }: LoadedConfig,
  settings: SettingsDocument | null,
): Promise<Finding[]> {
  const found = [
    warn(
      "daemon",
      "does not run; the ports are asked by this command",
      "start it: systemctl start pylone, or pylone serve; `journalctl -u pylone -e` says why it ended",
    ),
    await addressFinding(config.http),
    await clockFinding(config.dataDir),
  ];
  const user = await daemonUserOf(config.dataDir);
  for (const line of config.lines) {
    const number = settings?.numbers.find((each) => each.line === line.name)?.phoneNumber ?? null;
    found.push(...(await stoppedLineFindings(line, { number, user })));
  }
  return found;
}

async function runningFindings({ client, health }: Running, loaded: LoadedConfig): Promise<Finding[]> {
  const { config } = loaded;
  const found = [pass("daemon", `runs at ${client.url}`), ...healthFindings(health)];
  let lines: readonly LineView[];
  try {
    ({ lines } = await client.get<{ lines: readonly LineView[] }>("/appliance/v1/Lines", {
      PageSize: "1000",
    }));
  } catch (error) {
    return [...found, failFor("credentials", reasonOf(error), "restart the daemon")];
  }
  const pid = (await readAddress(config.dataDir).catch(() => null))?.pid ?? null;
  const daemon = { pid, user: await daemonUserOf(config.dataDir) };
  for (const view of lines) {
    const line = config.lines.find(({ name }) => name === view.name) ?? null;
    found.push(...runningLineFindings(view, line, systemClock.now()));
    if (view.state === "ready" || line?.type !== "modem" || !line.device.startsWith("/")) continue;
    const device = await lookAtDevice(`line ${view.name}: device`, line.device, daemon);
    // That it is not there its state says.
    if (device.path !== null) found.push(...device.troubles);
  }
  for (const { name } of config.lines.filter(({ name }) => lines.every((line) => line.name !== name)))
    found.push(
      warn(`line ${name}`, "is in the configuration and not in the daemon", "restart the daemon to take it"),
    );
  return found;
}

/** Null too where it does not tell: that finding is there already. */
async function lastFailedBackup({ client }: Running): Promise<EventView | null> {
  const asked = client.get<{ events: readonly EventView[] }>("/appliance/v1/Events", {
    Type: "backup.failed",
    PageSize: "1",
  });
  return asked.then(
    ({ events }) => events[0] ?? null,
    () => null,
  );
}

/** What concerns no single line. */
export function healthFindings({ checks }: HealthView): Finding[] {
  const { store, webhooks, clock } = checks;
  const found: Finding[] = [];
  if (store !== undefined)
    found.push(
      store.status === "pass"
        ? pass("store", store.text)
        : failFor("store", store.text, "see `disk` above, and `journalctl -u pylone -e`", store.status),
    );
  if (webhooks !== undefined)
    found.push(
      webhooks.status === "pass"
        ? pass("webhook queue", webhooks.text)
        : failFor("webhook queue", webhooks.text, "`pylone events` says which app", webhooks.status),
    );
  found.push(
    clock === undefined
      ? pass("clock", "can be trusted")
      : untrusted(clock.text.replace(/^not to be trusted: /, "")),
  );
  return found;
}
