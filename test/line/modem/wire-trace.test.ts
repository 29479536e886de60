/** What may be seen of the wire: its dialogue, and nothing anybody wrote. */
import { describe, expect, test } from "vitest";
import type { BytePort } from "../../../src/line/byte-port.ts";
import { masked, WireTrace } from "../../../src/line/modem/wire-trace.ts";
import { type Log, silentLog } from "../../../src/runtime/log.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { closeStage, readyLine } from "./scripted-line.ts";

const PDU = "0031000B913316325476F80000A712C730BD0CA281DEF0B21BB4E1BDD71B1F";

const DELIVER = "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA";

describe("a line of the wire", () => {
  const cases: { line: string; shown: string }[] = [
    { line: "AT+CMGS=30", shown: "AT+CMGS=30" },
    { line: PDU, shown: "<31 octets>" },
    { line: '+CMGL: 1,1,"",31', shown: '+CMGL: 1,1,"…"' },
    { line: '+CUSD: 0,"Your code is "1234" today",15', shown: '+CUSD: 0,"…"' },
    { line: 'AT+CUSD=1,"*100#",15', shown: 'AT+CUSD=1,"…"' },
    { line: "Dear Anna, come at eight", shown: "<24 characters>" },
    { line: 'AT+CPIN="1234"', shown: "AT+CPIN=…" },
    { line: '+CLIP: "+33612345678",145', shown: '+CLIP: "+33•••••5678",145' },
    { line: "208010000000001", shown: "208•••••0001" },
    { line: '+CREG: 2,1,"1A2B","00C3D4",7', shown: '+CREG: 2,1,"1A2B","00C3D4",7' },
    { line: "+CMS ERROR: 500", shown: "+CMS ERROR: 500" },
    { line: "^RSSI:17", shown: "^RSSI:17" },
    { line: "OK", shown: "OK" },
  ];
  test.each(cases)("$line is shown as $shown", ({ line, shown }) => {
    expect(masked(line)).toBe(shown);
  });
});

function tapped() {
  const clock = new FakeClock();
  const trace = new WireTrace({ clock, log: null });
  let fromModem: (bytes: Uint8Array) => void = () => undefined;
  const port: BytePort = {
    write: () => Promise.resolve(),
    onData: (listener) => {
      fromModem = listener;
    },
    onClose: () => undefined,
    close: () => Promise.resolve(),
  };
  const tap = trace.tap(port);
  tap.onData(() => undefined);
  const says = (text: string) => fromModem(Buffer.from(text, "latin1"));
  const types = (text: string) => tap.write(Buffer.from(text, "latin1"));
  return { clock, trace, says, types };
}

describe("the trace of a line", () => {
  /** Every text that is logged. */
  function recording(): { readonly log: Log; readonly lines: string[] } {
    const lines: string[] = [];
    const note = (...what: unknown[]) => void lines.push(JSON.stringify(what));
    const log: Log = silentLog();
    return { log: Object.assign(log, { child: () => log, debug: note, info: note, warn: note }), lines };
  }

  async function logged(trace: boolean | undefined): Promise<string> {
    const { log, lines } = recording();
    const stage = await readyLine({}, { log, ...(trace === undefined ? {} : { trace }) });
    stage.modem.says(`\r\n+CMTI: "ME",4\r\n`).expects("AT+CMGR=4").answers("+CMGR: 0,,33", DELIVER, "OK");
    stage.modem.expects("AT+CMGD=4").answers("OK");
    await stage.until(() => stage.modem.remaining === 0);
    await closeStage(stage);
    return lines.join("\n");
  }

  test("is off unless it is switched on", async () => {
    expect(await logged(undefined)).not.toContain('"wire"');
    expect(await logged(false)).not.toContain('"wire"');
  });

  test("shows the dialogue when it is switched on, without texts, numbers and identities", async () => {
    const text = await logged(true);
    expect(text).toContain("→ AT+CMGR=4");
    expect(text).toContain("octets>");
    for (const secret of [DELIVER, "860000000000000", "208010000000001", "33639980001"]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("the tail", () => {
  test("holds both directions with their age, however the bytes were cut", async () => {
    const { clock, trace, says, types } = tapped();
    await types("AT+CMGS=30\r");
    says("\r\n> ");
    await clock.advance(1500);
    await types(`${PDU.slice(0, 20)}`);
    expect(trace.tail()).not.toContain(PDU.slice(0, 8));
    await types(`${PDU.slice(20)}\x1a`);
    says("\r\n+CMG");
    says("S: 7\r\n\r\nOK\r\n");
    await clock.advance(500);
    expect(trace.tail().split("\n")).toEqual([
      "-2.0 → AT+CMGS=30",
      "-2.0 ← >",
      "-0.5 → <31 octets>",
      "-0.5 ← +CMGS: 7",
      "-0.5 ← OK",
    ]);
  });

  test("forgets what is older than a minute, and stays small", async () => {
    const { clock, trace, says } = tapped();
    says("\r\nRING\r\n");
    await clock.advance(61_000);
    for (let n = 0; n < 2000; n++) says(`\r\n+CREG: ${n}\r\n`);
    expect(trace.tail()).not.toContain("RING");
    expect(trace.tail().length).toBeLessThanOrEqual(4000);
    expect(trace.tail()).toContain("+CREG: 1999");
  });
});
