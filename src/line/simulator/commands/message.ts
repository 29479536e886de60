/** 27.005 §3.1 to §3.5: service, format, routing, acknowledging and sending, in PDU mode. */
import { type Answer, cms, ERROR, integer, ok } from "../call.ts";
import { octetsOf } from "../codec/octets.ts";
import { type Device, isRegistered } from "../device.ts";
import type { Cnmi } from "../settings.ts";
import type { Handler } from "./general.ts";

/** 27.005 §3.2.5. */
const OPERATION_NOT_SUPPORTED = 303;
const INVALID_PDU_PARAMETER = 304;
const INVALID_TEXT_PARAMETER = 305;
const SMSC_ADDRESS_UNKNOWN = 330;
const NO_NETWORK_SERVICE = 331;
const NO_ACKNOWLEDGEMENT_EXPECTED = 340;

const CNMI_FIELDS = ["mode", "mt", "bm", "ds", "bfr"] as const;
const CNMI_VALUES: Readonly<Record<keyof Cnmi, readonly number[]>> = {
  mode: [0, 1, 2],
  mt: [0, 1, 2, 3],
  bm: [0, 2],
  ds: [0, 1, 2],
  bfr: [0, 1],
};

export const MESSAGE_COMMANDS: Readonly<Record<string, Handler>> = {
  "+CSMS": (device, call) => {
    if (call.kind === "test") return ok("+CSMS: (0,1)");
    if (call.kind === "read") return ok(`+CSMS: ${device.settings.csms},1,1,1`);
    const value = integer(call.parameters[0], 0, 1);
    if (call.kind !== "set" || value === null) return ERROR;
    device.settings.csms = value as 0 | 1;
    return ok("+CSMS: 1,1,1");
  },
  "+CMGF": (device, call) => {
    if (call.kind === "test") return ok("+CMGF: (0,1)");
    if (call.kind === "read") return ok(`+CMGF: ${device.settings.cmgf}`);
    const value = integer(call.parameters[0], 0, 1);
    if (call.kind !== "set" || value === null) return ERROR;
    device.settings.cmgf = value as 0 | 1;
    return ok();
  },
  "+CSCA": (device, call) => {
    if (call.kind === "test") return ok();
    if (call.kind === "read")
      return ok(`+CSCA: "${device.sim.smsc}",${device.sim.smsc.startsWith("+") ? 145 : 129}`);
    const [address = "", toa] = call.parameters;
    if (call.kind !== "set" || !/^\+?\d{0,20}$/.test(address)) return cms(INVALID_PDU_PARAMETER);
    device.sim.smsc = toa === "145" && address !== "" && !address.startsWith("+") ? `+${address}` : address;
    return ok();
  },
  "+CNMI": (device, call) => {
    const { cnmi } = device.settings;
    if (call.kind === "test") return ok("+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)");
    if (call.kind === "read") return ok(`+CNMI: ${CNMI_FIELDS.map((field) => cnmi[field]).join(",")}`);
    if (call.kind !== "set" || call.parameters.length > CNMI_FIELDS.length) return ERROR;
    const wanted = { ...cnmi };
    for (const [at, text] of call.parameters.entries()) {
      const field = CNMI_FIELDS[at] as keyof Cnmi;
      const value = text === "" ? cnmi[field] : integer(text, 0, 9);
      if (value === null || !CNMI_VALUES[field].includes(value)) return cms(OPERATION_NOT_SUPPORTED);
      wanted[field] = value;
    }
    device.settings.cnmi = wanted;
    device.inbox.routingChanged(wanted);
    return ok();
  },
  "+CNMA": (device, call) => {
    if (call.kind === "test") return ok("+CNMA: (0-2)");
    const value = call.kind === "execute" ? 0 : integer(call.parameters[0], 0, 2);
    if (call.kind === "read" || value === null) return ERROR;
    if (device.settings.csms === 0) return cms(NO_ACKNOWLEDGEMENT_EXPECTED);
    return device.inbox.acknowledge(value !== 2) ? ok() : cms(NO_ACKNOWLEDGEMENT_EXPECTED);
  },
  "+CMMS": (device, call) => {
    if (call.kind === "test") return ok("+CMMS: (0-2)");
    if (call.kind === "read") return ok(`+CMMS: ${device.settings.cmms}`);
    const value = integer(call.parameters[0], 0, 2);
    if (call.kind !== "set" || value === null) return ERROR;
    device.settings.cmms = value;
    return ok();
  },
  "+CMGS": (device, call) => {
    if (call.kind === "test") return ok();
    if (call.kind !== "set") return ERROR;
    if (device.settings.cmgf === 1) return cms(INVALID_TEXT_PARAMETER);
    const length = integer(call.parameters[0], 1, 255);
    if (call.parameters.length !== 1 || length === null) return cms(INVALID_PDU_PARAMETER);
    return { is: "prompt", take: (pdu, answer) => send(device, length, pdu, answer) };
  },
};

function send(device: Device, length: number, pdu: string, answer: (answer: Answer) => void): void {
  const tpdu = tpduOf(device, length, pdu);
  if (typeof tpdu === "number") {
    answer(cms(tpdu));
    return;
  }
  const tpMr = device.sim.nextTpMr();
  if (tpdu.length > 1) tpdu[1] = tpMr;
  device.submit(tpdu, tpMr, answer);
}

/** A modem looks at lengths only, what the TPDU says is the network's business. A number: why it refuses. */
function tpduOf(device: Device, length: number, pdu: string): Uint8Array | number {
  const octets = octetsOf(pdu);
  const smscOctets = octets?.[0];
  if (octets === null || smscOctets === undefined) return INVALID_PDU_PARAMETER;
  if (octets.length - 1 - smscOctets !== length) return INVALID_PDU_PARAMETER;
  if (smscOctets === 0 && device.sim.smsc === "") return SMSC_ADDRESS_UNKNOWN;
  if (!isRegistered(device.registration())) return NO_NETWORK_SERVICE;
  return octets.slice(1 + smscOctets);
}
