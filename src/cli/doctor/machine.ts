/** The machine around the daemon: its address, its certificate, its clock. */
import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ntpState } from "../../daemon/clock-watch.ts";
import type { Config } from "../../daemon/config-schema.ts";
import { whyNotListening } from "../../daemon/http-server.ts";
import { systemClock } from "../../runtime/clock.ts";
import { whyUntrusted } from "../../runtime/clock-trust.ts";
import { reasonOf } from "../../runtime/fault.ts";
import { type Finding, fail, failFor, pass, warn } from "./finding.ts";
import { listenersAt, named } from "./processes.ts";

const DAY_MS = 86_400_000;
const SOON_MS = 30 * DAY_MS;

/** Whether the daemon could take its address: taken for an instant, and given back. */
export async function addressFinding(http: Config["http"]): Promise<Finding> {
  const { host, port } = http;
  const error = await new Promise<Error | null>((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
  if (error === null) return pass("address", `${host}:${port} is free`);
  const holders = await listenersAt(port);
  if (holders.length > 0)
    return fail(
      "address",
      `${host}:${port} is taken by ${named(holders)}`,
      "stop it, or choose another `http.port`",
    );
  return failFor("address", whyNotListening(error, http), "mend `http.host` and `http.port`");
}

export async function tlsFindings({ tls }: Config["http"]): Promise<Finding[]> {
  if (tls === undefined) return [];
  const about = "certificate";
  try {
    const { validTo } = new X509Certificate(await readFile(tls.cert));
    return [expiryFinding(Date.parse(validTo), systemClock.now())];
  } catch (error) {
    return [fail(about, `${tls.cert} cannot be read: ${reasonOf(error)}`, "mend `http.tls.cert`")];
  }
}

export function expiryFinding(until: number, now: number): Finding {
  const text = `valid until ${new Date(until).toISOString().slice(0, 10)}`;
  const next = "renew it and replace the files of `http.tls`";
  if (until < now) return fail("certificate", `expired: ${text}`, next);
  return until - now < SOON_MS
    ? warn("certificate", `${text}: ${Math.floor((until - now) / DAY_MS)} days`, next)
    : pass("certificate", text);
}

/** As the daemon would judge it at its start; what it has stored last was no later than its file. */
export async function clockFinding(dataDir: string): Promise<Finding> {
  const newest = await Promise.all(
    ["pylone.db", "pylone.db-wal"].map((name) =>
      stat(join(dataDir, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  const newestRowAt = Math.max(...newest);
  const why = whyUntrusted({
    now: systemClock.now(),
    builtAt: (await stat(fileURLToPath(import.meta.url))).mtimeMs,
    newestRowAt: newestRowAt === 0 ? null : newestRowAt,
    ntp: await ntpState(),
    networkNow: null,
    vouchedNow: null,
    hasBattery: false,
  });
  return why === null ? pass("clock", "can be trusted") : untrusted(why);
}

export function untrusted(why: string): Finding {
  return warn(
    "clock",
    `not to be trusted: ${why}; dates may be wrong`,
    "connect an NTP server (`timedatectl`), or add a battery-backed clock (RTC)",
  );
}
