/** V.250 and 27.007: the terminal, identity, the SIM and its PIN, the radio. */
import { type Answer, type Call, cme, ERROR, integer, ok } from "../call.ts";
import { type Device, isRegistered } from "../device.ts";
import { powerUpSettings } from "../settings.ts";

export type Handler = (device: Device, call: Call) => Answer;

/** 27.007 §9.2.1. */
const OPERATION_NOT_ALLOWED = 3;
const INCORRECT_PASSWORD = 16;

const LOCATION = '"1A2B","00C3D4E5",7';
const OPERATOR_NAME = "Simulated";
const OPERATOR_NUMERIC = "00101";

export const GENERAL_COMMANDS: Readonly<Record<string, Handler>> = {
  E: (device, { parameters: [value = "0"] }) => {
    if (value !== "0" && value !== "1") return ERROR;
    device.settings.echo = value === "1";
    return ok();
  },
  V: (_, { parameters: [value = "0"] }) => (value === "1" ? ok() : ERROR),
  Q: (_, { parameters: [value = "0"] }) => (value === "0" ? ok() : ERROR),
  Z: restore,
  "&F": restore,
  I: () => ok("Pylone simulated modem"),
  "+CMEE": (device, call) => {
    if (call.kind === "test") return ok("+CMEE: (0,1)");
    if (call.kind === "read") return ok(`+CMEE: ${device.settings.cmee}`);
    const value = integer(call.parameters[0], 0, 1);
    if (call.kind !== "set" || value === null) return ERROR;
    device.settings.cmee = value as 0 | 1;
    return ok();
  },
  "+CGMI": fact(() => "Pylone"),
  "+CGMM": fact(() => "Simulated modem"),
  "+CGMR": fact(() => "1.0"),
  "+CGSN": fact((device) => device.imei),
  "+CFUN": (device, call) => {
    if (call.kind === "test") return ok("+CFUN: (0,1,4),(0,1)");
    if (call.kind === "read") return ok(`+CFUN: ${device.settings.cfun}`);
    const value = integer(call.parameters[0], 0, 4);
    const reset = call.parameters[1] === undefined ? 0 : integer(call.parameters[1], 0, 1);
    if (call.kind !== "set" || reset === null || (value !== 0 && value !== 1 && value !== 4)) return ERROR;
    if (reset === 1) device.reboot();
    else {
      device.settings.cfun = value;
      device.registrationMayHaveChanged();
    }
    return ok();
  },
  "+CPIN": (device, call) => {
    if (call.kind === "test") return ok();
    if (call.kind === "read") return ok(`+CPIN: ${pinWord(device)}`);
    const [pin] = call.parameters;
    if (call.kind !== "set" || pin === undefined || pin === "") return ERROR;
    if (device.sim.state !== "pin") return cme(OPERATION_NOT_ALLOWED);
    if (!device.sim.enter(pin)) return cme(INCORRECT_PASSWORD);
    device.registrationMayHaveChanged();
    return ok();
  },
  "+CPINR": (device, call) =>
    call.kind === "execute" ? ok(`+CPINR: SIM PIN,${device.sim.triesLeft},3`) : ERROR,
  "+CIMI": fact((device) => device.sim.imsi),
  "+CCID": (device, call) => {
    if (call.kind === "test") return ok();
    return call.kind === "set" ? ERROR : ok(`+CCID: ${device.sim.iccid}`);
  },
  "+CNUM": (device, call) => {
    if (call.kind === "test") return ok();
    if (call.kind !== "execute") return ERROR;
    return ok(`+CNUM: "","${device.sim.number}",${device.sim.number.startsWith("+") ? 145 : 129}`);
  },
  "+CSCS": (device, call) => {
    if (call.kind === "test") return ok('+CSCS: ("GSM","IRA","UCS2")');
    if (call.kind === "read") return ok(`+CSCS: "${device.settings.cscs}"`);
    const name = call.parameters[0]?.toUpperCase() ?? "";
    if (call.kind !== "set" || !["GSM", "IRA", "UCS2"].includes(name)) return ERROR;
    device.settings.cscs = name;
    return ok();
  },
  "+CREG": registrationReports("+CREG"),
  "+CGREG": registrationReports("+CGREG"),
  "+CEREG": registrationReports("+CEREG"),
  "+CSQ": (device, call) => {
    if (call.kind === "test") return ok("+CSQ: (0-31,99),(0-7,99)");
    return call.kind === "execute"
      ? ok(isRegistered(device.registration()) ? "+CSQ: 23,0" : "+CSQ: 99,99")
      : ERROR;
  },
  "+COPS": (device, call) => {
    if (call.kind === "test")
      return ok(`+COPS: (2,"${OPERATOR_NAME}","Sim","${OPERATOR_NUMERIC}",7),,(0,3),(0,2)`);
    if (call.kind === "read") {
      if (!isRegistered(device.registration())) return ok("+COPS: 0");
      const { copsFormat } = device.settings;
      return ok(`+COPS: 0,${copsFormat},"${copsFormat === 2 ? OPERATOR_NUMERIC : OPERATOR_NAME}",7`);
    }
    const [mode, format] = call.parameters;
    if (call.kind !== "set" || (mode !== "0" && mode !== "3")) return ERROR;
    const value = format === undefined ? device.settings.copsFormat : integer(format, 0, 2);
    if (value === null) return ERROR;
    device.settings.copsFormat = value;
    return ok();
  },
  "+CCLK": (device, call) => {
    if (call.kind !== "read") return call.kind === "test" ? ok() : ERROR;
    const [date, time] = new Date(device.clock.now()).toISOString().slice(2, 19).split("T") as [
      string,
      string,
    ];
    return ok(`+CCLK: "${date.replaceAll("-", "/")},${time}+00"`);
  },
};

/** `+CREG: <stat>[,…]` as an unsolicited line: location only when `<n>` is 2. */
export function registrationLine(name: string, n: number, stat: number): string {
  return `${name}: ${stat}${n === 2 && isRegistered(stat) ? `,${LOCATION}` : ""}`;
}

export function pinWord(device: Device): string {
  return { ready: "READY", pin: "SIM PIN", puk: "SIM PUK" }[device.sim.state];
}

function restore(device: Device): Answer {
  const { cfun, cpms } = device.settings;
  device.settings = { ...powerUpSettings(), cfun, cpms };
  return ok();
}

function fact(of: (device: Device) => string): Handler {
  return (device, call) => {
    if (call.kind === "test") return ok();
    return call.kind === "execute" ? ok(of(device)) : ERROR;
  };
}

function registrationReports(name: "+CREG" | "+CGREG" | "+CEREG"): Handler {
  return (device, call) => {
    const reports = device.settings.registrationReports;
    if (call.kind === "test") return ok(`${name}: (0-2)`);
    if (call.kind === "read") {
      const line = registrationLine(name, reports[name], device.registration());
      return ok(line.replace(": ", `: ${reports[name]},`));
    }
    const n = integer(call.parameters[0], 0, 2);
    if (call.kind !== "set" || n === null) return ERROR;
    reports[name] = n;
    return ok();
  };
}
