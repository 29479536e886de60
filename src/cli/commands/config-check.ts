import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT } from "../command.ts";

export const configCheckCommand = declare({
  name: "config check",
  summary: "say everything that is wrong with the configuration",
  about:
    "Reads the configuration as `serve` would, certificates included, and says everything that is wrong with it, each with its key, its place and the mend. A device that is not there is a warning: modems come and go.",
  options: { config: CONFIG, json: JSON_OUT },
  exits: {
    [EXIT.ok]: "in order",
    [EXIT.noPermission]: "this user may not read it: run it with sudo",
    [EXIT.config]: "something is wrong",
  },
  examples: ["pylone config check --config new.yaml && sudo cp new.yaml /etc/pylone/pylone.yaml"],
  read: ({ config = null, json = false }) => ({ config, json }),
  load: async () => (await import("../config-check.ts")).configCheck,
});
