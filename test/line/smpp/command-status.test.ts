import { describe, expect, test } from "vitest";
import {
  COMMAND_STATUSES,
  commandStatusOf,
  nameOfStatus,
  needsPerson,
} from "../../../src/line/smpp/command-status.ts";
import { outcomeOf } from "../../../src/line/smpp/submit-outcome.ts";

/** SMPP 3.4 §5.1.3, table 5-2, as its rows stand there. */
const TABLE: Readonly<Record<string, number>> = {
  ESME_ROK: 0x00,
  ESME_RINVMSGLEN: 0x01,
  ESME_RINVCMDLEN: 0x02,
  ESME_RINVCMDID: 0x03,
  ESME_RINVBNDSTS: 0x04,
  ESME_RALYBND: 0x05,
  ESME_RINVPRTFLG: 0x06,
  ESME_RINVREGDLVFLG: 0x07,
  ESME_RSYSERR: 0x08,
  ESME_RINVSRCADR: 0x0a,
  ESME_RINVDSTADR: 0x0b,
  ESME_RINVMSGID: 0x0c,
  ESME_RBINDFAIL: 0x0d,
  ESME_RINVPASWD: 0x0e,
  ESME_RINVSYSID: 0x0f,
  ESME_RCANCELFAIL: 0x11,
  ESME_RREPLACEFAIL: 0x13,
  ESME_RMSGQFUL: 0x14,
  ESME_RINVSERTYP: 0x15,
  ESME_RINVNUMDESTS: 0x33,
  ESME_RINVDLNAME: 0x34,
  ESME_RINVDESTFLAG: 0x40,
  ESME_RINVSUBREP: 0x42,
  ESME_RINVESMCLASS: 0x43,
  ESME_RCNTSUBDL: 0x44,
  ESME_RSUBMITFAIL: 0x45,
  ESME_RINVSRCTON: 0x48,
  ESME_RINVSRCNPI: 0x49,
  ESME_RINVDSTTON: 0x50,
  ESME_RINVDSTNPI: 0x51,
  ESME_RINVSYSTYP: 0x53,
  ESME_RINVREPFLAG: 0x54,
  ESME_RINVNUMMSGS: 0x55,
  ESME_RTHROTTLED: 0x58,
  ESME_RINVSCHED: 0x61,
  ESME_RINVEXPIRY: 0x62,
  ESME_RINVDFTMSGID: 0x63,
  ESME_RX_T_APPN: 0x64,
  ESME_RX_P_APPN: 0x65,
  ESME_RX_R_APPN: 0x66,
  ESME_RQUERYFAIL: 0x67,
  ESME_RINVOPTPARSTREAM: 0xc0,
  ESME_ROPTPARNOTALLWD: 0xc1,
  ESME_RINVPARLEN: 0xc2,
  ESME_RMISSINGOPTPARAM: 0xc3,
  ESME_RINVOPTPARAMVAL: 0xc4,
  ESME_RDELIVERYFAILURE: 0xfe,
  ESME_RUNKNOWNERR: 0xff,
};

describe("command_status", () => {
  test("has a row for every status of the standard, and no other", () => {
    expect(Object.fromEntries(COMMAND_STATUSES.map(({ name, status }) => [name, status]))).toEqual(TABLE);
    expect(COMMAND_STATUSES).toHaveLength(Object.keys(TABLE).length);
  });

  test.each(COMMAND_STATUSES.filter(({ status }) => status !== 0))(
    "$name rejects a submit_sm with the disposition $disposition",
    ({ status, disposition, name, text }) => {
      const outcome = outcomeOf({ is: "response", status, fields: {} }, "carrier");
      expect(outcome).toMatchObject({
        is: "rejected",
        fault: { code: "smpp.status", status, disposition },
      });
      expect(outcome.is === "rejected" && outcome.fault.message).toContain(`${name} `);
      expect(outcome.is === "rejected" && outcome.fault.message).toContain(text);
    },
  );

  test.each([
    ["ESME_RTHROTTLED", "line"],
    ["ESME_RMSGQFUL", "line"],
    ["ESME_RINVBNDSTS", "line"],
    ["ESME_RSYSERR", "retry"],
    ["ESME_RX_T_APPN", "retry"],
    ["ESME_RINVDSTADR", "reject"],
    ["ESME_RINVMSGLEN", "reject"],
    ["ESME_RX_P_APPN", "reject"],
  ])("%s: %s", (name, disposition) => {
    expect(commandStatusOf(TABLE[name] ?? -1).disposition).toBe(disposition);
  });

  test("what is a vendor's own, or reserved, is tried again", () => {
    expect(commandStatusOf(0x0412)).toMatchObject({ disposition: "retry", name: "0x00000412" });
    expect(nameOfStatus(0x0412)).toBe("0x00000412: the SMSC's own: ask the carrier");
    expect(commandStatusOf(0x1234)).toMatchObject({ disposition: "retry", name: "0x00001234" });
  });

  test("a generic_nack to a submit_sm counts as its status", () => {
    const outcome = outcomeOf({ is: "nack", status: 0x58 }, "carrier");
    expect(outcome).toMatchObject({ is: "rejected", fault: { status: 0x58, disposition: "line" } });
  });

  test("a person must look at a wrong password, system_id or system_type, and not at a full SMSC", () => {
    expect([0x0d, 0x0e, 0x0f, 0x53].every(needsPerson)).toBe(true);
    expect([0x05, 0x08, 0x14, 0x58].some(needsPerson)).toBe(false);
  });
});
