/**
 * The daemon's life: compose, start, say so, wait for a signal or for the disk to fail, stop, say why.
 *
 * SIGTERM and SIGINT stop cleanly within ten seconds and end with 0. A second signal does not wait; nor does a
 * disk that no longer keeps its word: nothing that could still be written would be true (exit 74).
 */
import type { Clock } from "../runtime/clock.ts";
import { Fault, reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";
import { removeAddress, writeAddress } from "./address-file.ts";
import { type Composed, compose } from "./compose.ts";
import type { LoadedConfig } from "./config.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { whyNotListening } from "./http-server.ts";
import type { Notify } from "./sd-notify.ts";
import { Watchdog } from "./watchdog.ts";

export type StopSignal = "SIGTERM" | "SIGINT";

type Ending =
  | { readonly is: "signal"; readonly signal: StopSignal }
  | { readonly is: "fatal"; readonly fault: Fault };

/** Longer than every grace inside; shorter than systemd's patience. */
const STOP_WITHIN_MS = 10_000;

export async function serve(options: {
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Calls back for each SIGTERM and SIGINT. */
  readonly onSignal: (listener: (signal: StopSignal) => void) => void;
  /** The service manager; null where there is none. */
  readonly notify: Notify | null;
  /** What the container's own environment calls it (`podman`, `systemd-nspawn`); null outside, and in Docker's. */
  readonly container: string | null;
  /** It listens: time for a banner. */
  readonly onReady: (composed: Composed, port: number) => void;
}): Promise<number> {
  const { loaded, clock, log, onSignal, notify, container, onReady } = options;
  const { dataDir } = loaded.config;
  const endings = new Endings();
  onSignal((signal) => endings.add({ is: "signal", signal }));
  const onFatal = (fault: Fault) => endings.add({ is: "fatal", fault });

  let composed: Composed;
  try {
    composed = await compose({ loaded, clock, log, container, onFatal });
  } catch (error) {
    return explain(error, log);
  }
  const { appliance } = composed;
  const watchdog = notify === null ? null : new Watchdog({ vitals: appliance.vitals, notify, clock, log });
  try {
    const port = await appliance.start();
    await writeAddress(dataDir, { host: loaded.config.http.host, port }).catch((error: unknown) =>
      log.warn(`the address could not be noted for the other commands: ${reasonOf(error)}`),
    );
    log.info({ port, lines: appliance.lines.map(({ name }) => name) }, "ready");
    onReady(composed, port);
    watchdog?.start();
  } catch (error) {
    const { http } = loaded.config;
    const isAddress =
      error instanceof Error &&
      "syscall" in error &&
      ["listen", "getaddrinfo"].includes(String(error.syscall));
    if (isAddress) log.fatal(whyNotListening(error, http));
    const code = isAddress ? EXIT.unavailable : explain(error, log);
    await appliance.stop("The daemon could not start.");
    return code;
  }

  const ending = await endings.next();
  if (ending.is === "fatal") {
    log.fatal(
      { code: ending.fault.code },
      `${reasonOf(ending.fault)}; stopping without another word to the disk`,
    );
    return EXIT.ioError;
  }
  log.info({ signal: ending.signal }, "stopping");
  // Nothing waits for it: systemd sees the process end, whether it was told or not.
  watchdog?.stop().catch(() => undefined);
  const code = await stopCleanly(composed, ending.signal, { endings, clock, log });
  // What could not be taken away is known by its process.
  await removeAddress(dataDir).catch(() => undefined);
  return code;
}

async function stopCleanly(
  { appliance }: Composed,
  signal: StopSignal,
  { endings, clock, log }: { endings: Endings; clock: Clock; log: Log },
): Promise<number> {
  const late = new AbortController();
  const stopped = appliance.stop(`The daemon stopped (${signal}).`).then(
    () => "stopped" as const,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  const tooLate = clock.sleep(STOP_WITHIN_MS, { signal: late.signal }).then(
    () => "late" as const,
    () => "late" as const,
  );
  const outcome = await Promise.race([stopped, tooLate, endings.next()]);
  late.abort();
  if (outcome === "stopped") {
    log.info("stopped");
    return EXIT.ok;
  }
  if (outcome === "late")
    log.error(`not stopped within ${STOP_WITHIN_MS / 1000} s; what is open is judged at the next start`);
  else if (outcome instanceof Error) return explain(outcome, log);
  else if (outcome.is === "fatal") return explain(outcome.fault, log);
  else
    log.warn(
      { signal: outcome.signal },
      "a second signal: not waiting; what is open is judged at the next start",
    );
  return EXIT.forced;
}

function explain(error: unknown, log: Log): number {
  if (error instanceof Fault) log.fatal({ code: error.code }, error.message);
  else log.fatal({ err: error }, reasonOf(error));
  return exitCodeOf(error);
}

/** What ends the daemon, in order of arrival; asked for one by one. */
class Endings {
  readonly #arrived: Ending[] = [];
  #waiting: ((ending: Ending) => void) | null = null;

  add(ending: Ending): void {
    if (this.#waiting === null) this.#arrived.push(ending);
    else {
      this.#waiting(ending);
      this.#waiting = null;
    }
  }

  next(): Promise<Ending> {
    const first = this.#arrived.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}
