/** Whether somebody takes a connection; nothing is said there. */
import { connect } from "node:net";
import { reasonOf } from "../../runtime/fault.ts";

const PATIENCE_MS = 5_000;

/** Why not, or null. */
export function answersAt(at: { readonly host: string; readonly port: number }): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ ...at, timeout: PATIENCE_MS });
    const over = (why: string | null) => {
      socket.destroy();
      resolve(why);
    };
    socket.once("connect", () => over(null));
    socket.once("timeout", () => over(`no answer within ${PATIENCE_MS / 1000} s`));
    socket.once("error", (error: NodeJS.ErrnoException) => over(WHY[error.code ?? ""] ?? reasonOf(error)));
  });
}

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ENOTFOUND: "the name has no address",
  EAI_AGAIN: "the name cannot be looked up now",
};
