/** The configured reset command, with real processes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  runResetCommand,
  troubleWithResetCommand,
} from "../../../../src/line/modem/recovery/reset-command.ts";
import { FakeClock } from "../../../harness/fake-clock.ts";
import { closeStage, readyLine } from "../scripted-line.ts";

let folder: string;
let clock: FakeClock;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pylone-reset-"));
  clock = new FakeClock();
});

afterEach(() => {
  expect(clock.pending, "timers left behind").toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

const run = (argv: readonly string[], signal = new AbortController().signal) =>
  runResetCommand(argv, { clock, signal });
const node = (program: string, ...args: string[]) => [process.execPath, "-e", program, ...args];

describe("the reset command", () => {
  test("gets its arguments as they are configured, no shell, and an environment of one variable", async () => {
    const file = join(folder, "seen");
    const writes =
      "require('fs').writeFileSync(process.argv[1], JSON.stringify([process.argv.slice(2), process.env]))";
    expect(await run(node(writes, file, "$(id); *", "a b"))).toBe("ended well");
    const [args, environment] = JSON.parse(readFileSync(file, "utf8"));
    expect(args).toEqual(["$(id); *", "a b"]);
    expect(Object.keys(environment)).toEqual(["PATH"]);
  });

  test("is told of when it fails or is not there", async () => {
    expect(await run(node("process.exit(3)"))).toBe("failed: exit status 3");
    expect(await run([join(folder, "no-such-program")])).toBe("failed: ENOENT");
  });

  test("is ended when it takes longer than a minute, and when the line stops", async () => {
    const forever = run(node("setInterval(() => {}, 1000)"));
    await clock.advance(60_000);
    expect(await forever).toBe("was ended after 60 s");
    const stopping = new AbortController();
    const stopped = run(node("setInterval(() => {}, 1000)"), stopping.signal);
    stopping.abort();
    expect(await stopped).toBe("failed: SIGKILL");
  });
});

describe("a reset command that could not be run", () => {
  test("is found at start: not there, not executable, a folder", async () => {
    const script = join(folder, "reset.sh");
    writeFileSync(script, "#!/bin/sh\n", { mode: 0o644 });
    const missing = join(folder, "no-such-program");
    expect(await troubleWithResetCommand([missing, "-l", "1-1"])).toBe(
      `${missing} does not exist: install it or correct \`resetCommand\` of this line`,
    );
    expect(await troubleWithResetCommand([script])).toBe(
      `${script} may not be run by this user: make it executable (chmod +x) or correct \`resetCommand\` of this line`,
    );
    expect(await troubleWithResetCommand([folder])).toBe(
      `${folder} is no program: correct \`resetCommand\` of this line`,
    );
    expect(await troubleWithResetCommand([process.execPath])).toBeNull();
  });

  test("is an event of its line, which works all the same", async () => {
    const missing = join(folder, "no-such-program");
    const stage = await readyLine({}, { resetTrouble: () => troubleWithResetCommand([missing]) });
    await expect.poll(() => stage.seen.events.length).toBe(1);
    expect(stage.seen.events).toMatchObject([
      {
        type: "line.recovery",
        level: "warning",
        line: "sim1",
        text: `sim1: the reset command cannot be run: ${missing} does not exist: install it or correct \`resetCommand\` of this line`,
      },
    ]);
    await closeStage(stage);
  });
});
