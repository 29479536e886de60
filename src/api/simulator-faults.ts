/**
 * The faults of the simulated lines, so that an app's developer can rehearse what a real modem does one night.
 * Exists only while a `sim:` line does. Which fault does what is the simulator's own table, listed as `kinds`.
 */
import { ApiError } from "./api-error.ts";
import { type ApiRouter, answer } from "./context.ts";
import type { FaultView, SimulatedFaults } from "./deps.ts";
import { readFormOrJson } from "./read-body.ts";
import { dateText, dateTextOrNull } from "./views.ts";

const PATH = "/appliance/v1/Simulator/Faults";

export function routeSimulatorFaults(router: ApiRouter, faults: SimulatedFaults): void {
  router.get(PATH, (ctx) => {
    answer(ctx, 200, { faults: faults.list().map(faultView), kinds: faults.kinds() });
  });

  router.post(PATH, async (ctx) => {
    const fault = faults.switchOn(Object.fromEntries(await readFormOrJson(ctx)));
    if (typeof fault === "string") throw new ApiError(20422, fault);
    answer(ctx, 201, faultView(fault));
  });

  router.delete(PATH, (ctx) => {
    faults.allOff();
    ctx.status = 204;
  });

  router.delete(`${PATH}/:id`, (ctx) => {
    const { id = "" } = ctx.params;
    if (!faults.switchOff(id)) throw new ApiError(20404, `The fault ${id} is not on.`);
    ctx.status = 204;
  });
}

function faultView(fault: FaultView) {
  const { since, until, ...rest } = fault;
  return {
    ...rest,
    since: dateText(since),
    until: dateTextOrNull(until),
  };
}
