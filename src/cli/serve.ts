/** `pylone serve`: reads the configuration, runs the daemon, shows the banner when a person is looking. */
import { type BannerFacts, banner, credentialsCommand, urlsOf } from "../daemon/banner.ts";
import type { Composed } from "../daemon/compose.ts";
import { type LoadedConfig, loadConfig } from "../daemon/config.ts";
import { exitCodeOf } from "../daemon/exit-codes.ts";
import { isSimulated } from "../daemon/open-lines.ts";
import { ownLanAddresses } from "../daemon/own-addresses.ts";
import { openNotify } from "../daemon/sd-notify.ts";
import { serve as runDaemon } from "../daemon/serve.ts";
import { shownSmppUrl } from "../daemon/smpp-url.ts";
import { systemClock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import { createLog } from "../runtime/log.ts";
import { Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

export async function serve(
  command: { readonly config: string | null; readonly json: boolean },
  surroundings: Surroundings,
): Promise<number> {
  const { environment, workingFolder, print } = surroundings;
  const isForPerson = surroundings.isTerminal && !command.json;
  let loaded: LoadedConfig;
  try {
    loaded = loadConfig({ argument: command.config, environment, workingFolder });
  } catch (error) {
    throw new Failure(exitCodeOf(error), reasonOf(error), error);
  }
  const log = createLog({ readable: isForPerson });
  return runDaemon({
    loaded,
    clock: systemClock,
    log,
    notify: openNotify(environment, process.pid),
    container: environment["container"] ?? null,
    onSignal: (listener) => {
      process.on("SIGTERM", listener);
      process.on("SIGINT", listener);
    },
    onReady: (composed, port) => {
      const facts = factsOf(composed, port, loaded, surroundings);
      if (isForPerson) print(`\n${banner(facts)}\n`);
      else log.info(logged(facts), facts.firstStart ? FIRST_START : "listening");
    },
  });
}

/** The token itself is for a terminal only. */
const FIRST_START =
  "listening; an account was made: the command in `credentials` prints its SID and auth token";

function logged({ urls, configFile, dataDir, credentialsCommand }: BannerFacts): object {
  return { urls, configFile, dataDir, credentials: credentialsCommand };
}

function factsOf(
  { account, firstStart, numbers }: Composed,
  port: number,
  loaded: LoadedConfig,
  { program, workingFolder }: Surroundings,
): BannerFacts {
  const { config, file } = loaded;
  const { host, tls } = config.http;
  return {
    urls: urlsOf({ host, port, tls: tls !== undefined }, ownLanAddresses()),
    configFile: file,
    dataDir: config.dataDir,
    lines: config.lines.map((line) => ({
      name: line.name,
      kind: line.type,
      device: line.type === "modem" ? line.device : shownSmppUrl(line.url),
      simulated: isSimulated(line),
      number: shownNumber(numbers.ofLine(line.name)),
    })),
    account,
    firstStart,
    credentialsCommand: credentialsCommand({
      program,
      workingFolder,
      configFile: file,
      dataDirFromEnvironment: loaded.dataDirFromEnvironment ? config.dataDir : null,
    }),
  };
}

/** A phone number before a short code or a name. */
function shownNumber<N extends { readonly phoneNumber: string }>(numbers: readonly N[]): N | null {
  return numbers.find(({ phoneNumber }) => phoneNumber.startsWith("+")) ?? numbers[0] ?? null;
}
