/** An SMSC on a network without air times, and an ESME of bytes that is bound to it. */
import { type AirTime, SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { SimulatedSmsc, type SmscOptions } from "../../../src/line/simulator/smsc.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { RawEsme } from "../../harness/raw-esme.ts";
import { TEN_O_CLOCK } from "./bench.ts";

export const OWN = "+33755500001";
export const SHORT_CODE = "36123";

export type SmscBench = {
  readonly clock: FakeClock;
  readonly network: SimulatedNetwork;
  readonly smsc: SimulatedSmsc;
  readonly esme: RawEsme;
};

export function smscBench(options: Partial<SmscOptions> & { readonly airTime?: AirTime } = {}): SmscBench {
  const clock = new FakeClock(TEN_O_CLOCK);
  const { airTime, ...rest } = options;
  const network = new SimulatedNetwork({
    clock,
    airTime: { submitMs: 0, deliverMs: 0, reportMs: 0, ...airTime },
    utcOffsetMinutes: 120,
  });
  const smsc = new SimulatedSmsc({ network, clock, numbers: [OWN, SHORT_CODE, "PYLONE"], ...rest });
  return { clock, network, smsc, esme: new RawEsme(smsc.connect()) };
}

/** The same, bound as a transceiver. */
export async function boundBench(options: Parameters<typeof smscBench>[0] = {}): Promise<SmscBench> {
  const bench = smscBench(options);
  const answer = await bench.esme.bind();
  if (answer?.status !== 0) throw new Error(`the bind was answered with ${answer?.status}`);
  return bench;
}
