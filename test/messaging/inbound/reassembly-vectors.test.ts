import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { reassemble } from "../../../src/messaging/inbound/reassemble.ts";
import { decodeDeliver } from "../../../src/sms/deliver.ts";
import { textOf } from "../../../src/sms/join.ts";
import type { KeptSegment } from "../../../src/store/store.ts";
import { gsm7Segment } from "./segments.ts";

type ReassemblySet = {
  readonly id: string;
  readonly note: string;
  readonly arrivalOrder: string[];
  readonly text: string;
};

const { sets } = JSON.parse(
  readFileSync(new URL("../../vectors/pdu-reassembly.json", import.meta.url), "utf8"),
) as { sets: readonly ReassemblySet[] };

function keptOf(pdu: string, at: number): KeptSegment {
  const { tpOa, userData, facts } = decodeDeliver(pdu);
  const segment = gsm7Segment("", {
    from: JSON.stringify(tpOa),
    userData,
    concatenation: facts.concatenation,
  });
  return { keptId: String(at), line: "sim1", receivedAt: at, segment };
}

describe("captured sets of parts, in the order they came", () => {
  test.each(sets)("$id: $note", ({ arrivalOrder, text }) => {
    const [message, ...others] = reassemble(arrivalOrder.map(keptOf));
    expect(others).toEqual([]);
    expect(textOf(message?.parts.map(({ segment }) => segment.userData) ?? [])).toBe(text);
    expect(message?.keptIds).toHaveLength(arrivalOrder.length);
  });

  test("do not mix when they all come at once", () => {
    const everything = sets.flatMap(({ arrivalOrder }, set) =>
      arrivalOrder.map((pdu, at) => {
        const kept = keptOf(pdu, at);
        return { ...kept, keptId: `${set}.${at}`, line: `sim${set}` };
      }),
    );
    everything.sort((a, b) => a.receivedAt - b.receivedAt);
    const texts = reassemble(everything).map(({ parts }) =>
      textOf(parts.map(({ segment }) => segment.userData)),
    );
    expect([...texts].sort()).toEqual(sets.map(({ text }) => text).sort());
  });
});
