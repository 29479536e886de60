import type { FaultBoard } from "../line/simulator/fault-board.ts";
import { SimulatedNetwork } from "../line/simulator/network.ts";
import type { SimulatedSmsc } from "../line/simulator/smsc.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";

/** What `sim:` lines are on: one network, and by a line's name where its faults are switched on. */
export class SimulatedLines {
  readonly network: SimulatedNetwork;
  readonly faultBoards = new Map<string, FaultBoard>();
  readonly smscs: SimulatedSmsc[] = [];

  constructor(clock: Clock, log: Log) {
    this.network = new SimulatedNetwork({ clock, log });
  }

  stop(): void {
    for (const smsc of this.smscs) smsc.stop();
    this.network.stop();
  }
}
