/** A modem line on a scripted modem: the bring-up of a well-behaved modem, written down once. */
import type { Line } from "../../../src/line/line.ts";
import { createModemLine } from "../../../src/line/modem/modem-line.ts";
import type { ModemLineOptions } from "../../../src/line/modem/modem-line-options.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { memoryInMemory } from "../../harness/line-memory.ts";
import { ScriptedModem } from "../../harness/scripted-modem.ts";
import { Recorder, until } from "../line-contract.ts";

export const ICCID = "8933010000000000017";

export type Script = {
  /** `AT+CNMI=?` and what is then chosen. */
  readonly offered: string;
  readonly chosen: string;
  /** What `AT+CSMS=1` is answered. */
  readonly phase2Plus: boolean;
  readonly storages: readonly string[];
  /** What `AT+CPIN?` is answered. */
  readonly cpin: readonly string[];
  /** What the drain finds in the first storage. */
  readonly listing: readonly string[];
  /** The entries that are then deleted. */
  readonly deleted: readonly number[];
};

export const HONEST: Script = {
  offered: "+CNMI: (0-2),(0-3),(0,2),(0-1),(0,1)",
  chosen: "2,1,0,1,0",
  phase2Plus: true,
  storages: ["ME"],
  cpin: ["+CPIN: READY", "OK"],
  listing: [],
  deleted: [],
};

export function scriptBringUp(modem: ScriptedModem, script: Script): void {
  const list = `(${script.storages.map((name) => `"${name}"`).join(",")})`;
  const first = script.storages[0] ?? "ME";
  const ask = (line: string, ...answer: string[]) => modem.expects(line).answers(...answer);
  modem.expects("\x1b");
  ask("AT", "OK");
  modem.expects("ATE0").says("ATE0\r\r\nOK\r\n");
  ask("ATV1", "OK");
  ask("AT+CMEE=1", "OK");
  ask("AT+CGMI", "Modem works", "OK");
  ask("AT+CGMM", "M1", "OK");
  ask("AT+CGSN", "860000000000000", "OK");
  ask("AT+CFUN?", "+CFUN: 1", "OK");
  ask("AT+CPIN?", ...script.cpin);
  ask('AT+CSCS="GSM"', "OK");
  if (script.phase2Plus) ask("AT+CSMS=1", "+CSMS: 1,1,1", "OK");
  else {
    ask("AT+CSMS=1", "+CMS ERROR: 303");
    ask("AT+CSMS=0", "+CSMS: 1,1,1", "OK");
  }
  ask("AT+CMGF=0", "OK");
  ask("AT+CPMS=?", `+CPMS: ${list},${list},${list}`, "OK");
  ask(`AT+CPMS="${first}","${first}","${first}"`, "+CPMS: 0,23,0,23,0,23", "OK");
  ask("AT+CCID", `+CCID: ${ICCID}`, "OK");
  ask("AT+CSCA?", '+CSCA: "+33609001390",145', "OK");
  ask("AT+CNMI=?", script.offered, "OK");
  ask(`AT+CNMI=${script.chosen}`, "OK");
  ask("AT+CNMI?", `+CNMI: ${script.chosen}`, "OK");
  ask("AT+CREG=2", "OK");
  ask("AT+CEREG=1", "OK");
  ask("AT+CREG?", '+CREG: 2,1,"1A2B","00C3D4",7', "OK");
  ask("AT+CIMI", "208010000000001", "OK");
  ask("AT+CNUM", '+CNUM: "","+33639980001",145', "OK");
  ask("AT+COPS?", '+COPS: 0,2,"20801",7', "OK");
  ask("AT+CSQ", "+CSQ: 17,99", "OK");
  ask("AT+CLIP=1", "OK");
  ask("AT+CTZU=1", "OK");
  ask("AT+CTZR=2", "OK");
  ask("AT+CCLK?", '+CCLK: "26/01/04,11:15:30+04"', "OK");
  for (const [place, storage] of script.storages.entries()) {
    if (place > 0) ask(`AT+CPMS="${storage}"`, "+CPMS: 0,23,0,23,0,23", "OK");
    ask("AT+CMGL=4", ...(place === 0 ? script.listing : []), "OK");
    if (place > 0 || script.listing.length === 0) continue;
    for (const index of script.deleted) ask(`AT+CMGD=${index}`, "OK");
    ask("AT+CMGL=4", "OK");
  }
}

export type Stage = {
  readonly line: Line;
  readonly modem: ScriptedModem;
  readonly clock: FakeClock;
  readonly seen: Recorder;
  readonly memory: ReturnType<typeof memoryInMemory>;
  readonly until: (condition: () => boolean) => Promise<void>;
};

/** A line that has been brought up and is ready; the test writes the rest. */
export async function readyLine(
  script: Partial<Script> = {},
  more: Partial<ModemLineOptions> = {},
): Promise<Stage> {
  const stage = lineOn(more);
  scriptBringUp(stage.modem, { ...HONEST, ...script });
  stage.line.start(stage.seen.handlers);
  await stage.until(() => stage.line.status.state === "ready");
  stage.modem.finished();
  return stage;
}

export function lineOn(more: Partial<ModemLineOptions> = {}): Stage {
  const clock = new FakeClock();
  const modem = new ScriptedModem(clock);
  const memory = memoryInMemory();
  const line = createModemLine({
    name: "sim1",
    openPort: () => Promise.resolve(modem.connect()),
    clock,
    log: silentLog(),
    memory,
    pin: null,
    smsc: null,
    simulated: false,
    ...more,
  });
  return {
    line,
    modem,
    clock,
    seen: new Recorder(),
    memory,
    until: (condition) => until(clock, condition, 400_000),
  };
}

/** Stops the line and fails on anything the script did not foresee. */
export async function closeStage(stage: Stage): Promise<void> {
  const stopping = stage.line.stop(0);
  await stage.clock.advance(0);
  await stopping;
  stage.modem.finished();
}
