/** The product's SMPP Line on the simulated SMSC: the contract, and each way of writing a text. */
import { describe, expect, test } from "vitest";
import { createSmppLine } from "../../../src/line/smpp/smpp-line.ts";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import { textOf } from "../../../src/sms/join.ts";
import type { Segment } from "../../../src/sms/message.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { describeLine, type LineRig, Recorder, segmentTo, until } from "../line-contract.ts";
import { DEFAULTS } from "../smpp/rig.ts";
import { PHONE } from "./bench.ts";
import { OWN, smscBench } from "./smsc-bench.ts";

const NO_SUCH_RECIPIENT = 0x0b;

function lineOn(options: Parameters<typeof smscBench>[0] = {}, line: Partial<SmppLineOptions> = {}) {
  const bench = smscBench(options);
  bench.esme.stream.destroy();
  const { clock, smsc } = bench;
  const openStream = async () => smsc.connect();
  return {
    ...bench,
    line: createSmppLine({ ...DEFAULTS, clock, memory: memoryInMemory(), openStream, ...line }),
  };
}

function rig(): LineRig {
  const { clock, network, smsc, line } = lineOn({ numbers: ["+33639980001"] });
  return {
    line,
    clock,
    phoneTexts: (body) => network.text({ from: PHONE, to: "+33639980001", body }),
    taken: () =>
      network.messages().flatMap(({ direction, body }) => (direction === "to-handset" ? [body] : [])),
    unacknowledged: () => smsc.waiting,
    hold: () => {
      const held: (() => void)[] = [];
      return smsc.behave({
        name: "hold",
        onAnswer: (tell) => held.push(tell) > 0,
        onRelease: () => {
          for (const tell of held) tell();
        },
      });
    },
    refuse: () =>
      smsc.behave({
        name: "refuse",
        onSubmit: (_session, answer) => {
          answer(NO_SUCH_RECIPIENT);
          return true;
        },
      }),
    cut: () => smsc.dropAll("cut"),
    unreachable: () => smsc.behave({ name: "unreachable", isDown: () => true }),
    close: async () => {
      const stopping = line.stop(0);
      await clock.advance(1000);
      await stopping;
      smsc.stop();
      network.stop();
    },
  };
}

describeLine("an SMPP line on the simulated SMSC", async () => rig());

describe("a long text", () => {
  const TEXT = `${"déjà vu [€] ".repeat(20)}`;
  const part = (sequence: number, text: string): Segment => ({
    ...segmentTo(PHONE, text),
    from: OWN,
    concatenation: { reference: 7, referenceBits: 8, total: 2, sequence },
  });

  test.each([
    ["the default alphabet, by header", {}, {}],
    ["the default alphabet, by SAR", {}, { longMessages: "sar" }],
    ["the default alphabet, in the payload", {}, { longMessages: "payload" }],
    ["UCS-2", {}, { alphabet: "ucs2" }],
    ["Latin-1 by default", { defaultAlphabet: "latin1" }, { smscAlphabet: "latin1", alphabet: "latin1" }],
  ] as const)("goes out in %s and is whole on the handset", async (_way, smscOptions, lineOptions) => {
    const { line, clock, network } = lineOn(smscOptions, lineOptions);
    const seen = new Recorder();
    line.start(seen.handlers);
    await until(clock, () => line.status.state === "ready");
    const { signal } = new AbortController();
    const sent = [part(1, TEXT.slice(0, 60)), part(2, TEXT.slice(60, 120))].map((segment, nth) =>
      line.submit(segment, { submissionId: `s${nth}`, signal }),
    );
    await until(clock, () => seen.reports.length === 2);
    expect((await Promise.all(sent)).map(({ is }) => is)).toEqual(["accepted", "accepted"]);
    expect(network.messages()).toMatchObject([{ from: OWN, to: PHONE, body: TEXT.slice(0, 120) }]);
    const stopping = line.stop(0);
    await clock.advance(1000);
    await stopping;
  });

  test.each(["udh", "sar", "payload"] as const)("comes in by %s and is whole", async (longMessages) => {
    const { line, clock, network } = lineOn({ longMessages });
    const seen = new Recorder();
    line.start(seen.handlers);
    await until(clock, () => line.status.state === "ready");
    network.text({ from: PHONE, to: OWN, body: TEXT });
    await until(clock, () => seen.inbound.length === (longMessages === "payload" ? 1 : 2));
    const parts = seen.inbound.toSorted(
      (a, b) => (a.concatenation?.sequence ?? 0) - (b.concatenation?.sequence ?? 0),
    );
    expect(textOf(parts.map(({ userData }) => userData))).toBe(TEXT);
    const stopping = line.stop(0);
    await clock.advance(1000);
    await stopping;
  });
});
