/** Every resource of the contract, key for key (§3.2, §3.8, §3.9, §5, §6, §7, §8). */
import {
  day,
  decimal,
  digits,
  flag,
  integer,
  iso8601,
  nothing,
  only,
  orNull,
  rfc2822,
  type Shape,
  sid,
  someText,
  text,
  uri,
  url,
} from "./shape.ts";

export type Resource = { readonly [key: string]: Shape };

const VERSION = only("2010-04-01");
const METHOD = only("GET", "POST");
const DATES = { date_created: rfc2822, date_updated: rfc2822 };
const ISO_DATES = { date_created: iso8601, date_updated: iso8601 };
const SMS_URLS = { sms_url: text, sms_method: METHOD, sms_fallback_url: text, sms_fallback_method: METHOD };
const VOICE_URLS = {
  voice_url: text,
  voice_method: METHOD,
  voice_fallback_url: text,
  voice_fallback_method: METHOD,
  voice_caller_id_lookup: flag,
  status_callback: text,
  status_callback_method: METHOD,
};

function all(names: string, shape: Shape): Resource {
  return Object.fromEntries(names.split(" ").map((name) => [name, shape]));
}

/** §1.9. */
export function page(key: string, rows: readonly [Shape] | readonly []): Resource {
  return {
    first_page_uri: uri,
    next_page_uri: orNull(uri),
    previous_page_uri: orNull(uri),
    uri,
    page: integer,
    page_size: integer,
    start: integer,
    end: integer,
    [key]: rows,
  };
}

/** §1.10. */
export function metaPage(key: string, rows: readonly [Shape] | readonly []): Resource {
  return {
    meta: {
      page: integer,
      page_size: integer,
      first_page_url: url,
      previous_page_url: orNull(url),
      url,
      next_page_url: orNull(url),
      key: only(key),
    },
    [key]: rows,
  };
}

/** §3.2. The answer to a POST names the media only. */
function message(subresources: string): Resource {
  return {
    sid: sid("SM"),
    account_sid: sid("AC"),
    api_version: VERSION,
    to: someText,
    from: orNull(someText),
    messaging_service_sid: orNull(sid("MG")),
    body: text,
    status: only(
      "accepted",
      "scheduled",
      "canceled",
      "queued",
      "sending",
      "sent",
      "delivered",
      "undelivered",
      "failed",
      "received",
    ),
    direction: only("inbound", "outbound-api", "outbound-reply"),
    num_segments: digits,
    num_media: only("0"),
    ...DATES,
    date_sent: orNull(rfc2822),
    error_code: {
      what: "an integer or null",
      fits: (value: unknown) => value === null || Number.isInteger(value),
      fitsText: (written: string) => /^\d*$/.test(written),
    },
    error_message: orNull(someText),
    price: nothing,
    price_unit: only("USD"),
    uri,
    subresource_uris: all(subresources, uri),
  };
}

export const CREATED_MESSAGE = message("media");
export const MESSAGE = message("media feedback");

export const FEEDBACK: Resource = {
  account_sid: sid("AC"),
  message_sid: sid("SM"),
  outcome: only("confirmed", "unconfirmed"),
  ...DATES,
  uri,
};

/** §5.1. */
export const INCOMING_PHONE_NUMBER: Resource = {
  sid: sid("PN"),
  account_sid: sid("AC"),
  friendly_name: someText,
  phone_number: someText,
  capabilities: all("voice sms mms fax", flag),
  ...SMS_URLS,
  sms_application_sid: text,
  ...VOICE_URLS,
  voice_application_sid: orNull(sid("AP")),
  voice_receive_mode: only("voice", "fax"),
  api_version: VERSION,
  address_requirements: only("none"),
  beta: flag,
  origin: only("twilio"),
  address_sid: orNull(someText),
  identity_sid: orNull(someText),
  bundle_sid: orNull(someText),
  trunk_sid: orNull(someText),
  emergency_status: only("Active", "Inactive"),
  emergency_address_sid: orNull(someText),
  emergency_address_status: only("unregistered"),
  status: only("in-use"),
  type: only("local", "mobile", "toll-free"),
  ...DATES,
  uri,
  subresource_uris: { assigned_add_ons: uri },
};

/** §5.2: the one place where `SMS` and `MMS` are capitals. */
export const AVAILABLE_PHONE_NUMBER: Resource = {
  friendly_name: someText,
  phone_number: someText,
  ...all("lata locality rate_center latitude longitude region postal_code", orNull(someText)),
  iso_country: only("FR", "US"),
  address_requirements: only("none"),
  beta: flag,
  capabilities: all("voice SMS MMS fax", flag),
};

export const AVAILABLE_COUNTRY: Resource = {
  country_code: only("FR", "US"),
  country: someText,
  uri,
  beta: flag,
  subresource_uris: all("local toll_free mobile", uri),
};

/** §5.3. */
export const SHORT_CODE: Resource = {
  sid: sid("SC"),
  account_sid: sid("AC"),
  friendly_name: someText,
  short_code: digits,
  api_version: VERSION,
  ...SMS_URLS,
  ...DATES,
  uri,
};

/** §6.1. */
export const SERVICE: Resource = {
  sid: sid("MG"),
  account_sid: sid("AC"),
  friendly_name: someText,
  ...ISO_DATES,
  inbound_request_url: orNull(someText),
  inbound_method: METHOD,
  fallback_url: orNull(someText),
  fallback_method: METHOD,
  status_callback: orNull(someText),
  sticky_sender: flag,
  mms_converter: flag,
  smart_encoding: flag,
  scan_message_content: only("inherit", "enable", "disable"),
  fallback_to_long_code: flag,
  area_code_geomatch: flag,
  synchronous_validation: flag,
  validity_period: integer,
  usecase: only("notifications", "marketing", "verification", "discussion", "poll", "undeclared"),
  us_app_to_person_registered: flag,
  use_inbound_webhook_on_number: flag,
  url,
  links: all(
    "phone_numbers short_codes alpha_senders messages us_app_to_person us_app_to_person_usecases channel_senders destination_alpha_senders",
    url,
  ),
};

/** §6.2. */
function poolMember(prefix: string, more: Resource): Resource {
  return {
    sid: sid(prefix),
    account_sid: sid("AC"),
    service_sid: sid("MG"),
    ...ISO_DATES,
    capabilities: [only("SMS")],
    url,
    ...more,
  };
}

export const POOL_PHONE_NUMBER = poolMember("PN", { phone_number: someText, country_code: someText });
export const POOL_SHORT_CODE = poolMember("SC", { short_code: digits, country_code: someText });
export const POOL_ALPHA_SENDER = poolMember("AI", { alpha_sender: someText });
export const POOL_DESTINATION_ALPHA_SENDER = poolMember("AI", {
  alpha_sender: someText,
  iso_country_code: text,
});
export const USECASES: Resource = { usecases: [all("usecase friendly_name purpose", someText)] };

/** §7.1. */
export const ACCOUNT: Resource = {
  sid: sid("AC"),
  friendly_name: someText,
  status: only("active", "suspended", "closed"),
  type: only("Full", "Trial"),
  auth_token: someText,
  owner_account_sid: sid("AC"),
  ...DATES,
  uri,
  subresource_uris: all(
    "available_phone_numbers calls conferences incoming_phone_numbers notifications outgoing_caller_ids recordings transcriptions addresses signing_keys connect_apps sip authorized_connect_apps usage keys applications short_codes queues messages balance",
    uri,
  ),
};

/** §7.2. */
export const KEY: Resource = { sid: sid("SK"), friendly_name: text, ...DATES };
export const NEW_KEY: Resource = { ...KEY, secret: someText };

/** §7.3. */
export const BALANCE: Resource = { account_sid: sid("AC"), balance: decimal, currency: only("USD") };

/** §7.4. */
export const USAGE_RECORD: Resource = {
  category: someText,
  description: someText,
  account_sid: sid("AC"),
  start_date: day,
  end_date: day,
  as_of: someText,
  count: digits,
  count_unit: text,
  usage: digits,
  usage_unit: text,
  price: decimal,
  price_unit: only("usd"),
  api_version: VERSION,
  uri,
  subresource_uris: all("all_time daily last_month monthly this_month today yearly yesterday", uri),
};

/** §7.5. */
export const APPLICATION: Resource = {
  sid: sid("AP"),
  account_sid: sid("AC"),
  friendly_name: text,
  ...SMS_URLS,
  sms_status_callback: text,
  message_status_callback: text,
  ...VOICE_URLS,
  public_application_connect_enabled: flag,
  api_version: VERSION,
  ...DATES,
  uri,
};

/** §7.6. */
export const LOOKUP: Resource = {
  calling_country_code: orNull(digits),
  country_code: orNull(someText),
  phone_number: someText,
  national_format: orNull(someText),
  valid: flag,
  validation_errors: [],
  ...all(
    "caller_name sim_swap call_forwarding line_status line_type_intelligence identity_match reassigned_number sms_pumping_risk phone_number_quality_score pre_fill",
    nothing,
  ),
  url,
};

/** §8. Only test credentials ever see one. */
export const CALL: Resource = {
  sid: sid("CA"),
  parent_call_sid: nothing,
  account_sid: sid("AC"),
  ...all("to to_formatted from from_formatted", someText),
  phone_number_sid: nothing,
  status: only("queued"),
  ...all("start_time end_time duration price", nothing),
  price_unit: only("USD"),
  direction: only("outbound-api"),
  answered_by: nothing,
  api_version: VERSION,
  ...all("forwarded_from group_sid caller_name", nothing),
  queue_time: digits,
  trunk_sid: nothing,
  uri,
  subresource_uris: all(
    "notifications recordings payments events siprec streams transcriptions user_defined_message_subscriptions user_defined_messages",
    uri,
  ),
  ...DATES,
};

/** §1.7. */
export const ERROR: Resource = { code: integer, message: someText, more_info: someText, status: integer };
