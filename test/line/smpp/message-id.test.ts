/** Ids in receipts, and the ones in submit_sm_resp: hexadecimal, decimal, padded, in capitals. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  keyOfId,
  keyOfReceiptId,
  PLAIN_STYLE,
  rebuildId,
  styleAfter,
} from "../../../src/line/smpp/message-id.ts";
import { MessageIdBook } from "../../../src/line/smpp/message-id-book.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";

const ALICE = "+33612345678";
const BOB = "+33687654321";

describe("two ways to write one id", () => {
  test.each([
    ["1a2b", "same", "1a2b", "1a2b"],
    ["1A2B", "same", "1a2b", "1a2b"],
    ["00001A2B", "same", "1a2b", "1a2b"],
    ["1a2b", "receipt-decimal", "6699", "1a2b"],
    ["00001A2B", "receipt-decimal", "6699", "00001A2B"],
    ["1A2B", "receipt-decimal", "0000006699", "1A2B"],
    ["6699", "receipt-hex", "1a2b", "6699"],
    ["0000006699", "receipt-hex", "1A2B", "0000006699"],
  ] as const)("%s, %s: %s", (id, relation, receiptId, rebuilt) => {
    expect(keyOfReceiptId(receiptId, relation)).toBe(keyOfId(id));
    const style = styleAfter(PLAIN_STYLE, relation === "same" ? receiptId : id);
    expect(rebuildId(receiptId, relation, style)).toBe(rebuilt);
  });

  test("names are no numbers", () => {
    expect(keyOfId("msg-00A")).toBe("msg-00A");
    expect(keyOfReceiptId("msg-00A", "receipt-decimal")).toBeNull();
    expect(keyOfReceiptId("msg-00A", "receipt-hex")).toBeNull();
    expect(rebuildId("msg-00A", "receipt-decimal", PLAIN_STYLE)).toBe("msg-00A");
  });

  test("a decimal receipt finds its hexadecimal id, whatever the number and the style", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n }),
        fc.boolean(),
        fc.boolean(),
        (number, upper, padded) => {
          const plain = padded ? number.toString(16).padStart(20, "0") : number.toString(16);
          const id = upper ? plain.toUpperCase() : plain;
          expect(keyOfReceiptId(number.toString(), "receipt-decimal")).toBe(keyOfId(id));
          expect(rebuildId(number.toString(), "receipt-decimal", styleAfter(PLAIN_STYLE, id))).toBe(id);
        },
      ),
    );
  });
});

describe("the book of ids, on auto", () => {
  const memory = memoryInMemory();
  let book: MessageIdBook;
  beforeEach(() => {
    memory.entries.clear();
    book = new MessageIdBook({ setting: "auto", memory });
  });

  test("knows nothing at first, and says so", () => {
    expect(book.find("6699", ALICE)).toEqual({ reference: "6699", acceptedAt: null, certain: false });
    expect(book.relation).toBeNull();
  });

  test.each([
    { name: "the same", id: "1a2b", receiptId: "1a2b", relation: "same", later: ["ffff", "ffff"] },
    { name: "capitals", id: "1a2b", receiptId: "1A2B", relation: "same", later: ["FFFF", "ffff"] },
    { name: "padding", id: "0000001a2b", receiptId: "1a2b", relation: "same", later: ["ffff", "000000ffff"] },
    {
      name: "decimal for hexadecimal",
      id: "1A2B",
      receiptId: "6699",
      relation: "receipt-decimal",
      later: ["65535", "FFFF"],
    },
    {
      name: "decimal, padded",
      id: "1a2b",
      receiptId: "0000006699",
      relation: "receipt-decimal",
      later: ["65535", "ffff"],
    },
    {
      name: "hexadecimal for decimal",
      id: "6699",
      receiptId: "1a2b",
      relation: "receipt-hex",
      later: ["ffff", "65535"],
    },
    { name: "names", id: "m-Ab", receiptId: "m-Ab", relation: "same", later: ["m-Cd", "m-Cd"] },
  ] as const)(
    "finds out from one receipt and remembers it: $name",
    async ({ id, receiptId, relation, later }) => {
      book.accepted(id, ALICE, 5);
      expect(book.find(receiptId, ALICE)).toEqual({ reference: id, acceptedAt: 5, certain: true });
      expect(book.relation).toBe(relation);
      const afterRestart = new MessageIdBook({ setting: "auto", memory });
      await afterRestart.load();
      expect(afterRestart.find(later[0], ALICE)).toEqual({
        reference: later[1],
        acceptedAt: null,
        certain: true,
      });
    },
  );

  test("does not conclude from an id that fits in two ways", () => {
    book.accepted("10", ALICE, 1);
    book.accepted("16", ALICE, 2);
    expect(book.find("16", ALICE)).toMatchObject({ certain: true });
    expect(book.relation).toBeNull();
    book.accepted("1f", ALICE, 3);
    expect(book.find("31", ALICE)).toMatchObject({ reference: "1f" });
    expect(book.relation).toBe("receipt-decimal");
    expect(book.find("16", ALICE)).toMatchObject({ reference: "10" });
  });

  test("does not conclude from an id that went to somebody else", () => {
    book.accepted("1a2b", BOB, 1);
    expect(book.find("6699", ALICE)).toMatchObject({ certain: false });
    expect(book.relation).toBeNull();
  });

  test("knows a recipient that is written without its plus, or nationally", () => {
    book.accepted("1a2b", ALICE, 1);
    expect(book.find("6699", "33612345678")).toMatchObject({ reference: "1a2b" });
    expect(book.find("6699", "0612345678")).toMatchObject({ reference: "1a2b" });
  });

  test("gives a finding up when three receipts in a row show another", () => {
    const shows = (number: number) => {
      book.accepted(`${number.toString(16)}f`, ALICE, number);
      book.find(String(Number.parseInt(`${number.toString(16)}f`, 16)), ALICE);
    };
    book.accepted("abc", ALICE, 0);
    book.find("abc", ALICE);
    expect(book.relation).toBe("same");
    shows(1001);
    shows(1002);
    expect(book.relation).toBe("same");
    shows(1003);
    expect(book.relation).toBe("receipt-decimal");
  });

  test("keeps the last ten thousand ids, and no more than twice as many", () => {
    for (let number = 0; number < 30_000; number++) book.accepted(`m-${number}`, ALICE, number);
    expect(book.find("m-9999", ALICE).acceptedAt).toBeNull();
    expect(book.find("m-20000", ALICE).acceptedAt).toBe(20_000);
  });

  test("an id the SMSC uses again is the newer one's", () => {
    book.accepted("5", ALICE, 1);
    book.accepted("5", BOB, 2);
    expect(book.find("5", BOB).acceptedAt).toBe(2);
    expect(book.find("5", ALICE).acceptedAt).toBeNull();
  });
});

describe("the book of ids, when it is told", () => {
  test.each([
    { setting: "same", receiptId: "6699", reference: "6699" },
    { setting: "receipt-decimal", receiptId: "6699", reference: "1a2b" },
    { setting: "receipt-hex", receiptId: "1a2b", reference: "6699" },
  ] as const)("$setting", ({ setting, receiptId, reference }) => {
    const book = new MessageIdBook({ setting, memory: memoryInMemory() });
    expect(book.find(receiptId, ALICE)).toEqual({ reference, acceptedAt: null, certain: true });
  });

  test("writes an old id as the SMSC writes them", () => {
    const book = new MessageIdBook({ setting: "receipt-decimal", memory: memoryInMemory() });
    book.accepted("0000ABCD", BOB, 1);
    expect(book.find("6699", ALICE).reference).toBe("00001A2B");
  });

  test("is not led astray by an id that fits otherwise", () => {
    const book = new MessageIdBook({ setting: "receipt-decimal", memory: memoryInMemory() });
    book.accepted("16", ALICE, 1);
    expect(book.find("16", ALICE).reference).toBe("10");
  });
});
