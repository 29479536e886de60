/**
 * Whether a modem ends its listings. One that does not is remembered by its IMEI, because the port may have to be
 * opened anew to get out of it.
 */
import type { Log } from "../../runtime/log.ts";
import type { LineMemory } from "../line.ts";

export async function endsListings(memory: LineMemory, imei: string | null): Promise<boolean> {
  return (await memory.get(keyOf(imei))) === null;
}

export function rememberHangingListing(memory: LineMemory, imei: string | null, log: Log): Promise<void> {
  log.warn("the modem does not end its listings: its messages are read one by one from now on");
  return memory.put(keyOf(imei), "hangs");
}

function keyOf(imei: string | null): string {
  return `listing ${imei ?? "unknown"}`;
}
