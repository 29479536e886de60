import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT } from "../command.ts";

export const doctorCommand = declare({
  name: "doctor",
  summary: "look at everything that has to be in order",
  about:
    "Looks at the configuration, the data folder and its disk, the clock, the address and certificate, each line's device, SIM, PIN, network, signal, service centre and number, and the apps; tells of each whether it passes, with cause and next step where it does not. While the daemon runs its modems are asked through it; otherwise the ports are opened, asked and closed again. It mends nothing and tries no PIN.",
  options: { config: CONFIG, json: JSON_OUT },
  exits: { [EXIT.ok]: "nothing failed (there may be warnings)", [EXIT.failed]: "something failed" },
  examples: ["sudo pylone doctor", "pylone doctor --json | jq '.checks[] | select(.status != \"pass\")'"],
  read: ({ config = null, json = false }) => ({ config, json }),
  load: async () => (await import("../doctor/doctor.ts")).doctor,
});
