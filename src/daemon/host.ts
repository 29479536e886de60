/** What can be listened on: an address, or a name. `999.1.1.1` is no address, and no name either. */
import { isIP } from "node:net";

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

export function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const labels = text.replace(/\.$/, "").split(".");
  return (
    text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "")
  );
}

export const WRONG_HOST =
  "neither an address nor a name; write 0.0.0.0 for every address of this machine, 127.0.0.1 for its own programs only, or one it has, as in 192.168.1.20";
