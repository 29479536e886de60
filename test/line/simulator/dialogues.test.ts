/** The dialogues of 27.005 as the modem speaks them: what is typed, and every byte that comes back. */
import { describe, expect, test } from "vitest";
import { refuseSends } from "../../../src/line/simulator/behaviours.ts";
import { ok } from "../../../src/line/simulator/call.ts";
import { type Bench, bench, CTRL_Z, configured, ESC, NUMBER, PHONE, SUBMIT } from "./bench.ts";

const RECEIVED = "07913306091093F0040B913316325476F800005250500110218010CDB27C9C6681C4E9B21B242F27EA";
const OK = "\r\nOK\r\n";

type Step = {
  readonly type?: string;
  readonly happens?: (world: Bench) => unknown;
  readonly hear: string;
};

async function play(world: Bench, steps: readonly Step[]): Promise<void> {
  for (const [index, { type, happens, hear }] of steps.entries()) {
    await happens?.(world);
    const heard = type === undefined ? await world.te.heard() : await world.te.say(type);
    expect(heard, `step ${index + 1}: ${JSON.stringify(type ?? "")}`).toBe(hear);
  }
}

describe("a dialogue", () => {
  test("first contact: the echo is on until ATE0, whose own echo is the last", async () => {
    await play(bench(), [
      { type: "AT\r", hear: `AT\r${OK}` },
      { type: "ATE0\r", hear: `ATE0\r${OK}` },
      { happens: ({ modem }) => modem.unsolicited("^RSSI:17"), hear: "\r\n^RSSI:17\r\n" },
      { type: "AT\r", hear: OK },
    ]);
  });

  test("a send, with a line nobody asked for before the prompt and another before the result", async () => {
    const world = await configured({ lastTpMr: 43 });
    const { modem } = world;
    modem.behave({
      name: "talk in between",
      onCommand: ({ name }, _answer, perform) => {
        if (name !== "+CMGS") return false;
        modem.unsolicited('+CMTI: "SM",3');
        perform();
        return true;
      },
      onSubmit: (_answer, proceed) => {
        modem.unsolicited('+CREG: 1,"1A2B","00C3D4"');
        proceed();
        return true;
      },
    });
    await play(world, [
      { type: "AT+CNMI=2,1,0,0,0\r", hear: OK },
      { type: "AT+CMGS=30\r", hear: '\r\n+CMTI: "SM",3\r\n\r\n> ' },
      { type: SUBMIT + CTRL_Z, hear: `\r\n+CREG: 1,"1A2B","00C3D4"\r\n\r\n+CMGS: 44\r\n${OK}` },
    ]);
    expect(world.network.messages()).toMatchObject([
      { direction: "to-handset", from: NUMBER, to: PHONE, body: "Gate 4 open [ok]", parts: 1 },
    ]);
  });

  test("a prompt refused", async () => {
    const world = await configured();
    world.modem.behave(refuseSends({ cms: 302, instead: "of the prompt" }));
    await play(world, [
      { type: "AT+CMGS=30\r", hear: "\r\n+CMS ERROR: 302\r\n" },
      { type: "AT+CMGS=30\r", hear: "\r\n> " },
    ]);
  });

  test("a prompt cancelled with ESC: nothing is sent", async () => {
    const world = await configured();
    await play(world, [
      { type: "AT+CMGS=30\r", hear: "\r\n> " },
      { type: `${SUBMIT.slice(0, 20)}${ESC}\r`, hear: OK },
      { type: "AT\r", hear: OK },
    ]);
    expect(world.network.messages()).toEqual([]);
  });

  test("a listing with a SUBMIT in it and an unsolicited line in the middle", async () => {
    const world = await configured();
    const submit = "0011000B914316565811F90000AA04E8373B0C";
    const { modem } = world;
    modem.store("ME", RECEIVED, 1);
    modem.store("ME", submit, 3);
    const listing = `+CMGL: 1,1,,33\r\n${RECEIVED}\r\n+CMGL: 2,3,,18\r\n${submit}`;
    await play(world, [{ type: "AT+CMGL=4\r", hear: `\r\n${listing}\r\n${OK}` }]);
    modem.behave({
      name: "interrupt the listing",
      onCommand: ({ name }, answer) => {
        if (name !== "+CMGL") return false;
        answer(ok("+CMGL: 1,1,,33", RECEIVED, "", '+CMTI: "ME",7', '+CMGL: 2,3,"",18', submit));
        return true;
      },
    });
    await play(world, [
      {
        type: "AT+CMGL=4\r",
        hear: `\r\n+CMGL: 1,1,,33\r\n${RECEIVED}\r\n\r\n+CMTI: "ME",7\r\n+CMGL: 2,3,"",18\r\n${submit}\r\n${OK}`,
      },
    ]);
  });

  test("a status report handed over, and its acknowledgement", async () => {
    const world = await configured({ csms: 1, lastTpMr: 43, airTime: { deliverMs: 9000 } });
    const report = "07913306091093F0062C0B913316325476F8525050010000805250500100908000";
    await play(world, [
      { type: "AT+CMGS=30\r", hear: "\r\n> " },
      { type: SUBMIT + CTRL_Z, hear: `\r\n+CMGS: 44\r\n${OK}` },
      { happens: ({ clock }) => clock.advance(9000), hear: "" },
      { happens: ({ clock }) => clock.advance(9000), hear: `\r\n+CDS: 25\r\n${report}\r\n` },
      { type: "AT+CNMA=0\r", hear: OK },
      { type: "AT+CNMA=0\r", hear: "\r\n+CMS ERROR: 340\r\n" },
    ]);
  });

  test("a text stored, announced, read and deleted", async () => {
    const world = await configured();
    for (let slot = 1; slot <= 3; slot++) world.modem.store("ME", RECEIVED, 1);
    await world.clock.advance(72_000);
    await play(world, [
      {
        happens: ({ network }) => network.text({ from: PHONE, to: NUMBER, body: "Merci, bien reÇu" }),
        hear: '\r\n+CMTI: "ME",4\r\n',
      },
      { type: "AT+CMGR=4\r", hear: `\r\n+CMGR: 0,,33\r\n${RECEIVED}\r\n${OK}` },
      { type: "AT+CMGR=4\r", hear: `\r\n+CMGR: 1,,33\r\n${RECEIVED}\r\n${OK}` },
      { type: "AT+CMGD=4\r", hear: OK },
      { type: "AT+CMGR=4\r", hear: "\r\n+CMS ERROR: 321\r\n" },
      { type: "AT+CMGD=4\r", hear: OK },
    ]);
  });

  test("a text handed over, and its acknowledgement", async () => {
    const world = await configured({ csms: 1, cnmi: "2,2,0,1,0" });
    await world.clock.advance(120_000);
    const text = "07913306091093F00405818380F00000525050012000800FD3379B5CD6816232160D06DA9401";
    await play(world, [
      {
        happens: ({ network }) => network.text({ from: "38080", to: NUMBER, body: "Solde: 12,40 €" }),
        hear: `\r\n+CMT: ,30\r\n${text}\r\n`,
      },
      { type: "AT+CNMA=0\r", hear: OK },
    ]);
    expect(world.network.waitingFor(NUMBER)).toBe(0);
  });
});

const CONFIGURED_ANSWERS: readonly (readonly [typed: string, heard: string])[] = [
  ["AT\r", OK],
  ["at\r", OK],
  ["aT\r", ""],
  ["\r", ""],
  ["hello\r", ""],
  ["\u0000noise AT\r", OK],
  ["AT\r\nAT\r", OK + OK],
  [`AT+CSQ${ESC}AT\r`, OK],
  ["ATV1\r", OK],
  ["ATV0\r", "\r\nERROR\r\n"],
  ["ATQ0V1E0\r", OK],
  ["ATQ1\r", "\r\nERROR\r\n"],
  ["ATI\r", `\r\nPylone simulated modem\r\n${OK}`],
  ["AT&F\rAT\r", `${OK}AT\r${OK}`],
  ["ATZ\rAT\r", `${OK}AT\r${OK}`],
  ["AT+NONSENSE\r", "\r\nERROR\r\n"],
  ["AT+toString\r", "\r\nERROR\r\n"],
  ["AT_\r", "\r\nERROR\r\n"],
  ['AT+CPMS="ME\r', "\r\nERROR\r\n"],
  ["AT+CSQ=?x\r", "\r\nERROR\r\n"],
  [`AT+${"X".repeat(600)}\r`, "\r\nERROR\r\n"],
  ["AT+CSQ;+CREG?\r", `\r\n+CSQ: 23,0\r\n\r\n+CREG: 1,1\r\n${OK}`],
  ["AT+CSQ;+NONSENSE;+CREG?\r", "\r\n+CSQ: 23,0\r\n\r\nERROR\r\n"],
  ["AT+CMEE?\r", `\r\n+CMEE: 1\r\n${OK}`],
  ["AT+CMEE=?\r", `\r\n+CMEE: (0,1)\r\n${OK}`],
  ["AT+CMEE=2\r", "\r\nERROR\r\n"],
  ["AT+CGMI\r", `\r\nPylone\r\n${OK}`],
  ["AT+CGMM\r", `\r\nSimulated modem\r\n${OK}`],
  ["AT+CGMR\r", `\r\n1.0\r\n${OK}`],
  ["AT+CGSN\r", `\r\n350000009800018\r\n${OK}`],
  ["AT+CGSN=?\r", OK],
  ["AT+CIMI\r", `\r\n001013639980001\r\n${OK}`],
  ["AT+CCID\r", `\r\n+CCID: 8933000036399800011\r\n${OK}`],
  ["AT+CNUM\r", `\r\n+CNUM: "","+33639980001",145\r\n${OK}`],
  ["AT+CFUN?\r", `\r\n+CFUN: 1\r\n${OK}`],
  ["AT+CFUN=?\r", `\r\n+CFUN: (0,1,4),(0,1)\r\n${OK}`],
  ["AT+CFUN=3\r", "\r\nERROR\r\n"],
  ["AT+CPIN?\r", `\r\n+CPIN: READY\r\n${OK}`],
  ['AT+CPIN="0000"\r', "\r\n+CME ERROR: 3\r\n"],
  ["AT+CPINR\r", `\r\n+CPINR: SIM PIN,3,3\r\n${OK}`],
  ['AT+CSCS="GSM"\rAT+CSCS?\r', `${OK}\r\n+CSCS: "GSM"\r\n${OK}`],
  ['AT+CSCS="8859-1"\r', "\r\nERROR\r\n"],
  ["AT+CSMS=1\rAT+CSMS?\r", `\r\n+CSMS: 1,1,1\r\n${OK}\r\n+CSMS: 1,1,1,1\r\n${OK}`],
  ["AT+CSMS=?\r", `\r\n+CSMS: (0,1)\r\n${OK}`],
  ["AT+CMGF?\r", `\r\n+CMGF: 0\r\n${OK}`],
  ["AT+CMGF=?\r", `\r\n+CMGF: (0,1)\r\n${OK}`],
  ["AT+CMGF=2\r", "\r\nERROR\r\n"],
  ["AT+CPMS=?\r", `\r\n+CPMS: ("ME","SM","SR"),("ME","SM"),("ME","SM")\r\n${OK}`],
  ["AT+CPMS?\r", `\r\n+CPMS: "ME",0,100,"ME",0,100,"ME",0,100\r\n${OK}`],
  [
    'AT+CPMS="SR"\rAT+CPMS?\r',
    `\r\n+CPMS: 0,100,0,100,0,100\r\n${OK}\r\n+CPMS: "SR",0,100,"ME",0,100,"ME",0,100\r\n${OK}`,
  ],
  ['AT+CPMS="SM","SM","SR"\r', "\r\n+CMS ERROR: 302\r\n"],
  ["AT+CSCA?\r", `\r\n+CSCA: "+33609001390",145\r\n${OK}`],
  ['AT+CSCA="33609009999",145\rAT+CSCA?\r', `${OK}\r\n+CSCA: "+33609009999",145\r\n${OK}`],
  ['AT+CSCA="what"\r', "\r\n+CMS ERROR: 304\r\n"],
  ["AT+CNMI=?\r", `\r\n+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)\r\n${OK}`],
  ["AT+CNMI?\r", `\r\n+CNMI: 2,1,0,1,0\r\n${OK}`],
  ["AT+CNMI=1,2\rAT+CNMI?\r", `${OK}\r\n+CNMI: 1,2,0,1,0\r\n${OK}`],
  ["AT+CNMI=2,,,2\rAT+CNMI?\r", `${OK}\r\n+CNMI: 2,1,0,2,0\r\n${OK}`],
  ["AT+CNMI=3,1\r", "\r\n+CMS ERROR: 303\r\n"],
  ["AT+CREG=?\r", `\r\n+CREG: (0-2)\r\n${OK}`],
  ["AT+CREG=2\rAT+CREG?\r", `${OK}\r\n+CREG: 2,1,"1A2B","00C3D4E5",7\r\n${OK}`],
  ["AT+CGREG?\r", `\r\n+CGREG: 0,1\r\n${OK}`],
  ["AT+CEREG=1\rAT+CEREG?\r", `${OK}\r\n+CEREG: 1,1\r\n${OK}`],
  ["AT+COPS?\r", `\r\n+COPS: 0,0,"Simulated",7\r\n${OK}`],
  ["AT+COPS=3,2\rAT+COPS?\r", `${OK}\r\n+COPS: 0,2,"00101",7\r\n${OK}`],
  ["AT+COPS=0\r", OK],
  ["AT+COPS=?\r", `\r\n+COPS: (2,"Simulated","Sim","00101",7),,(0,3),(0,2)\r\n${OK}`],
  ["AT+CCLK?\r", `\r\n+CCLK: "25/05/05,08:00:00+00"\r\n${OK}`],
  ["AT+CMMS=?\r", `\r\n+CMMS: (0-2)\r\n${OK}`],
  ["AT+CMMS=1\rAT+CMMS?\r", `${OK}\r\n+CMMS: 1\r\n${OK}`],
  ["AT+CMGL=4\r", OK],
  ["AT+CMGL=5\r", "\r\n+CMS ERROR: 304\r\n"],
  ["AT+CMGL=?\r", `\r\n+CMGL: (0-4)\r\n${OK}`],
  ["AT+CMGR=1\r", "\r\n+CMS ERROR: 321\r\n"],
  ["AT+CMGD=?\r", `\r\n+CMGD: (),(0-4)\r\n${OK}`],
  ["AT+CMGD=101\r", "\r\n+CMS ERROR: 321\r\n"],
  ["AT+CMGD=x\r", "\r\n+CMS ERROR: 304\r\n"],
  ["AT+CNMA\r", "\r\n+CMS ERROR: 340\r\n"],
  ["AT+CMGS\r", "\r\nERROR\r\n"],
  ['AT+CMGS="+33612345678"\r', "\r\n+CMS ERROR: 304\r\n"],
  ["AT+CMGF=1;+CMGS=30\r", "\r\n+CMS ERROR: 305\r\n"],
  ["AT+CMGF=1;+CMGL=4\r", "\r\n+CMS ERROR: 305\r\n"],
  [`AT+CMGS=29\r${SUBMIT}${CTRL_Z}`, "\r\n> \r\n+CMS ERROR: 304\r\n"],
  [`AT+CMGS=31\r${SUBMIT}${CTRL_Z}`, "\r\n> \r\n+CMS ERROR: 304\r\n"],
  [`AT+CMGS=30\r${SUBMIT.slice(0, -1)}${CTRL_Z}`, "\r\n> \r\n+CMS ERROR: 304\r\n"],
  [`AT+CMGS=30\r${SUBMIT.replace("7", "G")}${CTRL_Z}`, "\r\n> \r\n+CMS ERROR: 304\r\n"],
  [`AT+CMGS=30\r${CTRL_Z}`, "\r\n> \r\n+CMS ERROR: 304\r\n"],
  [`AT+CMGS=1\r${"00".repeat(900)}${CTRL_Z}AT\r`, `\r\n> \r\n+CMS ERROR: 304\r\n${OK}`],
  [`AT+CMGS=2\r000100${CTRL_Z}`, "\r\n> \r\n+CMS ERROR: 96\r\n"],
  [
    `AT+CNMI=2,1,0,0,0\rAT+CMGS=30\r${SUBMIT.slice(0, 8)}\r\n ${SUBMIT.slice(8)}${CTRL_Z}`,
    `${OK}\r\n> \r\n+CMGS: 1\r\n${OK}`,
  ],
];

describe("once configured", () => {
  test.each(CONFIGURED_ANSWERS)("%j is answered with %j", async (typed, heard) => {
    const { te } = await configured();
    expect(await te.say(typed)).toBe(heard);
  });

  test("the echo repeats every byte, in the prompt too", async () => {
    const { te } = await configured();
    await te.say("ATE1;+CNMI=2,1,0,0,0\r");
    expect(await te.say("AT+CMGS=30\r")).toBe("AT+CMGS=30\r\r\n> ");
    expect(await te.say(SUBMIT + CTRL_Z)).toBe(`${SUBMIT}${CTRL_Z}\r\n+CMGS: 1\r\n${OK}`);
  });

  test("without AT+CMEE equipment errors are a bare ERROR", async () => {
    const { te } = await configured();
    expect(await te.say('AT+CMEE=0;+CPIN="0000"\r')).toBe("\r\nERROR\r\n");
  });

  test("a SIM without a service centre refuses until one is set", async () => {
    const { te } = await configured({ smsc: "", cnmi: "2,1,0,0,0" });
    await te.say("AT+CMGS=30\r");
    expect(await te.say(SUBMIT + CTRL_Z)).toBe("\r\n+CMS ERROR: 330\r\n");
    await te.say(`AT+CSCA="+33609001390",145\rAT+CMGS=30\r`);
    expect(await te.say(SUBMIT + CTRL_Z)).toBe(`\r\n+CMGS: 1\r\n${OK}`);
  });
});
