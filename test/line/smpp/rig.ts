import type { Line } from "../../../src/line/line.ts";
import { createSmppLine } from "../../../src/line/smpp/smpp-line.ts";
import type { SmppLineOptions } from "../../../src/line/smpp/smpp-line-options.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { ScriptedSmsc } from "../../harness/scripted-smsc.ts";
import { Recorder, until } from "../line-contract.ts";

export const DEFAULTS: Omit<SmppLineOptions, "openStream" | "clock" | "memory"> = {
  name: "carrier",
  log: silentLog(),
  simulated: true,
  systemId: "esme",
  password: "secret",
  systemType: "",
  interfaceVersion: 0x34,
  addressRange: { ton: 0, npi: 0, range: "" },
  bind: "transceiver",
  binds: 1,
  window: 10,
  enquireLinkMs: 30_000,
  responseTimeoutMs: 30_000,
  alphabet: "gsm7",
  smscAlphabet: "gsm7",
  dataCoding: { gsm7: 0, latin1: 3, ucs2: 8 },
  longMessages: "udh",
  source: { ton: null, npi: null },
  destination: { ton: null, npi: null },
  registeredDelivery: true,
  messageIds: "auto",
  inboundWindow: 50,
};

/** A Line and the SMSC it binds to, in one conversation. */
export class Conversation {
  readonly clock = new FakeClock();
  readonly smsc = new ScriptedSmsc(this.clock);
  readonly seen = new Recorder();
  readonly memory = memoryInMemory();
  readonly line: Line;

  constructor(options: Partial<SmppLineOptions> = {}) {
    const { clock, smsc, memory } = this;
    this.line = createSmppLine({ ...DEFAULTS, clock, memory, openStream: smsc.openStream, ...options });
  }

  start(): void {
    this.line.start(this.seen.handlers);
  }

  async ready(): Promise<void> {
    this.start();
    await this.until(() => this.line.status.state === "ready");
  }

  until(condition: () => boolean, withinMs?: number): Promise<void> {
    return until(this.clock, condition, withinMs);
  }

  async end(): Promise<void> {
    const stopping = this.line.stop(0);
    await this.clock.advance(1000);
    await stopping;
    this.smsc.close();
    await this.clock.advance(0);
  }
}
