import { networkInterfaces } from "node:os";

/** IPv4, of every interface but the loopback's; empty before the network is up. */
export function ownLanAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((known) => known ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .map(({ address }) => address);
}
