import { isIP } from "node:net";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** What may stand in a certificate as an app's name for the box: an address, or a DNS name, `*.` before it or not. */
export function isCertifiable(name: string): boolean {
  if (isIP(name) !== 0) return true;
  const labels = name.replace(/^\*\./, "").split(".");
  // 999.1.1.1 is no address, and no name either.
  return (
    name.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "")
  );
}
