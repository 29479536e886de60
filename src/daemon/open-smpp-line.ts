/** From an SMPP line of the configuration to a Line: the socket or the SMSC in memory that its `url` means. */
import { readFileSync } from "node:fs";
import { parseAddress } from "../accounts/address.ts";
import type { OpenStream } from "../line/byte-stream.ts";
import type { Line, LineMemory } from "../line/line.ts";
import { FaultBoard } from "../line/simulator/fault-board.ts";
import { SimulatedSmsc } from "../line/simulator/smsc.ts";
import { openSocket, type SocketTls } from "../line/smpp/open-socket.ts";
import { createSmppLine } from "../line/smpp/smpp-line.ts";
import type { AddressKind } from "../line/smpp/smpp-line-options.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { SmppLineConfig } from "./config-schema.ts";
import type { SimulatedLines } from "./simulated-lines.ts";
import { readSmppUrl } from "./smpp-url.ts";

const INTERFACE_VERSIONS = { "3.3": 0x33, "3.4": 0x34, "5.0": 0x50 } as const;

export type SmppLineDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: LineMemory;
  /** Null when no line is simulated. */
  readonly simulated: SimulatedLines | null;
  readonly siteCountry: string;
};

export function openSmppLine(config: SmppLineConfig, deps: SmppLineDeps): Line {
  const { clock, log, memory } = deps;
  const url = readSmppUrl(config.url);
  const own = url.is === "socket" ? url : { systemId: "pylone", password: "simulated" };
  return createSmppLine({
    name: config.name,
    openStream: streamOf(config, deps),
    clock,
    log,
    memory,
    simulated: url.is === "simulated",
    systemId: own.systemId,
    password: own.password,
    systemType: config.systemType,
    interfaceVersion: INTERFACE_VERSIONS[config.interfaceVersion],
    addressRange: config.addressRange,
    bind: config.bind,
    binds: config.binds,
    window: config.window,
    enquireLinkMs: config.enquireLinkSeconds * 1000,
    responseTimeoutMs: config.responseTimeoutSeconds * 1000,
    alphabet: config.alphabet,
    smscAlphabet: config.smscAlphabet,
    dataCoding: config.dataCoding,
    longMessages: config.longMessages,
    source: addressKindOf(config.source),
    destination: addressKindOf(config.destination),
    registeredDelivery: config.registeredDelivery,
    messageIds: config.messageIds,
    inboundWindow: config.inboundWindow,
  });
}

function streamOf(config: SmppLineConfig, { clock, log, simulated, siteCountry }: SmppLineDeps): OpenStream {
  const url = readSmppUrl(config.url);
  if (url.is === "socket") {
    const { host, port } = url;
    return openSocket({ host, port, clock, tls: url.secure ? tlsOf(config) : null });
  }
  if (simulated === null) throw new Error(`${config.name} has no network to be simulated on`);
  const { network } = simulated;
  const numbers = config.numbers.map((number) => parseAddress(number, siteCountry)?.address ?? number);
  const defaultAlphabet = config.smscAlphabet;
  const smsc = new SimulatedSmsc({ network, clock: network.clock, log, numbers, defaultAlphabet });
  simulated.smscs.push(smsc);
  simulated.faultBoards.set(config.name, new FaultBoard({ smsc, network, log }));
  return async () => smsc.connect();
}

/** The files were tried with the configuration (`read-pem.ts`). */
function tlsOf({ tls }: SmppLineConfig): SocketTls {
  if (tls === undefined) return { verify: true };
  const { ca, cert, key, verify } = tls;
  return {
    verify,
    ...(ca === undefined ? null : { ca: readFileSync(ca) }),
    ...(cert === undefined ? null : { cert: readFileSync(cert) }),
    ...(key === undefined ? null : { key: readFileSync(key) }),
  };
}

function addressKindOf({ ton, npi }: SmppLineConfig["source"]): AddressKind {
  return { ton: ton ?? null, npi: npi ?? null };
}
