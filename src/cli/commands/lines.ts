import { CONFIG, declare, JSON_OUT } from "../command.ts";
import { CLIENT_EXITS } from "./client-exits.ts";

export const linesCommand = declare({
  name: "lines",
  summary: "show each line: whether it can send, and why not",
  about:
    "Shows the lines of the running daemon with their state, numbers, operator and signal, and what is done against a trouble. `pylone doctor` looks deeper.",
  options: { config: CONFIG, json: JSON_OUT },
  exits: CLIENT_EXITS,
  examples: ["pylone lines", "watch pylone lines"],
  read: ({ config = null, json = false }) => ({ config, json }),
  load: async () => (await import("../lines.ts")).lines,
});
