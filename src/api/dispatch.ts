/**
 * From a path to its handlers. What no route takes is Twilio's 404 or 405.
 *
 * The router tries a path against the expression of each of its hundred routes, twice a request, and that was a
 * third of the processor time of a POST. Paths that differ in their SIDs only have the same routes: what the router
 * finds is remembered by the shape of the path. A route's parameters are whole segments, so they are read by place.
 */
import type Koa from "koa";
import { ApiError } from "./api-error.ts";
import { type ApiContext, type ApiRouter, notFound, pathOf } from "./context.ts";
import { resourcePathOf } from "./write-answer.ts";

/** Shapes with a phone number or a line's name in them are many: past this the memory begins anew. */
const SHAPES = 500;

const SID_SEGMENT = /\/[A-Za-z]{2}[0-9a-fA-F]{32}(?=\/|$)/g;

type Step = (ctx: ApiContext, next: () => Promise<unknown>) => unknown;
type Layer = ReturnType<ApiRouter["match"]>["pathAndMethod"][number];

export function dispatch(router: ApiRouter): Koa.Middleware {
  const known = new Map<string, readonly Step[]>();
  return async (ctx) => {
    const path = withoutProduct(resourcePathOf(pathOf(ctx)));
    if (!isDecodable(path)) throw notFound(ctx);
    const shape = `${ctx.method} ${path.replace(SID_SEGMENT, "/*")}`;
    let steps = known.get(shape);
    if (steps === undefined) {
      steps = layersOf(router, path, ctx).flatMap(stepsOf);
      if (known.size === SHAPES) known.clear();
      known.set(shape, steps);
    }
    const context = ctx as ApiContext;
    context.routerPath = path;
    await run(steps, 0, context);
  };
}

function layersOf(router: ApiRouter, path: string, ctx: Koa.Context): readonly Layer[] {
  const matched = router.match(path, ctx.method);
  if (matched.route) return matched.pathAndMethod;
  const allowed = new Set(matched.path.flatMap((layer) => layer.methods));
  if (allowed.size === 0) throw notFound(ctx);
  throw new ApiError(20004, null, { headers: { Allow: [...allowed].join(", ") } });
}

/** The layer's parameters are set before its handlers run. */
function stepsOf(layer: Layer): readonly Step[] {
  const places = String(layer.path)
    .split("/")
    .flatMap((segment, place) => (segment.startsWith(":") ? [{ name: segment.slice(1), place }] : []));
  const setParams: Step = (ctx, next) => {
    const segments = (ctx.routerPath ?? "").split("/");
    ctx.params = Object.fromEntries(
      places.map(({ name, place }) => [name, decodeURIComponent(segments[place] ?? "")]),
    );
    return next();
  };
  return [setParams, ...(layer.stack as readonly Step[])];
}

function run(steps: readonly Step[], at: number, ctx: ApiContext): Promise<unknown> {
  const step = steps[at];
  return Promise.resolve(step?.(ctx, () => run(steps, at + 1, ctx)));
}

function withoutProduct(path: string): string {
  return path.startsWith("/messaging/v1/") ? path.slice("/messaging".length) : path;
}

function isDecodable(path: string): boolean {
  if (!path.includes("%")) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
