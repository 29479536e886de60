/** A modem on a network without air times, and a terminal that types at it and writes down what it says. */
import type { BytePort } from "../../../src/line/byte-port.ts";
import { SimulatedModem, type SimulatedModemOptions } from "../../../src/line/simulator/modem.ts";
import { type NetworkOptions, SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";

export const NUMBER = "+33639980001";
export const PHONE = "+33612345678";
export const CTRL_Z = "\u001a";
export const ESC = "\u001b";

/** 2025-05-05T10:00:00+02:00, the moment of the reference dialogues. */
export const TEN_O_CLOCK = Date.UTC(2025, 4, 5, 8, 0, 0);

/** "Gate 4 open [ok]" to PHONE, valid 24 h, with a status report; its `<length>` is 30. */
export const SUBMIT = "0031000B913316325476F80000A712C730BD0CA281DEF0B21BB4E1BDD71B1F";

export class Terminal {
  readonly port: BytePort;
  closedFor: string | null = null;
  #heard = "";

  constructor(modem: SimulatedModem) {
    this.port = modem.connect();
    this.port.onData((bytes) => {
      this.#heard += Buffer.from(bytes).toString("latin1");
    });
    this.port.onClose((reason) => {
      this.closedFor = reason;
    });
  }

  /** Everything said since the last time. */
  async heard(): Promise<string> {
    await settle();
    const heard = this.#heard;
    this.#heard = "";
    return heard;
  }

  async say(text: string): Promise<string> {
    await this.port.write(Buffer.from(text, "latin1"));
    return await this.heard();
  }
}

export type Bench = {
  readonly clock: FakeClock;
  readonly network: SimulatedNetwork;
  readonly modem: SimulatedModem;
  readonly te: Terminal;
};

export function bench(options: Partial<SimulatedModemOptions> & Pick<NetworkOptions, "airTime"> = {}): Bench {
  const clock = new FakeClock(TEN_O_CLOCK);
  const airTime = { submitMs: 0, deliverMs: 0, reportMs: 0, ...options.airTime };
  const network = new SimulatedNetwork({ clock, airTime, utcOffsetMinutes: 120 });
  const modem = new SimulatedModem({ number: NUMBER, network, clock, ...options });
  return { clock, network, modem, te: new Terminal(modem) };
}

/** Echo off, PDU mode, ME as storage, and the routing asked for. */
export async function configured(
  options: Parameters<typeof bench>[0] & { readonly cnmi?: string; readonly csms?: 0 | 1 } = {},
): Promise<Bench> {
  const world = bench(options);
  const { cnmi = "2,1,0,1,0", csms = 0 } = options;
  await world.te.say(`ATE0\rAT+CMEE=1;+CMGF=0;+CSMS=${csms};+CPMS="ME","ME","ME";+CNMI=${cnmi};+CREG=1\r`);
  return world;
}

/** Sends SUBMIT; what the modem said after the PDU. */
export async function sendOne(te: Terminal): Promise<string> {
  await te.say("AT+CMGS=30\r");
  return await te.say(`${SUBMIT}${CTRL_Z}`);
}
