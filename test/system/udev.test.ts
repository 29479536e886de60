/** The udev rules on modems that exist only as a tree of files in the place of /sys: names, and ModemManager's leave. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REPOSITORY, runWith } from "../harness/staged.ts";

const RULES = join(REPOSITORY, "hardware/60-pylone-modems.rules");
const USB = "devices/usb1/1-1.2";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pylone-udev-"));
  for (const name of ["rules", "run", "sys/bus/usb", "sys/bus/usb-serial", "sys/class/tty"])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "rules/60-pylone-modems.rules"), readFileSync(RULES));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function device(path: string, subsystem: string, files: Readonly<Record<string, string>>): void {
  const at = join(folder, "sys", path);
  mkdirSync(at, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), `${text}\n`);
  symlinkSync(relative(at, join(folder, "sys", subsystem)), join(at, "subsystem"));
}

type Modem = { readonly id: string; readonly interface: string; readonly kind?: string };

/** A modem's device, one interface of it, and the port on that. */
function plugIn({ id, interface: number, kind = "ff0000" }: Modem): string {
  const [idVendor = "", idProduct = ""] = id.split(":");
  const [, bInterfaceClass = "", bInterfaceSubClass = "", bInterfaceProtocol = ""] =
    /(..)(..)(..)/.exec(kind) ?? [];
  const ofInterface = `${USB}/1-1.2:1.${Number(number)}`;
  const port = `${ofInterface}/ttyUSB2`;
  device(USB, "bus/usb", { idVendor, idProduct, uevent: "DEVTYPE=usb_device" });
  device(ofInterface, "bus/usb", {
    bInterfaceNumber: number,
    bInterfaceClass,
    bInterfaceSubClass,
    bInterfaceProtocol,
    uevent: "DEVTYPE=usb_interface",
  });
  device(port, "bus/usb-serial", { uevent: "" });
  const tty = `${port}/tty/ttyUSB2`;
  device(tty, "class/tty", { uevent: "MAJOR=188\nMINOR=2\nDEVNAME=ttyUSB2", dev: "188:2" });
  return tty;
}

/** What udev makes of a device: its properties. */
function udev(path: string): string {
  const mounts = [
    [join(folder, "rules"), "/etc/udev/rules.d"],
    [join(folder, "run"), "/run"],
    [join(folder, "sys"), "/sys"],
  ] as const;
  const { out, err } = runWith(mounts, `SYSTEMD_DEVICE_VERIFY_SYSFS=0 udevadm test /sys/${path}`);
  return out + err;
}

const namesOf = (said: string) =>
  (/^DEVLINKS=(.*)$/m.exec(said)?.[1] ?? "")
    .split(" ")
    .filter((name) => name.startsWith("/dev/pylone/"))
    .sort();

describe("the AT port gets a name that stays", () => {
  it.each<Modem & { name: string }>([
    { name: "quectel-ec25", id: "2c7c:0125", interface: "02" },
    { name: "quectel-bg96", id: "2c7c:0296", interface: "02" },
    { name: "simcom-sim7600", id: "1e0e:9001", interface: "02" },
    { name: "simcom-a7670", id: "1e0e:9011", interface: "04" },
    { name: "simcom-sim7070", id: "1e0e:9205", interface: "02" },
    { name: "telit", id: "1bc7:1201", interface: "04" },
    { name: "sierra", id: "1199:9071", interface: "03" },
    { name: "huawei-stick", id: "12d1:1506", interface: "01", kind: "ff0202" },
    { name: "huawei-stick", id: "12d1:140c", interface: "03", kind: "ff0102" },
    { name: "zte-stick", id: "19d2:0031", interface: "03" },
    { name: "u-blox", id: "1546:1102", interface: "00" },
  ])("$id interface $interface: $name", ({ name, ...modem }) => {
    expect(namesOf(udev(plugIn(modem)))).toEqual([`/dev/pylone/${name}`, `/dev/pylone/${name}@1-1.2`]);
  });

  it.each<Modem>([
    { id: "2c7c:0125", interface: "00" },
    { id: "2c7c:0125", interface: "03" },
    { id: "2c7c:6002", interface: "02" },
    { id: "1e0e:9011", interface: "02" },
    { id: "12d1:1506", interface: "00", kind: "ff0201" },
    { id: "1a86:7523", interface: "00" },
  ])("and no other port does: $id interface $interface", (modem) => {
    expect(namesOf(udev(plugIn(modem)))).toEqual([]);
  });
});

it("names and ids are those that hardware/README.md tells", () => {
  const rules = readFileSync(RULES, "utf8");
  const table = readFileSync(join(REPOSITORY, "hardware/README.md"), "utf8").match(/^\| .*†.*$/gm) ?? [];
  const named = table.filter((row) => !row.includes("none:") && !row.includes("huawei"));
  expect(named).toHaveLength(9);
  for (const row of named) {
    const [, , ids = "", interfaces = "", names = ""] = row.split("|").map((cell) => cell.trim());
    const [vendor = "", products = ""] = ids.split(":");
    const name = /`([\w-]+)`/.exec(names)?.[1] ?? "";
    const groups = products.split(";").map((group) => group.match(/[0-9a-f]{4}/g) ?? []);
    groups.forEach((group, at) => {
      const number = interfaces.split(";")[at]?.trim().padStart(2, "0");
      for (const product of group)
        expect(rules, `${vendor}:${product}`).toMatch(
          new RegExp(
            `^ENV\\{\\.PYLONE_IF\\}=="${number}", ATTRS\\{idVendor\\}=="${vendor}", ATTRS\\{idProduct\\}=="${product}", SYMLINK`,
            "m",
          ),
        );
    });
    expect(rules, name).toContain(`SYMLINK+="pylone/${name} `);
  }
});

it("the installed configuration's example names a port that they make", () => {
  const names = [...readFileSync(RULES, "utf8").matchAll(/SYMLINK\+="pylone\/(\S+) /g)].map(
    ([, name]) => name,
  );
  const example = readFileSync(join(REPOSITORY, "systemd/pylone.yaml"), "utf8");
  const told = [...example.matchAll(/\/dev\/pylone\/([\w@.-]+)/g)].map(([, name]) => name);
  expect(told).toHaveLength(1);
  for (const name of told) expect(names).toContain(name);
});

describe("ModemManager", () => {
  it.each([
    "2c7c:0125",
    "1e0e:9001",
    "12d1:1506",
    "19d2:0016",
    "1bc7:1201",
    "1199:9071",
    "1546:1102",
    "1a86:7523",
  ])("leaves %s alone", (id) => {
    plugIn({ id, interface: "00" });
    expect(udev(USB)).toMatch(/^ID_MM_DEVICE_IGNORE=1$/m);
  });

  it("is told nothing of what is no modem", () => {
    plugIn({ id: "046d:c31c", interface: "00" });
    const said = udev(USB);
    expect(said).toContain("ACTION=add");
    expect(said).not.toContain("ID_MM_DEVICE_IGNORE");
  });
});
