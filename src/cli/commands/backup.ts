import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT, Misuse } from "../command.ts";

export const backupCommand = declare({
  name: "backup",
  summary: "copy everything into one file, while it runs or not",
  operands: "FILE",
  about:
    "Writes the messages, the queues, the settings and the configuration into FILE, which holds every secret of the box and is for its owner alone. The daemon may be running: nothing waits for it, and everything acknowledged before the backup began is in it.",
  options: {
    force: { type: "boolean", about: "replace FILE where it is there already" },
    config: CONFIG,
    json: JSON_OUT,
  },
  exits: {
    [EXIT.failed]: "it was made, and shows that the database is damaged",
    [EXIT.noInput]: "there is no data yet, or no folder for FILE",
    [EXIT.unavailable]: "something holds the data folder, and no daemon answers",
    [EXIT.inTheWay]: "FILE is there already, or is a folder",
    [EXIT.ioError]: "the disk is full, or does not keep its word",
    [EXIT.noPermission]: "this user may not read the data, or not write FILE: run it with sudo",
    [EXIT.config]: "the configuration is wrong",
  },
  examples: ["sudo pylone backup /media/usb/pylone.backup"],
  read: ({ force = false, config = null, json = false }, [file, ...more]) => {
    if (file === undefined || more.length > 0) throw new Misuse("give one file");
    return { file, force, config, json };
  },
  load: async () => (await import("../backup.ts")).backup,
});
