/**
 * `device: auto`, `imei:…`, `iccid:…`, `usb:…`: a port that is looked for each time it is opened, so that a modem
 * which comes back under another name is the same line's again.
 *
 * A port is claimed before a byte is typed to it: probing another line's port would put `AT` into its texts.
 * Only USB serial ports are looked at: a UART may be a login console.
 */
import type { Clock } from "../../../runtime/clock.ts";
import { Fault, reasonOf } from "../../../runtime/fault.ts";
import type { BytePort, OpenPort } from "../../byte-port.ts";
import { type Identity, probePort } from "./probe-port.ts";
import { likeliestFirst, type UsbPort, usbPorts } from "./usb-ports.ts";

export type Selector =
  | { readonly by: "any" }
  | { readonly by: "imei"; readonly imei: string }
  | { readonly by: "iccid"; readonly iccid: string }
  | { readonly by: "usb-id"; readonly vendor: string; readonly product: string }
  | { readonly by: "usb-place"; readonly place: string };

/** Null: `device` is a path, an address or the simulator. */
export function selectorOf(device: string): Selector | null {
  if (device === "auto") return { by: "any" };
  const [, kind = "", rest = ""] = /^(imei|iccid|usb):(.+)$/.exec(device) ?? [];
  if (kind === "imei") return { by: "imei", imei: rest };
  if (kind === "iccid") return { by: "iccid", iccid: rest };
  if (kind !== "usb") return null;
  const [, vendor, product] = /^([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(rest) ?? [];
  if (vendor !== undefined && product !== undefined) {
    return { by: "usb-id", vendor: vendor.toLowerCase(), product: product.toLowerCase() };
  }
  return { by: "usb-place", place: rest };
}

/** Which ports are some line's own: shared by all lines of the daemon. */
export class PortClaims {
  /** Path, or tcp://host:port → line. */
  readonly #claimed = new Map<string, string>();

  claim(path: string, line: string): boolean {
    if (this.#claimed.has(path)) return false;
    this.#claimed.set(path, line);
    return true;
  }

  release(path: string): void {
    this.#claimed.delete(path);
  }

  /** The port that is this line's now; null while it has none. */
  heldBy(line: string): string | null {
    return [...this.#claimed].find(([, holder]) => holder === line)?.[0] ?? null;
  }
}

export type FindOptions = {
  /** Whose port it will be. */
  readonly line: string;
  readonly device: string;
  readonly selector: Selector;
  readonly claims: PortClaims;
  readonly clock: Clock;
  readonly openPath: (path: string) => OpenPort;
  /** Where `sys` is; `/` but in tests. */
  readonly root?: string;
};

export function openFoundPort(options: FindOptions): OpenPort {
  return async (signal) => {
    const there = await usbPorts(options.root);
    const tried: string[] = [];
    for (const candidate of likeliestFirst(there).filter((port) => fits(port, options.selector))) {
      signal.throwIfAborted();
      if (!options.claims.claim(candidate.path, options.line)) continue;
      let port: BytePort | null = null;
      try {
        port = await openIfWanted(candidate.path, options, signal);
        if (port !== null) return releasing(port, () => options.claims.release(candidate.path));
        tried.push(candidate.path);
      } catch (error) {
        signal.throwIfAborted();
        tried.push(`${candidate.path}: ${reasonOf(error)}`);
      } finally {
        if (port === null) options.claims.release(candidate.path);
      }
    }
    throw notFound(options.device, there.length, tried);
  };
}

/** Null when it is no modem, or not this one. */
async function openIfWanted(
  path: string,
  { selector, clock, openPath }: FindOptions,
  signal: AbortSignal,
): Promise<BytePort | null> {
  const port = await openPath(path)(signal);
  let wanted = false;
  try {
    const identity = await probePort(port, { clock, signal, withIccid: selector.by === "iccid" });
    wanted = identity !== null && isMeant(identity, selector);
  } finally {
    if (!wanted) await port.close();
  }
  return wanted ? port : null;
}

function fits(port: UsbPort, selector: Selector): boolean {
  if (selector.by === "usb-id") return port.vendor === selector.vendor && port.product === selector.product;
  if (selector.by === "usb-place") return port.place === selector.place;
  return true;
}

/** Of an IMEI fourteen digits count: the fifteenth is a check digit, an IMEISV has two others (23.003 §6.2). */
function isMeant(identity: Identity, selector: Selector): boolean {
  if (selector.by === "imei") return identity.imei.slice(0, 14) === selector.imei.slice(0, 14);
  if (selector.by !== "iccid") return true;
  // Nineteen digits, or twenty with the check digit: modems differ.
  return identity.iccid !== null && identity.iccid.slice(0, 18) === selector.iccid.slice(0, 18);
}

function releasing(port: BytePort, release: () => void): BytePort {
  return {
    write: (bytes) => port.write(bytes),
    onData: (listener) => port.onData(listener),
    onClose: (listener) =>
      port.onClose((reason) => {
        release();
        listener(reason);
      }),
    close: () => port.close().finally(release),
  };
}

function notFound(device: string, there: number, tried: readonly string[]): Fault {
  const seen =
    there === 0
      ? "there is no USB serial port"
      : tried.length === 0
        ? "no USB serial port that is free fits it"
        : `no modem that fits it answers (tried ${tried.join(", ")})`;
  return new Fault({
    code: "line.closed",
    disposition: "line",
    message: `device ${device} is not found: ${seen}; plug the modem in or correct \`device\``,
  });
}
