/** `/appliance/v1/Audiences`: who is written to together, and by which words people join and leave. */
import type { AudienceResult } from "../accounts/audience/audiences.ts";
import type { AudienceRecord } from "../store/audience-commands.ts";
import type { StoredBroadcast } from "../store/broadcast-commands.ts";
import { ApiError } from "./api-error.ts";
import { AUDIENCES_PATH, audienceView } from "./audience-views.ts";
import { type ApiContext, type ApiRouter, answer, answerEmpty, canonicalSid, notFound } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { pageOf } from "./page.ts";
import { readAudience } from "./read-audience.ts";
import { readFormOrJson } from "./read-body.ts";

export function routeAudiences(router: ApiRouter, { audiences, store, clock }: ApiDeps): void {
  router.post(AUDIENCES_PATH, async (ctx) => {
    const { friendlyName, ...fields } = readAudience(await readFormOrJson(ctx));
    if (friendlyName === undefined) throw new ApiError(20002);
    answer(ctx, 201, audienceView(kept(ctx, await audiences.create({ friendlyName, ...fields }))));
  });

  router.get(AUDIENCES_PATH, async (ctx) => {
    const page = await pageOf<AudienceRecord>(ctx, {
      key: "audiences",
      cursor: /^AU[0-9a-f]{32}$/,
      cursorOf: (audience) => audience.sid,
      list: (after, limit) => store.listAudiences({ after, limit }),
      view: audienceView,
    });
    answer(ctx, 200, page);
  });

  router.get(`${AUDIENCES_PATH}/:audience`, async (ctx) => {
    const audience = await store.getAudience(audienceSidOf(ctx));
    if (audience === null) throw notFound(ctx);
    answer(ctx, 200, audienceView(audience));
  });

  router.post(`${AUDIENCES_PATH}/:audience`, async (ctx) => {
    const sid = audienceSidOf(ctx);
    const patch = readAudience(await readFormOrJson(ctx));
    answer(ctx, 200, audienceView(kept(ctx, await audiences.update(sid, patch))));
  });

  router.delete(`${AUDIENCES_PATH}/:audience`, async (ctx) => {
    const sid = audienceSidOf(ctx);
    const sentTo = await broadcastTo(sid, { store, clock });
    if (sentTo !== null) {
      const why = `The broadcast ${sentTo.definition.name} (${sentTo.sid}) is still to be sent to it: delete that first, or give it another AudienceSid.`;
      throw new ApiError(20422, why);
    }
    if (!(await audiences.delete(sid))) throw notFound(ctx);
    answerEmpty(ctx);
  });
}

/** One that has yet to run; null: the audience is no broadcast's. */
async function broadcastTo(
  audienceSid: string,
  { store, clock }: Pick<ApiDeps, "store" | "clock">,
): Promise<StoredBroadcast | null> {
  let beforeSid: string | undefined;
  for (;;) {
    const page = await store.listBroadcasts({
      ...(beforeSid === undefined ? {} : { beforeSid }),
      limit: 100,
    });
    const found = page.find(
      ({ definition: { at, audienceSid: to } }) => to === audienceSid && (at === null || at > clock.now()),
    );
    if (found !== undefined) return found;
    if (page.length < 100) return null;
    beforeSid = page.at(-1)?.sid;
  }
}

/** What is no SID of an audience is no resource. */
export function audienceSidOf(ctx: ApiContext): string {
  const sid = canonicalSid(ctx.params["audience"] ?? "");
  if (sid === null || !sid.startsWith("AU")) throw notFound(ctx);
  return sid;
}

function kept(ctx: ApiContext, result: AudienceResult): AudienceRecord {
  if (result.is === "unknown") throw notFound(ctx);
  if (result.is === "refused") throw new ApiError(20422, result.why);
  return result.audience;
}
