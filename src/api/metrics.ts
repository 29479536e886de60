/** `GET /metrics`: Prometheus' text format, with the main account's credentials or one of its keys (DESIGN §3, §6). */
import { mainAccountOnly } from "./authenticate.ts";
import type { ApiRouter } from "./context.ts";
import type { ApiDeps } from "./deps.ts";

export function routeMetrics(router: ApiRouter, { metrics }: Pick<ApiDeps, "metrics">): void {
  router.get("/metrics", mainAccountOnly, async (ctx) => {
    const { type, text } = await metrics();
    ctx.status = 200;
    ctx.set({ "Content-Type": type, "Cache-Control": "no-store" });
    ctx.body = text;
  });
}
