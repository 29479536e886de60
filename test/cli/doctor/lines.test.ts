/** What the doctor makes of a modem's own answers, and of what a running daemon says of its lines. */
import { describe, expect, it } from "vitest";
import { healthFindings } from "../../../src/cli/doctor/doctor.ts";
import type { Finding } from "../../../src/cli/doctor/finding.ts";
import { surveyFindings } from "../../../src/cli/doctor/modem.ts";
import { runningLineFindings } from "../../../src/cli/doctor/running-line.ts";
import type { LineView } from "../../../src/cli/views.ts";
import { parseConfig } from "../../../src/daemon/config.ts";
import type { ModemLineConfig } from "../../../src/daemon/config-schema.ts";
import type { Survey } from "../../../src/line/modem/survey.ts";

function lineOf(keys = ""): ModemLineConfig {
  const text = `lines:\n  - { name: gsm1, type: modem, device: /dev/ttyUSB2${keys} }\n`;
  const [line] = parseConfig(text, "test.yaml").lines;
  if (line?.type !== "modem") throw new Error("it is a modem");
  return line;
}

const SURVEY: Survey = {
  manufacturer: "Quectel",
  model: "EC25",
  imei: "490154203237518",
  iccid: "8933010000000000017",
  sim: "ready",
  asksFor: "",
  triesLeft: null,
  registration: { registered: true, reason: "registered" },
  operator: "Orange F",
  technology: "LTE",
  signalDbm: -71,
  isSignalPoor: false,
  smsc: "+33689004000",
  ownNumber: null,
  storage: { name: "ME", used: 1, total: 23 },
};

const worst = (found: readonly Finding[]) =>
  found
    .filter(({ status }) => status !== "pass")
    .map(({ about, status, text }) => `${status} ${about}: ${text}`);

describe("a modem that was asked", () => {
  it("is well", () => {
    const found = surveyFindings(lineOf(), SURVEY);
    expect(worst(found)).toEqual([]);
    expect(found.map(({ about }) => about)).toEqual(
      ["modem", "SIM", "network", "signal", "SMSC", "storage"].map((what) => `line gsm1: ${what}`),
    );
  });

  it.each<{ survey: Partial<Survey>; keys?: string; says: string; next: string }>([
    { survey: { sim: "absent" }, says: "fail line gsm1: SIM: no SIM in the modem", next: "insert one" },
    { survey: { sim: "silent" }, says: "fail line gsm1: SIM: the SIM does not answer", next: "in a phone" },
    {
      survey: { sim: "asks", asksFor: "SIM PIN", triesLeft: 3 },
      says: "fail line gsm1: SIM: the SIM asks for its PIN (3 tries left)",
      next: "set `pin` of this line",
    },
    {
      survey: { sim: "asks", asksFor: "SIM PIN", triesLeft: 2 },
      keys: ', pin: "1234"',
      says: "fail line gsm1: SIM: the SIM asks for its PIN (2 tries left): one was refused",
      next: "never sent again",
    },
    {
      survey: { sim: "asks", asksFor: "SIM PIN", triesLeft: 1 },
      keys: ', pin: "1234"',
      says: "fail line gsm1: SIM: the SIM asks for its PIN (1 try left): a wrong one has been tried",
      next: "unlock it in a phone",
    },
    {
      survey: { sim: "asks", asksFor: "SIM PUK", triesLeft: 0 },
      says: "fail line gsm1: SIM: the SIM is locked: it asks for its SIM PUK",
      next: "with its PUK",
    },
    {
      survey: { sim: "asks", asksFor: "PH-NET PIN" },
      says: 'fail line gsm1: SIM: the modem asks for "PH-NET PIN"',
      next: "locked to another SIM or network",
    },
    {
      survey: { registration: { registered: false, reason: "searching for a network" } },
      says: "fail line gsm1: network: searching for a network",
      next: "check the antenna",
    },
    {
      survey: {
        registration: { registered: false, reason: "registration denied: the SIM is not allowed here" },
      },
      says: "fail line gsm1: network: registration denied",
      next: "the SIM is not allowed here",
    },
    {
      survey: { signalDbm: -111, isSignalPoor: true },
      says: "warn line gsm1: signal: -111 dBm is weak",
      next: "move the antenna",
    },
    {
      survey: { signalDbm: null },
      says: "warn line gsm1: signal: no signal is measured",
      next: "connect the antenna",
    },
    {
      survey: { smsc: null },
      says: "fail line gsm1: SMSC: the SIM knows no service centre: nothing can be sent",
      next: "set `smsc` of this line",
    },
    {
      survey: { storage: { name: "SM", used: 20, total: 20 } },
      says: "fail line gsm1: storage: SM holds 20 of 20 texts: a full one receives nothing",
      next: "deleted by hand",
    },
  ])("says: $says", ({ survey, keys, says, next }) => {
    const found = surveyFindings(lineOf(keys), { ...SURVEY, ...survey });
    expect(worst(found)).toEqual([says]);
    expect(found.find(({ status }) => status !== "pass")?.next).toContain(next);
  });

  it("may ask for the PIN that the configuration has", () => {
    const survey = { ...SURVEY, sim: "asks", asksFor: "SIM PIN", triesLeft: 3 } as const;
    expect(worst(surveyFindings(lineOf(', pin: "1234"'), survey))).toEqual([]);
  });

  it("needs no service centre on its SIM where the configuration has one", () => {
    expect(worst(surveyFindings(lineOf(', smsc: "+33609001390"'), { ...SURVEY, smsc: null }))).toEqual([]);
  });
});

const VIEW: LineView = {
  name: "gsm1",
  kind: "modem",
  simulated: false,
  state: "ready",
  reason: "registered",
  since: "Sun, 04 Jan 2026 10:15:30 +0000",
  port: "/dev/ttyUSB2",
  numbers: [{ phone_number: "+33639980001" }],
  manufacturer: "Quectel",
  model: "EC25",
  imei: "490154203237518",
  iccid: "8933010000000000017",
  operator: "Orange F",
  technology: "LTE",
  signal_dbm: -71,
  network_asked: "Sun, 04 Jan 2026 10:15:30 +0000",
  smsc_asked: "Sun, 04 Jan 2026 10:15:30 +0000",
  smsc: "+33689004000",
  own_number: null,
  storage: null,
  recovery: null,
};

const NOW = Date.parse("2026-01-04T10:15:31Z");

describe("a line of the running daemon", () => {
  it.each([
    { seconds: 50, signal: "-71 dBm, asked 50 s ago", smsc: "+33689004000, asked 50 s ago" },
    { seconds: 600, signal: "-71 dBm, asked 10 min ago", smsc: "+33689004000, asked 10 min ago" },
    { seconds: 90_000, signal: "-71 dBm, asked 25 h ago", smsc: "+33689004000, asked 25 h ago" },
  ])("passes with no value of $seconds s ago without saying so", ({ seconds, signal, smsc }) => {
    const found = runningLineFindings(VIEW, lineOf(), Date.parse(VIEW.since) + seconds * 1000);
    const textOf = (what: string) => found.find(({ about }) => about === `line gsm1: ${what}`)?.text;
    expect(textOf("signal")).toBe(signal);
    expect(textOf("SMSC")).toBe(smsc);
    expect(textOf("network")).toMatch(/^registered, Orange F, LTE, asked /);
  });

  it("is well", () => {
    expect(worst(runningLineFindings(VIEW, lineOf(), NOW))).toEqual([]);
  });

  it.each<{ view: Partial<LineView>; says: readonly string[]; next: string }>([
    {
      view: { state: "refused", reason: "the SIM refused its PIN: correct `pin` of this line" },
      says: ["fail line gsm1: state: the SIM refused its PIN"],
      next: "correct `pin` of this line",
    },
    {
      view: { state: "starting", reason: "searching for a network", signal_dbm: -109 },
      says: ["fail line gsm1: state: searching for a network", "warn line gsm1: signal: -109 dBm is weak"],
      next: "check the antenna",
    },
    {
      view: {
        state: "starting",
        reason: "no answer to AT",
        signal_dbm: null,
        recovery: { trouble: "silence", reason: "no answer to AT", next_step: "restart the modem" },
      },
      says: ["fail line gsm1: state: no answer to AT"],
      next: "the daemon goes on by itself (next: restart the modem)",
    },
    {
      view: { numbers: [] },
      says: ["fail line gsm1: number: its number is not known: texts that come in wait, none can be sent"],
      next: "set `number` of this line",
    },
    {
      view: { smsc: null },
      says: ["fail line gsm1: SMSC: the SIM knows no service centre: nothing can be sent"],
      next: "set `smsc`",
    },
  ])("says: $says", ({ view, says, next }) => {
    const found = runningLineFindings({ ...VIEW, ...view }, lineOf(), NOW);
    expect(worst(found)).toEqual(says);
    expect(found.find(({ status }) => status !== "pass")?.next).toContain(next);
  });
});

describe("the health of the running daemon", () => {
  it("becomes findings of the store, the webhooks and the clock", () => {
    expect(
      healthFindings({
        status: "warn",
        checks: {
          store: { status: "fail", text: "no commit within 3 s" },
          webhooks: {
            status: "warn",
            text: "3 to be told to apps, the oldest for 9 min: an app does not answer",
          },
          clock: {
            status: "warn",
            text: "not to be trusted: it shows an earlier time than this program was built",
          },
          "line:gsm1": { status: "pass", text: "ready" },
        },
      }),
    ).toMatchObject([
      { about: "store", status: "fail" },
      { about: "webhook queue", status: "warn", next: "an app does not answer" },
      {
        about: "clock",
        status: "warn",
        text: expect.stringContaining("earlier time than this program was built"),
      },
    ]);
  });

  it("is all well", () => {
    const checks = { store: { status: "pass", text: "commits in 2 ms" } } as const;
    expect(worst(healthFindings({ status: "pass", checks }))).toEqual([]);
  });
});
