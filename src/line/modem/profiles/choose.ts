/** Which profile a modem gets: the first that knows its maker and its model. */
import { GENERIC } from "./generic.ts";
import { HUAWEI_PROFILES } from "./huawei.ts";
import { OTHER_PROFILES } from "./others.ts";
import type { ModemProfile } from "./profile.ts";
import { QUECTEL_PROFILES } from "./quectel.ts";
import { SIMCOM_PROFILES } from "./simcom.ts";

/** In this order: within a maker the narrower model pattern stands first. */
export const PROFILES: readonly ModemProfile[] = [
  ...SIMCOM_PROFILES,
  ...QUECTEL_PROFILES,
  ...HUAWEI_PROFILES,
  ...OTHER_PROFILES,
  GENERIC,
];

/** Some say their maker in `+CGMM` only, or the other way round: both are looked at for both. */
export function chooseProfile(manufacturer: string | null, model: string | null): ModemProfile {
  const said = [manufacturer, model].filter((text) => text !== null).join(" ");
  return PROFILES.find((one) => one.manufacturer.test(said) && one.model.test(said)) ?? GENERIC;
}
