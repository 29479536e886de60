/**
 * Who holds a device or listens at a port, as /proc tells. Of other users' processes only root sees what they have
 * open: for anybody else an empty answer is no proof.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

export type Holder = { readonly pid: number; readonly name: string };

/**
 * Processes that have this file open. `path` is a real path, without links. Of a pseudo-terminal its maker is none of
 * them: socat keeps the end it has made open.
 */
export function holdersOf(path: string, proc = "/proc"): Promise<readonly Holder[]> {
  const isMaker = (targets: readonly string[]) =>
    path.startsWith("/dev/pts/") && targets.some((target) => target.endsWith("/ptmx"));
  return withOpen((targets) => targets.includes(path) && !isMaker(targets), proc);
}

/** Processes that listen at this TCP port, whatever the address. */
export async function listenersAt(port: number, proc = "/proc"): Promise<readonly Holder[]> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(join(proc, "net", name), "utf8").catch(() => "")),
  );
  const sockets = new Set<string>();
  for (const line of tables.join("\n").split("\n")) {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    // 0A: TCP_LISTEN.
    if (state === "0A" && Number.parseInt(local.split(":")[1] ?? "", 16) === port)
      sockets.add(`socket:[${inode}]`);
  }
  return sockets.size === 0 ? [] : withOpen((targets) => targets.some((target) => sockets.has(target)), proc);
}

/** Processes of this name. */
export async function running(name: string, proc = "/proc"): Promise<readonly Holder[]> {
  const all = await Promise.all((await pids(proc)).map((pid) => holder(pid, proc)));
  return all.filter((process) => process.name === name);
}

async function withOpen(
  isIt: (targets: readonly string[]) => boolean,
  proc: string,
): Promise<readonly Holder[]> {
  const found: Holder[] = [];
  for (const pid of await pids(proc)) {
    const folder = join(proc, String(pid), "fd");
    const open = await readdir(folder).catch(() => []);
    const targets = await Promise.all(open.map((fd) => readlink(join(folder, fd)).catch(() => "")));
    if (isIt(targets)) found.push(await holder(pid, proc));
  }
  return found;
}

async function pids(proc: string): Promise<number[]> {
  return (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
}

async function holder(pid: number, proc: string): Promise<Holder> {
  const name = await readFile(join(proc, String(pid), "comm"), "utf8").catch(() => "?");
  return { pid, name: name.trim() };
}

export function named(holders: readonly Holder[]): string {
  return holders.map(({ name, pid }) => `${name} (process ${pid})`).join(", ");
}
