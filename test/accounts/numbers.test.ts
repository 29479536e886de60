import { beforeEach, describe, expect, it } from "vitest";
import { Numbers } from "../../src/accounts/numbers.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { MemorySettings } from "./memory-settings.ts";

const MAIN = `AC${"b".repeat(32)}`;
const wanted = {
  accountSid: MAIN,
  phoneNumber: "+33639980001",
  kind: "mobile",
  country: "FR",
  line: "sim1",
} as const;

let settings: MemorySettings;
let clock: FakeClock;
let numbers: Numbers;

beforeEach(() => {
  settings = new MemorySettings();
  clock = new FakeClock();
  numbers = new Numbers(settings, clock);
});

describe("provisioning", () => {
  it("makes a number whose name is its national form and whose webhooks are empty", async () => {
    const number = await numbers.provision(wanted);

    expect(number).toEqual({
      ...wanted,
      sid: expect.stringMatching(/^PN[0-9a-f]{32}$/),
      friendlyName: "06 39 98 00 01",
      smsUrl: "",
      smsMethod: "POST",
      smsFallbackUrl: "",
      smsFallbackMethod: "POST",
      smsApplicationSid: "",
      statusCallback: "",
      statusCallbackMethod: "POST",
      voiceUrl: "",
      voiceMethod: "POST",
      voiceFallbackUrl: "",
      voiceFallbackMethod: "POST",
      createdAt: clock.now(),
      updatedAt: clock.now(),
    });
    expect(numbers.byNumber(wanted.phoneNumber)).toEqual(number);
    expect(numbers.bySid(number.sid)).toEqual(number);
    expect(numbers.ofLine("sim1")).toEqual([number]);
  });

  it("of a number that is there changes nothing, even at the same moment", async () => {
    const [one, two] = await Promise.all([numbers.provision(wanted), numbers.provision(wanted)]);
    await clock.advance(1000);

    expect(two).toEqual(one);
    expect(await numbers.provision(wanted)).toEqual(one);
    expect(settings.document.numbers).toEqual([one]);
  });

  it("follows a SIM into another line and keeps what people set", async () => {
    const { sid } = await numbers.provision(wanted);
    await numbers.update(sid, { smsUrl: "http://a.test/", friendlyName: "La porte" });

    expect(await numbers.provision({ ...wanted, line: "gsm2" })).toMatchObject({
      sid,
      line: "gsm2",
      smsUrl: "http://a.test/",
      friendlyName: "La porte",
    });
    expect(numbers.ofLine("sim1")).toEqual([]);
  });
});

describe("a purchase", () => {
  it("makes a number with what is set at once, in one change", async () => {
    const number = await numbers.buy(wanted, { smsUrl: "http://a.test/", friendlyName: "La porte" });
    expect(number).toMatchObject({ ...wanted, smsUrl: "http://a.test/", friendlyName: "La porte" });
    expect(numbers.byNumber(wanted.phoneNumber)).toEqual(number);
  });

  it("is of one of those who come at once", async () => {
    const results = await Promise.all([1, 2, 3].map(() => numbers.buy(wanted, {})));
    expect(results.filter((number) => number !== null)).toHaveLength(1);
    expect(settings.document.numbers).toHaveLength(1);
    expect(await numbers.buy({ ...wanted, accountSid: `AC${"c".repeat(32)}` }, {})).toBeNull();
  });
});

describe("a release", () => {
  it("is remembered until the number is somebody's again", async () => {
    const { sid } = await numbers.provision(wanted);
    expect(numbers.isReleased(wanted.phoneNumber)).toBe(false);
    const results = await Promise.all([numbers.release(sid), numbers.release(sid)]);

    expect(results).toEqual([true, false]);
    expect(numbers.byNumber(wanted.phoneNumber)).toBeNull();
    expect(settings.document).toMatchObject({ numbers: [], released: [wanted.phoneNumber] });
    expect(numbers.isReleased(wanted.phoneNumber)).toBe(true);

    expect((await numbers.buy(wanted, {}))?.sid).not.toBe(sid);
    expect(settings.document.released).toEqual([]);
  });

  it("is forgotten when the number is provisioned too", async () => {
    await numbers.release((await numbers.provision(wanted)).sid);
    await numbers.provision(wanted);
    expect(settings.document.released).toEqual([]);
  });
});

describe("an update", () => {
  it("changes what it names and the date, and is found at once", async () => {
    const number = await numbers.provision(wanted);
    await clock.advance(1000);
    const updated = await numbers.update(number.sid, { smsUrl: "http://a.test/" });

    expect(updated).toEqual({ ...number, smsUrl: "http://a.test/", updatedAt: number.updatedAt + 1000 });
    expect(numbers.byNumber(wanted.phoneNumber)).toEqual(updated);
  });

  it("of a number that is not there answers null", async () => {
    expect(await numbers.update(`PN${"0".repeat(32)}`, { smsUrl: "http://a.test/" })).toBeNull();
  });
});

describe("a list", () => {
  it("is of one account, in the order of the SIDs", async () => {
    for (const last of ["1", "2", "3", "4"]) {
      const accountSid = last === "4" ? `AC${"c".repeat(32)}` : MAIN;
      await numbers.provision({ ...wanted, accountSid, phoneNumber: `+3363998000${last}` });
    }
    const sids = numbers.list(MAIN).map(({ sid }) => sid);
    expect(sids).toHaveLength(3);
    expect(sids).toEqual(sids.toSorted());
  });

  it.each([
    ["+33639980001", true],
    ["33639980001", true],
    ["8000", true],
    ["8*00", true],
    ["+33*3*", true],
    ["***********", true],
    ["************", false],
    ["*+33", false],
    ["+9", false],
    ["06 39", false],
    ["+33 6 39", true],
    ["", true],
  ])("finds +33639980001 by %j: %s", async (phoneNumber, found) => {
    await numbers.provision(wanted);
    expect(numbers.list(MAIN, { phoneNumber })).toHaveLength(found ? 1 : 0);
  });

  it("can be narrowed to kinds and a name", async () => {
    await numbers.provision(wanted);
    await numbers.provision({ ...wanted, phoneNumber: "36123", kind: "short-code" });

    expect(numbers.list(MAIN, { kinds: ["short-code"] })).toMatchObject([{ phoneNumber: "36123" }]);
    expect(numbers.list(MAIN, { friendlyName: "06 39 98 00 01" })).toMatchObject([{ kind: "mobile" }]);
    expect(numbers.list(MAIN, { kinds: ["mobile"], friendlyName: "36123" })).toEqual([]);
  });
});
