/**
 * Prints `AC…:token` as `curl -u` takes it, of the main account or of its test credentials. A service has no
 * terminal to print its token to at first start, and the journal is no place for one: this reads the settings
 * document, which the daemon's own user may read.
 *
 * `--rotate` makes the token anew, through the daemon where one runs; else beside it, with the data folder locked, so
 * that none starts meanwhile on the old one.
 */
import { Accounts } from "../accounts/accounts.ts";
import { backupPlaceOf } from "../daemon/compose-backups.ts";
import type { LoadedConfig } from "../daemon/config.ts";
import type { Config } from "../daemon/config-schema.ts";
import { EXIT, exitCodeOf } from "../daemon/exit-codes.ts";
import { systemClock } from "../runtime/clock.ts";
import { reasonOf } from "../runtime/fault.ts";
import type { BackupPlace } from "../store/backup-folder.ts";
import { openStore } from "../store/open-store.ts";
import { openSettings, readSettings } from "../store/settings.ts";
import type { SettingsDocument } from "../store/settings-document.ts";
import { ApiClient } from "./api-client.ts";
import { becomeOwnerOf } from "./become-owner.ts";
import { type Credentials, configurationOf, connectionOf, credentialsOf, reading } from "./connection.ts";
import { Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

export type AskedCredentials = {
  readonly config: string | null;
  readonly test: boolean;
  readonly rotate: boolean;
  readonly json: boolean;
};

export async function credentials(asked: AskedCredentials, surroundings: Surroundings): Promise<number> {
  const loaded = configurationOf(asked.config, surroundings);
  const { config } = loaded;
  const known = asked.test ? await testCredentialsOf(config) : await credentialsOf(config);
  if (known === null)
    throw new Failure(
      EXIT.noInput,
      `there is no account in ${config.dataDir} yet; the first \`pylone serve\` makes it`,
    );
  const { sid, authToken } = asked.rotate ? await rotated(loaded) : known;
  surroundings.print(asked.json ? `${JSON.stringify({ sid, authToken })}\n` : `${sid}:${authToken}\n`);
  if (asked.rotate) surroundings.complain(await whoUsedTheOldOne(config));
  return EXIT.ok;
}

async function testCredentialsOf({ dataDir }: Config): Promise<Credentials | null> {
  return (await reading(dataDir, () => readSettings(dataDir)))?.accounts[0]?.test ?? null;
}

async function rotated(loaded: LoadedConfig): Promise<Credentials> {
  const { config, file } = loaded;
  if (config.account !== undefined)
    throw new Failure(
      EXIT.config,
      `the token stands in the configuration: change account.authToken in ${file} and restart the daemon`,
    );
  try {
    const client = new ApiClient(await connectionOf(config));
    const { account_sid: sid, auth_token: authToken } = await client.post<{
      account_sid: string;
      auth_token: string;
    }>("/appliance/v1/AuthToken", {});
    return { sid, authToken };
  } catch (error) {
    if (!(error instanceof Failure && error.exitCode === EXIT.unavailable)) throw error;
    return rotatedBeside({ dataDir: config.dataDir, backups: backupPlaceOf(loaded) });
  }
}

/** No daemon answers. One that starts or hangs holds the folder: then this fails with 75. */
async function rotatedBeside(place: {
  readonly dataDir: string;
  readonly backups: BackupPlace;
}): Promise<Credentials> {
  const { dataDir } = place;
  try {
    await becomeOwnerOf(dataDir);
    const store = await openStore({ ...place, onFatal: () => undefined });
    try {
      const account = await new Accounts(await openSettings(dataDir), systemClock).rotateToken();
      await store.addEvent({
        type: "account.rotated",
        level: "warning",
        at: systemClock.now(),
        accountSid: account.sid,
        text: "The main account's auth token was made anew, while no daemon ran.",
      });
      return account;
    } finally {
      await store.close();
    }
  } catch (error) {
    throw new Failure(exitCodeOf(error), reasonOf(error), error);
  }
}

async function whoUsedTheOldOne(config: Config): Promise<string> {
  const settings = await readSettings(config.dataDir).catch(() => null);
  const apps = settings === null ? [] : appsOf(settings);
  return [
    "The old token is worth nothing any more. Give the new one to",
    "  every program that calls the API with it (those with API keys of their own go on)",
    apps.length === 0
      ? "  every app that checks X-Twilio-Signature with it"
      : "  every app that checks X-Twilio-Signature with it:",
    ...apps.map((app) => `    ${app}`),
    "",
  ].join("\n");
}

/** The apps of the main account, by their URLs' origins. */
function appsOf({ accounts, numbers, services, applications }: SettingsDocument): string[] {
  const own = accounts[0]?.sid;
  const urls = [
    ...numbers
      .filter(({ accountSid }) => accountSid === own)
      .flatMap((each) => [each.smsUrl, each.smsFallbackUrl]),
    ...services
      .filter(({ accountSid }) => accountSid === own)
      .flatMap((each) => [each.inboundRequestUrl, each.fallbackUrl, each.statusCallback]),
    ...applications
      .filter(({ accountSid }) => accountSid === own)
      .flatMap((each) => [each.smsUrl, each.smsFallbackUrl, each.messageStatusCallback]),
  ];
  return [...new Set(urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).origin))].sort();
}
