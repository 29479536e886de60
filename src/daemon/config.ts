/**
 * Finds, reads and checks the configuration (DESIGN §3). Whatever is wrong becomes one Fault (`config.invalid`)
 * whose message names the file, each key, its line and column, and the mend; the command ends with exit 78.
 *
 * Relative paths in a file (`dataDir`, `http.tls`) are relative to that file, so that `serve` and `credentials`
 * mean the same folder from wherever they are started; those in the environment are relative to where one stands.
 */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { BUILT_IN_LANGUAGES } from "../accounts/opt-out.ts";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { type KeyPath, type Problem, problemsOf, readYaml, report, type Source } from "./config-problems.ts";
import { type Config, configSchema } from "./config-schema.ts";

export const SYSTEM_CONFIG_FILE = "/etc/pylone/pylone.yaml";

/** What runs when nobody configured anything: one line on the in-memory modem, its data beside the program. */
const BUILT_IN = {
  dataDir: "./data",
  lines: [{ name: "sim1", type: "modem", device: "sim:", number: "+33639980001" }],
};

export type LoadedConfig = {
  readonly config: Config;
  /** Absolute path of the file; null for the built-in default. */
  readonly file: string | null;
  /** True when PYLONE_DATA_DIR decides where the data is. */
  readonly dataDirFromEnvironment: boolean;
};

export type ConfigSearch = {
  /** `--config`. */
  readonly argument: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly systemFile?: string;
};

export function loadConfig(search: ConfigSearch): LoadedConfig {
  const found = findFile(search);
  const config =
    found === null
      ? inFolder(configSchema.parse(BUILT_IN), search.workingFolder)
      : inFolder(parseConfig(found.text, found.file), dirname(found.file));
  return {
    config: withEnvironment(config, search),
    file: found?.file ?? null,
    dataDirFromEnvironment: given(search.environment["PYLONE_DATA_DIR"]) !== null,
  };
}

export function parseConfig(text: string, file: string): Config {
  const source = readYaml(text);
  if (source.syntax.length > 0) throw invalid(report(file, source.syntax));
  if (source.value === null) throw invalid(`${file}: the file is empty; it needs at least \`lines\``);
  const parsed = configSchema.safeParse(source.value);
  if (!parsed.success)
    throw invalid(
      report(
        file,
        parsed.error.issues.flatMap((issue) => problemsOf(issue, source)),
      ),
    );
  const problems = crossCheck(parsed.data, source);
  if (problems.length > 0) throw invalid(report(file, problems));
  return parsed.data;
}

/** What no single key can be blamed for by the schema. */
function crossCheck(config: Config, source: Source): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: KeyPath, text: string) => problems.push({ path, text, place: source.placeOf(path) });
  const names = new Map<string, number>();
  const numbers = new Map<string, string>();
  const claimNumber = (number: string, path: KeyPath, line: string) => {
    const holder = numbers.get(number);
    if (holder !== undefined)
      refuse(path, `line \`${holder}\` has this number already; a number belongs to one line`);
    numbers.set(number, line);
  };

  const serial = config.lines.filter((line) => line.type === "modem" && !/^(?:sim:|tcp:)/.test(line.device));
  config.lines.forEach((line, index) => {
    if (line.type === "modem" && line.device === "auto" && serial.length > 1)
      refuse(
        ["lines", index, "device"],
        "`auto` takes any modem, so it is for a box with one; say which is meant with imei:…, iccid:… or usb:…",
      );
    const first = names.get(line.name);
    if (first !== undefined)
      refuse(
        ["lines", index, "name"],
        `lines[${first}] is called \`${line.name}\` already; give each line its own name`,
      );
    names.set(line.name, index);
    if (line.type === "smpp") {
      refuse(
        ["lines", index, "type"],
        "SMPP lines are not available in this version; use a line of type `modem`, or remove this one",
      );
      line.numbers.forEach((number, at) => {
        claimNumber(number, ["lines", index, "numbers", at], line.name);
      });
    } else if (line.number !== undefined) claimNumber(line.number, ["lines", index, "number"], line.name);
  });
  if (!isTimeZone(config.site.timezone))
    refuse(
      ["site", "timezone"],
      "not a time zone of the IANA list; write it as in Europe/Paris or America/New_York",
    );
  const { language, languages } = config.optOut;
  const known = ["auto", ...Object.keys(BUILT_IN_LANGUAGES), ...Object.keys(languages)];
  if (!known.includes(language))
    refuse(["optOut", "language"], `no texts are known in this language; give them in optOut.languages`);
  return problems;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function findFile(search: ConfigSearch): { file: string; text: string } | null {
  const named = search.argument ?? given(search.environment["PYLONE_CONFIG"]);
  const systemFile = search.systemFile ?? SYSTEM_CONFIG_FILE;
  const file = resolve(search.workingFolder, named ?? systemFile);
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT" && named === null) return null;
    const origin =
      search.argument !== null ? "--config" : named !== null ? "PYLONE_CONFIG" : "the system's configuration";
    const mend =
      code === "ENOENT"
        ? `there is no such file; mend ${origin}, or leave it out to run one simulated line`
        : code === "EACCES"
          ? "it may not be read by this user; run as the user it belongs to, or mend its permissions"
          : reasonOf(error);
    throw invalid(`${file} (${origin}): ${mend}`, error);
  }
}

function inFolder(config: Config, folder: string): Config {
  const at = (path: string) => (isAbsolute(path) ? path : resolve(folder, path));
  const { tls, ...http } = config.http;
  return {
    ...config,
    dataDir: at(config.dataDir),
    http: tls === undefined ? http : { ...http, tls: { cert: at(tls.cert), key: at(tls.key) } },
  };
}

function withEnvironment(config: Config, search: ConfigSearch): Config {
  const dataDir = given(search.environment["PYLONE_DATA_DIR"]);
  const host = given(search.environment["PYLONE_HTTP_HOST"]);
  const port = given(search.environment["PYLONE_HTTP_PORT"]);
  if (port !== null && !(/^\d{1,5}$/.test(port) && Number(port) <= 65535))
    throw invalid("PYLONE_HTTP_PORT (environment): must be a whole number from 0 to 65535");
  return {
    ...config,
    dataDir: dataDir === null ? config.dataDir : resolve(search.workingFolder, dataDir),
    http: {
      ...config.http,
      host: host ?? config.http.host,
      port: port === null ? config.http.port : Number(port),
    },
  };
}

/** A variable that is set but empty says nothing. */
function given(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}

function invalid(message: string, cause?: unknown): Fault {
  return new Fault({ code: "config.invalid", disposition: "reject", message, cause });
}
