import { describe, expect, it } from "vitest";
import { InHand } from "../../src/store/in-hand.ts";
import { Undo } from "../../src/store/undo.ts";
import { openInProcess } from "./in-process.ts";
import { FROM, newOutbound, T0 } from "./new-outbound.ts";

describe("a row in hand", () => {
  it("is forgotten when what wrote it is taken back, with what was known before it", () => {
    const undo = new Undo();
    const rows = new InHand<number, string>(undo);
    rows.keep(1, "first");
    const mark = undo.mark;
    rows.keep(1, "second");
    undo.rollbackTo(mark);
    expect(rows.get(1)).toBeUndefined();
  });

  it("is one of a bounded number", () => {
    const rows = new InHand<number, string>(new Undo());
    for (let key = 0; key < 100_000; key++) rows.keep(key, "row");
    const kept = Array.from({ length: 100_000 }, (_, key) => key).filter(
      (key) => rows.get(key) !== undefined,
    );
    expect(kept.length).toBeLessThanOrEqual(2000);
    expect(rows.get(99_999)).toBe("row");
  });

  it("is what is on disk, column by column, through the life of a message", () => {
    const store = openInProcess();
    try {
      const onDisk = store.db.prepare<[string], Record<string, unknown>>(
        "SELECT * FROM message WHERE sid = ?",
      );
      const message = newOutbound({ parts: ["one ", "two"], body: "one two" });
      store.commands.accept(message);
      const { claims } = store.commands.claim(FROM, { line: "sim1", limit: 2, now: T0 });
      for (const [index, { submissionId }] of claims.entries()) {
        store.commands.settle(submissionId, { is: "accepted", reference: String(index) }, T0 + index);
        const shown = store.commands.getMessage(message.sid);
        expect(shown).not.toBeNull();
        expect(onDisk.get(message.sid)).toMatchObject({ ...shown });
      }
      expect(store.commands.getMessage(message.sid)?.status).toBe("sent");
    } finally {
      store.close();
    }
  });

  it("is not what the store answers with after its command failed", () => {
    const store = openInProcess();
    try {
      const message = newOutbound({});
      store.commands.accept(message);
      const failing = store.db.transaction(() => {
        const mark = store.set.undo.mark;
        store.commands.claim(FROM, { line: "sim1", limit: 1, now: T0 });
        store.set.undo.rollbackTo(mark);
        throw new Error("the disk is full");
      });
      expect(failing).toThrow("the disk is full");
      expect(store.commands.getMessage(message.sid)?.status).toBe("queued");
    } finally {
      store.close();
    }
  });
});
