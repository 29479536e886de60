/**
 * Messaging services and their sender pools, contract §6.1 and §6.2. The path names no account: services are the
 * caller's own. The kinds of senders are one resource several times; alphanumeric ones are two, with and without the
 * country they are for. Other channels have no senders here.
 */
import { countryName } from "../accounts/address.ts";
import { type PoolMember, senderKindOf } from "../accounts/services.ts";
import type { NumberRecord, SenderKind, ServiceRecord } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import {
  type ApiContext,
  type ApiRouter,
  answer,
  canonicalSid,
  notFound,
  originOf,
  pathOf,
} from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, metaPageOf } from "./page.ts";
import { textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { readService } from "./read-service.ts";
import { destinationAlphaSenderView, senderView, serviceView, usecasesView } from "./service-views.ts";

type SenderResource = {
  readonly path: string;
  readonly key: string;
  readonly kind: SenderKind;
  readonly prefix: string;
  /** The Number that a POST names; a code when it names none of the account's. */
  readonly find: (form: URLSearchParams, owned: readonly NumberRecord[]) => NumberRecord | 21421 | 21657;
  readonly view: typeof senderView;
  /** Whether those that are for one country are among it. */
  readonly byCountry: boolean;
};

const SENDERS: readonly SenderResource[] = [
  {
    path: "PhoneNumbers",
    key: "phone_numbers",
    kind: "phone-number",
    prefix: "PN",
    find: (form, owned) => bySid(form, "PhoneNumberSid", owned),
    view: senderView,
    byCountry: false,
  },
  {
    path: "ShortCodes",
    key: "short_codes",
    kind: "short-code",
    prefix: "SC",
    find: (form, owned) => bySid(form, "ShortCodeSid", owned),
    view: senderView,
    byCountry: false,
  },
  {
    path: "AlphaSenders",
    key: "alpha_senders",
    kind: "alpha-sender",
    prefix: "AI",
    find: byName,
    view: senderView,
    byCountry: false,
  },
  {
    path: "DestinationAlphaSenders",
    key: "alpha_senders",
    kind: "alpha-sender",
    prefix: "AI",
    find: byName,
    view: destinationAlphaSenderView,
    byCountry: true,
  },
];

export function routeServices(router: ApiRouter, deps: ApiDeps): void {
  const { services } = deps;

  router.post("/v1/Services", async (ctx) => {
    const { friendlyName, ...patch } = readService(await readForm(ctx));
    if (friendlyName === undefined) throw new ApiError(20002);
    const service = await services.create(ctx.state.caller.sid, friendlyName, patch);
    answer(ctx, 201, serviceView(service, urlOf(ctx)));
  });

  router.get("/v1/Services", async (ctx) => {
    const cursorOf = (service: ServiceRecord) => service.sid;
    const page = await metaPageOf<ServiceRecord>(ctx, {
      key: "services",
      cursor: /^MG[0-9a-f]{32}$/,
      cursorOf,
      list: listFrom(services.list(ctx.state.caller.sid), cursorOf),
      view: (service) => serviceView(service, urlOf(ctx)),
    });
    answer(ctx, 200, page);
  });

  router.get("/v1/Services/Usecases", (ctx) => answer(ctx, 200, usecasesView()));

  router.get("/v1/Services/:service", (ctx) => {
    answer(ctx, 200, serviceView(serviceOf(ctx, deps), urlOf(ctx, 1)));
  });

  router.post("/v1/Services/:service", async (ctx) => {
    const { sid } = serviceOf(ctx, deps);
    const service = await services.update(sid, readService(await readForm(ctx)));
    if (service === null) throw notFound(ctx);
    answer(ctx, 200, serviceView(service, urlOf(ctx, 1)));
  });

  router.delete("/v1/Services/:service", async (ctx) => {
    await services.remove(serviceOf(ctx, deps).sid);
    ctx.status = 204;
  });

  for (const resource of SENDERS) routeSenders(router, deps, resource);

  router.get("/v1/Services/:service/ChannelSenders", async (ctx) => {
    serviceOf(ctx, deps);
    const page = await metaPageOf<never>(ctx, {
      key: "senders",
      cursor: /^XE[0-9a-f]{32}$/,
      cursorOf: (sender) => sender,
      list: listFrom([], (sender) => sender),
      view: (sender) => sender,
    });
    answer(ctx, 200, page);
  });
}

function routeSenders(router: ApiRouter, deps: ApiDeps, resource: SenderResource): void {
  const { services, numbers } = deps;
  const { path, key, kind, prefix, find, view, byCountry } = resource;
  const members = (service: ServiceRecord) =>
    services
      .pool(service)
      .filter(({ sender }) => sender.kind === kind && (byCountry || sender.isoCountryCode === undefined));
  const memberOf = (ctx: ApiContext, service: ServiceRecord): PoolMember => {
    const sid = canonicalSid(ctx.params["sid"] ?? "");
    const member = members(service).find(({ sender }) => sender.sid === sid);
    if (member === undefined) throw notFound(ctx);
    return member;
  };

  router.post(`/v1/Services/:service/${path}`, async (ctx) => {
    const service = serviceOf(ctx, deps);
    const owned = numbers.list(service.accountSid).filter((number) => senderKindOf(number.kind) === kind);
    const form = await readForm(ctx);
    const country = byCountry ? countryIn(form) : null;
    const number = find(form, owned);
    if (typeof number === "number") throw new ApiError(number);
    const result = await services.add(service, number, country);
    switch (result.is) {
      case "added":
        answer(ctx, 201, view(result.member, service, urlOf(ctx)));
        return;
      case "here-already":
        throw new ApiError(21710);
      case "in-another":
        throw new ApiError(21712);
      case "full":
        throw new ApiError(21714);
      case "gone":
        throw notFound(ctx);
    }
  });

  router.get(`/v1/Services/:service/${path}`, async (ctx) => {
    const service = serviceOf(ctx, deps);
    const wanted = byCountry ? countryIn(new URLSearchParams(ctx.querystring)) : null;
    const rows = members(service).filter(({ sender }) => wanted === null || sender.isoCountryCode === wanted);
    const cursorOf = ({ sender }: PoolMember) => sender.sid;
    const page = await metaPageOf<PoolMember>(ctx, {
      key,
      cursor: new RegExp(`^${prefix}[0-9a-f]{32}$`),
      cursorOf,
      list: listFrom(rows, cursorOf),
      view: (member) => view(member, service, urlOf(ctx)),
    });
    answer(ctx, 200, page);
  });

  router.get(`/v1/Services/:service/${path}/:sid`, (ctx) => {
    const service = serviceOf(ctx, deps);
    answer(ctx, 200, view(memberOf(ctx, service), service, urlOf(ctx, 1)));
  });

  router.delete(`/v1/Services/:service/${path}/:sid`, async (ctx) => {
    const service = serviceOf(ctx, deps);
    await services.removeSender(service.sid, memberOf(ctx, service).sender.sid);
    ctx.status = 204;
  });
}

/** By the Number's SID, whichever of its prefixes it is written with. */
function bySid(form: URLSearchParams, name: string, owned: readonly NumberRecord[]): NumberRecord | 21421 {
  const sid = canonicalSid(textOf(form, name)?.trim() ?? "");
  return owned.find((number) => number.sid.slice(2) === sid?.slice(2)) ?? 21421;
}

function byName(form: URLSearchParams, owned: readonly NumberRecord[]): NumberRecord | 21657 {
  return owned.find(({ phoneNumber }) => phoneNumber === textOf(form, "AlphaSender")?.trim()) ?? 21657;
}

/** Null: for every country. */
function countryIn(parameters: URLSearchParams): string | null {
  const code = textOf(parameters, "IsoCountryCode")?.trim().toUpperCase() ?? null;
  if (code !== null && countryName(code) === null) {
    throw new ApiError(20422, `The 'IsoCountryCode' ${code.slice(0, 40)} is not the code of a country.`);
  }
  return code;
}

function serviceOf(ctx: ApiContext, deps: ApiDeps): ServiceRecord {
  const sid = canonicalSid(ctx.params["service"] ?? "");
  const service = sid === null ? null : deps.services.bySid(sid);
  if (service === null || service.accountSid !== ctx.state.caller.sid) throw notFound(ctx);
  return service;
}

/** The URL that was asked for, without its last `up` steps: on the client's host, with the prefix it used. */
function urlOf(ctx: ApiContext, up = 0): string {
  const steps = pathOf(ctx).split("/");
  return originOf(ctx) + steps.slice(0, steps.length - up).join("/");
}
