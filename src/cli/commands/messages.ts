import { nearest } from "../../daemon/nearest.ts";
import { MESSAGE_STATUSES } from "../../sms/message.ts";
import { CONFIG, declare, Misuse } from "../command.ts";
import { CLIENT_EXITS } from "./client-exits.ts";
import { countOf, JSON_LINES, LIMIT } from "./count.ts";

export const messagesCommand = declare({
  name: "messages",
  summary: "list the newest messages, and follow them",
  about:
    "Lists the newest messages of the main account, the newest last. With --follow it goes on: each message that comes, and each change of status of the newest --limit. A daemon that restarts meanwhile is waited for; Ctrl-C ends it.",
  options: {
    follow: { type: "boolean", short: "f", about: "go on with what comes" },
    from: { type: "string", value: "ADDRESS", about: "only from this number or name" },
    to: { type: "string", value: "ADDRESS", about: "only to this number" },
    since: { type: "string", value: "DATE", about: "only sent or received since, as in 2026-11-28 (UTC)" },
    status: { type: "string", value: "STATUS", about: "only of this status, as in undelivered" },
    limit: LIMIT,
    config: CONFIG,
    json: JSON_LINES,
  },
  exits: CLIENT_EXITS,
  examples: ["pylone messages --status undelivered -n 100", "pylone messages --follow --to +33612345678"],
  read: (values) => {
    const { status } = values;
    if (status !== undefined && !MESSAGE_STATUSES.some((each) => each === status)) {
      const meant = nearest(status, MESSAGE_STATUSES);
      throw new Misuse(
        `--status is ${MESSAGE_STATUSES.join(", ")}${meant === null ? "" : `; did you mean \`${meant}\`?`}`,
      );
    }
    return {
      from: values.from ?? null,
      to: values.to ?? null,
      since: values.since ?? null,
      status: status ?? null,
      limit: countOf("limit", values.limit, 1000, 20),
      follow: values.follow ?? false,
      config: values.config ?? null,
      json: values.json ?? false,
    };
  },
  load: async () => (await import("../messages.ts")).messages,
});
