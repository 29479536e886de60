/** What a modem line is made of, given at composition. */
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { OpenPort } from "../byte-port.ts";
import type { LineMemory } from "../line.ts";
import type { CallPolicy } from "./calls.ts";

export type ModemLineOptions = {
  readonly name: string;
  readonly openPort: OpenPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: LineMemory;
  readonly pin: string | null;
  readonly smsc: string | null;
  /** Commands the operator wants given at each start of the modem. */
  readonly init?: readonly string[];
  readonly simulated: boolean;
  /** Restarts the modem or cuts its power from outside; says how that ended. Null or absent: nothing can. */
  readonly resetFromOutside?: ((signal: AbortSignal) => Promise<string>) | null;
  /** What would keep `resetFromOutside` from working, asked at start. */
  readonly resetTrouble?: () => Promise<string | null>;
  /** Logs every line of the wire, private things masked. */
  readonly trace?: boolean;
  /** What is done with somebody who rings. Default: rung off. */
  readonly callPolicy?: CallPolicy;
};
