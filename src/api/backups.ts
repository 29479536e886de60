/**
 * `/appliance/v1/Backups`: POST begins one (or tells of the one that is being made; `Keep=false` for a caller on this
 * machine, that copies it and deletes it), GET lists them and says when one
 * is `complete`, `…/{name}/File` is the file. It holds every secret of the box, so a standard key does not get it.
 */
import { createReadStream } from "node:fs";
import { type ApiContext, type ApiRouter, answer, notFound, refuseStandardKey } from "./context.ts";
import type { ApiDeps, BackupView } from "./deps.ts";
import { pageOf } from "./page.ts";
import { flagOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { dateText } from "./views.ts";

export function routeBackups(router: ApiRouter, { backups }: Pick<ApiDeps, "backups">): void {
  const named = async (ctx: ApiContext): Promise<BackupView> => {
    const view = (await backups.list()).find(({ name }) => name === ctx.params["name"]);
    if (view === undefined) throw notFound(ctx);
    return view;
  };

  router.get("/appliance/v1/Backups", async (ctx) => {
    const page = await pageOf<BackupView>(ctx, {
      key: "backups",
      cursor: /^pylone-[0-9TZ-]+\.(backup|passing)$/,
      cursorOf: ({ name }) => name,
      list: async (after, limit) =>
        (await backups.list()).filter(({ name }) => after === null || name < after).slice(0, limit),
      view: backupView,
    });
    answer(ctx, 200, page);
  });

  router.post("/appliance/v1/Backups", async (ctx) => {
    refuseStandardKey(ctx);
    const keep = flagOf(await readForm(ctx), "Keep") ?? true;
    answer(ctx, 201, backupView(await backups.begin({ keep })));
  });

  router.get("/appliance/v1/Backups/:name", async (ctx) => {
    answer(ctx, 200, backupView(await named(ctx)));
  });

  router.get("/appliance/v1/Backups/:name/File", async (ctx) => {
    refuseStandardKey(ctx);
    const { name, octets } = await named(ctx);
    const file = await backups.fileOf(name);
    if (file === null) throw notFound(ctx);
    ctx.set("Content-Type", "application/octet-stream");
    ctx.set("Content-Disposition", `attachment; filename="${name}"`);
    if (octets !== null) ctx.length = octets;
    ctx.body = createReadStream(file);
  });
}

function backupView(view: BackupView): Record<string, unknown> {
  return {
    name: view.name,
    status: view.status,
    reason: view.reason,
    size: view.octets,
    date_created: dateText(view.createdAt),
  };
}
