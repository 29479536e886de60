/**
 * The line and the rehearsal SMSC, each with a codec of its own: the contract once more, and that they understand each
 * other in every dialect the SMSC has.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { Line } from "../../../src/line/line.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { SimulatedSmsc, type SmscOptions } from "../../../src/line/simulator/smsc.ts";
import { createSmppLine } from "../../../src/line/smpp/smpp-line.ts";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import { cut } from "../../../src/sms/cut.ts";
import { textOf as joined } from "../../../src/sms/join.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { describeLine, Recorder, segmentTo, until } from "../line-contract.ts";
import { DEFAULTS } from "./rig.ts";

const OWN = "+33639980001";
const PHONE = "+33612345678";

type Rehearsal = {
  readonly clock: FakeClock;
  readonly network: SimulatedNetwork;
  readonly smsc: SimulatedSmsc;
  readonly line: Line;
};

function rehearsal(
  smscOptions: Partial<SmscOptions> = {},
  options: Partial<SmppLineOptions> = {},
): Rehearsal {
  const clock = new FakeClock();
  const network = new SimulatedNetwork({ clock });
  const smsc = new SimulatedSmsc({ network, clock, numbers: [OWN], ...smscOptions });
  const openStream = async () => smsc.connect();
  const line = createSmppLine({ ...DEFAULTS, clock, memory: memoryInMemory(), openStream, ...options });
  return { clock, network, smsc, line };
}

const bodiesOn = (network: SimulatedNetwork) =>
  network
    .messages()
    .filter(({ direction }) => direction === "to-handset")
    .map(({ body }) => body);

describeLine("an SMPP bind to the rehearsal SMSC", () => {
  const { clock, network, smsc, line } = rehearsal();
  return Promise.resolve({
    line,
    clock,
    phoneTexts: (body) => {
      network.text({ from: PHONE, to: OWN, body });
    },
    taken: () => bodiesOn(network),
    unacknowledged: () => smsc.waiting,
    hold: () => {
      const held: (() => void)[] = [];
      const release = smsc.behave({
        name: "the SMSC takes its time",
        onAnswer: (tell) => {
          held.push(tell);
          return true;
        },
      });
      return () => {
        release();
        for (const tell of held.splice(0)) tell();
      };
    },
    refuse: () =>
      smsc.behave({
        name: "invalid destination",
        onSubmit: (_session, answer) => {
          answer(0x0b);
          return true;
        },
      }),
    cut: () => smsc.dropAll("the test cuts it"),
    unreachable: () => smsc.behave({ name: "down", isDown: () => true }),
    close: async () => {
      smsc.dropAll("the test is over");
      network.stop();
      await clock.advance(0);
    },
  });
});

describe("each other's dialects", () => {
  let stage: Rehearsal;
  let seen: Recorder;
  const begin = async (smscOptions: Partial<SmscOptions>, options: Partial<SmppLineOptions> = {}) => {
    stage = rehearsal(smscOptions, options);
    seen = new Recorder();
    stage.line.start(seen.handlers);
    await until(stage.clock, () => stage.line.status.state === "ready");
  };
  afterEach(async () => {
    const stopping = stage.line.stop(0);
    await stage.clock.advance(0);
    await stopping;
    stage.smsc.dropAll("the test is over");
    stage.network.stop();
    await stage.clock.advance(0);
  });

  const send = async (text: string) => {
    const signal = new AbortController().signal;
    const { alphabet, parts } = cut(text);
    const pending = parts.map((part, index) =>
      stage.line.submit(
        {
          ...segmentTo(PHONE, part),
          alphabet,
          concatenation:
            parts.length === 1
              ? null
              : { reference: 42, referenceBits: 8, total: parts.length, sequence: index + 1 },
        },
        { submissionId: `${index}`, signal },
      ),
    );
    await stage.clock.advance(0);
    return Promise.all(pending);
  };

  const ids = ["hex", "upper-hex", "decimal", "padded-decimal"] as const;
  const spellings = ids.flatMap((inResponses) =>
    ids.map((inReceipts) => ({ inResponses, inReceipts, form: "text" as const })),
  );
  test.each([
    ...spellings,
    { inResponses: "hex", inReceipts: "decimal", form: "TLVs" },
    { inResponses: "hex", inReceipts: "decimal", form: "text and TLVs" },
  ] as const)(
    "ids in $inResponses, in receipts in $inReceipts, told by $form",
    async ({ inResponses, inReceipts, form }) => {
      await begin({ ids: inResponses, spelling: { ids: inReceipts, form } });
      const references: string[] = [];
      for (let index = 0; index < 20; index++) {
        const [outcome] = await send(`text ${index}`);
        references.push(outcome?.is === "accepted" ? outcome.reference : "");
        await until(stage.clock, () => seen.reports.length === index + 1);
      }
      expect(seen.reports.map(({ reference }) => reference)).toEqual(references);
      expect(new Set(references).size).toBe(20);
    },
  );

  test.each(["udh", "sar", "payload"] as const)("long texts go out by %s", async (longMessages) => {
    await begin({}, { longMessages });
    const long = "A long way to the harbour, and back again. ".repeat(10).trim();
    const outcomes = await send(long);
    expect(outcomes.map(({ is }) => is)).toEqual(["accepted", "accepted", "accepted"]);
    await until(stage.clock, () => bodiesOn(stage.network).length === 1);
    expect(bodiesOn(stage.network)).toEqual([long]);
  });

  test.each(["udh", "sar", "payload"] as const)("long texts come in by %s", async (longMessages) => {
    await begin({ longMessages });
    const long = "Un long chemin jusqu'au port, été comme hiver. ".repeat(8).trim();
    stage.network.text({ from: PHONE, to: OWN, body: long });
    await until(stage.clock, () => stage.smsc.waiting === 0 && seen.inbound.length > 0);
    const parts = seen.inbound.toSorted(
      (a, b) => (a.concatenation?.sequence ?? 0) - (b.concatenation?.sequence ?? 0),
    );
    expect(joined(parts.map(({ userData }) => userData))).toBe(long);
  });

  test.each([
    { alphabet: "gsm7", smscAlphabet: "gsm7" },
    { alphabet: "latin1", smscAlphabet: "gsm7" },
    { alphabet: "latin1", smscAlphabet: "latin1" },
    { alphabet: "gsm7", smscAlphabet: "latin1" },
    { alphabet: "ucs2", smscAlphabet: "gsm7" },
  ] as const)(
    "texts in $alphabet, the SMSC's own being $smscAlphabet",
    async ({ alphabet, smscAlphabet }) => {
      await begin({ defaultAlphabet: smscAlphabet }, { alphabet, smscAlphabet });
      const texts = ["Hello @ the café", "5 € [net]", "Привет", "😀"];
      for (const text of texts) expect(await send(text)).toMatchObject([{ is: "accepted" }]);
      for (const body of texts) stage.network.text({ from: PHONE, to: OWN, body });
      await until(
        stage.clock,
        () => seen.inbound.length === texts.length && bodiesOn(stage.network).length === texts.length,
      );
      expect(bodiesOn(stage.network)).toEqual(texts);
      expect(seen.inbound.map(({ userData }) => joined([userData]))).toEqual(texts);
    },
  );
});
