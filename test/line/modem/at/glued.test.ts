import fc from "fast-check";
import { expect, test } from "vitest";
import { partsOf } from "../../../../src/line/modem/at/glued.ts";

test.each([
  ["0791AABB+CMGL: 2,1,,18", ["0791AABB", "+CMGL: 2,1,,18"]],
  ['+CMTI: "ME",3OK', ['+CMTI: "ME",3', "OK"]],
  ['OK+CMTI: "ME",3', ["OK", '+CMTI: "ME",3']],
  ['+CMGS: 44+CMTI: "SM",0', ["+CMGS: 44", '+CMTI: "SM",0']],
  ['+CMTI: "ME",3+CMTI: "ME",4+CMGS: 44', ['+CMTI: "ME",3', '+CMTI: "ME",4', "+CMGS: 44"]],
  ['+CREG: 1,"1A2B","00C3"+CDSI: "SR",12', ['+CREG: 1,"1A2B","00C3"', '+CDSI: "SR",12']],
  ['0791AABB+CMTI: "ME",3', ["0791AABB", '+CMTI: "ME",3']],
])("%s is %j", (line, parts) => {
  expect(partsOf(line)).toEqual(parts);
});

test.each([
  "OK",
  "0791AABB",
  '+CMTI: "ME",3',
  '+CMTI: "ME",3,1',
  '+CMGL: 1,1,"",33',
  '+CUSD: 0,"Send +CMTI: \\"ME\\",3 now",15',
  '+CUSD: 0,"see +CMTI: "ME",3',
  "+CMT: ,30",
  "",
])("%s stays whole", (line) => {
  expect(partsOf(line)).toEqual([line]);
});

test("nothing but white space between the parts is lost, whatever the line", () => {
  const piece = fc.constantFrom('+CMTI: "ME",3', "OK", "0791", "+CMGS: 4", '"', " ", "+CMGL: 1,1,,2", "x,");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const line = pieces.join("").trim();
      expect(partsOf(line).join("").replaceAll(" ", "")).toBe(line.replaceAll(" ", ""));
    }),
  );
});
