/** 27.005 §3.2.2, §3.4.2, §3.4.3, §3.5.4: storages, reading, listing, deleting. */
import { type Answer, type Call, cms, ERROR, integer, ok } from "../call.ts";
import type { Device } from "../device.ts";
import type { MessageStorage, Slot, StorageName } from "../storage.ts";
import type { Handler } from "./general.ts";

/** 27.005 §3.2.5. */
const OPERATION_NOT_ALLOWED = 302;
const INVALID_PDU_PARAMETER = 304;
const INVALID_TEXT_PARAMETER = 305;
const INVALID_INDEX = 321;

const ALL = 4;
/** Which `<stat>` each `<delflag>` of `+CMGD` takes, 27.005 §3.5.4. */
const DELETED_BY_FLAG: Readonly<Record<number, readonly number[]>> = {
  1: [1],
  2: [1, 3],
  3: [1, 2, 3],
  4: [0, 1, 2, 3],
};

export const STORAGE_COMMANDS: Readonly<Record<string, Handler>> = {
  "+CPMS": (device, call) => {
    if (call.kind === "test") return ok('+CPMS: ("ME","SM","SR"),("ME","SM"),("ME","SM")');
    if (call.kind === "read")
      return ok(
        `+CPMS: ${device.settings.cpms.map((name) => `"${name}",${counters(device, name)}`).join(",")}`,
      );
    if (call.kind !== "set") return ERROR;
    return select(device, call.parameters);
  },
  "+CMGR": (device, call) => {
    if (call.kind === "test") return ok();
    if (call.kind !== "set") return ERROR;
    if (device.settings.cmgf === 1) return cms(INVALID_TEXT_PARAMETER);
    const storage = mem1(device);
    const index = integer(call.parameters[0], 0, 99_999);
    const slot = index === null ? null : storage.get(index);
    if (slot === null) return cms(INVALID_INDEX);
    const { stat } = slot;
    markRead(slot);
    return ok(`+CMGR: ${stat},,${slot.length}`, slot.hex);
  },
  "+CMGL": (device, call) => {
    if (call.kind === "test") return ok(device.settings.cmgf === 0 ? "+CMGL: (0-4)" : "+CMGL: ()");
    if (call.kind === "read") return ERROR;
    if (device.settings.cmgf === 1) return cms(INVALID_TEXT_PARAMETER);
    const wanted = call.kind === "execute" ? 0 : integer(call.parameters[0], 0, ALL);
    if (wanted === null) return cms(INVALID_PDU_PARAMETER);
    const found = mem1(device)
      .entries()
      .filter(([, { stat }]) => wanted === ALL || stat === wanted);
    const lines = found.flatMap(([index, { stat, length, hex }]) => [
      `+CMGL: ${index},${stat},,${length}`,
      hex,
    ]);
    for (const [, slot] of found) markRead(slot);
    return ok(...lines);
  },
  "+CMGD": (device, call) => {
    const storage = mem1(device);
    if (call.kind === "test") {
      const indexes = storage.entries().map(([index]) => index);
      return ok(`+CMGD: (${indexes.join(",")}),(0-4)`);
    }
    if (call.kind !== "set") return ERROR;
    return remove(device, storage, call);
  },
};

function select(device: Device, parameters: readonly string[]): Answer {
  const names = parameters.map((name) => name.toUpperCase());
  const { cpms } = device.settings;
  if (names.length > 3 || !names.every((name, at) => isOffered(name, at))) return cms(OPERATION_NOT_ALLOWED);
  device.settings.cpms = [0, 1, 2].map((at) => names[at] ?? cpms[at]) as typeof cpms;
  return ok(`+CPMS: ${device.settings.cpms.map((name) => counters(device, name)).join(",")}`);
}

function isOffered(name: string, at: number): boolean {
  return name === "ME" || name === "SM" || (name === "SR" && at === 0);
}

/** Deleting an empty slot is no error, as on most modems. */
function remove(device: Device, storage: MessageStorage, call: Call): Answer {
  const index = integer(call.parameters[0], 0, 99_999);
  const flag = call.parameters[1] === undefined ? 0 : integer(call.parameters[1], 0, 4);
  if (index === null || flag === null) return cms(INVALID_PDU_PARAMETER);
  const { used } = storage;
  const stats = DELETED_BY_FLAG[flag];
  if (stats !== undefined) {
    for (const [at, { stat }] of storage.entries()) if (stats.includes(stat)) storage.delete(at);
  } else if (index < storage.firstIndex || index > storage.lastIndex) return cms(INVALID_INDEX);
  else storage.delete(index);
  if (storage.used < used) device.memoryAvailable();
  return ok();
}

function mem1(device: Device): MessageStorage {
  return device.storages[device.settings.cpms[0]];
}

function counters(device: Device, name: StorageName): string {
  return `${device.storages[name].used},${device.storages[name].total}`;
}

function markRead(slot: Slot): void {
  if (slot.stat === 0) slot.stat = 1;
}
