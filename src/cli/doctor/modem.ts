/** What a modem's own answers say of its line: the SIM, its PIN, the network, the signal, the service centre. */
import type { ModemLineConfig } from "../../daemon/config-schema.ts";
import type { Survey } from "../../line/modem/survey.ts";
import { type Finding, fail, failFor, pass, warn } from "./finding.ts";

export function surveyFindings(line: ModemLineConfig, survey: Survey): Finding[] {
  const about = (what: string) => `line ${line.name}: ${what}`;
  const model = [survey.manufacturer, survey.model].filter((text) => text !== null).join(" ");
  const found = [
    pass(about("modem"), `${model || "answers"}, IMEI ${survey.imei}`),
    simFinding(line, survey),
  ];
  if (survey.sim !== "ready") return found;
  return [...found, ...networkFindings(about, survey, line)];
}

function simFinding(line: ModemLineConfig, { sim, asksFor, triesLeft, iccid }: Survey): Finding {
  const about = `line ${line.name}: SIM`;
  switch (sim) {
    case "ready":
      return pass(about, iccid === null ? "ready" : `ready, ICCID ${iccid}`);
    case "absent":
      return fail(about, "no SIM in the modem", "insert one; with the power off, where it has no ejector");
    case "silent":
      return fail(about, "the SIM does not answer", "take it out and in again; try it in a phone");
    case "asks":
      return pinFinding(about, line, asksFor, triesLeft);
  }
}

function pinFinding(about: string, line: ModemLineConfig, asksFor: string, left: number | null): Finding {
  const tries = left === null ? "" : ` (${left} ${left === 1 ? "try" : "tries"} left)`;
  if (/PUK/.test(asksFor))
    return fail(about, `the SIM is locked: it asks for its ${asksFor}`, "unlock it in a phone with its PUK");
  if (asksFor !== "SIM PIN")
    return fail(
      about,
      `the modem asks for "${asksFor}"`,
      "it is locked to another SIM or network: unlock it",
    );
  if (left !== null && left < 2)
    return fail(
      about,
      `the SIM asks for its PIN${tries}: a wrong one has been tried`,
      "no PIN is sent any more: unlock it in a phone, or switch its PIN off, and correct `pin` of this line",
    );
  if (line.pin === undefined)
    return fail(about, `the SIM asks for its PIN${tries}`, "set `pin` of this line, in quotes");
  // A SIM has three: the daemon tries once, and remembers.
  if (left !== null && left < 3)
    return fail(
      about,
      `the SIM asks for its PIN${tries}: one was refused`,
      "correct `pin` of this line; the refused one is never sent again",
    );
  return pass(about, `asks for its PIN${tries}; \`pin\` of this line is given at the start`);
}

type Network = {
  readonly registration: { readonly registered: boolean; readonly reason: string };
  readonly operator: string | null;
  readonly technology: string | null;
  readonly signalDbm: number | null;
  readonly isSignalPoor: boolean;
  readonly smsc: string | null;
  readonly storage: { readonly name: string; readonly used: number; readonly total: number } | null;
  /** Of what a daemon has asked before: `, asked 42 s ago`. Absent: it was asked just now. */
  readonly networkAge?: string;
  readonly smscAge?: string;
};

/** Of a modem whose SIM is ready. */
export function networkFindings(
  about: (what: string) => string,
  network: Network,
  line: ModemLineConfig,
): Finding[] {
  const { registration, operator, technology, signalDbm, storage, networkAge = "", smscAge = "" } = network;
  const smsc = network.smsc ?? line.smsc ?? null;
  return [
    registration.registered
      ? pass(
          about("network"),
          [registration.reason, operator ?? [], technology ?? []].flat().join(", ") + networkAge,
        )
      : failFor(
          about("network"),
          registration.reason,
          "check the antenna, the coverage here and that the SIM is active (try it in a phone)",
        ),
    signalDbm === null
      ? warn(
          about("signal"),
          `no signal is measured${networkAge}`,
          "connect the antenna; turn the modem's radio on",
        )
      : network.isSignalPoor
        ? warn(
            about("signal"),
            `${signalDbm} dBm is weak${networkAge}`,
            "move the antenna: outside, higher, off metal",
          )
        : pass(about("signal"), `${signalDbm} dBm${networkAge}`),
    smsc === null
      ? fail(
          about("SMSC"),
          "the SIM knows no service centre: nothing can be sent",
          "set `smsc` of this line to the operator's number",
        )
      : pass(about("SMSC"), smsc + smscAge),
    ...(storage === null ? [] : [storageFinding(about("storage"), storage)]),
  ];
}

function storageFinding(about: string, { name, used, total }: NonNullable<Network["storage"]>): Finding {
  const text = `${name} holds ${used} of ${total} texts`;
  if (used < 0.8 * total) return pass(about, text);
  return (used < total ? warn : fail)(
    about,
    `${text}: a full one receives nothing`,
    "the daemon empties it as it keeps them; what stays is to be deleted by hand",
  );
}
