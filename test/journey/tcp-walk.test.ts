/** The same walk with the modem in another process, behind a TCP socket as ser2net offers one. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { Site } from "../harness/program.ts";
import { startSimulator } from "../harness/simulator.ts";
import { walk } from "../harness/walk.ts";

let site: Site;
beforeEach(() => {
  site = new Site();
});
afterEach(() => site.end());

it("sends and answers texts over device: tcp://", async () => {
  const { simulator } = await startSimulator(site, "+33639980001");
  expect(await walk(site, simulator.device, simulator)).toEqual([
    "Hello over the wire",
    expect.stringMatching(/^Tokyo: /),
  ]);
});
