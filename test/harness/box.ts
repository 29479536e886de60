/**
 * A machine of the test's own to install on for real, not into a staging root: this one, with folders of the test's over
 * those that an installation writes to, and a systemctl that notes what it is told and starts only what it may.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, runWith } from "./staged.ts";

const OVER = ["/opt", "/etc", "/var/lib", "/var/backups", "/usr/local/bin", "/run", "/srv"];

/**
 * `/run/good`: the releases that start; without it each does. `/run/interrupt`: the signal that the next start gets, as from
 * a terminal: whoever waits for it, and it.
 */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >>/run/systemctl.log
case "$1 $2" in
'stop pylone.service') rm -f /run/active ;;
're'*' pylone.service' | 'start pylone.service')
  rm -f /run/active
  signal=$(cat /run/interrupt 2>/dev/null) && rm /run/interrupt && kill "-$signal" $PPID && kill "-$signal" $$
  release=$(basename "$(readlink /opt/pylone/current)")
  [ ! -e /run/good ] || grep -qx "$release" /run/good || exit 1
  [ -e /opt/pylone/current/dist/main.js ] || exit 1
  echo "$release" >/run/active
  ;;
esac
`;

export class Box {
  readonly #folder = mkdtempSync(join(tmpdir(), "pylone-box-"));

  constructor() {
    chmodSync(this.#folder, 0o755);
    for (const path of OVER) mkdirSync(this.at(path), { recursive: true });
    mkdirSync(this.at("/run/systemd/system"), { recursive: true });
    cpSync("/etc", this.at("/etc"), { recursive: true, verbatimSymlinks: true });
    for (const name of ["node", "npm"].map((name) => `/usr/local/bin/${name}`))
      if (existsSync(name)) cpSync(name, this.at(name), { verbatimSymlinks: true });
    mkdirSync(this.at("/programs"));
    this.program("systemctl", SYSTEMCTL);
    this.program("journalctl", "#!/bin/sh\necho 'what the journal has of it'\n");
  }

  /** Where the test finds what the box calls `path`. */
  at(path: string): string {
    return join(this.#folder, path);
  }

  read(path: string): string {
    return readFileSync(this.at(path), "utf8");
  }

  /** In the place of the machine's own. */
  program(name: string, script: string): void {
    writeFileSync(this.at(`/programs/${name}`), script, { mode: 0o755 });
  }

  forget(name: string): void {
    rmSync(this.at(`/programs/${name}`));
  }

  sh(script: string): Ran {
    const over = OVER.map((path) => [this.at(path), path] as const);
    return runWith(over, `PATH='${this.at("/programs")}':$PATH\n${script}`);
  }

  install(...args: string[]): Ran {
    return this.sh(`bash systemd/install.sh ${args.join(" ")}`);
  }

  /** The release that runs, as far as systemctl knows; null: none does. */
  running(): string | null {
    return existsSync(this.at("/run/active")) ? this.read("/run/active").trim() : null;
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
