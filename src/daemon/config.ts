/**
 * Finds, reads and checks the configuration (DESIGN §3). Whatever is wrong becomes one Fault (`config.invalid`)
 * whose message names the file, each key, its line and column, and the mend; the command ends with exit 78.
 *
 * Relative paths in a file (`dataDir`, `tls`) are relative to that file, so that `serve` and `credentials`
 * mean the same folder from wherever they are started; those in the environment are relative to where one stands.
 */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { Fault, reasonOf } from "../runtime/fault.ts";
import { checkConfig, type Refuse } from "./config-checks.ts";
import { type ConfigPart, readablePart } from "./config-part.ts";
import { type Problem, problemsOf, readYaml, report, type Source, sentenceOf } from "./config-problems.ts";
import { type Config, configSchema, type SmppLineConfig } from "./config-schema.ts";
import { isHost, WRONG_HOST } from "./host.ts";

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
  /** What is found wrong with it later, beyond its text, in the same words: file, key, line and column. */
  readonly refusal: (problems: readonly Omit<Problem, "place">[]) => WrongConfig;
};

/** The Fault of a file that can be read and is wrong: all that is wrong with it, each a sentence without the file. */
export class WrongConfig extends Fault {
  readonly file: string;
  readonly problems: readonly string[];
  /** What can be looked at further; null when nothing can. Its paths are as in the file. */
  readonly #part: ConfigPart | null;
  readonly #source: Source | null;

  constructor(
    file: string,
    problems: readonly Problem[],
    part: ConfigPart | null = null,
    source: Source | null = null,
  ) {
    const sentences = problems.map(sentenceOf);
    super({ code: "config.invalid", disposition: "reject", message: report(file, sentences) });
    this.file = file;
    this.problems = sentences;
    this.#part = part;
    this.#source = source;
  }

  /** What `check` finds wrong with the part that can be read, a sentence each. Paths of files are absolute. */
  beyond(check: (config: Config, refuse: Refuse) => void): readonly string[] {
    const found: string[] = [];
    const part = this.#part;
    if (part === null) return found;
    check(inFolder(part.config, dirname(this.file)), (path, text) => {
      const place = this.#source?.placeOf(path) ?? null;
      if (!part.isDoubtful(path)) found.push(sentenceOf({ path, text, place }));
    });
    return found;
  }
}

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
  const source = readYaml(found?.text ?? "");
  return {
    config: withEnvironment(config, search),
    file: found?.file ?? null,
    dataDirFromEnvironment: given(search.environment["PYLONE_DATA_DIR"]) !== null,
    refusal: (problems) =>
      new WrongConfig(
        found?.file ?? "the built-in configuration",
        problems.map((problem) => ({ ...problem, place: source.placeOf(problem.path) })),
      ),
  };
}

export function parseConfig(text: string, file: string): Config {
  const source = readYaml(text);
  if (source.syntax.length > 0) throw new WrongConfig(file, source.syntax);
  if (source.value === null) throw invalid(`${file}: the file is empty; it needs at least \`lines\``);
  const parsed = configSchema.safeParse(source.value);
  if (!parsed.success) {
    const part = readablePart(source.value);
    const problems = [
      ...parsed.error.issues.flatMap((issue) => problemsOf(issue, source)),
      ...(part === null ? [] : crossCheck(part.config, source).filter(({ path }) => !part.isDoubtful(path))),
    ];
    throw new WrongConfig(file, problems, part, source);
  }
  const problems = crossCheck(parsed.data, source);
  if (problems.length > 0)
    throw new WrongConfig(file, problems, { config: parsed.data, isDoubtful: () => false }, source);
  return parsed.data;
}

/** What no single key can be blamed for by the schema. */
function crossCheck(config: Config, source: Source): Problem[] {
  const problems: Problem[] = [];
  checkConfig(config, (path, text) => problems.push({ path, text, place: source.placeOf(path) }));
  return problems;
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
    backup:
      config.backup.folder === undefined
        ? config.backup
        : { ...config.backup, folder: at(config.backup.folder) },
    http: tls === undefined ? http : { ...http, tls: { cert: at(tls.cert), key: at(tls.key) } },
    lines: config.lines.map((line) => (line.type === "smpp" ? withTlsIn(line, at) : line)),
  };
}

/** Absolute, as the configuration's paths are once it is loaded. */
export function backupFolderOf({ backup, dataDir }: Config): string {
  return backup.folder ?? join(dataDir, "backups");
}

function withTlsIn(line: SmppLineConfig, at: (path: string) => string): SmppLineConfig {
  if (line.tls === undefined) return line;
  const { ca, cert, key, verify } = line.tls;
  const files = Object.entries({ ca, cert, key }).flatMap(([name, path]) =>
    path === undefined ? [] : [[name, at(path)]],
  );
  return { ...line, tls: { verify, ...Object.fromEntries(files) } };
}

function withEnvironment(config: Config, search: ConfigSearch): Config {
  const dataDir = given(search.environment["PYLONE_DATA_DIR"]);
  const host = given(search.environment["PYLONE_HTTP_HOST"]);
  const port = given(search.environment["PYLONE_HTTP_PORT"]);
  if (host !== null && !isHost(host)) throw invalid(`PYLONE_HTTP_HOST (environment): ${WRONG_HOST}`);
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
