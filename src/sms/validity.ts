/** TP-VP (23.040 §9.2.3.12). The relative form has 256 steps, from five minutes to 63 weeks. */

const DAY = 24 * 60;
const WEEK = 7 * DAY;

/** Rounded up to the next step: a text must not expire before its sender said so. */
export function tpVpOf(minutes: number): number {
  if (minutes <= 12 * 60) return Math.max(0, Math.ceil(minutes / 5) - 1);
  if (minutes <= DAY) return 143 + Math.ceil((minutes - 12 * 60) / 30);
  if (minutes <= 30 * DAY) return 166 + Math.ceil(minutes / DAY);
  return Math.min(255, 192 + Math.max(5, Math.ceil(minutes / WEEK)));
}

export function minutesOfTpVp(tpVp: number): number {
  if (tpVp <= 143) return (tpVp + 1) * 5;
  if (tpVp <= 167) return 12 * 60 + (tpVp - 143) * 30;
  if (tpVp <= 196) return (tpVp - 166) * DAY;
  return (tpVp - 192) * WEEK;
}
