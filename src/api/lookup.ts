/** Lookup v2, contract §7.6: what the tables know of a number. Everything that would ask the network is null. */
import { describeAddress } from "../accounts/address.ts";
import { type ApiRouter, answer, originOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { textOf } from "./parameter.ts";

/** Packages that are sold on top, all of which need somebody to ask. */
const NOT_KNOWN = [
  "caller_name",
  "sim_swap",
  "call_forwarding",
  "line_status",
  "line_type_intelligence",
  "identity_match",
  "reassigned_number",
  "sms_pumping_risk",
  "phone_number_quality_score",
  "pre_fill",
];

export function routeLookup(router: ApiRouter, deps: ApiDeps): void {
  router.get("/v2/PhoneNumbers/:number", (ctx) => {
    const country = textOf(new URLSearchParams(ctx.querystring), "CountryCode") ?? deps.siteCountry;
    const text = ctx.params["number"] ?? "";
    const found = describeAddress(text, country.toUpperCase());
    answer(ctx, 200, {
      calling_country_code: found.callingCode,
      country_code: found.country,
      phone_number: found.phoneNumber ?? text,
      national_format: found.national,
      valid: found.errors.length === 0,
      validation_errors: found.errors,
      ...Object.fromEntries(NOT_KNOWN.map((name) => [name, null])),
      url: `${originOf(ctx)}/v2/PhoneNumbers/${encodeURIComponent(found.phoneNumber ?? text)}`,
    });
  });
}
