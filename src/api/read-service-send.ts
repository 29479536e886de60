/**
 * What a messaging service adds to POST Messages (contract §3.1, §6.3): its pool, who of it sends, and when. The
 * pool is looked at before anything else of the sender is, as contract §3.1 orders the checks.
 */
import type { PoolMember } from "../accounts/services.ts";
import type { AccountRecord, NumberRecord, ServiceRecord } from "../store/settings-document.ts";
import { ApiError } from "./api-error.ts";
import { canonicalSid } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { textOf } from "./parameter.ts";
import { parseDate } from "./parse-date.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Contract §3.1: from 15 minutes to 35 days ahead. */
const SOONEST_MS = 15 * MINUTE_MS;
const LATEST_MS = 35 * DAY_MS;

export type Pool = { readonly service: ServiceRecord; readonly members: readonly PoolMember[] };

export function poolNamed(sid: string, account: AccountRecord, deps: Pick<ApiDeps, "services">): Pool {
  const canonical = canonicalSid(sid);
  if (canonical === null || !canonical.startsWith("MG")) throw new ApiError(21705);
  const service = deps.services.bySid(canonical);
  if (service === null || service.accountSid !== account.sid) {
    throw new ApiError(21701, `The Messaging Service ${sid} does not exist`);
  }
  const members = deps.services.pool(service);
  if (members.length === 0) throw new ApiError(21704);
  return { service, members };
}

/** A `From` beside the service has to be one of its pool. */
export function refuseOutsider(from: NumberRecord | null, pool: Pool): void {
  if (from === null || from.accountSid !== pool.service.accountSid) return;
  if (!pool.members.some(({ number }) => number.sid === from.sid)) throw new ApiError(21711);
}

/** `SendAt` as an instant, null when the message is for now. */
export function readSchedule(form: URLSearchParams, hasService: boolean, now: number): number | null {
  const type = textOf(form, "ScheduleType");
  const sendAt = textOf(form, "SendAt");
  if (type !== null && type !== "fixed") throw new ApiError(35126);
  if (type !== null && sendAt === null) throw new ApiError(35111);
  if (sendAt === null) return null;
  // Scheduling belongs to messaging services. Sending now instead, as Twilio may do, is what nobody wants.
  if (!hasService) throw new ApiError(35118);
  if (type === null) throw new ApiError(35126);
  const at = parseDate(sendAt)?.from;
  if (at === undefined || at < now + SOONEST_MS || at > now + LATEST_MS) throw new ApiError(35114);
  return at;
}
