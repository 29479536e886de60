import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT, Misuse } from "../command.ts";

export const restoreCommand = declare({
  name: "restore",
  summary: "put a backup in the place of the data folder",
  operands: "FILE",
  about:
    "Takes the messages, the queues and the settings from FILE, which is checked first. The daemon must be stopped. What is there is moved into a folder beside it, never deleted. The configuration is taken from FILE only where --config names a file that is not there yet.",
  options: {
    queued: {
      type: "string",
      value: "fail|resend",
      about:
        "what becomes of messages that waited when the backup was made, and may have been sent since: fail (default; their apps are told) or resend",
    },
    force: { type: "boolean", about: "also where there are messages from after the backup" },
    config: CONFIG,
    json: JSON_OUT,
  },
  exits: {
    [EXIT.refused]: "FILE is no backup, or is damaged",
    [EXIT.noInput]: "there is no such file, or no folder for the one of --config",
    [EXIT.inTheWay]: "there are messages from after the backup: --force",
    [EXIT.ioError]: "the disk is full, or does not keep its word",
    [EXIT.locked]: "a daemon runs: stop it first",
    [EXIT.noPermission]: "this user may not write the data: run it with sudo",
    [EXIT.config]: "the configuration is wrong, or FILE is of a newer version",
  },
  examples: [
    "sudo systemctl stop pylone && sudo pylone restore /media/usb/pylone.backup",
    "sudo pylone restore pylone.backup --config /etc/pylone/pylone.yaml --queued resend",
  ],
  read: ({ queued = "fail", force = false, config = null, json = false }, [file, ...more]) => {
    if (file === undefined || more.length > 0) throw new Misuse("give one file");
    if (queued !== "fail" && queued !== "resend") throw new Misuse("--queued is fail or resend");
    return { file, queued: queued as "fail" | "resend", force, config, json };
  },
  load: async () => (await import("../restore.ts")).restore,
});
