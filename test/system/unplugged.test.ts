/**
 * A device pulled while it speaks. The kernel then answers every read with no bytes, and the serial library asks
 * again for ever: without a second way of noticing, the line would stay ready and the processor busy.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSerialPort } from "../../src/line/modem/serial-port.ts";
import { eventually } from "../harness/program.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pylone-serial-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function pulledWhileSpeaking(device: string): Promise<string> {
  const socat = spawn(
    "socat",
    [`PTY,link=${device},raw,echo=0`, "SYSTEM:while echo RING; do sleep 0.002; done"],
    {
      stdio: "ignore",
      detached: true,
    },
  );
  const gone = new Promise((resolve) => socat.once("close", resolve));
  await eventually(async () => (existsSync(device) ? true : null));
  const port = await openSerialPort(device, 115200)(new AbortController().signal);
  const closed = new Promise<string>((resolve) => port.onClose(resolve));
  let reads = 0;
  await new Promise<void>((resolve) => {
    port.onData(() => {
      if (++reads === 10) resolve();
    });
  });
  // The whole group: socat and what it reads from.
  process.kill(-(socat.pid ?? 0), "SIGKILL");
  await gone;
  return closed;
}

it("tells that the device went away, even in the middle of its words", async () => {
  for (let round = 0; round < 30; round++)
    expect(await pulledWhileSpeaking(join(folder, `tty${round}`))).not.toBe("");
});
