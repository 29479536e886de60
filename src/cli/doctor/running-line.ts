/** A line as the running daemon shows it. What it says of its state is the cause, and has the mend in it. */
import type { LineConfig } from "../../daemon/config-schema.ts";
import { isPoor } from "../../line/modem/signal.ts";
import type { LineView } from "../views.ts";
import { type Finding, fail, failFor, pass, warn } from "./finding.ts";
import { networkFindings } from "./modem.ts";

/** `line`: of the configuration as it is now; null when the daemon's is another one. */
export function runningLineFindings(view: LineView, line: LineConfig | null, now: number): Finding[] {
  const about = (what: string) => `line ${view.name}: ${what}`;
  const found = [stateFinding(about("state"), view), numberFinding(about("number"), view)];
  if (view.kind === "smpp") return found;
  const what = [view.manufacturer, view.model].filter((text) => text !== null).join(" ");
  const port = view.port === null ? "" : ` at ${view.port}`;
  if (view.imei !== null) found.push(pass(about("modem"), `${what}${port}, IMEI ${view.imei}`));
  if (line?.type !== "modem") return found;
  const { signal_dbm: dbm } = view;
  const network = networkFindings(
    about,
    {
      registration: { registered: true, reason: "registered" },
      operator: view.operator,
      technology: view.technology,
      signalDbm: dbm,
      isSignalPoor: dbm !== null && isPoor({ dbm, of: "rssi" }),
      smsc: view.smsc,
      storage: view.storage,
      networkAge: ageOf(view.network_asked, now),
      smscAge: view.smsc === null ? "" : ageOf(view.smsc_asked, now),
    },
    line,
  );
  const sim = pass(about("SIM"), view.iccid === null ? "ready" : `ready, ICCID ${view.iccid}`);
  if (view.state === "ready") return [...found, sim, ...network];
  // What is known is of before; but a weak signal may be why it finds no network.
  return [
    ...found,
    ...network.filter((each) => each.about === about("signal") && view.state === "starting" && dbm !== null),
  ];
}

/** The daemon asks the network each minute and the SIM once: what it says was true then. */
function ageOf(asked: string | null, now: number): string {
  const seconds = asked === null ? 0 : Math.round((now - Date.parse(asked)) / 1000);
  if (seconds < 5) return "";
  if (seconds < 120) return `, asked ${seconds} s ago`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `, asked ${minutes} min ago` : `, asked ${Math.round(minutes / 60)} h ago`;
}

function stateFinding(about: string, view: LineView): Finding {
  const { state, reason, recovery } = view;
  const simulated = view.simulated ? ", simulated: no radio is involved" : "";
  if (state === "ready" && recovery === null) return pass(about, `ready${simulated}`);
  const next =
    recovery?.next_step == null
      ? (DEFAULT_NEXT[state] ?? "see `pylone events`")
      : `the daemon goes on by itself (next: ${recovery.next_step}); see \`pylone events\``;
  if (state === "ready") return warn(about, `ready${simulated}, but ${recovery?.reason ?? reason}`, next);
  return failFor(about, reason === "" ? state : reason, next);
}

const DEFAULT_NEXT: Readonly<Record<string, string>> = {
  opening: "check the cable and `device` (or `url`) of this line",
  starting: "check the antenna and the coverage; `pylone events --follow` shows each step",
  refused: "mend what is said in the configuration, and restart the daemon",
  stopped: "restart the daemon",
};

function numberFinding(about: string, { kind, numbers }: LineView): Finding {
  if (numbers.length > 0) return pass(about, numbers.map((number) => number.phone_number).join(", "));
  return kind === "modem"
    ? fail(
        about,
        "its number is not known: texts that come in wait, none can be sent",
        "most SIMs do not know it: set `number` of this line",
      )
    : warn(about, "none of its numbers is anybody's yet", "POST one to IncomingPhoneNumbers, as with Twilio");
}
