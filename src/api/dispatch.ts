/**
 * From a path to its handlers. What no route takes is Twilio's 404 or 405.
 *
 * The router tries a path against the expression of each of its hundred routes, twice a request, and that was a
 * third of the processor time of a POST. Paths that differ in their SIDs only have the same routes: what the router
 * finds is remembered by the shape of the path, and what is asked for again and again (an app posts its messages to one
 * path) by the path itself. A route's parameters are whole segments, so they are read by place.
 */
import type Koa from "koa";
import { Remembered } from "../runtime/remembered.ts";
import { ApiError } from "./api-error.ts";
import { type ApiContext, type ApiRouter, notFound, pathOf } from "./context.ts";
import { resourcePathOf } from "./write-answer.ts";

/** Shapes with a phone number or a line's name in them are many. */
const SHAPES = 250;
const PATHS = 250;

const SID_SEGMENT = /\/[A-Za-z]{2}[0-9a-fA-F]{32}(?=\/|$)/g;

type Step = (ctx: ApiContext, next: () => Promise<unknown>) => unknown;
type Layer = ReturnType<ApiRouter["match"]>["pathAndMethod"][number];

/** What takes paths of one shape. */
type Route = { readonly steps: readonly Step[]; readonly places: readonly Place[] };
type Place = { readonly name: string; readonly place: number };

/** What is asked for at one path. */
type Found = {
  readonly path: string;
  readonly steps: readonly Step[];
  readonly params: Readonly<Record<string, string>>;
};

export function dispatch(router: ApiRouter): Koa.Middleware {
  const routes = new Remembered<Route>(SHAPES);
  const known = new Remembered<Found>(PATHS);

  const find = (ctx: Koa.Context): Found => {
    const path = withoutProduct(resourcePathOf(pathOf(ctx)));
    if (!isDecodable(path)) throw notFound(ctx);
    const shape = `${ctx.method} ${path.replace(SID_SEGMENT, "/*")}`;
    let route = routes.get(shape);
    if (route === undefined) {
      route = routeOf(layersOf(router, path, ctx));
      routes.set(shape, route);
    }
    return { path, steps: route.steps, params: paramsOf(route, path) };
  };

  return async (ctx) => {
    const asked = `${ctx.method} ${ctx.path}`;
    let found = known.get(asked);
    if (found === undefined) {
      found = find(ctx);
      known.set(asked, found);
    }
    const context = ctx as ApiContext;
    context.routerPath = found.path;
    context.params = found.params;
    await run(found.steps, 0, context);
  };
}

function layersOf(router: ApiRouter, path: string, ctx: Koa.Context): readonly Layer[] {
  const matched = router.match(path, ctx.method);
  if (matched.route) return matched.pathAndMethod;
  const allowed = new Set(matched.path.flatMap((layer) => layer.methods));
  if (allowed.size === 0) throw notFound(ctx);
  throw new ApiError(20004, null, { headers: { Allow: [...allowed].join(", ") } });
}

/** Layers that take the same path call what stands at one place by one name. */
function routeOf(layers: readonly Layer[]): Route {
  return {
    steps: layers.flatMap((layer) => layer.stack as readonly Step[]),
    places: layers.flatMap((layer) => placesOf(String(layer.path))),
  };
}

function placesOf(pattern: string): readonly Place[] {
  return pattern
    .split("/")
    .flatMap((segment, place) => (segment.startsWith(":") ? [{ name: segment.slice(1), place }] : []));
}

function paramsOf({ places }: Route, path: string): Readonly<Record<string, string>> {
  const segments = path.split("/");
  return Object.fromEntries(
    places.map(({ name, place }) => [name, decodeURIComponent(segments[place] ?? "")]),
  );
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
