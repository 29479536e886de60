import { describe, expect, test } from "vitest";
import { type Classified, classify } from "../../../../src/line/modem/at/classify.ts";
import { type Command, fieldsOf } from "../../../../src/line/modem/at/command.ts";
import { finalResultOf } from "../../../../src/line/modem/at/final-result.ts";
import {
  LIST_ALL,
  plainQuery,
  query,
  read,
  registrationQuery,
  send,
  set,
} from "../../../../src/line/modem/commands.ts";
import { GENERIC_URCS } from "../../../../src/line/modem/urcs.ts";

const CREG = registrationQuery("+CREG");
const CGMI = plainQuery("AT+CGMI");
const CIMI = plainQuery("AT+CIMI", /^\d{14,15}$/);
const CMGS = send({ hex: "0011000A", tpduLength: 3 });

const urc: Classified = { is: "urc", pduFollows: false };
const header: Classified = { is: "urc", pduFollows: true };
const response: Classified = { is: "response", pduFollows: false };
const unknown: Classified = { is: "unknown" };

describe("a line is", () => {
  test.each<{ line: string; command: Command | null; responses?: number; is: Classified }>([
    // Unsolicited whatever is running.
    { line: '+CMTI: "SM",3', command: LIST_ALL, is: urc },
    { line: '+CDSI: "SR",3', command: CGMI, is: urc },
    { line: "+CMT: ,30", command: null, is: header },
    { line: "+CDS: 25", command: CMGS, is: header },
    { line: "+CBM: 88", command: null, is: header },
    { line: "RING", command: CGMI, is: urc },
    { line: '+CUSD: 0,"Solde",15', command: query("AT+CUSD?"), is: urc },
    { line: "NO CARRIER", command: set("ATE0"), is: urc },
    // What was asked for.
    { line: "+CSQ: 17,99", command: query("AT+CSQ"), is: response },
    { line: "+CSQ: 17,99", command: null, is: urc },
    { line: "+CPIN: READY", command: query("AT+CPIN?"), is: response },
    { line: "+CPIN: READY", command: set("ATE0"), is: urc },
    { line: "+CPIN: READY", command: query("AT+CPIN?"), responses: 1, is: urc },
    { line: "+CMGR: 0,,33", command: read(4), is: { is: "response", pduFollows: true } },
    { line: "+CMGL: 1,1,,33", command: LIST_ALL, responses: 7, is: { is: "response", pduFollows: true } },
    // +CREG: the response has a second number without quotes.
    { line: "+CREG: 0,1", command: CREG, is: response },
    { line: '+CREG: 2,1,"1A2B","00C3D4",7', command: CREG, is: response },
    { line: "+CREG: 2,1,1A2B,C3D4E5", command: CREG, is: response },
    { line: '+CREG: 1,"1A2B","00C3D4"', command: CREG, is: urc },
    { line: "+CREG: 1", command: CREG, is: urc },
    { line: "+CREG: 2,1", command: CREG, responses: 1, is: urc },
    // Answers without a prefix.
    { line: "Quectel", command: CGMI, is: response },
    { line: "+CGMI: Quectel", command: CGMI, is: response },
    { line: "^RSSI:17", command: CGMI, is: urc },
    { line: '+CREG: 1,"1A2B","00C3D4"', command: CGMI, is: urc },
    { line: "208010000000001", command: CIMI, is: response },
    { line: "Quectel", command: CIMI, is: unknown },
    { line: "Quectel", command: null, is: unknown },
    // A result of a command that is no longer running is nobody else's.
    { line: "+CMGS: 44", command: CMGS, is: response },
    { line: "+CMGS: 44", command: CGMI, is: { is: "late" } },
    { line: "+CMGS: 44", command: set("AT"), is: { is: "late" } },
    { line: "+CMGS: 44", command: null, is: { is: "late" } },
    // Echo.
    { line: "ATE0", command: set("ATE0"), is: { is: "echo" } },
    { line: "AT+CGMI", command: CGMI, is: { is: "echo" } },
    { line: "0011000A\x1a", command: CMGS, is: { is: "echo" } },
    { line: "> 0011000A\x1a", command: CMGS, is: { is: "echo" } },
    { line: "\x1b", command: null, is: { is: "echo" } },
    // Restarts.
    { line: "RDY", command: CMGS, is: { is: "restart" } },
    { line: "NORMAL POWER DOWN", command: null, is: { is: "restart" } },
    { line: "^SYSSTART", command: CGMI, is: { is: "restart" } },
  ])("$line during $command.text: $is.is", ({ line, command, responses = 0, is }) => {
    expect(classify(line, command && { command, responses }, GENERIC_URCS)).toEqual(is);
  });
});

describe("final results", () => {
  test.each([
    { line: "OK", result: { is: "ok" } },
    { line: "ERROR", result: { is: "error", error: { family: "generic", code: null, text: "ERROR" } } },
    { line: "+CMS ERROR: 302", result: { is: "error", error: { family: "cms", code: 302, text: "302" } } },
    { line: "+CMS ERROR:302", result: { is: "error", error: { family: "cms", code: 302, text: "302" } } },
    { line: "+CMS ERROR : 302", result: { is: "error", error: { family: "cms", code: 302, text: "302" } } },
    {
      line: "+CMS ERROR: network timeout",
      result: { is: "error", error: { family: "cms", code: null, text: "network timeout" } },
    },
    { line: "+CME ERROR: 14", result: { is: "error", error: { family: "cme", code: 14, text: "14" } } },
    { line: "+cme error: 14", result: { is: "error", error: { family: "cme", code: 14, text: "14" } } },
    {
      line: "COMMAND NOT SUPPORT",
      result: { is: "error", error: { family: "generic", code: null, text: "COMMAND NOT SUPPORT" } },
    },
    {
      line: "CONNECT 9600",
      result: { is: "error", error: { family: "generic", code: null, text: "CONNECT 9600" } },
    },
    { line: "OK then", result: null },
    { line: '+COPS: 0,0,"OK"', result: null },
    { line: "ERRORS", result: null },
  ])("$line", ({ line, result }) => {
    expect(finalResultOf(line)).toEqual(result);
  });
});

test.each([
  { line: '+CSCA: "+33609001390",145', fields: ["+33609001390", "145"] },
  { line: '+CPMS: ("ME","SM"),("SM"),("MT")', fields: ["(ME,SM)", "(SM)", "(MT)"] },
  { line: '+CNUM: "a, b","+336"', fields: ["a, b", "+336"] },
  { line: "+CMGR: 0,,33", fields: ["0", "", "33"] },
  { line: "+CMTI: ,-1", fields: ["", "-1"] },
])("the fields of $line", ({ line, fields }) => {
  expect(fieldsOf(line)).toEqual(fields);
});
