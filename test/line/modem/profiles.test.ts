/** Start-up as each family of modems needs it, and which family a modem is taken for. */
import { describe, expect, test } from "vitest";
import { chooseProfile, PROFILES } from "../../../src/line/modem/profiles/choose.ts";
import { urcsOf } from "../../../src/line/modem/profiles/profile.ts";
import { GENERIC_URCS } from "../../../src/line/modem/urcs.ts";
import { until } from "../line-contract.ts";
import { type Pose, posing } from "./posing-modem.ts";

const ICCID = "8933010000000000017";

test.each([
  ["SIMCOM_Ltd", "SIMCOM_SIM800L", "SIMCom SIM800/SIM900"],
  ["SIMCOM_Ltd", "SIM900", "SIMCom SIM800/SIM900"],
  ["SIMCOM INCORPORATED", "SIMCOM_SIM7600E-H", "SIMCom SIM7600/SIM7500"],
  ["SIMCOM INCORPORATED", "SIMCOM_SIM7000E", "SIMCom SIM7000/SIM7070/SIM7080"],
  ["INCORPORATED", "A7670E-LASE", "SIMCom A7670/A7672"],
  ["Quectel", "EC25", "Quectel EC25/EC21/EG25"],
  ["Quectel", "EC200U", "Quectel EC200/EG91x"],
  ["Quectel", "EG25-G", "Quectel EC25/EC21/EG25"],
  ["Quectel_Ltd", "Quectel_M95", "Quectel M95/M66/M35"],
  ["Quectel", "BG96", "Quectel BG95/BG96"],
  ["huawei", "E173", "Huawei stick"],
  ["Huawei Technologies Co., Ltd.", "E3372", "Huawei stick"],
  ["huawei", "E1750", "Huawei E1750/E1552"],
  ["ZTE INCORPORATED", "MF190", "ZTE"],
  ["Telit", "LE910-EUG", "Telit"],
  ["u-blox", "SARA-U270", "u-blox"],
  ["Sierra Wireless, Incorporated", "MC7455", "generic 27.005"],
  ["Pylone", "Simulated modem", "generic 27.005"],
  [null, "Quectel EC21 Revision: EC21EFAR06A01M4G", "Quectel EC25/EC21/EG25"],
  [null, null, "generic 27.005"],
])("%s, %s is taken for: %s", (manufacturer, model, name) => {
  expect(chooseProfile(manufacturer, model).name).toBe(name);
});

type Start = {
  readonly pose: Pose;
  /** Typed during bring-up, in this order, with other commands between them. */
  readonly typed: readonly string[];
  readonly never?: readonly string[];
};

const STARTS: readonly Start[] = [
  {
    pose: {
      manufacturer: "SIMCOM_Ltd",
      model: "SIMCOM_SIM800L",
      answers: { "+CSCLK=0": [], "+CNMI=?": ["+CNMI: (0-2),(0-3),(0,2),(0,1),(0,1)"] },
      refuses: { "+CNMI=2,1,0,1,0": 303 },
    },
    typed: [
      "AT+CSCLK=0",
      "AT+CPIN?",
      "AT+CSMS=0",
      'AT+CPMS="SM","SM","SM"',
      "AT+CNMI=2,1,0,1,0",
      "AT+CNMI=1,1,0,1,0",
    ],
    never: ["AT+CSMS=1"],
  },
  {
    pose: {
      manufacturer: "SIMCOM INCORPORATED",
      model: "SIMCOM_SIM7600E-H",
      answers: { "+CSCLK=0": [], "+CICCID": [`+ICCID: ${ICCID}`] },
    },
    typed: ["AT+CSCLK=0", 'AT+CPMS="ME","ME","ME"', "AT+CICCID"],
    never: ["AT+CCID", "AT+CSMS=1"],
  },
  {
    pose: {
      manufacturer: "INCORPORATED",
      model: "A7670E-LASE",
      answers: { "+CNMI=?": ["+CNMI: (0-2),(0-3),(0,2),(0,1),(0,1)"], "+CICCID": [`+ICCID: ${ICCID}`] },
      refuses: { "+CNMI=2,1,0,1,0": "ERROR" },
    },
    typed: ['AT+CPMS="ME","ME","ME"', "AT+CNMI=2,1,0,1,0", "AT+CNMI=2,1,0,0,0"],
  },
  {
    pose: { manufacturer: "SIMCOM INCORPORATED", model: "SIMCOM_SIM7000E" },
    typed: ["AT+CPSMS=0", "AT+CSMS=1", "AT+CNMI=2,2,0,1,0"],
    never: ["AT+CNMI=2,1,0,2,0"],
  },
  {
    pose: {
      manufacturer: "Quectel",
      model: "EC25",
      answers: {
        "+QSCLK=0": [],
        "+QURCCFG=urcport": ['+QURCCFG: "urcport","usbmodem"'],
        "+QURCCFG=urcport,usbat": [],
        "+QCCID": [`+QCCID: ${ICCID}F`],
      },
    },
    typed: [
      "AT+QSCLK=0",
      'AT+QURCCFG="urcport"',
      'AT+QURCCFG="urcport","usbat"',
      "AT+CSMS=1",
      'AT+CPMS="ME","ME","ME"',
      "AT+QCCID",
      "AT+CNMI=2,1,0,2,0",
    ],
  },
  {
    pose: {
      manufacturer: "Quectel",
      model: "EC200U",
      // On a UART the indications already come where they should.
      answers: { "+QURCCFG=urcport": ['+QURCCFG: "urcport","uart1"'], "+ICCID": [`+ICCID: ${ICCID}`] },
    },
    typed: ['AT+QURCCFG="urcport"', "AT+QCCID", "AT+ICCID"],
    never: ['AT+QURCCFG="urcport","usbat"', "AT+CCID"],
  },
  {
    pose: { manufacturer: "Quectel_Ltd", model: "Quectel_M95", answers: { "+QCCID": [ICCID] } },
    typed: ["AT+QSCLK=0", 'AT+CPMS="SM","SM","SM"', "AT+QCCID"],
    never: ['AT+QURCCFG="urcport"'],
  },
  {
    pose: { manufacturer: "Quectel", model: "BG96", answers: { "+CPSMS=0": [] } },
    typed: ["AT+CPSMS=0", "AT+QSCLK=0", 'AT+CPMS="ME","ME","ME"'],
  },
  {
    pose: {
      manufacturer: "huawei",
      model: "E173",
      answers: { "^CURC=0": [], "^ICCID?": [`^ICCID: ${ICCID}F`] },
      refuses: { "+CNMI=2,1,0,2,0": 303 },
    },
    typed: ["AT^CURC=0", 'AT+CPMS="SM","SM","SM"', "AT^ICCID?", "AT+CNMI=2,1,0,2,0", "AT+CNMI=1,1,0,2,0"],
  },
  {
    pose: {
      manufacturer: "huawei",
      model: "E3372",
      answers: { "^CURC=0": [], "^ICCID?": [`^ICCID: ${ICCID}`], "+CSQ": ["+CSQ: 99,99"] },
    },
    typed: ["AT^CURC=0", 'AT+CPMS="SM","SM","SM"', "AT^ICCID?", "AT+CNMI=2,1,0,2,0", "AT+CEREG=1", "AT+CESQ"],
  },
  {
    pose: { manufacturer: "Sierra Wireless, Incorporated", model: "MC7455" },
    typed: ["AT+CSMS=1", 'AT+CPMS="ME","ME","ME"', "AT+CCID", "AT+CNMI=2,1,0,2,0"],
    never: ["AT+CSCLK=0", "AT+QSCLK=0", "AT^CURC=0"],
  },
  {
    pose: {
      manufacturer: "ZTE INCORPORATED",
      model: "MF190",
      answers: { "+ZOPRT=5": [], "+ZGETICCID": [`+ZGETICCID: ${ICCID}`] },
    },
    typed: ["AT+ZOPRT=5", "AT+CPIN?", "AT+CPMS?", "AT+CPMS=?", "AT+ZGETICCID", "AT+CNMI=2,1,0,2,0"],
  },
  {
    pose: {
      manufacturer: "Telit",
      model: "LE910-EUG",
      answers: { "#QSS=2": [], "#CCID": [`#CCID: ${ICCID}`] },
    },
    typed: ["AT#QSS=2", "AT#CCID"],
  },
  {
    pose: { manufacturer: "u-blox", model: "SARA-U270", answers: { "+UPSV=0": [] } },
    typed: ["AT+UPSV=0", "AT+CCID"],
  },
];

describe("start-up", () => {
  test.each(STARTS.map((start) => ({ ...start, model: start.pose.model })))(
    "of $model: $typed",
    async ({ pose, typed, never }) => {
      const stage = posing(pose);
      await stage.ready();
      const expected = [...typed];
      for (const text of stage.typed) if (text === expected[0]) expected.shift();
      expect(expected, stage.typed.join("\n")).toEqual([]);
      for (const text of never ?? []) expect(stage.typed).not.toContain(text);
      expect(stage.line.status.facts).toMatchObject({ model: pose.model });
      expect(stage.line.status.facts.iccid).toMatch(/^89\d{17,18}$/);
      await stage.stop();
    },
  );

  test("reads the ICCID from its file where no command tells it", async () => {
    const stage = posing({
      manufacturer: "Modem works",
      model: "M1",
      answers: { "+CRSM=176,12258,0,0,10": ['+CRSM: 144,0,"983310000000000010F7"'] },
      refuses: { "+CCID": "ERROR" },
    });
    await stage.ready();
    expect(stage.line.status.facts.iccid).toBe("8933010000000000017");
    await stage.stop();
  });

  test("asks ATI who the modem is when it does not say it otherwise", async () => {
    const stage = posing({
      manufacturer: "",
      model: "",
      answers: { I: ["Quectel", "EC25", "Revision: EC25EFAR06A03M4G"], "+QSCLK=0": [] },
      refuses: { "+CGMI": "ERROR", "+CGMM": "ERROR" },
    });
    await stage.ready();
    expect(stage.typed).toContain("AT+QSCLK=0");
    await stage.stop();
  });

  test("gives the operator's own commands after the profile's, and goes on when one is refused", async () => {
    const stage = posing(
      { manufacturer: "Quectel", model: "EC25", answers: { "+QSCLK=0": [], "+QCFG=ims,1": [] } },
      { init: ["AT+NONSENSE", 'AT+QCFG="ims",1'] },
    );
    await stage.ready();
    const places = ["AT+QSCLK=0", "AT+NONSENSE", 'AT+QCFG="ims",1', "AT+CPIN?"].map((text) =>
      stage.typed.indexOf(text),
    );
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    await stage.stop();
  });

  test("tells once for each command of `init` that is refused, and none of its values", async () => {
    const stage = posing(
      { manufacturer: "Quectel", model: "EC25", answers: { "+QSCLK=0": [], "+QCFG=ims,1": [] } },
      { init: ["AT+NONSENSE=1,hush", 'AT+QCFG="ims",1', "AT+ODD"] },
    );
    const refused = () =>
      stage.seen.events.filter(({ type }) => type === "line.refused").map(({ text }) => text);
    await stage.ready();
    stage.modem.reboot();
    await until(stage.clock, () => stage.line.status.state !== "ready");
    await until(stage.clock, () => stage.line.status.state === "ready");
    expect(stage.typed.filter((text) => text === "AT+ODD")).toHaveLength(2);
    expect(refused()).toEqual([
      "sim1: the modem refuses AT+NONSENSE, `init[0]` of this line; it is left out: correct or remove it in the configuration",
      "sim1: the modem refuses AT+ODD, `init[2]` of this line; it is left out: correct or remove it in the configuration",
    ]);
    await stage.stop();
  });

  test("leaves a SIM800 its 20 ms between an answer and the next command", async () => {
    const stage = posing({ manufacturer: "SIMCOM_Ltd", model: "SIMCOM_SIM800L" });
    let answeredAt = Number.NEGATIVE_INFINITY;
    const gaps: number[] = [];
    stage.modem.behave({
      name: "measures",
      onBytes: () => {
        gaps.push(stage.clock.monotonicMs() - answeredAt);
        return false;
      },
      onOutput: (text) => {
        if (/\r\n(?:OK|ERROR|\+CM[ES] ERROR: \d+)\r\n$/.test(text)) answeredAt = stage.clock.monotonicMs();
        return false;
      },
    });
    await stage.ready();
    const from = stage.typed.indexOf("AT+CGSN") + 1;
    expect(stage.typed.length - from).toBeGreaterThan(15);
    expect(Math.min(...gaps.slice(from))).toBeGreaterThanOrEqual(20);
    await stage.stop();
  });
});

describe("what a family says unasked", () => {
  test.each([
    ["SIMCOM_Ltd", "SIM800", "UNDER-VOLTAGE WARNNING"],
    ["SIMCOM INCORPORATED", "SIMCOM_SIM7600E", "+CNSMOD: 8"],
    ["Quectel", "EC25", '+QURC: "x"'],
    ["Telit", "LE910", "#STN: 254"],
    ["u-blox", "SARA-U270", "+UUSTS: 0,2"],
    ["huawei", "E173", "^BOOT:23449622,0,0,0,72"],
    ["ZTE", "MF190", "+ZUSIMR:2"],
  ])("%s %s: %s is no noise", async (manufacturer, model, said) => {
    const stage = posing({ manufacturer, model });
    await stage.ready();
    stage.modem.unsolicited(said);
    await stage.clock.advance(100);
    expect(stage.seen.events.filter((event) => event.type === "line.noise")).toEqual([]);
    expect(stage.line.status.state).toBe("ready");
    await stage.stop();
  });

  test.each([
    ["SIMCOM_Ltd", "SIM800", "SMS Ready"],
    ["SIMCOM INCORPORATED", "SIMCOM_SIM7600E", "SMS DONE"],
    ["Quectel", "EC25", "+QIND: SMS DONE"],
    ["Telit", "LE910", "#QSS: 3"],
  ])("%s %s: %s is a reason to look what is there", async (manufacturer, model, said) => {
    const stage = posing({ manufacturer, model });
    await stage.ready();
    const before = stage.typed.length;
    stage.modem.unsolicited(said);
    await until(stage.clock, () => stage.typed.slice(before).includes("AT+CMGL=4"), 5000);
    await stage.stop();
  });

  test.each([
    ["SIMCOM_Ltd", "SIM800", "UNDER-VOLTAGE POWER DOWN"],
    ["INCORPORATED", "A7670E", "*ATREADY: 1"],
  ])("%s %s: after %s it is set up again", async (manufacturer, model, said) => {
    const stage = posing({ manufacturer, model });
    await stage.ready();
    const before = stage.typed.length;
    stage.modem.unsolicited(said);
    await until(stage.clock, () => stage.line.status.state === "starting");
    await until(stage.clock, () => stage.line.status.state === "ready");
    expect(stage.typed.slice(before)).toContain("ATE0");
    await stage.stop();
  });
});

test("every profile is whole: it can be reached, prefers storages by name, and knows how to start anew", () => {
  expect(new Set(PROFILES.map((profile) => profile.name)).size).toBe(PROFILES.length);
  for (const profile of PROFILES) {
    expect(profile.storages.length, profile.name).toBeGreaterThan(0);
    for (const name of profile.storages) expect(["ME", "SM", "MT"]).toContain(name);
    for (const choice of profile.indications) expect(choice).toMatch(/^\d(,\d){1,4}$/);
    expect(profile.reset.command).toMatch(/^AT/);
    const table = urcsOf(profile, GENERIC_URCS);
    for (const pattern of table.always) expect(pattern.test("OK"), profile.name).toBe(false);
  }
});
