import { describe, expect, test } from "vitest";
import { textOf } from "../../src/sms/join.ts";
import type { UserData } from "../../src/sms/message.ts";
import { tpStatus } from "../../src/sms/tp-status.ts";
import { decodeFromNetwork } from "../../src/sms/tpdu.ts";
import { minutesOfTpVp, tpVpOf } from "../../src/sms/validity.ts";
import {
  checkDeliver,
  checkMalformed,
  checkPacking,
  checkPlainSubmit,
  checkStatusReport,
  checkSubmit,
  isPlainSubmit,
} from "./vector-checks.ts";
import { OWN_VECTORS, vectorFile } from "./vector-files.ts";

checkFolder("own vectors", OWN_VECTORS);

const extraVectors = process.env["PYLONE_EXTRA_VECTORS"];
if (extraVectors !== undefined && extraVectors !== "") {
  checkFolder("vectors of public test suites", extraVectors);
}

function checkFolder(title: string, folder: string): void {
  describe(title, () => {
    const fromNetwork = vectorFile("pdu-deliver", folder).vectors;
    const submits = vectorFile("pdu-submit", folder).vectors;
    const deliveries = fromNetwork.filter((vector) => vector.type === "SMS-DELIVER");
    const reports = fromNetwork.filter((vector) => vector.type === "SMS-STATUS-REPORT");

    test.each(deliveries)("an SMS-DELIVER is read and written back ($id)", checkDeliver);
    test.each(reports)("an SMS-STATUS-REPORT is read and written back ($id)", checkStatusReport);
    test.each(submits)("an SMS-SUBMIT is written and read back ($id)", checkSubmit);
    test.each(submits.filter(isPlainSubmit))("a Segment becomes this SMS-SUBMIT ($id)", checkPlainSubmit);
    test.each(vectorFile("gsm7-packing", folder).vectors)("septets are packed ($packed)", checkPacking);
    test.each(vectorFile("pdu-malformed", folder).vectors)(
      "a damaged PDU is found out ($pdu)",
      checkMalformed,
    );

    test.each(vectorFile("pdu-reassembly", folder).sets)("parts make the text: $note", (set) => {
      const parts = new Map<number, UserData>();
      for (const pdu of set.arrivalOrder) {
        const deliver = decodeFromNetwork(pdu);
        if (deliver.tpMti !== "deliver") throw new Error("a part is an SMS-DELIVER");
        const { concatenation } = deliver.facts;
        parts.set(concatenation!.sequence, deliver.userData);
      }
      const inOrder = [...parts].sort(([one], [other]) => one - other).map(([, part]) => part);
      expect(textOf(inOrder)).toBe(set.text);
    });

    test.each(vectorFile("pdu-submit", folder).validityRoundUp)(
      "$minutes minutes are rounded up to TP-VP $tpVp",
      ({ minutes, tpVp }) => {
        expect(tpVpOf(minutes)).toBe(tpVp);
        expect(minutesOfTpVp(tpVp)).toBeGreaterThanOrEqual(Math.min(minutes, 635_040));
      },
    );

    test("every TP-Status has the state and text of the table", () => {
      const { codes } = vectorFile("tp-status", folder);
      expect(codes).toHaveLength(256);
      for (const { code, state, text } of codes)
        expect({ code, ...tpStatus(code) }).toEqual({ code, state, text });
    });
  });
}
