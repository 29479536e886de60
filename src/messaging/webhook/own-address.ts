/** Which addresses are the appliance itself (DESIGN §6): its loopback and its interfaces, on the ports it serves. */
import { BlockList, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { IsOwnAddress } from "./lookup.ts";

/** `ports` is asked each time: a port 0 becomes a number only once it is listened on. */
export function ownAddresses(ports: () => readonly number[]): IsOwnAddress {
  return (address, port) => ports().includes(port) && isThisMachine(address);
}

function isThisMachine(address: string): boolean {
  const own = new BlockList();
  own.addSubnet("127.0.0.0", 8);
  own.addAddress("0.0.0.0");
  own.addAddress("::1", "ipv6");
  own.addAddress("::", "ipv6");
  for (const each of Object.values(networkInterfaces()).flatMap((known) => known ?? [])) {
    own.addAddress(each.address, each.family === "IPv6" ? "ipv6" : "ipv4");
  }
  // A BlockList reads ::ffff:127.0.0.1 as the IPv4 address it stands for.
  return own.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
