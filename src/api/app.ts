/**
 * The API as a Koa application. A request passes, in this order: the error funnel, health (the one thing without
 * credentials), authentication, the router; what no route takes is Twilio's 404 or 405.
 *
 * Twilio's `2010-04-01` paths name their representation in a suffix (contract §1.1). It is taken off before
 * routing, so that routes are written once; `write-answer.ts` looks at it again. The product APIs have none; their
 * paths may begin with the product's name (`/messaging/v1/…`), which tells apart what has one path on several hosts.
 */
import Koa from "koa";
import { routeAccounts } from "./account-resource.ts";
import { answerErrors } from "./answer-errors.ts";
import { routeApiKeys } from "./api-keys.ts";
import { routeAppliance } from "./appliance.ts";
import { routeApplications } from "./applications.ts";
import { routeAudienceMembers } from "./audience-members.ts";
import { routeAudiences } from "./audiences.ts";
import { routeAuthToken } from "./auth-token.ts";
import { authenticate, mainAccountOnly, resolveAccount } from "./authenticate.ts";
import { routeAvailablePhoneNumbers } from "./available-phone-numbers.ts";
import { routeBackups } from "./backups.ts";
import { routeBroadcasts } from "./broadcasts.ts";
import { routeClock } from "./clock.ts";
import { createRouter } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { dispatch } from "./dispatch.ts";
import { answerHealth } from "./health.ts";
import { routeIamKeys } from "./iam-keys.ts";
import { routeIncomingPhoneNumbers } from "./incoming-phone-numbers.ts";
import { Lockout } from "./lockout.ts";
import { routeLookup } from "./lookup.ts";
import { routeMessages } from "./messages.ts";
import { routeMetrics } from "./metrics.ts";
import { routeOutgoingCallerIds } from "./outgoing-caller-ids.ts";
import { routeServices } from "./services.ts";
import { routeShortCodes } from "./short-codes.ts";
import { routeSimulatorFaults } from "./simulator-faults.ts";
import { routeSimulatorMessages } from "./simulator-messages.ts";
import { testMode } from "./test-mode.ts";
import { routeUsage } from "./usage-records.ts";
import { routeUssd } from "./ussd.ts";
import { routeVoice } from "./voice.ts";

export function createApp(deps: ApiDeps): Koa {
  const router = createRouter();
  router.use("/2010-04-01/Accounts/:account", resolveAccount(deps.accounts));
  router.use("/appliance/v1", mainAccountOnly);
  routeAccounts(router, deps);
  routeApiKeys(router, deps);
  routeIamKeys(router, deps);
  routeApplications(router, deps);
  routeMessages(router, deps);
  routeIncomingPhoneNumbers(router, deps);
  routeServices(router, deps);
  routeUsage(router, deps);
  routeVoice(router, deps);
  routeLookup(router, deps);
  routeAvailablePhoneNumbers(router, deps);
  routeShortCodes(router, deps);
  routeOutgoingCallerIds(router);
  routeAppliance(router, deps);
  routeAuthToken(router, deps);
  routeUssd(router, deps);
  routeBackups(router, deps);
  routeMetrics(router, deps);
  routeAudiences(router, deps);
  routeAudienceMembers(router, deps);
  routeBroadcasts(router, deps);
  routeClock(router, deps);
  if (deps.simulated !== null) routeSimulatorMessages(router, deps, deps.simulated);
  if (deps.faults !== null) routeSimulatorFaults(router, deps.faults);

  const app = new Koa();
  app.on("error", (error: Error) =>
    deps.log.debug({ reason: error.message }, "an answer did not get through"),
  );
  app.use(answerErrors(deps));
  app.use(answerHealth(deps.health));
  app.use(authenticate(deps, new Lockout(deps.clock)));
  app.use(testMode(deps));
  app.use(dispatch(router));
  return app;
}
