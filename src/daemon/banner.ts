/**
 * What a person sees at start: where it listens, its lines, and commands that can be pasted. Only for a terminal:
 * a service logs one line instead, and the auth token is never in a log.
 */
import { isAbsolute, relative } from "node:path";

export type BannerFacts = {
  /** Reachable from this machine first. */
  readonly urls: readonly string[];
  /** Null: the built-in default. */
  readonly configFile: string | null;
  readonly dataDir: string;
  readonly lines: readonly BannerLine[];
  readonly account: { readonly sid: string; readonly authToken: string };
  readonly firstStart: boolean;
  /** Prints `AC…:token`. */
  readonly credentialsCommand: string;
};

export type BannerLine = {
  readonly name: string;
  readonly kind: "modem" | "smpp";
  readonly device: string;
  readonly simulated: boolean;
  /** Null while nobody knows it, or nobody has bought one. */
  readonly number: { readonly phoneNumber: string; readonly sid: string } | null;
};

/** A handset of the simulated network; on a real one somebody owns every number. */
const HANDSET = "+33612345678";

export function banner(facts: BannerFacts): string {
  const [url = "", ...others] = facts.urls;
  const elsewhere = others.length === 0 ? "" : ` (from elsewhere: ${others.join(", ")})`;
  const rows: (readonly [string, string])[] = [
    ["configuration", facts.configFile ?? "built in: one simulated line"],
    ["data", facts.dataDir],
    ...(facts.firstStart
      ? []
      : [["account", `${facts.account.sid}; its token: ${facts.credentialsCommand}`] as const]),
    ...facts.lines.map((line): [string, string] => [`line ${line.name}`, described(line)]),
  ];
  return [
    `pylone listens at ${url}${elsewhere}`,
    ...table(rows),
    "",
    ...(facts.firstStart ? firstAccount(facts) : []),
    ...commands(url, facts),
    "",
  ].join("\n");
}

function firstAccount({ account, credentialsCommand }: BannerFacts): string[] {
  return [
    `First start: this account was made. Its token is shown only now; \`${credentialsCommand}\` prints it again.`,
    ...table([
      ["account SID", account.sid],
      ["auth token", account.authToken],
    ]),
    "",
  ];
}

function commands(url: string, facts: BannerFacts): string[] {
  // Short codes and names have no IncomingPhoneNumbers.
  const line = facts.lines.find(({ number }) => number?.phoneNumber.startsWith("+") === true);
  if (line?.number === null || line?.number === undefined) return [];
  const { phoneNumber, sid } = line.number;
  const user = facts.firstStart
    ? `-u ${facts.account.sid}:${facts.account.authToken}`
    : `-u "$(${facts.credentialsCommand})"`;
  const account = `${url}/2010-04-01/Accounts/${facts.account.sid}`;
  const to = line.simulated ? HANDSET : "+…";
  return [
    line.simulated ? "Send a text to a simulated handset:" : "Send a text (put your own number in To):",
    `  curl ${user} ${account}/Messages.json \\`,
    `    --data-urlencode From=${phoneNumber} --data-urlencode To=${to} --data-urlencode 'Body=Hello from pylone'`,
    `Have an app answer what is texted to ${phoneNumber}:`,
    `  curl ${user} ${account}/IncomingPhoneNumbers/${sid}.json \\`,
    "    --data-urlencode SmsUrl=http://127.0.0.1:5000/sms",
    ...(line.simulated ? playedText(user, url, phoneNumber) : []),
  ];
}

function playedText(user: string, url: string, phoneNumber: string): string[] {
  return [
    "Play a phone that texts in, and read what is on the handsets:",
    `  curl ${user} ${url}/appliance/v1/Simulator/Messages \\`,
    `    --data-urlencode From=${HANDSET} --data-urlencode To=${phoneNumber} --data-urlencode Body=Paris`,
    `  curl ${user} ${url}/appliance/v1/Simulator/Messages`,
  ];
}

function described({ kind, device, simulated, number }: BannerLine): string {
  const none = kind === "modem" ? "number not known yet" : "numbers to buy: see AvailablePhoneNumbers";
  const known = number?.phoneNumber ?? none;
  return simulated ? `${known}, simulated: no radio is involved` : `${known}, ${device}`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}

/** Where it can be reached: an address that means *every address* is told as this machine's own ones. */
export function urlsOf(
  listening: { readonly host: string; readonly port: number; readonly tls: boolean },
  ownAddresses: readonly string[],
): string[] {
  const everywhere = listening.host === "0.0.0.0" || listening.host === "::";
  const hosts = everywhere ? ["127.0.0.1", ...ownAddresses] : [listening.host];
  return hosts.map((host) => {
    const name = host.includes(":") ? `[${host}]` : host;
    return `${listening.tls ? "https" : "http"}://${name}:${listening.port}`;
  });
}

/** The command as it can be pasted into a second terminal that stands in the same folder. */
export function credentialsCommand(from: {
  readonly program: string;
  readonly workingFolder: string;
  readonly configFile: string | null;
  readonly dataDirFromEnvironment: string | null;
}): string {
  const short = (path: string) => {
    // A service stands in /, and whoever reads its journal does not.
    if (from.workingFolder === "/") return path;
    const inside = relative(from.workingFolder, path);
    return inside === "" || inside.startsWith("..") || isAbsolute(inside) ? path : inside;
  };
  const words = ["node", short(from.program), "credentials"];
  if (from.configFile !== null) words.push("--config", short(from.configFile));
  const command = words.map(shellWord).join(" ");
  const dataDir = from.dataDirFromEnvironment;
  return dataDir === null ? command : `PYLONE_DATA_DIR=${shellWord(dataDir)} ${command}`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
