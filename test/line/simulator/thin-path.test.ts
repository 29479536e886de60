import { expect, test } from "vitest";
import { SimulatedModem } from "../../../src/line/simulator/modem.ts";
import { SimulatedNetwork } from "../../../src/line/simulator/network.ts";
import { FakeClock, settle } from "../../harness/fake-clock.ts";

test("a SUBMIT reaches a handset and its report comes back; a phone's text is announced and read", async () => {
  const clock = new FakeClock(Date.UTC(2025, 4, 5, 8, 1, 12));
  const network = new SimulatedNetwork({
    clock,
    airTime: { submitMs: 0, deliverMs: 0, reportMs: 0 },
    utcOffsetMinutes: 120,
  });
  const modem = new SimulatedModem({ number: "+33639980001", network, clock, lastTpMr: 43 });
  const port = modem.connect();
  let out = "";
  port.onData((bytes) => {
    out += Buffer.from(bytes).toString("latin1");
  });
  const say = async (text: string) => {
    out = "";
    await port.write(Buffer.from(text, "latin1"));
    await settle();
    return out;
  };
  expect(await say("AT\r")).toBe("AT\r\r\nOK\r\n");
  expect(await say("ATE0\r")).toBe("ATE0\r\r\nOK\r\n");
  expect(await say('AT+CMGF=0;+CNMI=2,1,0,1,0;+CPMS="ME","ME","ME"\r')).toBe(
    "\r\n+CPMS: 0,100,0,100,0,100\r\n\r\nOK\r\n",
  );
  expect(await say("AT+CMGS=30\r")).toBe("\r\n> ");
  expect(await say("0031000B913316325476F80000A712C730BD0CA281DEF0B21BB4E1BDD71B1F\u001a")).toBe(
    "\r\n+CMGS: 44\r\n\r\nOK\r\n\r\n+CDS: 25\r\n07913306091093F0062C0B913316325476F8525050011021805250500110218000\r\n",
  );
  expect(network.messages()).toMatchObject([{ handset: "+33612345678", body: "Gate 4 open [ok]", parts: 1 }]);
  out = "";
  expect(network.text({ from: "+33612345678", to: "+33639980001", body: "hello €" })).toEqual({
    accepted: true,
    parts: 1,
  });
  await settle();
  expect(out).toBe('\r\n+CMTI: "ME",1\r\n');
  expect(await say("AT+CMGR=1\r")).toContain("+CMGR: 0,,");
  expect(await say("AT+CMGD=1\r")).toBe("\r\nOK\r\n");
});
