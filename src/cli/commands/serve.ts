import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare } from "../command.ts";

export const serveCommand = declare({
  name: "serve",
  summary: "run the appliance",
  about: `Runs the appliance until SIGTERM or SIGINT. Without --config the configuration is looked for in PYLONE_CONFIG, \
then in /etc/pylone/pylone.yaml; where there is none, one simulated line runs with its data in ./data. \
PYLONE_DATA_DIR, PYLONE_HTTP_HOST and PYLONE_HTTP_PORT override the file.`,
  options: {
    config: CONFIG,
    json: { type: "boolean", about: "log JSON lines, and no banner, on a terminal too" },
  },
  exits: {
    [EXIT.forced]: "ended by a signal a second or more after the first, or too slow to stop",
    [EXIT.unavailable]: "the address is taken",
    [EXIT.ioError]: "the disk no longer keeps its word",
    [EXIT.locked]: "another daemon holds the data folder",
    [EXIT.config]: "the configuration is wrong",
  },
  examples: ["pylone serve --config /etc/pylone/pylone.yaml"],
  read: ({ config = null, json = false }) => ({ config, json }),
  load: async () => (await import("../serve.ts")).serve,
});
