/** The exit statuses of every command that asks the running daemon. */
import { EXIT } from "../../daemon/exit-codes.ts";

export const CLIENT_EXITS = {
  [EXIT.refused]: "the daemon refused what was asked",
  [EXIT.noInput]: "there is no account yet: the first `pylone serve` makes it",
  [EXIT.unavailable]: "the daemon does not run, or does not answer",
  [EXIT.notNow]: "the daemon runs and cannot do it now (it answered 503 or 429)",
  [EXIT.noPermission]: "this user may not read the settings (use sudo), or the daemon does not take them",
  [EXIT.config]: "the configuration is wrong",
} as const;
