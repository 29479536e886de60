/** The port of a modem line, before anybody opens it: is it there, may we, who else has it. */
import { constants } from "node:fs";
import { access, readFile, realpath, stat } from "node:fs/promises";
import { type DaemonUser, mayUse, nameOf } from "./daemon-user.ts";
import { type Finding, fail, pass, warn } from "./finding.ts";
import { type Holder, holdersOf, named, running } from "./processes.ts";

export type Device = {
  /** Empty where nothing stands in the way of opening it. */
  readonly troubles: readonly Finding[];
  /** Null when it is not there. */
  readonly path: string | null;
};

export type ForDaemon = {
  /** Its process, whose right the port is; null when none runs. */
  readonly pid: number | null;
  /** Whoever will open it, where that is not this process's own user. */
  readonly user: DaemonUser | null;
};

export async function lookAtDevice(about: string, device: string, daemon: ForDaemon): Promise<Device> {
  const path = await realpath(device).catch(() => null);
  if (path === null)
    return {
      path,
      troubles: [
        fail(
          about,
          `${device} is not there`,
          "plug the modem in, see `lsusb` and `dmesg`; `pylone modems` shows what is there and the line to paste",
        ),
      ],
    };
  const others = (await holdersOf(path)).filter(({ pid }) => pid !== daemon.pid && pid !== process.pid);
  if (others.length > 0) return { path, troubles: [heldBy(about, device, others)] };
  if (!(await stat(path)).isCharacterDevice())
    return { path, troubles: [fail(about, `${device} is no serial port`, "mend `device` of this line")] };
  const mayOpen = await access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!mayOpen)
    return { path, troubles: [fail(about, `${device} may not be opened by this user`, IN_DIALOUT)] };
  const refused = daemon.user === null ? null : await refusedTo(about, path, daemon.user);
  return { path, troubles: refused === null ? [] : [refused] };
}

const IN_DIALOUT =
  "run this with sudo; the daemon's user has to be in the group dialout (sudo usermod -aG dialout pylone)";

/** What root is asking for the daemon's user: null where that one may open it too. */
export async function refusedTo(about: string, path: string, user: DaemonUser): Promise<Finding | null> {
  if (await mayUse(path, user)) return null;
  const { mode, uid, gid } = await stat(path);
  const [owner, group] = [await nameOf("passwd", uid), await nameOf("group", gid)];
  const bits = (mode & 0o777).toString(8).padStart(4, "0");
  const next =
    group === "dialout" && (mode & 0o060) === 0o060
      ? `put it into the group: sudo usermod -aG dialout ${user.name}, and restart the daemon`
      : `give it to the group dialout with 0660, as udev does (hardware/60-pylone-modems.rules): sudo chgrp dialout ${path} && sudo chmod 0660 ${path}`;
  return fail(
    about,
    `${path} (${bits} ${owner}:${group}) opens for root and not for ${user.name}, as whom the daemon runs: it would get "permission denied"`,
    next,
  );
}

function heldBy(about: string, device: string, holders: readonly Holder[]): Finding {
  return fail(
    about,
    `${device} is held by ${named(holders)}: two programs on a port take each other's answers`,
    holders.some(({ name }) => name === "ModemManager") ? LEAVE_IT_ALONE : "stop it, or give it another port",
  );
}

const LEAVE_IT_ALONE =
  "tell ModemManager to leave it alone: install hardware/60-pylone-modems.rules, or `sudo systemctl disable --now ModemManager`";

/** ModemManager looks at every port it is not told to leave alone, at any time. */
export async function modemManagerFindings(
  paths: readonly string[],
  { proc = "/proc", udev = "/run/udev/data" } = {},
): Promise<Finding[]> {
  const about = "ModemManager";
  const found = await running("ModemManager", proc);
  if (found.length === 0) return [pass(about, "does not run")];
  const open: string[] = [];
  for (const path of paths) if (!(await isLeftAlone(path, udev))) open.push(path);
  if (open.length === 0) return [pass(about, "runs, and is told to leave the modems alone")];
  return [warn(about, `runs, and may take ${open.join(", ")} at any time`, LEAVE_IT_ALONE)];
}

/** What udev has noted of a character device: `c188:2`, with `E:ID_MM_DEVICE_IGNORE=1`. */
async function isLeftAlone(path: string, udev: string): Promise<boolean> {
  const node = await stat(path).catch(() => null);
  if (node === null) return false;
  // As glibc takes a device number apart.
  const major = Math.floor(node.rdev / 256) & 0xfff;
  const minor = (node.rdev & 0xff) | ((Math.floor(node.rdev / 4096) & ~0xff) >>> 0);
  const notes = await readFile(`${udev}/c${major}:${minor}`, "utf8").catch(() => "");
  return /^E:ID_MM_(DEVICE|PORT)_IGNORE=1$/m.test(notes);
}
