/** The SIM plans of a configuration, by line, in the words of `messaging/outbound`. */
import type { Plan } from "../messaging/outbound/plans.ts";
import type { LineConfig } from "./config-schema.ts";

export function plansOf(lines: readonly LineConfig[]): ReadonlyMap<string, Plan> {
  return new Map(
    lines.flatMap(({ name, plan }) =>
      plan === undefined
        ? []
        : [
            [
              name,
              {
                segments: {
                  minute: plan.segmentsPerMinute ?? null,
                  hour: plan.segmentsPerHour ?? null,
                  day: plan.segmentsPerDay ?? null,
                  month: plan.segmentsPerMonth ?? null,
                },
                recipients: plan.recipientsPerMonth ?? null,
                warnAtPercent: plan.warnAtPercent,
                monthStartsOn: plan.monthStartsOn,
              },
            ],
          ],
    ),
  );
}
