/**
 * What still waits when its account is suspended or closed is not sent: `failed`, 30002, and its callback says so
 * (contract §12.2). Asked for when the status changes, and again by a chore, so that neither a power cut between
 * the two nor a reply that was under way leaves anything in the queue.
 *
 * What is scheduled waits while its account is suspended, and fails if its instant comes meanwhile; a closed account
 * never sends again, so there it fails at once.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { Store } from "../../store/store.ts";

const SUSPENDED = 30002;
const MAY_NOT_SEND = 30037;

export function createEndQueued(deps: {
  readonly store: Pick<Store, "endQueued" | "endScheduled">;
  readonly clock: Clock;
}): EndQueued {
  const { store, clock } = deps;
  return async (accountSid, { andScheduled = false } = {}) => {
    const why = "its account was suspended or closed before it could be sent";
    const end = () => ({ errorCode: SUSPENDED, why, at: clock.now() });
    while ((await store.endQueued(accountSid, end())) > 0);
    while (andScheduled && (await store.endScheduled(accountSid, end())) > 0);
  };
}

/** `andScheduled`: of an account that is closed for good. */
export type EndQueued = (accountSid: string, options?: { readonly andScheduled?: boolean }) => Promise<void>;

/** What still waits to be sent from a number that was given back: nobody has it to send from. */
export function createEndQueueOf(deps: {
  readonly store: Pick<Store, "endQueue">;
  readonly clock: Clock;
}): (phoneNumber: string) => Promise<void> {
  const { store, clock } = deps;
  return async (phoneNumber) => {
    const why = "its sender was released before it could be sent";
    let ended = 1;
    while (ended > 0)
      ended = await store.endQueue(phoneNumber, { errorCode: MAY_NOT_SEND, why, at: clock.now() });
  };
}
