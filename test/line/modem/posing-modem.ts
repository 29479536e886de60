/**
 * The in-memory modem posing as another make: what it says it is, what it answers to the maker's own commands,
 * and what it refuses. Everything typed to it is written down.
 */
import type { Line, LineMemory } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import { type Call, cms, ERROR, ok } from "../../../src/line/simulator/call.ts";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { Recorder, until } from "../line-contract.ts";

export type Pose = {
  readonly manufacturer: string;
  readonly model: string;
  /** Its own commands, without `AT` and without quotes, and the lines it answers before `OK`. */
  readonly answers?: Readonly<Record<string, readonly string[]>>;
  /** Commands it refuses with `ERROR`, or with a `+CMS ERROR`. */
  readonly refuses?: Readonly<Record<string, "ERROR" | number>>;
};

export type Posing = {
  readonly clock: FakeClock;
  readonly network: SimulatedNetwork;
  readonly modem: SimulatedModem;
  readonly line: Line;
  readonly seen: Recorder;
  readonly typed: string[];
  readonly ready: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export function posing(
  pose: Pose,
  options: {
    readonly simPin?: string;
    readonly pin?: string;
    readonly memory?: LineMemory;
    readonly init?: readonly string[];
    readonly smsc?: string;
  } = {},
): Posing {
  const clock = new FakeClock();
  const network = new SimulatedNetwork({ clock });
  const number = "+33639980001";
  const pin = options.simPin;
  const modem = new SimulatedModem({ number, network, clock, ...(pin === undefined ? {} : { pin }) });
  const typed: string[] = [];
  const answers: Record<string, readonly string[]> = {
    "+CGMI": [pose.manufacturer],
    "+CGMM": [pose.model],
    ...pose.answers,
  };
  modem.behave({
    name: `poses as ${pose.model}`,
    onBytes: (bytes) => {
      typed.push(Buffer.from(bytes).toString("latin1").trim());
      return false;
    },
    onCommand: (call, answer) => {
      const text = textOf(call);
      const refusal = pose.refuses?.[text];
      if (refusal !== undefined) answer(refusal === "ERROR" ? ERROR : cms(refusal));
      else if (answers[text] !== undefined) answer(ok(...answers[text]));
      else return false;
      return true;
    },
  });
  const line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory: options.memory ?? memoryInMemory(),
    pin: options.pin ?? null,
    smsc: options.smsc ?? null,
    init: options.init ?? [],
    simulated: true,
  });
  const seen = new Recorder();
  return {
    clock,
    network,
    modem,
    line,
    seen,
    typed,
    ready: async () => {
      line.start(seen.handlers);
      await until(clock, () => line.status.state === "ready");
    },
    stop: async () => {
      const stopping = line.stop(0);
      await clock.advance(0);
      await stopping;
      network.stop();
    },
  };
}

const MARKS: Readonly<Record<Call["kind"], string>> = { execute: "", read: "?", test: "=?", set: "=" };

function textOf(call: Call): string {
  return `${call.name}${MARKS[call.kind]}${call.parameters.join(",")}`;
}
