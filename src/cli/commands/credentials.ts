import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT, Misuse } from "../command.ts";

export const credentialsCommand = declare({
  name: "credentials",
  summary: "print the account SID and auth token",
  about: `Prints \`AC…:token\` as \`curl -u\` takes it, from the data folder of the configuration that \`serve\` would use. \
The daemon may be running or not. With --rotate the token is made anew first; who used the old one is told on \
standard error.`,
  options: {
    test: {
      type: "boolean",
      about: "the test credentials instead: everything is checked, nothing is sent (Twilio's magic numbers)",
    },
    rotate: {
      type: "boolean",
      about:
        "make the token anew: the old one is worth nothing from then on, and webhooks are signed with the new one",
    },
    config: CONFIG,
    json: JSON_OUT,
  },
  exits: {
    [EXIT.locked]: "--rotate: a daemon that does not answer holds the data folder",
    [EXIT.noInput]: "there is no account yet: the first `pylone serve` makes it",
    [EXIT.noPermission]: "this user may not read the settings: run it with sudo",
    [EXIT.config]: "the configuration is wrong",
  },
  examples: [
    "sudo pylone credentials --rotate",
    'curl -u "$(pylone credentials)" http://127.0.0.1:8080/appliance/v1/Lines',
  ],
  read: ({ config = null, test = false, rotate = false, json = false }) => {
    if (test && rotate) throw new Misuse("--rotate is of the account's own token, not of --test");
    return { config, test, rotate, json };
  },
  load: async () => (await import("../credentials.ts")).credentials,
});
