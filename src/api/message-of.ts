/** The Message a path is about; another account's does not exist. */
import type { StoredMessage } from "../store/store.ts";
import { type ApiContext, notFound, sidOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";

export async function messageOf(ctx: ApiContext, deps: Pick<ApiDeps, "store">): Promise<StoredMessage> {
  const message = await deps.store.getMessage(sidOf(ctx, ["SM", "MM"]));
  if (message === null || message.accountSid !== ctx.state.account.sid) throw notFound(ctx);
  return message;
}
