import { CONFIG, declare, Misuse } from "../command.ts";
import { CLIENT_EXITS } from "./client-exits.ts";
import { countOf, JSON_LINES, LIMIT } from "./count.ts";

const LEVELS = ["info", "warning", "error"];

export const eventsCommand = declare({
  name: "events",
  summary: "show what happened, and follow it",
  about:
    "Shows the appliance's events, the newest last. With --follow it goes on with what happens; a daemon that restarts meanwhile is waited for, Ctrl-C ends it.",
  options: {
    follow: { type: "boolean", short: "f", about: "go on with what happens" },
    level: { type: "string", value: "LEVEL", about: "only of this level: info, warning or error" },
    type: { type: "string", value: "TYPE", about: "only of this type, as in webhook.failed" },
    message: { type: "string", value: "SID", about: "only of this message" },
    limit: LIMIT,
    config: CONFIG,
    json: JSON_LINES,
  },
  exits: CLIENT_EXITS,
  examples: ["pylone events --level error", "pylone events --follow --json"],
  read: (values) => {
    const { level = null } = values;
    if (level !== null && !LEVELS.includes(level)) throw new Misuse(`--level is ${LEVELS.join(", ")}`);
    return {
      level,
      type: values.type ?? null,
      message: values.message ?? null,
      limit: countOf("limit", values.limit, 1000, 20),
      follow: values.follow ?? false,
      config: values.config ?? null,
      json: values.json ?? false,
    };
  },
  load: async () => (await import("../events.ts")).events,
});
