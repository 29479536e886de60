/**
 * `/appliance/v1/Broadcasts`, their runs, and what a run would send. What is asked for is checked by the desk
 * (`messaging/broadcast/desk.ts`); here it is read, and its refusals get their codes.
 */
import type { Refused } from "../messaging/broadcast/desk.ts";
import type { DryMessage } from "../messaging/broadcast/dry-run.ts";
import type { RunMember, StoredBroadcast, StoredRun } from "../store/broadcast-commands.ts";
import { ApiError } from "./api-error.ts";
import { broadcastView, dryMessageView, dryRunView, runMemberView, runView } from "./broadcast-views.ts";
import {
  type ApiContext,
  type ApiRouter,
  answer,
  answerEmpty,
  canonicalSid,
  notFound,
  sidOf,
} from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { pageOf } from "./page.ts";
import { readFormOrJson } from "./read-body.ts";
import { readBroadcastPatch, readNewBroadcast, readWord, refuseUnknown } from "./read-broadcast.ts";

const PATH = "/appliance/v1/Broadcasts";
const PHONE_NUMBER = /^\+?\d{3,15}$/;

export function routeBroadcasts(router: ApiRouter, deps: ApiDeps): void {
  const { broadcasts, store } = deps;
  const viewOf = (broadcast: StoredBroadcast) => broadcastView(broadcast, broadcasts.nextRuns(broadcast));

  router.post(PATH, async (ctx) => {
    const kept = await broadcasts.create(readNewBroadcast(await readFormOrJson(ctx), deps));
    if (kept.is === "refused") throw refusal(kept);
    answer(ctx, 201, viewOf(kept.broadcast));
  });

  router.get(PATH, async (ctx) => {
    const page = await pageOf<StoredBroadcast>(ctx, {
      key: "broadcasts",
      cursor: /^BC[0-9a-f]{32}$/,
      cursorOf: ({ sid }) => sid,
      list: (after, limit) =>
        store.listBroadcasts({ ...(after === null ? {} : { beforeSid: after }), limit }),
      view: viewOf,
    });
    answer(ctx, 200, page);
  });

  router.get(`${PATH}/:sid`, async (ctx) => answer(ctx, 200, viewOf(await broadcastOf(ctx, deps))));

  router.post(`${PATH}/:sid`, async (ctx) => {
    const sid = sidOf(ctx, ["BC"]);
    const { patch, status } = readBroadcastPatch(await readFormOrJson(ctx), deps);
    const kept = await broadcasts.change(sid, patch, status);
    if (kept.is === "unknown") throw notFound(ctx);
    if (kept.is === "refused") throw refusal(kept);
    answer(ctx, 200, viewOf(kept.broadcast));
  });

  router.delete(`${PATH}/:sid`, async (ctx) => {
    const result = await broadcasts.remove(sidOf(ctx, ["BC"]));
    if (result === "unknown") throw notFound(ctx);
    if (result === "busy") throw new ApiError(20422, "A run of it is under way: cancel that first.");
    answerEmpty(ctx);
  });

  router.get(`${PATH}/:sid/DryRun`, async (ctx) => {
    const sid = sidOf(ctx, ["BC"]);
    let summary: Record<string, unknown> = {};
    const page = await pageOf<DryMessage>(ctx, {
      key: "messages",
      cursor: PHONE_NUMBER,
      cursorOf: ({ to }) => to,
      list: async (after, limit) => {
        const dry = await broadcasts.dryRun(sid, { after, limit });
        if (dry.is === "unknown") throw notFound(ctx);
        if (dry.is === "refused") throw refusal(dry);
        summary = dryRunView(dry);
        return dry.messages;
      },
      view: dryMessageView,
    });
    answer(ctx, 200, { ...summary, ...page });
  });

  routeRuns(router, deps);
}

function routeRuns(router: ApiRouter, deps: ApiDeps): void {
  const { broadcasts, store } = deps;

  router.post(`${PATH}/:sid/Runs`, async (ctx) => {
    refuseUnknown(await readFormOrJson(ctx), [], deps);
    const begun = await broadcasts.runNow(sidOf(ctx, ["BC"]));
    if (begun.is === "unknown") throw notFound(ctx);
    if (begun.is === "refused") throw refusal(begun);
    answer(ctx, 201, runView(begun.run, await store.countRun(begun.run.sid)));
  });

  router.get(`${PATH}/:sid/Runs`, async (ctx) => {
    const { sid } = await broadcastOf(ctx, deps);
    const page = await pageOf<StoredRun>(ctx, {
      key: "runs",
      cursor: /^BR[0-9a-f]{32}$/,
      cursorOf: (run) => run.sid,
      list: (after, limit) => store.listRuns(sid, { ...(after === null ? {} : { beforeSid: after }), limit }),
      view: (run) => runView(run, null),
    });
    answer(ctx, 200, page);
  });

  router.get(`${PATH}/:sid/Runs/:run`, async (ctx) => {
    const run = await runOf(ctx, deps);
    answer(ctx, 200, runView(run, await store.countRun(run.sid)));
  });

  router.post(`${PATH}/:sid/Runs/:run`, async (ctx) => {
    const form = await readFormOrJson(ctx);
    refuseUnknown(form, ["Status"], deps);
    const { sid } = await runOf(ctx, deps);
    if (readWord(form, "Status", ["canceled"]) === null) {
      throw new ApiError(20001, "A 'Status' is required: canceled is the only one.");
    }
    const run = await broadcasts.cancel(sid);
    if (run === null) throw new ApiError(20422, "The run has ended already.");
    answer(ctx, 200, runView(run, await store.countRun(sid)));
  });

  router.get(`${PATH}/:sid/Runs/:run/Members`, async (ctx) => {
    const { sid } = await runOf(ctx, deps);
    const page = await pageOf<RunMember>(ctx, {
      key: "members",
      cursor: PHONE_NUMBER,
      cursorOf: ({ phoneNumber }) => phoneNumber,
      list: (after, limit) => store.listRunMembers(sid, { ...(after === null ? {} : { after }), limit }),
      view: runMemberView,
    });
    answer(ctx, 200, page);
  });
}

async function broadcastOf(ctx: ApiContext, { store }: Pick<ApiDeps, "store">): Promise<StoredBroadcast> {
  const broadcast = await store.getBroadcast(sidOf(ctx, ["BC"]));
  if (broadcast === null) throw notFound(ctx);
  return broadcast;
}

async function runOf(ctx: ApiContext, { store }: Pick<ApiDeps, "store">): Promise<StoredRun> {
  const sid = canonicalSid(ctx.params["run"] ?? "");
  const run = sid === null ? null : await store.getRun(sid);
  if (run === null || run.broadcastSid !== sidOf(ctx, ["BC"])) throw notFound(ctx);
  return run;
}

function refusal({ code, why }: Refused): ApiError {
  return new ApiError(code, why);
}
