/** `GET /health`: no credentials, nothing secret, 503 when the appliance cannot do its work (DESIGN §3). */
import type { Middleware } from "koa";
import { ApiError } from "./api-error.ts";
import { pathOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";

export function answerHealth(health: ApiDeps["health"]): Middleware {
  return async (ctx, next) => {
    if (pathOf(ctx) !== "/health") return next();
    if (ctx.method !== "GET" && ctx.method !== "HEAD") {
      throw new ApiError(20004, null, { headers: { Allow: "HEAD, GET" } });
    }
    const report = await health();
    ctx.status = report.status === "fail" ? 503 : 200;
    ctx.body = JSON.stringify(report);
    ctx.set({ "Content-Type": "application/json", "Cache-Control": "no-store" });
  };
}
