import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RunningSimulator, startSimulator } from "../../../src/line/simulator/serve.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { CTRL_Z, NUMBER, PHONE, SUBMIT } from "./bench.ts";

const options = {
  host: "127.0.0.1",
  modem: { port: 0, number: NUMBER },
  controlPort: 0,
  airTime: { submitMs: 0, deliverMs: 0, reportMs: 0 },
  clock: new FakeClock(),
  log: silentLog(),
};

let simulator: RunningSimulator;
const sockets: Socket[] = [];

beforeEach(async () => {
  simulator = await startSimulator(options);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await simulator.stop();
});

/** A TCP connection to the modem; `say` resolves when the answer ends as expected. */
async function dial() {
  const socket = connect(simulator.modemPort ?? 0, options.host);
  sockets.push(socket);
  await once(socket, "connect");
  let heard = "";
  socket.on("data", (bytes) => {
    heard += bytes.toString("latin1");
  });
  const say = async (text: string, until: string): Promise<string> => {
    heard = "";
    socket.write(text, "latin1");
    while (!heard.endsWith(until)) await once(socket, "data");
    return heard;
  };
  return { socket, say };
}

async function control(path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`http://${options.host}:${simulator.controlPort}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: typeof body === "string" ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const OK = "\r\nOK\r\n";

describe("the modem over TCP", () => {
  test("sends to a handset that the control port shows", async () => {
    const { say } = await dial();
    await say("ATE0;+CMGF=0\r", OK);
    await say("AT+CMGS=30\r", "> ");
    expect(await say(SUBMIT + CTRL_Z, OK)).toBe(`\r\n+CMGS: 1\r\n${OK}`);
    expect(await control("/Messages")).toEqual({
      status: 200,
      body: {
        messages: [
          {
            direction: "to-handset",
            from: NUMBER,
            to: PHONE,
            body: "Gate 4 open [ok]",
            at: "2026-01-04T10:15:30.000Z",
            parts: 1,
          },
        ],
      },
    });
  });

  test("lives on when its connection closes, with its settings and storages", async () => {
    const first = await dial();
    await first.say("ATE0;+CMGF=0\r", OK);
    first.socket.destroy();
    await control("/Messages", { From: PHONE, To: NUMBER, Body: "meanwhile" });
    const second = await dial();
    expect(await second.say("AT+CMGL=4\r", OK)).toContain("+CMGL: 1,0,,");
  });

  test("a newer connection replaces the older one", async () => {
    const first = await dial();
    await first.say("ATE0\r", OK);
    const closed = once(first.socket, "close");
    const second = await dial();
    await closed;
    expect(await second.say("AT\r", OK)).toBe(OK);
  });
});

describe("the control port", () => {
  test("plays a phone, in JSON or as a form", async () => {
    const { say } = await dial();
    await say('ATE0;+CMGF=0;+CPMS="ME","ME","ME"\r', OK);
    const heard = say("AT+CNMI=2,1,0,1,0\r", '\r\n+CMTI: "ME",2\r\n');
    expect(await control("/Messages", { From: PHONE, To: NUMBER, Body: "one" })).toEqual({
      status: 201,
      body: { parts: 1 },
    });
    const form = new URLSearchParams({ From: PHONE, To: NUMBER, Body: "two" }).toString();
    const type = { "content-type": "application/x-www-form-urlencoded" };
    expect((await control("/Messages", form, type)).status).toBe(201);
    expect(await heard).toContain("+CMTI");
  });

  test("holds and releases", async () => {
    const { say } = await dial();
    await say("ATE0;+CMGF=0\r", OK);
    expect((await control("/Control", { hold: "registration" })).body).toEqual({ held: ["registration"] });
    expect((await control("/Control", { hold: "registration" })).body).toEqual({ held: ["registration"] });
    expect(await say("AT+CREG?\r", OK)).toContain("+CREG: 0,2");
    expect((await control("/Control", { release: "registration" })).body).toEqual({ held: [] });
    expect(await say("AT+CREG?\r", OK)).toContain("+CREG: 0,1");
    await control("/Control", { hold: "sends" });
    await say("AT+CMGS=30\r", "> ");
    const result = say(SUBMIT + CTRL_Z, OK);
    expect((await control("/Messages")).body).toEqual({ messages: [] });
    expect((await control("/Control", { release: "sends" })).body).toEqual({ held: [] });
    expect(await result).toBe(`\r\n+CMGS: 1\r\n${OK}`);
    await control("/Control", { hold: "results" });
    await say("AT+CMGS=30\r", "> ");
    expect(await say(`${SUBMIT}${CTRL_Z}AT\r`, OK)).toBe(OK);
    expect((await control("/Messages")).body["messages"]).toHaveLength(2);
  });

  test("reboots", async () => {
    const { say } = await dial();
    await say("ATE0\r", OK);
    const heard = say("AT\r", "+CPIN: READY\r\n");
    await control("/Control", { reboot: true });
    expect(await heard).toContain("RDY");
  });

  test.each([
    ["/Messages", { From: PHONE, To: NUMBER }, "Body is missing: From, To and Body are texts."],
    ["/Messages", { From: PHONE, To: 5, Body: "x" }, "To is missing: From, To and Body are texts."],
    [
      "/Messages",
      { From: PHONE, To: "+33600000000", Body: "x" },
      "The text is not sent: +33600000000 is nobody's number on this network.",
    ],
    [
      "/Control",
      { hold: "breath" },
      '"breath" cannot be held or released: mute, registration, sends, results, sim, signal, smsc can.',
    ],
    [
      "/Control",
      { release: 7 },
      "7 cannot be held or released: mute, registration, sends, results, sim, signal, smsc can.",
    ],
    [
      "/Control",
      {},
      "Nothing to do: give hold or release with one of mute, registration, sends, results, sim, signal, smsc, reboot, or ring.",
    ],
    ["/Control", [], "The JSON body is not an object."],
    ["/Messages", { Body: "x".repeat(70_000) }, "The body is larger than 65536 bytes."],
  ])("%s refuses %j with one sentence", async (path, body, error) => {
    expect(await control(path, body)).toEqual({ status: 400, body: { error } });
  });

  test("refuses what is not JSON, and knows no other path", async () => {
    expect(await control("/Messages", "{", { "content-type": "application/json" })).toEqual({
      status: 400,
      body: { error: "The body is not JSON, though its Content-Type says so." },
    });
    expect((await control("/elsewhere")).status).toBe(404);
  });
});

describe("the process", () => {
  test("stops twice, with connections open", async () => {
    const { socket } = await dial();
    const closed = once(socket, "close");
    await Promise.all([simulator.stop(), simulator.stop()]);
    await closed;
  });

  test("says which port is taken", async () => {
    const squatter = createServer().listen(0, options.host);
    await once(squatter, "listening");
    const { port } = squatter.address() as { port: number };
    await expect(startSimulator({ ...options, controlPort: port })).rejects.toMatchObject({
      code: "config.invalid",
      message: expect.stringContaining(`cannot listen on 127.0.0.1:${port}`),
    });
    squatter.close();
  });
});

test("faults are switched on and off at the control port", async () => {
  const { say } = await dial();
  await say("ATE0;+CMGF=0\r", OK);
  const on = await control("/Faults", { Fault: "cms-error", Code: 38, Every: 2 });
  expect([on.status, on.body]).toEqual([201, expect.objectContaining({ id: "modem.1", code: 38, every: 2 })]);
  const send = async () => {
    await say("AT+CMGS=30\r", "> ");
    return await say(SUBMIT + CTRL_Z, "\r\n");
  };
  expect(await send()).toContain("+CMGS: 1");
  expect(await send()).toBe("\r\n+CMS ERROR: 38\r\n");
  expect((await control("/Faults")).body["faults"]).toEqual([expect.objectContaining({ acted: 1 })]);
  const response = await fetch(`http://${options.host}:${simulator.controlPort}/Faults/modem.1`, {
    method: "DELETE",
  });
  expect([response.status, await response.json()]).toEqual([200, { faults: [] }]);
  expect(await control("/Faults", { Fault: "gravity" })).toMatchObject({ status: 400 });
});

test("random faults come again for the same seed, until they are switched off", async () => {
  const on = await control("/Faults", { Fault: "random", Seed: 7, GapSeconds: 30 });
  expect(on.body).toMatchObject({ id: "modem.random", seed: 7 });
  await options.clock.advance(300_000);
  const { faults } = (await control("/Faults")).body as { faults: { fault: string }[] };
  expect(faults.length).toBeGreaterThan(1);
  const off = await fetch(`http://${options.host}:${simulator.controlPort}/Faults`, { method: "DELETE" });
  expect(await off.json()).toEqual({ faults: [] });
});
