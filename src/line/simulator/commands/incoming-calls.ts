/** 27.007 §6.5, §7.11 and V.250 §6.3.6: who rings, and ringing off. Nobody can be called from here. */
import { ERROR, integer, ok } from "../call.ts";
import type { Handler } from "./general.ts";

export const CALL_COMMANDS: Readonly<Record<string, Handler>> = {
  "+CLIP": (device, call) => {
    if (call.kind === "test") return ok("+CLIP: (0,1)");
    if (call.kind === "read") return ok(`+CLIP: ${device.settings.clip},1`);
    const value = integer(call.parameters[0], 0, 1);
    if (call.kind !== "set" || value === null) return ERROR;
    device.settings.clip = value;
    return ok();
  },
  "+CHUP": (device, call) => {
    if (call.kind !== "execute") return call.kind === "test" ? ok() : ERROR;
    device.incomingCall.end();
    return ok();
  },
  H: (device) => {
    device.incomingCall.end();
    return ok();
  },
};
