import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningSimulator, startSimulator } from "../../../src/line/simulator/serve.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";
import { eventually } from "../../harness/program.ts";
import { COMMAND, deliveredIn, type Pdu, RawEsme, RESPONSE } from "../../harness/raw-esme.ts";
import { NUMBER, PHONE } from "./bench.ts";
import { OWN, SHORT_CODE } from "./smsc-bench.ts";

const HOST = "127.0.0.1";
let simulator: RunningSimulator;
let clock: FakeClock;
const esmes: RawEsme[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  simulator = await startSimulator({
    host: HOST,
    modem: { port: 0, number: NUMBER },
    smsc: { port: 0, numbers: [OWN, SHORT_CODE], systemId: "box", password: "secret" },
    controlPort: 0,
    airTime: { submitMs: 0, deliverMs: 0, reportMs: 0 },
    clock,
    log: silentLog(),
  });
});

afterEach(async () => {
  for (const esme of esmes.splice(0)) esme.stream.destroy();
  await simulator.stop();
});

/** A TCP connection, where answers take as long as they take. */
async function dial() {
  const socket = connect(simulator.smscPort ?? 0, HOST);
  await once(socket, "connect");
  const esme = new RawEsme(socket);
  esmes.push(esme);
  const heard: Pdu[] = [];
  const next = (command: number) =>
    eventually(async () => {
      heard.push(...(await esme.heard()));
      const at = heard.findIndex((pdu) => pdu.command === command);
      return at < 0 ? null : (heard.splice(at, 1)[0] ?? null);
    });
  return { esme, next };
}

async function bound() {
  const { esme, next } = await dial();
  esme.send(COMMAND.bind_transceiver, Buffer.from("box\0secret\0\0\x34\0\0\0", "latin1"));
  expect(await next(RESPONSE + COMMAND.bind_transceiver)).toMatchObject({ status: 0 });
  return { esme, next };
}

async function control(path: string, fields?: Record<string, string>, method = "POST") {
  const answer = await fetch(`http://${HOST}:${simulator.controlPort}${path}`, {
    ...(fields === undefined ? {} : { method, body: new URLSearchParams(fields) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const SUBMIT = Buffer.from(
  "\0\x01\x0133755500001\0\x01\x0133612345678\0\0\0\0\0\0\0\0\0\0\x04Gate",
  "latin1",
);

test("an SMSC over TCP sends to handsets, and a phone at the control port texts its numbers", async () => {
  const { esme, next } = await bound();
  esme.send(COMMAND.submit_sm, SUBMIT);
  expect(await next(RESPONSE + COMMAND.submit_sm)).toMatchObject({ status: 0 });
  await control("/Messages", { From: PHONE, To: SHORT_CODE, Body: "hello" });
  const message = await next(COMMAND.deliver_sm);
  expect(deliveredIn(message)).toMatchObject({ to: SHORT_CODE, octets: Buffer.from("hello") });
  const { body } = await control("/Messages");
  expect(body["messages"]).toMatchObject([
    { direction: "to-handset", from: OWN, to: PHONE, body: "Gate" },
    { direction: "from-handset", from: PHONE, to: SHORT_CODE, body: "hello" },
  ]);
});

test("faults and holds are of the modem or of the SMSC", async () => {
  const { esme, next } = await bound();
  const fault = await control("/Faults", { Fault: "submit-error", Code: "88", Times: "1" });
  expect([fault.status, fault.body]).toEqual([
    201,
    expect.objectContaining({ id: "smsc.1", line: "smsc", code: 88 }),
  ]);
  esme.send(COMMAND.submit_sm, SUBMIT);
  expect(await next(RESPONSE + COMMAND.submit_sm)).toMatchObject({ status: 88 });
  expect((await control("/Control", { line: "smsc", hold: "sends" })).body).toEqual({ held: ["sends"] });
  const held = esme.send(COMMAND.submit_sm, SUBMIT);
  esme.send(COMMAND.enquire_link);
  await next(RESPONSE + COMMAND.enquire_link);
  expect(simulator.network.messages()).toEqual([]);
  expect((await control("/Control", { line: "smsc", release: "sends" })).body).toEqual({ held: [] });
  expect(await next(RESPONSE + COMMAND.submit_sm)).toMatchObject({ status: 0, sequence: held });
  expect((await control("/Control", { hold: "registration" })).body).toEqual({ held: ["registration"] });
  expect((await control("/Control", { line: "smsc", hold: "registration" })).body["error"]).toBe(
    '"registration" cannot be held or released: mute, binds, sends, results can.',
  );
  expect((await control("/Control", { line: "fax", hold: "mute" })).body["error"]).toBe(
    '"fax" does not run here: modem, smsc does.',
  );
  await control("/Control", { line: "smsc", reboot: "true" });
  await once(esme.stream, "close");
});

test("a text that was taken and never answered, and a bind that is refused, can be held", async () => {
  const { esme, next } = await bound();
  await control("/Control", { line: "smsc", hold: "results" });
  esme.send(COMMAND.submit_sm, SUBMIT);
  await eventually(async () => simulator.network.messages().at(0) ?? null);
  await control("/Control", { line: "smsc", hold: "mute" });
  esme.send(COMMAND.enquire_link);
  await control("/Control", { line: "smsc", hold: "binds" });
  await settle();
  expect(await esme.heard()).toEqual([]);
  await control("/Control", { line: "smsc", release: "mute" });
  const second = await dial();
  second.esme.send(COMMAND.bind_transceiver, Buffer.from("box\0secret\0\0\x34\0\0\0", "latin1"));
  expect(await second.next(RESPONSE + COMMAND.bind_transceiver)).toMatchObject({ status: 0x0d });
  esme.send(COMMAND.enquire_link);
  expect(await next(RESPONSE + COMMAND.enquire_link)).toMatchObject({ status: 0 });
});

test("a deaf SMSC lets the socket fill, and stops with it", async () => {
  const { esme } = await bound();
  await control("/Faults", { Fault: "half-open" });
  const flood = Buffer.concat(Array.from({ length: 400 }, () => Buffer.alloc(16_000, 0)));
  esme.write(flood);
  await settle(50);
  expect(esme.stream.writableNeedDrain).toBe(true);
  await simulator.stop();
  await eventually(async () => (esme.closed ? true : null));
});
