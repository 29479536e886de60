import { EXIT } from "../../daemon/exit-codes.ts";
import { CONFIG, declare, JSON_OUT } from "../command.ts";

export const credentialsCommand = declare({
  name: "credentials",
  summary: "print the account SID and auth token",
  about: `Prints \`AC…:token\` as \`curl -u\` takes it, from the data folder of the configuration that \`serve\` would use. \
The daemon may be running or not.`,
  options: {
    test: {
      type: "boolean",
      about: "the test credentials instead: everything is checked, nothing is sent (Twilio's magic numbers)",
    },
    config: CONFIG,
    json: JSON_OUT,
  },
  exits: {
    [EXIT.noInput]: "there is no account yet: the first `pylone serve` makes it",
    [EXIT.noPermission]: "this user may not read the settings: run it with sudo",
    [EXIT.config]: "the configuration is wrong",
  },
  examples: ['curl -u "$(pylone credentials)" http://127.0.0.1:8080/appliance/v1/Lines'],
  read: ({ config = null, test = false, json = false }) => ({ config, test, json }),
  load: async () => (await import("../credentials.ts")).credentials,
});
