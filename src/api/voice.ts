/**
 * Calls, contract §8, on an appliance without a voice: what is asked is checked as Twilio checks it, and a call that
 * is in order is refused with 21215, as if its region were not enabled. Lists are empty. Everything beside Calls
 * that an account may be asked for and that cannot exist here is an empty list too (contract §2, last rows).
 */
import { ApiError } from "./api-error.ts";
import { type ApiRouter, answer, canonicalSid } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { listFrom, pageOf } from "./page.ts";
import { addressOf, isWebUrl, textOf } from "./parameter.ts";
import { readForm } from "./read-body.ts";
import { dateText } from "./views.ts";

/** Path below the account → the key of its list. */
const EMPTY_LISTS: Readonly<Record<string, string>> = {
  Addresses: "addresses",
  AuthorizedConnectApps: "authorized_connect_apps",
  Calls: "calls",
  Conferences: "conferences",
  ConnectApps: "connect_apps",
  Notifications: "notifications",
  Queues: "queues",
  Recordings: "recordings",
  "SIP/CredentialLists": "credential_lists",
  "SIP/Domains": "domains",
  "SIP/IpAccessControlLists": "ip_access_control_lists",
  Transcriptions: "transcriptions",
  "Usage/Triggers": "usage_triggers",
};

const ACCOUNT = "/2010-04-01/Accounts/:account";
const MAX_TWIML_LENGTH = 4000;

export function routeVoice(router: ApiRouter, { applications }: Pick<ApiDeps, "applications">): void {
  for (const [path, key] of Object.entries(EMPTY_LISTS)) {
    router.get(`${ACCOUNT}/${path}`, async (ctx) => {
      const page = await pageOf<never>(ctx, {
        key,
        cursor: /^[A-Z]{2}[0-9a-f]{32}$/,
        cursorOf: (row) => row,
        list: listFrom([], (row) => row),
        view: (row) => row,
      });
      answer(ctx, 200, page);
    });
  }

  router.post(`${ACCOUNT}/Calls`, async (ctx) => {
    const form = await readForm(ctx);
    const { to } = readCall(form);
    refuseForeignApplication(form, ctx.state.account.sid, applications);
    const message = `Account not authorized to call ${to}: this appliance has no voice.`;
    throw new ApiError(21215, message);
  });
}

function refuseForeignApplication(
  form: URLSearchParams,
  accountSid: string,
  applications: ApiDeps["applications"],
): void {
  const text = textOf(form, "ApplicationSid");
  if (text === null) return;
  const sid = canonicalSid(text);
  const application = sid === null ? null : applications.bySid(sid);
  if (application?.accountSid !== accountSid) throw new ApiError(21218);
}

export type CallRequest = { readonly to: string; readonly from: string };

export function readCall(form: URLSearchParams): CallRequest {
  const to = addressOf(form, "To");
  if (to === null) throw new ApiError(21201);
  const from = addressOf(form, "From");
  if (from === null) throw new ApiError(21213);
  const url = textOf(form, "Url");
  const twiml = textOf(form, "Twiml");
  const isAbsent = url === null && twiml === null && textOf(form, "ApplicationSid") === null;
  const isBad = (url !== null && !isWebUrl(url)) || (twiml !== null && twiml.length > MAX_TWIML_LENGTH);
  if (isAbsent || isBad) throw new ApiError(21205);
  return { to, from };
}

const CALL_SUBRESOURCES = {
  notifications: "Notifications",
  recordings: "Recordings",
  payments: "Payments",
  events: "Events",
  siprec: "Siprec",
  streams: "Streams",
  transcriptions: "Transcriptions",
  user_defined_message_subscriptions: "UserDefinedMessageSubscriptions",
  user_defined_messages: "UserDefinedMessages",
} as const;

/** A call that was just asked for. Only test credentials ever get one (contract §12.4). */
export function callView(call: CallRequest & { sid: string; accountSid: string; at: number }) {
  const path = `/2010-04-01/Accounts/${call.accountSid}/Calls/${call.sid}`;
  return {
    sid: call.sid,
    parent_call_sid: null,
    account_sid: call.accountSid,
    to: call.to,
    to_formatted: call.to,
    from: call.from,
    from_formatted: call.from,
    phone_number_sid: null,
    status: "queued",
    start_time: null,
    end_time: null,
    duration: null,
    price: null,
    price_unit: "USD",
    direction: "outbound-api",
    answered_by: null,
    api_version: "2010-04-01",
    forwarded_from: null,
    group_sid: null,
    caller_name: null,
    queue_time: "0",
    trunk_sid: null,
    uri: `${path}.json`,
    subresource_uris: Object.fromEntries(
      Object.entries(CALL_SUBRESOURCES).map(([name, below]) => [name, `${path}/${below}.json`]),
    ),
    date_created: dateText(call.at),
    date_updated: dateText(call.at),
  };
}
