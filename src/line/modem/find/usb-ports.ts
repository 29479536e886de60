/**
 * The serial ports of USB modems as the kernel lists them, whatever they are called today. The interface number,
 * which tells a modem's AT port from its others, stands only in sysfs: `/sys/class/tty/NAME/device` leads to the
 * interface (ttyACM) or to a directory below it (ttyUSB), the device with its identity is one level up. The link
 * is resolved first: `..` after a symbolic link means another place to the kernel than to us.
 */
import { readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export type UsbPort = {
  /** `/dev/ttyUSB2`. */
  readonly path: string;
  /** Four hex digits each, lower case. */
  readonly vendor: string;
  readonly product: string;
  /** Where it is plugged in: `1-1.2`. */
  readonly place: string;
  readonly interfaceNumber: number;
  /** bInterfaceProtocol, two hex digits. */
  readonly protocol: string;
};

export async function usbPorts(root = "/"): Promise<UsbPort[]> {
  const classes = join(root, "sys/class/tty");
  const names = (await readdir(classes).catch(() => [])).filter((name) => /^tty(?:USB|ACM)\d+$/.test(name));
  const ports = await Promise.all(names.map((name) => portOf(classes, name)));
  return ports.filter((port) => port !== null);
}

/** Null when it went away meanwhile, or is no USB device. */
async function portOf(classes: string, name: string): Promise<UsbPort | null> {
  try {
    const device = await realpath(join(classes, name, "device"));
    const at = basename(device) === name ? dirname(device) : device;
    const usb = dirname(at);
    const read = async (file: string) => (await readFile(file, "utf8")).trim();
    return {
      path: `/dev/${name}`,
      vendor: (await read(join(usb, "idVendor"))).toLowerCase(),
      product: (await read(join(usb, "idProduct"))).toLowerCase(),
      place: basename(usb),
      interfaceNumber: Number.parseInt(await read(join(at, "bInterfaceNumber")), 16),
      protocol: await read(join(at, "bInterfaceProtocol")).catch(() => ""),
    };
  } catch {
    return null;
  }
}

/** The AT interface of known devices; the rest is found by asking. Sources: ModemManager's port-type rules. */
const AT_INTERFACE: Readonly<Record<string, number>> = {
  "2c7c:0121": 2,
  "2c7c:0125": 2,
  "2c7c:0191": 2,
  "2c7c:0195": 2,
  "2c7c:0296": 2,
  "2c7c:0306": 2,
  "1e0e:9001": 2,
  "1e0e:9011": 4,
  "1e0e:9205": 2,
  "1e0e:9206": 2,
  "1bc7:1040": 4,
  "1bc7:1201": 4,
  "1199:9071": 3,
  "1199:9079": 3,
  "1199:9091": 3,
  "19d2:0002": 2,
  "19d2:0016": 2,
  "19d2:0017": 2,
  "19d2:0117": 2,
};

/** Makers of nothing but modems and serial adapters come first; the known AT port of a device before its others. */
export function likeliestFirst(ports: readonly UsbPort[]): UsbPort[] {
  const rank = (port: UsbPort): number => {
    const known = AT_INTERFACE[`${port.vendor}:${port.product}`];
    if (known !== undefined) return port.interfaceNumber === known ? 0 : 2;
    // Huawei's "PCUI" has no fixed number, but a protocol of its own.
    if (port.vendor === "12d1") return port.protocol === "02" || port.protocol === "12" ? 0 : 2;
    return 1;
  };
  return [...ports].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      a.place.localeCompare(b.place, "en", { numeric: true }) ||
      a.interfaceNumber - b.interfaceNumber,
  );
}
