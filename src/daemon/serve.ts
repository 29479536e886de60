/**
 * The daemon's life: compose, start, say so, wait for a signal or for the disk to fail, stop, say why.
 *
 * SIGTERM and SIGINT stop cleanly within ten seconds and end with 0 (`stop-cleanly.ts`). A disk that no longer keeps its
 * word is not waited for: nothing that could still be written would be true (exit 74).
 */
import type { Clock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { Log } from "../runtime/log.ts";
import { AddressNote } from "./address-file.ts";
import { type Composed, compose } from "./compose.ts";
import type { LoadedConfig } from "./config.ts";
import { Endings, type StopSignal } from "./endings.ts";
import { EXIT } from "./exit-codes.ts";
import { whyNotListening } from "./http-server.ts";
import type { Notify } from "./sd-notify.ts";
import { explain, stopCleanly } from "./stop-cleanly.ts";
import { Watchdog } from "./watchdog.ts";

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
  const endings = new Endings(clock);
  onSignal((signal) => endings.signal(signal));

  let composed: Composed;
  try {
    composed = await compose({ loaded, clock, log, container, onFatal: (fault) => endings.fatal(fault) });
  } catch (error) {
    return explain(error, log);
  }
  const { appliance } = composed;
  const watchdog = notify === null ? null : new Watchdog({ vitals: appliance.vitals, notify, clock, log });
  let note: AddressNote;
  try {
    const port = await appliance.start();
    note = new AddressNote(dataDir, { host: loaded.config.http.host, port }, { clock, log });
    await note.write();
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
  const code = await stopCleanly(appliance, ending.signal, { endings, clock, log });
  await note.remove();
  return code;
}
