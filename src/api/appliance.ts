/** `/appliance/v1`: what the appliance knows and Twilio has no resource for. The main account's only. */
import type { Line } from "../line/line.ts";
import type { Event } from "../runtime/event.ts";
import { eventView, lineView, messageDetailView } from "./appliance-views.ts";
import { type ApiRouter, answer, notFound, sidOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, pageOf } from "./page.ts";

export function routeAppliance(router: ApiRouter, deps: ApiDeps): void {
  router.get("/appliance/v1/Lines", async (ctx) => {
    const cursorOf = (line: Line) => line.name;
    const lines = [...deps.roster.all()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const page = await pageOf<Line>(ctx, {
      key: "lines",
      cursor: /^[a-z0-9-]{1,32}$/,
      cursorOf,
      list: listFrom(lines, cursorOf),
      view: (line) => lineView(line, deps.numbers.ofLine(line.name), deps.rateOf),
    });
    answer(ctx, 200, page);
  });

  router.get("/appliance/v1/Messages/:sid", async (ctx) => {
    const message = await deps.store.getMessage(sidOf(ctx, ["SM", "MM"]));
    if (message === null) throw notFound(ctx);
    answer(ctx, 200, messageDetailView(message, await deps.store.submissionsOf(message.sid)));
  });

  router.get("/appliance/v1/Events", async (ctx) => {
    const page = await pageOf<Event>(ctx, {
      key: "events",
      cursor: /^NO[0-9a-f]{32}$/,
      cursorOf: (event) => event.sid,
      list: (after, limit) =>
        deps.store.listEvents({ ...(after === null ? {} : { beforeSid: after }), limit }),
      view: eventView,
    });
    answer(ctx, 200, page);
  });
}
