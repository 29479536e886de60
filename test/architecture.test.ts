/** DESIGN §2 and the house rules on boundaries, held against the real tree. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Rules, readTree, skippedTests, violations } from "./harness/architecture.ts";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const TEST = fileURLToPath(new URL(".", import.meta.url));

const STORE_DOOR = [
  "store/store.ts",
  "store/audience-commands.ts",
  "store/broadcast-commands.ts",
  "store/reading.ts",
  "store/submission-record.ts",
  "store/recipient.ts",
  "store/mend.ts",
  "store/plan-commands.ts",
  "store/reading.ts",
  "store/settings-document.ts",
];
const LINE_CONTRACT = ["line/line.ts", "line/byte-port.ts", "line/byte-stream.ts", "line/no-facts.ts"];
/** What stands below every part of messaging. */
const BELOW_MESSAGING = ["accounts/", ...STORE_DOOR, "line/line.ts", "sms/", "runtime/"];

const RULES: Rules = {
  rooms: [
    { path: "main.ts", mayImport: ["*"] },
    { path: "cli/", mayImport: ["*"] },
    { path: "daemon/", mayImport: ["*"] },
    { path: "examples/", mayImport: [] },
    {
      path: "api/",
      mayImport: [
        "messaging/outbound/",
        "messaging/inbound/",
        "messaging/webhook/",
        "messaging/broadcast/",
        "accounts/",
        ...STORE_DOOR,
        "line/line.ts",
        "line/simulator/network.ts",
        "sms/",
        "runtime/",
      ],
    },
    {
      path: "messaging/broadcast/",
      mayImport: ["messaging/outbound/", "messaging/webhook/", ...BELOW_MESSAGING],
    },
    {
      path: "messaging/inbound/",
      mayImport: ["messaging/outbound/", "messaging/webhook/", ...BELOW_MESSAGING],
    },
    { path: "messaging/outbound/", mayImport: ["messaging/webhook/", ...BELOW_MESSAGING] },
    { path: "messaging/webhook/", mayImport: BELOW_MESSAGING },
    { path: "accounts/", mayImport: [...STORE_DOOR, "sms/", "runtime/"] },
    { path: "line/", mayImport: ["sms/", "runtime/"] },
    { path: "line/modem/", mayImport: ["line/modem/at/", ...LINE_CONTRACT, "sms/", "runtime/"] },
    // The AT engine knows commands and answers, nothing of PDUs or of who sends them.
    { path: "line/modem/at/", mayImport: ["line/byte-port.ts", "runtime/"] },
    { path: "line/smpp/", mayImport: [...LINE_CONTRACT, "sms/", "runtime/"] },
    // Its own small PDU codec: sharing the product's, the two would agree on the same mistake.
    { path: "line/simulator/", mayImport: [...LINE_CONTRACT, "runtime/"] },
    { path: "store/", mayImport: ["sms/", "runtime/"] },
    { path: "sms/", mayImport: [], node: false },
    { path: "runtime/", mayImport: [] },
  ],
  doors: {
    "@koa/router": ["api/"],
    "@rgrove/parse-xml": ["messaging/webhook/twiml.ts"],
    "@serialport/parser-readline": ["line/modem/at/reader.ts"],
    croner: ["messaging/broadcast/schedule.ts"],
    "better-sqlite3": ["store/database.ts"],
    "bonjour-service": ["daemon/announce.ts"],
    "prom-client": ["daemon/metrics.ts"],
    "csv-parse": ["api/read-csv.ts"],
    "csv-stringify": ["api/write-members-csv.ts"],
    koa: ["api/", "examples/"],
    leven: ["daemon/nearest.ts"],
    "libphonenumber-js": ["accounts/address.ts"],
    lowdb: ["store/settings.ts"],
    "node-cron": ["messaging/broadcast/ticker.ts"],
    pino: ["runtime/log.ts"],
    serialport: ["line/modem/serial-port.ts"],
    smpp: ["line/smpp/session.ts", "line/simulator/smsc-session.ts"],
    "write-file-atomic": ["store/settings.ts"],
    yaml: ["daemon/config-problems.ts"],
    zod: ["daemon/config-schema.ts"],
  },
  maxLines: 400,
  specTables: ["line/modem/cms-errors.ts"],
  clock: "runtime/clock.ts",
  environment: ["main.ts", "examples/"],
};

describe("the architecture", () => {
  const source = readTree(SRC, [".ts"]);

  it("is kept by every file: floors, doors, circles, clocks, names and lengths", () => {
    expect(violations(source, RULES)).toEqual([]);
  });

  it("names no file and no room that is not there", () => {
    const named = [...RULES.specTables, RULES.clock, ...Object.values(RULES.doors).flat()];
    const missing = named.filter((path) => !existsSync(`${SRC}/${path}`));
    expect(missing).toEqual([]);
  });

  it("has every test run", () => {
    expect(skippedTests(readTree(TEST, [".test.ts"]))).toEqual([]);
  });

  it("keeps every room's README to a screen", () => {
    const long = [...readTree(SRC, ["README.md"])].filter(
      ([, text]) => text.trimEnd().split("\n").length > 40,
    );
    expect(long.map(([path]) => path)).toEqual([]);
  });
});
