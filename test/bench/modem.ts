/**
 * The simulated modem as a process that says when it hears AT+CMGS and a PDU, and when it prompts, answers and
 * announces a text: JSON lines on standard output, times of the machine's monotonic clock.
 *
 *   node modem.js NUMBER SUBMIT_MS
 */
import { startSimulator } from "../../src/line/simulator/serve.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { machineMs } from "./process.ts";

const CTRL_Z = 0x1a;

const [number = "", submitMs = "0"] = process.argv.slice(2);
const simulator = await startSimulator({
  host: "127.0.0.1",
  modem: { port: 0, number },
  controlPort: 0,
  airTime: { submitMs: Number(submitMs), deliverMs: 0, reportMs: 0 },
  clock: systemClock,
  log: silentLog(),
});
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
simulator.modem?.behave({
  name: "stopwatch",
  onBytes: (bytes) => {
    if (bytes.includes(CTRL_Z)) say({ is: "pdu", at: machineMs() });
    return false;
  },
  onCommand: ({ name, kind }) => {
    if (name === "+CMGS" && kind === "set") say({ is: "cmgs", at: machineMs() });
    return false;
  },
  shapeOutput: (text) => {
    if (text.includes("+CMTI:")) say({ is: "cmti", at: machineMs() });
    else if (text.endsWith("\r\n> ")) say({ is: "prompt", at: machineMs() });
    else if (text.includes("+CMGS:")) say({ is: "answer", at: machineMs() });
    return text;
  },
});
say({ is: "ready", modemPort: simulator.modemPort, controlPort: simulator.controlPort });
process.once("SIGTERM", () => void simulator.stop());
