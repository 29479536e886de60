/** The account itself, contract §7.1: what apps fetch to see whether their credentials work. */
import { type ApiRouter, answer } from "./context.ts";
import { accountView } from "./views.ts";

export function routeAccounts(router: ApiRouter): void {
  router.get("/2010-04-01/Accounts/:account", (ctx) => answer(ctx, 200, accountView(ctx.state.account)));
}
