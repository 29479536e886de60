/** Applications, contract §7.5. */
import type { ApplicationPatch } from "../accounts/applications.ts";
import type { ApplicationRecord } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import { type ApiContext, type ApiRouter, answer, notFound, sidOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, pageOf } from "./page.ts";
import { friendlyNameOf, textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { readMethod, readUrl } from "./read-number-patch.ts";
import { dateText } from "./views.ts";

const PATH = "/2010-04-01/Accounts/:account/Applications";

export function routeApplications(router: ApiRouter, deps: ApiDeps): void {
  const { applications } = deps;

  router.get(PATH, async (ctx) => {
    const friendlyName = textOf(new URLSearchParams(ctx.querystring), "FriendlyName");
    const cursorOf = (application: ApplicationRecord) => application.sid;
    const page = await pageOf<ApplicationRecord>(ctx, {
      key: "applications",
      cursor: /^AP[0-9a-f]{32}$/,
      cursorOf,
      list: listFrom(applications.list(ctx.state.account.sid, friendlyName), cursorOf),
      view: applicationView,
    });
    answer(ctx, 200, page);
  });

  router.post(PATH, async (ctx) => {
    const patch = readPatch(await readForm(ctx), null);
    answer(ctx, 201, applicationView(await applications.create(ctx.state.account.sid, patch)));
  });

  router.get(`${PATH}/:sid`, (ctx) => answer(ctx, 200, applicationView(applicationOf(ctx, deps))));

  router.post(`${PATH}/:sid`, async (ctx) => {
    const application = applicationOf(ctx, deps);
    const patch = readPatch(await readForm(ctx), application);
    const isChange = Object.keys(patch).length > 0;
    const updated = isChange ? await applications.update(application.sid, patch) : application;
    if (updated === null) throw notFound(ctx);
    answer(ctx, 200, applicationView(updated));
  });

  router.delete(`${PATH}/:sid`, async (ctx) => {
    await applications.remove(applicationOf(ctx, deps).sid);
    ctx.status = 204;
  });
}

function applicationOf(ctx: ApiContext, deps: ApiDeps): ApplicationRecord {
  const application = deps.applications.bySid(sidOf(ctx, ["AP"]));
  if (application === null || application.accountSid !== ctx.state.account.sid) throw notFound(ctx);
  return application;
}

/** Twilio's parameter → field of the record. An empty value clears; what is absent stays. */
const URLS = {
  SmsUrl: "smsUrl",
  SmsFallbackUrl: "smsFallbackUrl",
  SmsStatusCallback: "smsStatusCallback",
  MessageStatusCallback: "messageStatusCallback",
  VoiceUrl: "voiceUrl",
  VoiceFallbackUrl: "voiceFallbackUrl",
  StatusCallback: "statusCallback",
} as const;

const METHODS = {
  SmsMethod: "smsMethod",
  SmsFallbackMethod: "smsFallbackMethod",
  VoiceMethod: "voiceMethod",
  VoiceFallbackMethod: "voiceFallbackMethod",
  StatusCallbackMethod: "statusCallbackMethod",
} as const;

const ECHOED: Readonly<Record<string, readonly string[]>> = {
  ApiVersion: ["2010-04-01", "2008-08-01"],
  VoiceCallerIdLookup: ["true", "false"],
  PublicApplicationConnectEnabled: ["true", "false"],
};

function readPatch(form: URLSearchParams, application: ApplicationRecord | null): ApplicationPatch {
  const fields: Record<string, unknown> = {};
  const friendlyName = friendlyNameOf(form);
  if (friendlyName !== null) fields["friendlyName"] = friendlyName;
  for (const [parameter, field] of Object.entries(URLS)) {
    const url = readUrl(form, parameter);
    if (url !== null) fields[field] = url;
  }
  for (const [parameter, field] of Object.entries(METHODS)) {
    const method = readMethod(form, parameter);
    if (method !== null) fields[field] = method;
  }
  const echoed = readEchoed(form);
  if (Object.keys(echoed).length > 0) fields["echoed"] = { ...application?.echoed, ...echoed };
  const patch = fields as ApplicationPatch;
  if (patch.smsFallbackUrl && !(patch.smsUrl ?? application?.smsUrl)) throw new ApiError(21406);
  if (patch.voiceFallbackUrl && !(patch.voiceUrl ?? application?.voiceUrl)) throw new ApiError(21405);
  return patch;
}

function readEchoed(form: URLSearchParams): Record<string, string> {
  const echoed: Record<string, string> = {};
  for (const [name, values] of Object.entries(ECHOED)) {
    const value = form.get(name);
    if (value === null || value === "") continue;
    if (!values.includes(value))
      throw new ApiError(20422, `The '${name}' ${value.slice(0, 64)} is not valid.`);
    echoed[name] = value;
  }
  return echoed;
}

function applicationView(application: ApplicationRecord): Record<string, unknown> {
  const echoed = application.echoed ?? {};
  return {
    sid: application.sid,
    account_sid: application.accountSid,
    friendly_name: application.friendlyName,
    api_version: echoed["ApiVersion"] ?? "2010-04-01",
    sms_url: application.smsUrl,
    sms_method: application.smsMethod,
    sms_fallback_url: application.smsFallbackUrl,
    sms_fallback_method: application.smsFallbackMethod,
    sms_status_callback: application.smsStatusCallback,
    message_status_callback: application.messageStatusCallback,
    voice_url: application.voiceUrl,
    voice_method: application.voiceMethod,
    voice_fallback_url: application.voiceFallbackUrl,
    voice_fallback_method: application.voiceFallbackMethod,
    voice_caller_id_lookup: echoed["VoiceCallerIdLookup"] === "true",
    status_callback: application.statusCallback,
    status_callback_method: application.statusCallbackMethod,
    public_application_connect_enabled: echoed["PublicApplicationConnectEnabled"] === "true",
    date_created: dateText(application.createdAt),
    date_updated: dateText(application.updatedAt),
    uri: `/2010-04-01/Accounts/${application.accountSid}/Applications/${application.sid}.json`,
  };
}
