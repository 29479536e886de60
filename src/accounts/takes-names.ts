/** Countries whose networks replace or block names as senders (contract §4.1). One the tables cannot tell takes them. */
const NO_NAMES = new Set(["US", "CA", "PR", "CN", "BR"]);

export function takesNames(country: string | null): boolean {
  return country === null || !NO_NAMES.has(country);
}
