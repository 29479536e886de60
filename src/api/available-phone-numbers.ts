/**
 * AvailablePhoneNumbers, contract §5.2: what the lines offer and nobody has. The lists carry `uri` and their array
 * and no paging; `PageSize` is how many are wanted. Kinds that no line can have are empty lists.
 */
import { countryName } from "../accounts/address.ts";
import { parseContains } from "../accounts/contains.ts";
import type { Offer, PhoneNumberKind } from "../accounts/inventory.ts";
import { coordinatesOf, type OfferSearch, regionOf, searchOffers } from "../accounts/search-offers.ts";
import { ApiError } from "./api-error.ts";
import { isAreaCode } from "./buy-number.ts";
import { type ApiContext, type ApiRouter, answer, notFound, pathOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { readSize } from "./page.ts";
import { addressOf, textOf } from "./parameter.ts";
import { availableCountryView, availableNumberView } from "./views.ts";

const PATH = "/2010-04-01/Accounts/:account/AvailablePhoneNumbers";

const KINDS: ReadonlyMap<string, PhoneNumberKind | null> = new Map([
  ["Local", "local"],
  ["Mobile", "mobile"],
  ["TollFree", "toll-free"],
  ["National", null],
  ["Voip", null],
  ["SharedCost", null],
  ["MachineToMachine", null],
]);

const DEFAULT_MILES = 25;
const MAX_MILES = 500;

export function routeAvailablePhoneNumbers(router: ApiRouter, deps: ApiDeps): void {
  const countries = (): readonly string[] => {
    const offered = deps.inventory.offers().map(({ country }) => country);
    return [...new Set([deps.siteCountry, ...offered])].sort();
  };

  router.get(PATH, (ctx) => {
    const views = countries().map((code) => availableCountryView(ctx.state.account.sid, code));
    answer(ctx, 200, { uri: uriOf(ctx), countries: views });
  });

  router.get(`${PATH}/:country`, (ctx) => {
    const code = countryOf(ctx);
    if (!countries().includes(code)) throw notFound(ctx);
    answer(ctx, 200, availableCountryView(ctx.state.account.sid, code));
  });

  router.get(`${PATH}/:country/:kind`, (ctx) => {
    const country = countryOf(ctx);
    const kind = KINDS.get(ctx.params["kind"] ?? "");
    if (kind === undefined) throw notFound(ctx);
    const query = new URLSearchParams(ctx.querystring);
    const limit = readSize(query.get("PageSize"));
    const found = kind === null ? [] : find(query, { country, kind }, deps);
    answer(ctx, 200, {
      uri: uriOf(ctx),
      available_phone_numbers: found
        .slice(0, limit)
        .map((offer) => availableNumberView(offer, regionOf(offer))),
    });
  });
}

/** Any country there is: where nothing is for sale the lists are empty. */
function countryOf(ctx: ApiContext): string {
  const code = (ctx.params["country"] ?? "").toUpperCase();
  if (countryName(code) === null) throw notFound(ctx);
  return code;
}

function find(
  query: URLSearchParams,
  of: Pick<OfferSearch, "country" | "kind">,
  deps: ApiDeps,
): readonly Offer[] {
  const near = readNear(query, deps);
  const search: OfferSearch = {
    ...of,
    areaCode: readAreaCode(query),
    contains: readContains(query),
    place: { ...readPlace(query), ...(near.region === null ? {} : { region: near.region }) },
    near: near.circle,
  };
  if (!hasCapabilities(query) || near.isNowhere) return [];
  return searchOffers(deps.inventory.available(), search);
}

/** Numbers here take and send texts and nothing else. */
const CAPABILITIES = [
  ["SmsEnabled", true],
  ["MmsEnabled", false],
  ["VoiceEnabled", false],
  ["FaxEnabled", false],
] as const;

function hasCapabilities(query: URLSearchParams): boolean {
  return CAPABILITIES.every(([name, has]) => {
    const wanted = textOf(query, name)?.toLowerCase();
    return (wanted !== "true" && wanted !== "false") || (wanted === "true") === has;
  });
}

function readAreaCode(query: URLSearchParams): string | null {
  const code = textOf(query, "AreaCode");
  if (code !== null && !isAreaCode(code)) throw new ApiError(21451);
  return code;
}

function readContains(query: URLSearchParams): OfferSearch["contains"] {
  // A leading `+` that was not percent-encoded has become a space.
  const text = textOf(query, "Contains")?.replace(/^ /, "+") ?? null;
  if (text === null) return null;
  const pattern = parseContains(text);
  if (pattern === null) {
    throw new ApiError(
      20422,
      `The 'Contains' ${text.slice(0, 64)} is not a valid pattern: 2 to 16 digits and letters, * or % before or after them, + at the start, $ at the end.`,
    );
  }
  return pattern;
}

const PLACES = [
  ["InRegion", "region"],
  ["InLocality", "locality"],
  ["InPostalCode", "postalCode"],
  ["InRateCenter", "rateCenter"],
  ["InLata", "lata"],
] as const;

function readPlace(query: URLSearchParams): OfferSearch["place"] {
  return Object.fromEntries(
    PLACES.flatMap(([parameter, name]) => {
      const value = textOf(query, parameter);
      return value === null ? [] : [[name, value.trim()]];
    }),
  );
}

type Near = Pick<OfferSearch, "near">["near"];

/**
 * A number is near another within so many miles, where the coordinates of both are known; else it is near when
 * they have their region in common. A number of which neither is known has none near it.
 */
function readNear(
  query: URLSearchParams,
  deps: ApiDeps,
): { readonly circle: Near; readonly region: string | null; readonly isNowhere: boolean } {
  const miles = readMiles(query);
  const point = textOf(query, "NearLatLong");
  if (point !== null) return { circle: { center: readPoint(point), miles }, region: null, isNowhere: false };
  const number = addressOf(query, "NearNumber");
  if (number === null) return { circle: null, region: null, isNowhere: false };
  const phoneNumber = number.replace(/[\s().-]/g, "");
  const offer = deps.inventory.offers().find((each) => each.phoneNumber === phoneNumber);
  const center = offer === undefined ? null : coordinatesOf(offer);
  if (center !== null) return { circle: { center, miles }, region: null, isNowhere: false };
  const region = regionOf(offer ?? { phoneNumber, line: "", kind: "local", country: "" });
  return { circle: null, region, isNowhere: region === null };
}

function readMiles(query: URLSearchParams): number {
  const text = textOf(query, "Distance");
  const miles = text === null ? DEFAULT_MILES : Number(text);
  if (!(miles >= 0 && miles <= MAX_MILES)) {
    throw new ApiError(20422, `The 'Distance' is not valid: it is 0 to ${MAX_MILES} miles.`);
  }
  return miles;
}

function readPoint(text: string): { latitude: number; longitude: number } {
  const [, latitude, longitude] =
    /^\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text) ?? [];
  if (latitude === undefined || longitude === undefined) {
    throw new ApiError(20422, "The 'NearLatLong' is not valid: it is a latitude, a comma and a longitude.");
  }
  return { latitude: Number(latitude), longitude: Number(longitude) };
}

/** With what was asked for, percent-encoded. */
function uriOf(ctx: ApiContext): string {
  const pairs = [...new URLSearchParams(ctx.querystring)].map((pair) =>
    pair.map(encodeURIComponent).join("="),
  );
  return pairs.length === 0 ? pathOf(ctx) : `${pathOf(ctx)}?${pairs.join("&")}`;
}
