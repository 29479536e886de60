/** The stop ladder, with a message on the wire. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDaemon } from "../harness/appliance.ts";
import { eventually, Site } from "../harness/program.ts";
import { type SimulatorClient, startSimulator } from "../harness/simulator.ts";

const NUMBER = "+33639980001";

let site: Site;
let simulator: SimulatorClient;
let config: string;
beforeEach(async () => {
  site = new Site();
  ({ simulator } = await startSimulator(site, NUMBER));
  config = `dataDir: data
lines:
  - { name: usb, type: modem, device: "${simulator.device}", number: "${NUMBER}" }
`;
});
afterEach(() => site.end());

/** A daemon with one message past its point of no return and no answer yet. */
async function onTheWire() {
  await simulator.hold("sends");
  const running = await startDaemon(site, config);
  const { json } = await running.client.post("{AC}/Messages.json", {
    From: NUMBER,
    To: "+33612345678",
    Body: "On the wire",
  });
  const sid = String(json["sid"]);
  await eventually(async () =>
    (await running.client.get(`{AC}/Messages/${sid}.json`))["status"] === "sending" ? true : null,
  );
  return { ...running, sid };
}

describe("a daemon asked to stop with a message on the wire", () => {
  it("waits for the answer, writes it down and ends with 0", async () => {
    const { daemon, sid } = await onTheWire();
    const ended = daemon.end("SIGTERM");
    await daemon.logged("stopping");
    await simulator.release("sends");
    expect(await ended).toEqual({ code: 0, signal: null });

    const { client } = await startDaemon(site, config);
    await client.statuses(sid, "delivered");
    expect((await simulator.arrived()).map(({ body }) => body)).toEqual(["On the wire"]);
  });

  it("gives up after eight seconds and ends with 0 within ten", async () => {
    const { daemon } = await onTheWire();
    expect(await daemon.end("SIGTERM")).toEqual({ code: 0, signal: null });
    const [stopping, stopped] = await Promise.all([daemon.logged("stopping"), daemon.logged("stopped")]);
    expect(Number(stopped["time"]) - Number(stopping["time"])).toBeLessThan(10_000);
  });

  it("takes two signals at once for one request, as from `timeout` and from a terminal with npm", async () => {
    const { daemon, sid } = await onTheWire();
    daemon.signal("SIGTERM");
    daemon.signal("SIGINT");
    const ended = daemon.end("SIGTERM");
    await daemon.logged("stopping");
    await simulator.release("sends");
    expect(await ended).toEqual({ code: 0, signal: null });

    const { client } = await startDaemon(site, config);
    await client.statuses(sid, "delivered");
  });

  it("does not wait when asked again", async () => {
    const { daemon } = await onTheWire();
    const ended = daemon.end("SIGTERM");
    await daemon.logged("stopping");
    const again = setInterval(() => daemon.signal("SIGINT"), 100);
    const { code } = await ended.finally(() => clearInterval(again));
    expect(code).toBe(1);
    expect(daemon.lines.join("\n")).toContain("a second signal");
  });
});
