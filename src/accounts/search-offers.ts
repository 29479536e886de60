/**
 * Which of the numbers for sale a customer asked for (contract §5.2). Every condition given has to hold; a number
 * of which nobody said where it is fits no condition on places, save that an area code tells its region.
 */
import { regionOfNumber } from "./area-codes.ts";
import type { NumberPattern } from "./contains.ts";
import type { Offer, Place } from "./inventory.ts";

export type Coordinates = { readonly latitude: number; readonly longitude: number };

export type OfferSearch = {
  readonly country: string;
  readonly kind: Offer["kind"];
  /** Three digits of North America. */
  readonly areaCode: string | null;
  readonly contains: NumberPattern | null;
  /** Compared without regard to case. */
  readonly place: Partial<
    Pick<Record<keyof Place, string>, "region" | "locality" | "postalCode" | "rateCenter" | "lata">
  >;
  readonly near: { readonly center: Coordinates; readonly miles: number } | null;
};

export function searchOffers(offers: readonly Offer[], search: OfferSearch): readonly Offer[] {
  return offers.filter((offer) => {
    if (offer.country !== search.country || offer.kind !== search.kind) return false;
    if (search.areaCode !== null && !offer.phoneNumber.startsWith(`+1${search.areaCode}`)) return false;
    if (search.contains !== null && !search.contains.matches(offer.phoneNumber)) return false;
    return isPlaced(offer, search.place) && isNear(offer, search.near);
  });
}

/** What the configuration says, or else the area code. */
export function regionOf(offer: Offer): string | null {
  return offer.place?.region ?? regionOfNumber(offer.phoneNumber);
}

/** Null unless both are known. */
export function coordinatesOf(offer: Offer): Coordinates | null {
  const { latitude, longitude } = offer.place ?? {};
  return latitude === undefined || longitude === undefined ? null : { latitude, longitude };
}

function isPlaced(offer: Offer, wanted: OfferSearch["place"]): boolean {
  const place: Readonly<Record<string, unknown>> = { ...offer.place, region: regionOf(offer) };
  return Object.entries(wanted).every(
    ([name, value]) => String(place[name] ?? "").toLowerCase() === value.toLowerCase(),
  );
}

function isNear(offer: Offer, near: OfferSearch["near"]): boolean {
  if (near === null) return true;
  const there = coordinatesOf(offer);
  return there !== null && milesBetween(there, near.center) <= near.miles;
}

const EARTH_RADIUS_MILES = 3958.8;

/** Along the surface (haversine). */
function milesBetween(a: Coordinates, b: Coordinates): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half = (from: number, to: number) => Math.sin(radians(to - from) / 2) ** 2;
  const chord =
    half(a.latitude, b.latitude) +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * half(a.longitude, b.longitude);
  return 2 * EARTH_RADIUS_MILES * Math.asin(Math.sqrt(Math.min(1, chord)));
}
