import type { Duplex } from "node:stream";

/**
 * A connection to an SMSC: a TCP or TLS socket, or one end of a pair in memory. Settles once bytes can flow (the
 * TLS handshake is over); single-use. Rejects with a Fault (`line.closed`) whose message names the host and the
 * mend.
 */
export type OpenStream = (signal: AbortSignal) => Promise<Duplex>;
