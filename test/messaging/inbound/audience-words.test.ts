/** METEO and METEO STOP as they come over the air: who is a member, what is answered, what the app is told. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AudienceFields, Audiences } from "../../../src/accounts/audience/audiences.ts";
import { confirmationTexts } from "../../../src/accounts/audience/confirmations.ts";
import { reservedWords } from "../../../src/accounts/audience/keywords.ts";
import { DEFAULT_OPT_OUT, optOutPolicy, optOutWords } from "../../../src/accounts/opt-out.ts";
import { createAudienceWords } from "../../../src/messaging/inbound/audience-words.ts";
import { createKeywords } from "../../../src/messaging/inbound/keywords.ts";
import { createReceiver, type Receiver } from "../../../src/messaging/inbound/receive.ts";
import { ReplyLoop } from "../../../src/messaging/inbound/reply-loop.ts";
import { createAccept } from "../../../src/messaging/outbound/accept.ts";
import { KeySequence } from "../../../src/runtime/ids.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { AudienceRecord, MemberRecord } from "../../../src/store/audience-commands.ts";
import type { NumberRecord } from "../../../src/store/settings-document.ts";
import { FakeClock } from "../../harness/fake-clock.ts";
import { openTestStore, type TestStore } from "../../harness/open-test-store.ts";
import { ACCOUNT, inventory, NUMBER, numberRecord, OTHER_ACCOUNT, PHONE, parseFrench } from "../numbers.ts";
import { gsm7Segment } from "./segments.ts";

const THEIRS = "+33639980003";

let clock: FakeClock;
let testStore: TestStore;
let audiences: Audiences;
let receive: Receiver;
let optOut = DEFAULT_OPT_OUT;

beforeEach(async () => {
  clock = new FakeClock();
  testStore = await openTestStore({ clock });
  optOut = DEFAULT_OPT_OUT;
  await build();
});
afterEach(() => testStore.remove());

async function build(numbers: NumberRecord[] = [numberRecord()]): Promise<void> {
  const { store } = testStore;
  const keys = new KeySequence(clock, store.newestKey);
  const accept = createAccept({ store, keys, clock, limits: { maxQueued: 1000 } });
  audiences = new Audiences({ store, keys, clock, reserved: reservedWords(optOutWords(optOut)) });
  await audiences.load();
  const policy = optOutPolicy(optOut);
  const common = {
    keys,
    clock,
    prepare: accept.prepare,
    rateOf: () => 1,
    serviceOf: () => null,
    countryOf: (address: string) => (address.startsWith("+33") ? "FR" : null),
  };
  receive = createReceiver({
    ...common,
    store,
    log: silentLog(),
    numbers: inventory(numbers),
    parseAddress: parseFrench,
    siteCountry: "FR",
    keywords: policy === null ? null : createKeywords({ ...common, policy }),
    audienceWords: createAudienceWords({
      ...common,
      audiences,
      loop: new ReplyLoop(clock),
      accountSid: ACCOUNT,
      language: "auto",
    }),
  });
}

async function create(fields: Partial<AudienceFields> = {}): Promise<AudienceRecord> {
  const result = await audiences.create({ friendlyName: "la météo", keywords: ["METEO"], ...fields });
  if (result.is !== "kept") throw new Error(JSON.stringify(result));
  return result.audience;
}

const text = (body: string, fields = {}) => receive("sim1", gsm7Segment(body, fields));

async function members({ sid }: AudienceRecord): Promise<readonly MemberRecord[]> {
  return testStore.store.listMembers(sid, { after: null, limit: 9 });
}

async function answers(queue = NUMBER): Promise<readonly string[]> {
  const { claims } = await testStore.store.claim(queue, { line: "sim1", limit: 10, now: clock.now() });
  return claims.map(({ segment }) => segment.text);
}

async function told(): Promise<readonly string[]> {
  const [queue = ""] = await testStore.store.webhookQueues();
  const tasks = await testStore.store.nextWebhooks(queue, 10);
  return tasks.flatMap(({ facts }) => (facts.kind === "inbound" ? [facts.body] : []));
}

async function eventTypes(): Promise<readonly string[]> {
  return (await testStore.store.listEvents({ limit: 9 })).map(({ type }) => type).reverse();
}

describe("METEO", () => {
  test("makes a member, once, and is answered each time in their language; the app is not asked", async () => {
    const weather = await create();
    await text("Meteo");
    await text("METEO");
    const { welcome } = confirmationTexts(weather, "fr");
    expect(await answers()).toEqual([welcome, welcome]);
    expect(await members(weather)).toMatchObject([
      { phoneNumber: PHONE, joinedBy: "keyword", joinedAt: clock.now(), language: null, optedOutOf: [] },
    ]);
    expect(await testStore.store.countMembers(weather.sid)).toBe(1);
    expect(await told()).toEqual([]);
    expect(await eventTypes()).toEqual(["audience.changed"]);
    const [event] = await testStore.store.listEvents({ limit: 1 });
    expect(event).toMatchObject({ detail: { audience: weather.sid, forwarded: false } });
    expect(event?.text).not.toContain(PHONE);
  });

  test("is a message like any other beside it: stored, and its answer in no list", async () => {
    await create();
    await text("METEO");
    const messages = await testStore.store.listMessages({ accountSid: ACCOUNT, limit: 9 });
    expect(messages.map(({ body, direction }) => [body, direction])).toEqual([["METEO", "inbound"]]);
  });

  test("is one transaction with the message: after a power cut both are there, and the answer", async () => {
    const weather = await create();
    await text("METEO");
    const after = await testStore.powerCut();
    expect(await after.store.countMembers(weather.sid)).toBe(1);
    const { claims } = await after.store.claim(NUMBER, { line: "sim1", limit: 10, now: clock.now() });
    expect(claims).toHaveLength(1);
    expect(await after.store.listMessages({ accountSid: ACCOUNT, limit: 9 })).toHaveLength(1);
    await after.remove();
  });

  test("that the network delivers twice is answered once", async () => {
    await create();
    const segment = gsm7Segment("METEO");
    await receive("sim1", segment);
    await receive("sim1", segment);
    expect(await answers()).toHaveLength(1);
  });

  test("in two parts counts when it is whole", async () => {
    const weather = await create();
    const part = (body: string, sequence: number) =>
      text(body, { concatenation: { reference: 1, referenceBits: 8, total: 2, sequence } });
    await part("MET", 1);
    expect(await members(weather)).toEqual([]);
    await part("EO", 2);
    expect(await members(weather)).toHaveLength(1);
  });

  test("goes to the app as well where the audience forwards its keywords", async () => {
    const weather = await create({ forwardKeywords: true, confirm: false });
    await text("METEO");
    await text("METEO STOP");
    expect(await told()).toEqual(["METEO", "METEO STOP"]);
    expect(await answers()).toEqual([]);
    expect(await members(weather)).toEqual([]);
  });

  test("needs no app: a number without a webhook is not told of", async () => {
    await build([numberRecord({ smsUrl: "" })]);
    await create();
    await text("METEO");
    expect(await eventTypes()).toEqual(["audience.changed"]);
    await text("Bonjour");
    expect(await eventTypes()).toEqual(["audience.changed", "inbound.unrouted"]);
  });

  test("within a sentence goes to the app and makes nobody a member", async () => {
    const weather = await create();
    await text("METEO Paris");
    expect(await told()).toEqual(["METEO Paris"]);
    expect(await members(weather)).toEqual([]);
  });

  test("from a name, or to another account's number, is a message and nothing more", async () => {
    await build([
      numberRecord(),
      numberRecord({ phoneNumber: THEIRS, accountSid: OTHER_ACCOUNT, line: "sim2" }),
    ]);
    const weather = await create();
    await text("METEO", { from: "COLIS" });
    await receive("sim2", gsm7Segment("METEO"));
    expect(await members(weather)).toEqual([]);
    expect(await answers()).toEqual([]);
    expect(await answers(THEIRS)).toEqual([]);
  });

  test("of an audience that was deleted is a message like any other", async () => {
    const weather = await create();
    await audiences.delete(weather.sid);
    await text("METEO");
    expect(await told()).toEqual(["METEO"]);
    expect(await answers()).toEqual([]);
  });
});

describe("METEO STOP", () => {
  test("ends the membership and nothing else: other audiences stay, and nothing is blocked", async () => {
    const [weather, tides] = [await create(), await create({ friendlyName: "Tides", keywords: ["MAREES"] })];
    for (const body of ["METEO", "MAREES", "Stop meteo"]) await text(body);
    expect(await members(weather)).toEqual([]);
    expect(await members(tides)).toMatchObject([{ phoneNumber: PHONE, optedOutOf: [] }]);
    expect((await answers()).at(-1)).toBe(confirmationTexts(weather, "fr").goodbye);
    expect(await told()).toEqual([]);
    expect(await eventTypes()).toEqual(["audience.changed", "audience.changed", "audience.changed"]);
  });

  test("from who is no member is answered all the same, and changes nothing", async () => {
    const weather = await create();
    await text("METEO STOP");
    expect(await answers()).toEqual([confirmationTexts(weather, "fr").goodbye]);
    expect(await eventTypes()).toEqual([]);
    expect(await testStore.store.countMembers(weather.sid)).toBe(0);
  });

  test("is understood where STOP itself is not acted on", async () => {
    optOut = { ...DEFAULT_OPT_OUT, enabled: false };
    await build();
    const weather = await create();
    await text("METEO");
    await text("METEO STOP");
    expect(await members(weather)).toEqual([]);
  });
});

describe("STOP", () => {
  test("goes before any audience: the membership stays and says so, until START", async () => {
    const weather = await create();
    await text("METEO");
    await text("STOP");
    expect(await members(weather)).toMatchObject([{ phoneNumber: PHONE, optedOutOf: [NUMBER] }]);
    await text("START");
    expect(await members(weather)).toMatchObject([{ phoneNumber: PHONE, optedOutOf: [] }]);
  });

  test("goes before an audience's keyword that the configuration makes a word for it", async () => {
    const wind = await create({ friendlyName: "Wind", keywords: ["VENT"] });
    optOut = { ...DEFAULT_OPT_OUT, languages: { fr: { keywords: { stop: ["VENT"] } } } };
    await build();
    await text("VENT");
    expect(await members(wind)).toEqual([]);
    expect(await eventTypes()).toEqual(["optout.changed"]);
    expect(await told()).toEqual(["VENT"]);
  });

  test("is not lifted by METEO, which is kept, and answered with the way to lift it", async () => {
    const weather = await create({ welcomeText: "Bienvenue à bord" });
    await text("STOP");
    await text("METEO");
    expect((await answers()).at(-1)).toBe(confirmationTexts(weather, "fr").blocked);
    expect(await members(weather)).toMatchObject([{ phoneNumber: PHONE, optedOutOf: [NUMBER] }]);
  });

  test("leaves METEO STOP without an answer", async () => {
    const weather = await create();
    for (const body of ["METEO", "STOP"]) await text(body);
    const before = (await answers()).length;
    await text("METEO STOP");
    expect(before).toBe(2);
    expect(await answers()).toEqual([]);
    expect(await members(weather)).toEqual([]);
  });
});

describe("the answer", () => {
  test("is in the language of the audience, to a foreign number in English, and the audience's own as written", async () => {
    const french = await create({ language: "fr" });
    const english = await create({ friendlyName: "Tides", keywords: ["MAREES"] });
    await create({ friendlyName: "Wind", keywords: ["VENT"], welcomeText: "Du vent !" });
    for (const body of ["METEO", "MAREES", "VENT"]) await text(body, { from: "+4930123456" });
    expect(await answers()).toEqual([
      confirmationTexts(french, "fr").welcome,
      confirmationTexts(english, "en").welcome,
      "Du vent !",
    ]);
  });

  test("is in the member's own language where it is known", async () => {
    const weather = await create({ language: "fr" });
    await audiences.putMembers(weather.sid, [{ phoneNumber: PHONE, language: "en-GB" }], "import");
    await text("METEO");
    await text("METEO STOP");
    const { welcome, goodbye } = confirmationTexts(weather, "en");
    expect(await answers()).toEqual([welcome, goodbye]);
  });

  test("ends where two machines answer each other; the membership does not", async () => {
    const weather = await create();
    let count = 0;
    for (let n = 0; n < 40; n++) {
      await text(n % 2 === 0 ? "METEO" : "METEO STOP");
      count += (await answers()).length;
    }
    expect(count).toBe(30);
    expect(await members(weather)).toEqual([]);
    await text("METEO");
    expect(await members(weather)).toHaveLength(1);
  });

  test("is not sent when the configuration makes a keyword of it", async () => {
    await create({ welcomeText: "Ahoi" });
    optOut = { ...DEFAULT_OPT_OUT, languages: { de: { keywords: { start: ["AHOI"] } } } };
    await build();
    await text("METEO");
    expect(await answers()).toEqual([]);
  });

  test("is left out when its queue is full: who joined is a member", async () => {
    const weather = await create();
    const { store } = testStore;
    const keys = new KeySequence(clock, store.newestKey + 1000);
    const accept = createAccept({ store, keys, clock, limits: { maxQueued: 1000 } });
    const filler = { from: NUMBER, to: "+33639980012", body: "x", queue: NUMBER, lane: "single" } as const;
    for (let n = 0; n < 1000; n++) {
      await accept.accept({
        ...filler,
        accountSid: ACCOUNT,
        direction: "outbound-api",
        messagingServiceSid: null,
        statusCallback: null,
        validitySeconds: null,
        segmentsPerSecond: "unlimited",
      });
    }
    await text("METEO");
    expect(await members(weather)).toHaveLength(1);
    expect((await store.queueDepths())[0]?.messages).toBe(1000);
  });
});
