import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AddressNote, readAddress } from "../../src/daemon/address-file.ts";
import type { Log } from "../../src/runtime/log.ts";
import { FakeClock } from "../harness/fake-clock.ts";

let folder: string;
let dataDir: string;
let clock: FakeClock;
let warned: string[];
let note: AddressNote;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pylone-address-"));
  dataDir = join(folder, "data");
  clock = new FakeClock();
  warned = [];
  const log = { warn: (text: string) => warned.push(text) } as unknown as Log;
  note = new AddressNote(dataDir, { host: "127.0.0.1", port: 8080 }, { clock, log });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Nothing is written there while there is no folder. */
const refuse = () => rmSync(dataDir, { recursive: true, force: true });
/** What was tried has been refused, which is the disk's own time. */
const tryPending = async () => {
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
};
const noted = async () => {
  for (;;) {
    const address = await readAddress(dataDir);
    if (address !== null) return address;
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe("the address a daemon leaves for the command beside it", () => {
  it("is there at once, and gone with it", async () => {
    mkdirSync(dataDir);
    await note.write();
    expect(await readAddress(dataDir)).toEqual({ host: "127.0.0.1", port: 8080, pid: process.pid });
    await note.remove();
    expect(await readAddress(dataDir)).toBeNull();
    expect([warned, clock.pending]).toEqual([[], 0]);
  });

  it("comes once a disk that refused takes it, and that is told once", async () => {
    refuse();
    await note.write();
    await clock.advance(60_000);
    expect(await readAddress(dataDir)).toBeNull();
    expect(warned).toEqual([expect.stringContaining("the address could not be noted")]);
    await tryPending();
    mkdirSync(dataDir);
    await clock.advance(30_000);
    expect(await noted()).toMatchObject({ port: 8080 });
    expect(warned).toHaveLength(1);
  });

  it("is not tried any more once the daemon has stopped", async () => {
    refuse();
    await note.write();
    await note.remove();
    mkdirSync(dataDir);
    await clock.advance(60_000);
    expect(existsSync(join(dataDir, "pylone.address"))).toBe(false);
    expect(clock.pending).toBe(0);
  });
});
