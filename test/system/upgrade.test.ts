/** Upgrades of a box that runs, and what they leave where something goes wrong: never a box without its daemon. */
import { existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBackup } from "../../src/store/backup-file.ts";
import { Box } from "../harness/box.ts";
import type { Ran } from "../harness/staged.ts";

let box: Box;
const releases = () => readdirSync(box.at("/opt/pylone/releases")).sort();
const link = (name: string) => readlinkSync(box.at(`/opt/pylone/${name}`)).replace("releases/", "");
const current = () => link("current");
const newest = () => releases().at(-1) ?? "";
/** Only these start from now on. */
const only = (...names: string[]) =>
  writeFileSync(box.at("/run/good"), names.map((name) => `${name}\n`).join(""));
const done = (ran: Ran) => expect(ran.status, ran.err).toBe(0);
function upgrade(): string {
  done(box.install());
  return current();
}

describe("a version that does not start", () => {
  const ran: string[] = [];
  beforeAll(() => {
    box = new Box();
    for (let time = 1; time <= 4; time++) ran.push(upgrade());
  }, 300_000);
  afterAll(() => box.end());

  it("is not there any more when three newer ones have run", () => {
    expect(releases()).toEqual(ran.slice(1));
    expect([box.running(), link("previous")]).toEqual([ran[3], ran[2]]);
  });

  it("gives way to the one before, also where that is the oldest that is kept", () => {
    done(box.install("--rollback"));
    expect([box.running(), link("previous")]).toEqual([ran[2], ran[3]]);
    // By hand to the oldest.
    box.sh(`ln -sfn releases/${ran[1]} /opt/pylone/current`);
    only(ran[1] ?? "");
    const refused = box.install();
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(
      new RegExp(`what the journal has of it\\n.* does not start; .*\\n.*: ${ran[1]} runs again\\n$`),
    );
    expect([box.running(), current(), link("previous")]).toEqual([ran[1], ran[1], ran[3]]);
    expect(releases()).toEqual(ran.slice(1));
  });

  it("is not gone back to by hand either", () => {
    const refused = box.install("--rollback");
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(new RegExp(`${ran[3]} does not start; .*\\n.*: ${ran[1]} runs again\\n$`));
    expect([box.running(), current(), link("previous")]).toEqual([ran[1], ran[1], ran[3]]);
  });

  it("a rollback goes to what ran before, not to the next lower name", () => {
    only(ran[1] ?? "", "0.1.0-99990101T000000");
    box.sh("cp -a /opt/pylone/current/. /opt/pylone/releases/0.1.0-99990101T000000");
    box.sh("ln -sfn releases/0.1.0-99990101T000000 /opt/pylone/current");
    box.sh(`ln -sfn releases/${ran[1]} /opt/pylone/previous`);
    const back = box.install("--rollback");
    done(back);
    expect(back.out).toContain(`Back from 0.1.0-99990101T000000 to ${ran[1]}`);
    expect(box.running()).toBe(ran[1]);
  });
});

describe("an upgrade that is interrupted", () => {
  beforeAll(() => {
    box = new Box();
    upgrade();
  }, 300_000);
  afterAll(() => box.end());

  it.each(["INT", "TERM"])("by SIG%s starts the old version again", (signal) => {
    const before = current();
    writeFileSync(box.at("/run/interrupt"), signal);
    const { status, err } = box.install();
    expect(status).not.toBe(0);
    expect(err).toContain(`install: ${before} runs again`);
    expect([box.running(), current(), releases()]).toEqual([before, before, [before]]);
  });
});

describe("a backup that fails", () => {
  let before: string;
  beforeAll(() => {
    box = new Box();
    before = upgrade();
    makeData("/var/lib/pylone");
  }, 300_000);
  afterAll(() => box.end());

  it("leaves the old version running, and says so", () => {
    box.program(
      "cp",
      '#!/bin/sh\ncase "$*" in */var/lib/pylone*) echo "cp: no space" >&2; exit 1;; esac\nexec /bin/cp "$@"\n',
    );
    // Whole enough to be copied, and no database.
    writeFileSync(box.at("/var/lib/pylone/pylone.db"), "torn");
    const refused = box.install();
    box.forget("cp");
    expect(refused.status).toBe(1);
    expect(refused.err).toContain("cp: no space");
    expect(refused.err).toContain(`: ${before} runs again`);
    expect([box.running(), current(), releases()]).toEqual([before, before, [before]]);
  });

  it("is not begun without room for it: the daemon is not stopped", () => {
    box.program("df", "#!/bin/sh\necho Avail\necho 1\n");
    writeFileSync(box.at("/var/lib/pylone/pylone.db"), Buffer.alloc(1 << 20));
    writeFileSync(box.at("/run/systemctl.log"), "");
    const refused = box.install();
    box.forget("df");
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(/needs 2 MB in \/var\/backups\/pylone and 0 MB are free/);
    expect(box.read("/run/systemctl.log")).toBe("");
    expect([box.running(), releases()]).toEqual([before, [before]]);
  });
});

/** As a daemon leaves it that was ready and was asked to stop; its user's. */
function makeData(folder: string): void {
  const made = box.sh(`
    install -d -o pylone -g pylone -m 700 ${folder}
    mkfifo /run/told
    setpriv --reuid=pylone --regid=pylone --init-groups env PYLONE_HTTP_PORT=0 PYLONE_HTTP_HOST=127.0.0.1 \
      PYLONE_DATA_DIR=${folder} /opt/pylone/current/bin/node /opt/pylone/current/dist/main.js serve >/run/told &
    exec 3</run/told
    while read -r line <&3; do case $line in *'"msg":"ready"'*) kill -TERM $! ;; esac; done
    wait $!`);
  done(made);
}

describe("data in another folder", () => {
  let before: string;
  beforeAll(() => {
    box = new Box();
    before = upgrade();
    makeData("/srv/pylone");
    const config = box
      .read("/etc/pylone/pylone.yaml")
      .replace("dataDir: /var/lib/pylone", "dataDir: /srv/pylone");
    writeFileSync(box.at("/etc/pylone/pylone.yaml"), `${config}backup: { folder: "/srv/my stick" }\n`);
  }, 300_000);
  afterAll(() => box.end());

  it("is what an upgrade backs up, as `pylone backup` does", () => {
    const after = upgrade();
    expect([box.running(), link("previous")]).toEqual([after, before]);
    expect(readdirSync(box.at("/var/backups/pylone"))).toEqual([`before-${after}.backup`]);
    const { config, messages } = readBackup(box.at(`/var/backups/pylone/before-${after}.backup`));
    expect({ config, messages }).toEqual({ config: box.read("/etc/pylone/pylone.yaml"), messages: 0 });
  });

  it("is what the units may write to", () => {
    for (const unit of ["pylone.service", "pylone-backup.service"]) {
      const dropIn = box.read(`/etc/systemd/system/${unit}.d/50-folders.conf`);
      expect(dropIn).toMatch(/^ReadWritePaths="-\/srv\/pylone" "-\/srv\/my stick"$/m);
      expect(dropIn).toMatch(/^RequiresMountsFor="\/srv\/pylone"$/m);
    }
    const { err } = box.sh("systemd-analyze verify /etc/systemd/system/pylone.service");
    expect(err).toBe("");
  });

  it("has to be there, and where a service may look", () => {
    const good = box.read("/etc/pylone/pylone.yaml");
    const refused = (dataDir: string) => {
      writeFileSync(box.at("/etc/pylone/pylone.yaml"), good.replace("/srv/pylone", dataDir));
      const { status, err } = box.install();
      expect(status).toBe(1);
      return err;
    };
    expect(refused("/srv/elsewhere")).toContain(
      "sudo install -d -o pylone -g pylone -m 700 '/srv/elsewhere'",
    );
    expect(refused("/home/pi/pylone")).toContain("/home/pi/pylone");
    writeFileSync(box.at("/etc/pylone/pylone.yaml"), good);
    expect([box.running(), releases().length]).toEqual([newest(), 2]);
  });

  it("is what is deleted with the program, and nothing that is not pylone's", () => {
    mkdirSync(box.at("/srv/other"));
    const asked = box.sh("echo yes | bash systemd/install.sh --uninstall");
    done(asked);
    expect(asked.out).toContain("/srv/pylone (messages, accounts)");
    expect(asked.out).toContain("/srv/my stick");
    expect(readdirSync(box.at("/srv"))).toEqual(["other"]);
    for (const unit of ["pylone.service", "pylone-backup.service"])
      expect(existsSync(box.at(`/etc/systemd/system/${unit}.d`)), unit).toBe(false);
  });
});
