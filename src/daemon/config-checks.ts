/** What is wrong with a configuration though each of its keys is well formed: what they say of each other. */
import { normalize } from "node:path";
import { countryName, parseAddress } from "../accounts/address.ts";
import { BUILT_IN_LANGUAGES } from "../accounts/opt-out.ts";
import type { KeyPath } from "./config-problems.ts";
import type { Config, LineConfig, ModemLineConfig, SmppLineConfig } from "./config-schema.ts";
import { isHost, WRONG_HOST } from "./host.ts";
import { wrongInInit } from "./init-command.ts";
import { readSmppUrl } from "./smpp-url.ts";

/** `text`: what is wrong, then the mend. */
export type Refuse = (path: KeyPath, text: string) => void;

export function checkConfig(config: Config, refuse: Refuse): void {
  checkNames(config, refuse);
  checkNumbers(config, refuse);
  checkDevices(config, refuse);
  config.lines.forEach((line, index) => {
    const at: KeyPath = ["lines", index];
    checkPlan(line, at, refuse);
    if (line.type === "modem") checkModem(line, config, at, refuse);
    else checkSmpp(line, at, refuse);
  });
  if (!isHost(config.http.host)) refuse(["http", "host"], WRONG_HOST);
  checkCountries(config, refuse);
  if (!isTimeZone(config.site.timezone))
    refuse(
      ["site", "timezone"],
      "not a time zone of the IANA list; write it as in Europe/Paris or America/New_York",
    );
  const { language, languages } = config.optOut;
  const known = ["auto", ...Object.keys(BUILT_IN_LANGUAGES), ...Object.keys(languages)];
  if (!known.includes(language))
    refuse(["optOut", "language"], "no texts are known in this language; give them in optOut.languages");
}

function checkCountries({ site, outbound }: Config, refuse: Refuse): void {
  const check = (code: string, path: KeyPath) => {
    if (countryName(code) === null)
      refuse(
        path,
        `no country with phone numbers has this code; ${code === "UK" ? "the United Kingdom is GB" : "write it as in FR, DE or GB (ISO 3166)"}`,
      );
  };
  check(site.country, ["site", "country"]);
  for (const [index, code] of outbound.countries?.entries() ?? [])
    check(code, ["outbound", "countries", index]);
}

function checkNames(config: Config, refuse: Refuse): void {
  const names = new Map<string, number>();
  config.lines.forEach(({ name }, index) => {
    const first = names.get(name);
    if (first === undefined) names.set(name, index);
    else
      refuse(
        ["lines", index, "name"],
        `lines[${first}] is called \`${name}\` already; give each line its own name`,
      );
  });
}

/** A number belongs to one line, however it is written. */
function checkNumbers(config: Config, refuse: Refuse): void {
  const holders = new Map<string, string>();
  const claim = (number: string, path: KeyPath, line: string) => {
    const holder = holders.get(number);
    if (holder !== undefined) {
      const who = holder === line ? "this line" : `line \`${holder}\``;
      refuse(path, `${who} has this number already; a number belongs to one line, once`);
    }
    holders.set(number, line);
  };
  config.lines.forEach((line, index) => {
    if (line.type === "modem") {
      if (line.number !== undefined) claim(line.number, ["lines", index, "number"], line.name);
      return;
    }
    line.numbers.forEach((number, at) => {
      const path: KeyPath = ["lines", index, "numbers", at];
      const address = parseAddress(number, config.site.country);
      if (address === null)
        refuse(
          path,
          'neither a number in E.164 ("+33755500001"), nor a short code ("36123"), nor a name of up to 11 letters and digits ("PYLONE")',
        );
      else claim(address.address, path, line.name);
    });
  });
}

/** One modem, one line: two would take each other's answers, or each other's connection. */
function checkDevices(config: Config, refuse: Refuse): void {
  const holders = new Map<string, string>();
  config.lines.forEach((line, index) => {
    if (line.type !== "modem") return;
    const device = oneModemOf(line.device);
    if (device === null) return;
    const holder = holders.get(device);
    if (holder === undefined) holders.set(device, line.name);
    else
      refuse(
        ["lines", index, "device"],
        `line \`${holder}\` has this modem already; give each line a device of its own`,
      );
  });
}

/** Null where several lines may say the same: `sim:` is a modem for each, a kind of USB modem may be there twice. */
function oneModemOf(device: string): string | null {
  if (/^(?:sim:|auto$|usb:[0-9a-f]{4}:)/i.test(device)) return null;
  return device.startsWith("/") ? normalize(device) : device.toLowerCase();
}

function checkModem(line: ModemLineConfig, config: Config, at: KeyPath, refuse: Refuse): void {
  const tcpPort = /^tcp:.*:(\d+)$/.exec(line.device)?.[1];
  if (tcpPort !== undefined && (Number(tcpPort) < 1 || Number(tcpPort) > 65_535))
    refuse(
      [...at, "device"],
      "there is no such port; a TCP port is 1 to 65535, as in tcp://192.168.1.20:3001",
    );
  line.init?.forEach((command, index) => {
    const wrong = wrongInInit(command);
    if (wrong !== null) refuse([...at, "init", index], wrong);
  });
  const serial = config.lines.filter((each) => each.type === "modem" && !/^(?:sim:|tcp:)/.test(each.device));
  if (line.device === "auto" && serial.length > 1)
    refuse(
      [...at, "device"],
      "`auto` takes any modem, so it is for a box with one; say which is meant with imei:…, iccid:… or usb:…",
    );
  const { fallback } = line;
  if (fallback === undefined) {
    if (line.fallbackAfterSeconds !== undefined)
      refuse(
        [...at, "fallbackAfterSeconds"],
        "there is no fallback to wait for; name an SMPP line in `fallback`, or remove this key",
      );
    return;
  }
  const path = [...at, "fallback"];
  const other = config.lines.find(({ name }) => name === fallback);
  if (fallback === line.name) refuse(path, "a line cannot stand in for itself; name an SMPP line");
  else if (other === undefined)
    refuse(path, `no line is called \`${fallback}\`; name one of the SMPP lines of this file, or add it`);
  else if (other.type === "modem")
    refuse(path, `\`${fallback}\` is a modem, which sends from its own SIM's number only; name an SMPP line`);
  else if (other.bind === "receiver")
    refuse(
      path,
      `\`${fallback}\` is bound as a receiver and cannot send; name a line with \`bind: transceiver\`, transmitter or pair`,
    );
}

function checkPlan({ plan }: LineConfig, at: KeyPath, refuse: Refuse): void {
  if (plan === undefined) return;
  const { warnAtPercent: _percent, monthStartsOn: _day, ...caps } = plan;
  if (Object.values(caps).every((cap) => cap === undefined))
    refuse(
      [...at, "plan"],
      "it caps nothing; give it segmentsPerDay, segmentsPerMonth or another cap, or remove it",
    );
}

function checkSmpp(line: SmppLineConfig, at: KeyPath, refuse: Refuse): void {
  const url = readSmppUrl(line.url);
  if (url.is === "wrong") refuse([...at, "url"], url.text);
  if (line.tls === undefined) return;
  if (!line.url.startsWith("smpps://"))
    refuse([...at, "tls"], "only a url of smpps:// uses TLS; write smpps://…, or remove `tls`");
  const { cert, key } = line.tls;
  if (cert !== undefined && key === undefined)
    refuse([...at, "tls", "cert"], "a certificate is of no use without its `key`; add the key's file");
  if (key !== undefined && cert === undefined)
    refuse([...at, "tls", "key"], "a key is of no use without its `cert`; add the certificate's file");
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
