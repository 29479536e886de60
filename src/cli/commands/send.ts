import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT, Misuse } from "../command.ts";
import { CLIENT_EXITS } from "./client-exits.ts";
import { countOf } from "./count.ts";

export const sendCommand = declare({
  name: "send",
  summary: "send a text, and wait for its end",
  operands: "TO TEXT…",
  about:
    "Sends TEXT to the number TO, as an app would. Without --wait it ends when the text is kept and queued; with --wait it shows each step until the message is delivered or has failed, and why it waits while it does. Several words are one text with a space between them: quotes keep what is in them as it is. A text that begins with - comes behind --.",
  options: {
    from: {
      type: "string",
      value: "SENDER",
      about:
        "a number, short code or name of the box, or a messaging service (MG…); default: the one number there is",
    },
    wait: { type: "boolean", short: "w", about: "until it is delivered, or has failed" },
    timeout: {
      type: "string",
      value: "SECONDS",
      about: "how long --wait waits (default 300); the message itself goes on",
    },
    config: CONFIG,
    json: { ...JSON_OUT, about: "the message as the API shows it, at the end" },
  },
  exits: {
    [EXIT.ok]: "queued; with --wait: delivered",
    [EXIT.failed]: "with --wait: failed or undelivered",
    [EXIT.undecided]: "with --wait: neither within the time given",
    ...CLIENT_EXITS,
  },
  examples: [
    'pylone send +33612345678 "Door open" --wait',
    'pylone send 0612345678 "Bonjour" --from PYLONE --json',
    "pylone send +33612345678 -- -5 degrees",
  ],
  read: (values, [to, ...text]) => {
    if (to === undefined || text.length === 0) throw new Misuse("give the number and the text");
    if (values.timeout !== undefined && values.wait === undefined) throw new Misuse("--timeout is of --wait");
    return {
      to,
      text: text.join(" "),
      from: values.from ?? null,
      wait: values.wait ?? false,
      timeoutSeconds: countOf("timeout", values.timeout, 1_000_000, 300),
      config: values.config ?? null,
      json: values.json ?? false,
    };
  },
  load: async () => (await import("../send.ts")).send,
});
