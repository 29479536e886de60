import type { FaultBoard } from "../line/simulator/fault-board.ts";
import type { SimulatedNetwork } from "../line/simulator/network.ts";
import type { SimulatedSmsc } from "../line/simulator/smsc.ts";

/** The network that `sim:` lines are on, and where a fault can be switched on, by the line's name. */
export type SimulatedLines = {
  readonly network: SimulatedNetwork;
  readonly faultBoards: Map<string, FaultBoard>;
  readonly smscs: Map<string, SimulatedSmsc>;
};
