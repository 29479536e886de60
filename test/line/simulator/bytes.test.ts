/** Properties of the wire: how bytes are cut changes nothing, and no bytes do any harm. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { settle } from "../../harness/fake-clock.ts";
import { bench, CTRL_Z, ESC, NUMBER, PHONE, SUBMIT } from "./bench.ts";

const TYPED = [
  "AT\r",
  "ATE0\r",
  "AT+CMGF=0;+CMEE=1\r\n",
  'AT+CPMS="ME","ME","ME"\r',
  "AT+CNMI=2,1,0,0,0\r",
  `AT+CMGS=30\r${SUBMIT}${CTRL_Z}`,
  `AT+CMGS=30\r${SUBMIT.slice(0, 9)}${ESC}`,
  `AT+CMGS=29\r${SUBMIT}${CTRL_Z}`,
  "AT+CMGL=4\r",
  "AT+NONSENSE;+CSQ\r",
  "ATE1\r",
  `AT+CS${ESC}AT+CSQ\r`,
].join("");

async function answersTo(typed: string, cuts: readonly number[]): Promise<string> {
  const { te } = bench();
  const borders = [0, ...[...cuts].sort((a, b) => a - b), typed.length];
  for (let at = 1; at < borders.length; at++)
    await te.port.write(Buffer.from(typed.slice(borders[at - 1], borders[at]), "latin1"));
  return await te.heard();
}

test("the same bytes give the same answers, however they are cut", async () => {
  const whole = await answersTo(TYPED, []);
  expect(whole).toContain("+CMGS: 1");
  expect(
    await answersTo(
      TYPED,
      [...TYPED].map((_, at) => at),
    ),
  ).toBe(whole);
  const cuts = fc.array(fc.nat(TYPED.length), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      expect(await answersTo(TYPED, places)).toBe(whole);
    }),
    { numRuns: 60 },
  );
});

test("random bytes never break it: afterwards it still answers and receives", async () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    fc
      .array(
        fc.constantFrom(
          "AT",
          "+CMGS=",
          "+CMGD=",
          "+CNMI=",
          "+CPMS=",
          "+CPIN=",
          "+CMGR=",
          "1",
          ",",
          '"',
          ";",
          "?",
          "=",
          "\r",
          ESC,
          CTRL_Z,
          "00",
        ),
        { maxLength: 30 },
      )
      .map((words) => words.join("")),
  );
  await fc.assert(
    fc.asyncProperty(noise, async (typed) => {
      const { te, network } = bench();
      await te.say("AT+CMGF=0\r");
      await te.say(typed);
      await te.say(`${ESC}\r`);
      expect(await te.say("AT\r")).toContain("\r\nOK\r\n");
      expect(network.text({ from: PHONE, to: NUMBER, body: "still there?" })).toEqual({
        accepted: true,
        parts: 1,
      });
      await settle();
    }),
    { numRuns: 200 },
  );
});

test("random TPDUs over the air never break it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.nat(2), fc.nat(2), async (tpdu, mt, ds) => {
      const { te, network } = bench();
      await te.say(`ATE0;+CMGF=0;+CNMI=2,${mt},0,${ds},0\r`);
      network.inject(NUMBER, tpdu);
      await settle();
      expect(network.waitingFor(NUMBER)).toBe(0);
      await te.heard();
      expect(await te.say("AT\r")).toBe("\r\nOK\r\n");
    }),
    { numRuns: 100 },
  );
});
