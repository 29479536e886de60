/** The plug is pulled: SIGKILL to the daemon while a message is accepted but not sent, and while it is on the wire. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { eventually, type Program, Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";

const NUMBER = "+33639980001";
const HANDSET = "+33612345678";

let site: Site;
let simulator: SimulatorClient;
let modem: Program;
let config: string;
beforeEach(async () => {
  site = new Site();
  ({ simulator, process: modem } = await startSimulator(site, NUMBER));
  config = `dataDir: data
outbound: { unknownOutcomeWaitSeconds: 2 }
lines:
  - { name: usb, type: modem, device: "${simulator.device}", number: "${NUMBER}" }
`;
});
afterEach(() => site.end());

async function accepted(body: string) {
  const running = await startDaemon(site, config);
  const answer = await running.client.post("{AC}/Messages.json", { From: NUMBER, To: HANDSET, Body: body });
  expect(answer.status).toBe(201);
  return { ...running, sid: String(answer.json["sid"]) };
}

describe("a daemon killed with SIGKILL", () => {
  it("sends what it had accepted exactly once after a restart", async () => {
    await simulator.hold("registration");
    const { daemon, sid } = await accepted("Not lost");
    expect((await daemon.end("SIGKILL")).signal).toBe("SIGKILL");
    expect(await simulator.arrived()).toEqual([]);

    await simulator.release("registration");
    const { client } = await startDaemon(site, config);
    await client.statuses(sid, "delivered");
    expect((await simulator.arrived()).map(({ body }) => body)).toEqual(["Not lost"]);
  });

  it("does not send again what the network had taken, once the report says so", async () => {
    await simulator.hold("results");
    const { daemon, sid } = await accepted("Not doubled");
    await simulator.arrival("Not doubled");
    await daemon.end("SIGKILL");

    await simulator.release("results");
    const { client } = await startDaemon(site, config);
    await client.statuses(sid, "delivered");
    expect((await simulator.arrived()).map(({ body }) => body)).toEqual(["Not doubled"]);
  });

  it("sends again what was on the wire when no report says that it arrived, and says so in an event", async () => {
    await simulator.hold("sends");
    const { daemon, client: before, sid } = await accepted("On the wire");
    await eventually(async () =>
      (await before.get(`{AC}/Messages/${sid}.json`))["status"] === "sending" ? true : null,
    );
    // The whole site goes dark: the modem forgets the PDU it had not yet put on the air.
    await Promise.all([daemon.end("SIGKILL"), modem.end("SIGKILL")]);

    const { simulator: after } = await startSimulator(site, NUMBER, simulator.port);
    const { client } = await startDaemon(site, config);
    await client.statuses(sid, "delivered");
    expect((await after.arrived()).map(({ body }) => body)).toEqual(["On the wire"]);
    const events = (await client.get("/appliance/v1/Events"))["events"] as Record<string, unknown>[];
    expect(events.filter(({ type }) => type === "message.resent")).toMatchObject([{ message_sid: sid }]);
  });

  it("keeps the account and its token", async () => {
    const first = await startDaemon(site, config);
    await first.daemon.end("SIGKILL");
    const second = await startDaemon(site, config);
    expect([second.client.sid, second.client.token]).toEqual([first.client.sid, first.client.token]);
  });
});
