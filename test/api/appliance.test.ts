import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const TO = "+33639980002";
const NOW = "Sun, 04 Jan 2026 10:15:30 +0000";

let box: ApiBox;

beforeEach(async () => {
  box = await openApiBox();
});

afterEach(() => box.close());

describe("Lines", () => {
  it("show state, numbers and what the line learnt, and which are simulated", async () => {
    const { body } = await box.get("/appliance/v1/Lines");
    const sim1 = (body["lines"] as Record<string, unknown>[])[1];

    expect(body).toMatchObject({ page: 0, page_size: 50, start: 0, end: 1, next_page_uri: null });
    expect(body["lines"]).toMatchObject([
      { name: "gsm2", simulated: false, numbers: [] },
      { name: "sim1", simulated: true },
    ]);
    expect(sim1).toEqual({
      name: "sim1",
      kind: "modem",
      simulated: true,
      state: "ready",
      reason: "registered",
      since: NOW,
      window: 1,
      port: null,
      numbers: [{ sid: box.numbers.byNumber(OWN)?.sid, phone_number: OWN, segments_per_second: 1 }],
      fallback: null,
      fallback_active: false,
      fallback_refuses: [],
      fallback_since: null,
      carries: [],
      throttled_to: null,
      seconds_per_segment: null,
      plan: null,
      manufacturer: "Example",
      model: "M1",
      imei: null,
      iccid: null,
      imsi: null,
      operator: "Example Mobile",
      technology: null,
      signal_dbm: -71,
      network_asked: NOW,
      smsc: "+33609001390",
      smsc_asked: null,
      own_number: null,
      last_sent: null,
      storage: { name: "ME", used: 3, total: 23 },
      last_received: NOW,
      counters: { sent: 0, received: 1 },
      recovery: null,
    });
  });

  it("are paged like everything else", async () => {
    const first = await box.get("/appliance/v1/Lines?PageSize=1");
    expect(first.body["next_page_uri"]).toBe("/appliance/v1/Lines?PageSize=1&Page=1&PageToken=PAgsm2");
    const second = await box.get(String(first.body["next_page_uri"]));
    expect(second.body).toMatchObject({ lines: [{ name: "sim1" }], next_page_uri: null });
  });
});

describe("a Message in detail", () => {
  it("shows Twilio's resource, its submissions and what it waits for", async () => {
    const { sid } = await box.client.messages.create({ to: TO, from: OWN, body: "x".repeat(200) });
    const { claims } = await box.store.claim(OWN, { line: "sim1", limit: 1, now: box.clock.now() });
    await box.store.settle(
      claims[0]?.submissionId ?? "",
      { is: "retry", retryAt: box.clock.now() + 60_000, why: "The network is congested." },
      box.clock.now() + 1000,
    );
    const { body } = await box.get(`/appliance/v1/Messages/${sid}`);
    const twilio = await box.get(box.api(`/Messages/${sid}.json`));

    expect(body).toEqual({
      ...twilio.body,
      line: expect.toSatisfy((line: unknown) => line === null || line === "sim1"),
      send_at: null,
      attempts: 1,
      retry_at: "Sun, 04 Jan 2026 10:16:30 +0000",
      waiting_for: expect.stringContaining("congested"),
      webhook: null,
      submissions: [
        {
          submission_id: claims[0]?.submissionId,
          index: 0,
          line: "sim1",
          state: "rejected",
          reference: null,
          date_started: NOW,
          date_settled: "Sun, 04 Jan 2026 10:15:31 +0000",
          report_state: null,
          report_status: null,
          why: expect.stringContaining("congested"),
        },
      ],
    });
  });
});

describe("Events", () => {
  it("are listed newest first, page by page, key for key", async () => {
    for (const text of ["first", "second", "third"]) {
      await box.store.addEvent({
        type: "webhook.failed",
        level: "error",
        at: box.clock.now(),
        text,
        errorCode: 11200,
      });
    }
    const { body } = await box.get("/appliance/v1/Events?PageSize=2");
    expect((body["events"] as { text: string }[]).map(({ text }) => text)).toEqual(["third", "second"]);
    expect((body["events"] as object[])[0]).toEqual({
      sid: expect.stringMatching(/^NO[0-9a-f]{32}$/),
      type: "webhook.failed",
      level: "error",
      date_created: NOW,
      text: "third",
      line: null,
      account_sid: null,
      message_sid: null,
      error_code: 11200,
      more_info: "https://www.twilio.com/docs/errors/11200",
      detail: null,
    });
    const next = await box.get(String(body["next_page_uri"]));
    expect(next.body).toMatchObject({ events: [{ text: "first" }], next_page_uri: null });
  });
});

describe("the simulator's Faults", () => {
  const path = "/appliance/v1/Simulator/Faults";

  it("are switched on, listed, and switched off one by one or all", async () => {
    const hang = await box.post(path, { Fault: "hang", Seconds: "20" });
    expect([hang.status, hang.body]).toEqual([
      201,
      expect.objectContaining({ id: "sim1.1", line: "sim1", fault: "hang", since: NOW }),
    ]);
    expect(hang.body["until"]).toBe("Sun, 04 Jan 2026 10:15:50 +0000");
    await box.post(path, JSON.stringify({ Fault: "cms-error", Line: "sim1", Code: 38, Every: 3 }), {
      type: "application/json",
    });
    const ids = async () => ((await box.get(path)).body["faults"] as { id: string }[]).map(({ id }) => id);
    expect(await ids()).toEqual(["sim1.1", "sim1.2"]);
    expect((await box.request(`${path}/sim1.1`, { method: "DELETE" })).status).toBe(204);
    expect(await ids()).toEqual(["sim1.2"]);
    expect((await box.request(path, { method: "DELETE" })).status).toBe(204);
    expect(await ids()).toEqual([]);
    expect((await box.request(`${path}/sim1.1`, { method: "DELETE" })).body["code"]).toBe(20404);
  });

  it("tell which there are and what each does", async () => {
    const kinds = (await box.get(path)).body["kinds"] as { fault: string; text: string }[];
    expect(kinds.map(({ fault }) => fault)).toEqual(expect.arrayContaining(["hang", "power-loss", "random"]));
    expect(kinds.every(({ text }) => text.length > 10)).toBe(true);
  });

  it.each([
    [{}, "Fault is one of hang, "],
    [{ Fault: "toString" }, "Fault is one of hang, "],
    [{ Fault: "hang", Line: "gsm2" }, 'Line "gsm2" is not simulated: sim1 can fail.'],
    [{ Fault: "hang", Seconds: "soon" }, "Seconds is a number from 0.001"],
    [{ Fault: "cms-error", Every: "0" }, "Every is a whole number from 1"],
    [{ Fault: "hang", Colour: "red" }, "Colour is not known"],
  ])("refuse %j: %s", async (form, message) => {
    const answer = await box.post(path, form as Record<string, string>);
    expect([answer.status, answer.body["code"]]).toEqual([400, 20422]);
    expect(answer.body["message"]).toContain(message);
    expect((await box.get(path)).body["faults"]).toEqual([]);
  });

  it("do not exist while no line is simulated", async () => {
    const real = await openApiBox({ simulated: false });
    try {
      expect((await real.get(path)).status).toBe(404);
    } finally {
      await real.close();
    }
  });
});

describe("the simulator's Messages", () => {
  const path = "/appliance/v1/Simulator/Messages";

  it.each([
    [
      "a form",
      "application/x-www-form-urlencoded",
      (text: Record<string, string>) => new URLSearchParams(text).toString(),
    ],
    ["JSON", "application/json", (text: Record<string, string>) => JSON.stringify(text)],
  ])("let a handset text in with %s, and show it", async (_what, type, encode) => {
    const text = { From: "06 39 98 00 02", To: OWN, Body: "Paris 🙂" };
    const answer = await box.post(path, encode(text), { type });

    expect([answer.status, answer.body]).toEqual([201, { from: TO, to: OWN, body: "Paris 🙂", parts: 1 }]);
    expect((await box.get(path)).body["messages"]).toEqual([
      {
        handset: TO,
        direction: "from-handset",
        from: TO,
        to: OWN,
        body: "Paris 🙂",
        parts: 1,
        date_created: NOW,
      },
    ]);
  });

  it("are paged newest first", async () => {
    for (const body of ["1", "2", "3"]) box.network.text({ from: TO, to: OWN, body });
    const bodies = (page: Record<string, unknown>) =>
      (page["messages"] as { body: string }[]).map(({ body }) => body);
    const first = await box.get(`${path}?PageSize=2`);
    box.network.text({ from: TO, to: OWN, body: "4" });
    const second = await box.get(String(first.body["next_page_uri"]));

    expect([bodies(first.body), bodies(second.body)]).toEqual([["3", "2"], ["1"]]);
    expect(second.body["next_page_uri"]).toBeNull();
  });

  it.each([
    [{ From: TO, Body: "x" }, 21604],
    [{ To: OWN, Body: "x" }, 21603],
    [{ To: OWN, From: TO }, 21602],
    [{ To: OWN, From: "?!", Body: "x" }, 21212],
    [{ To: "+33639980042", From: TO, Body: "x" }, 21211],
    [{ To: "+33639980043", From: TO, Body: "x" }, 21211],
    [{ To: OWN, From: TO, Body: "x".repeat(1601) }, 21617],
  ])("refuse %j with %d", async (form, code) => {
    await provision(box.numbers, box.account, "+33639980043", "gsm2");
    const answer = await box.post(path, form as Record<string, string>);
    expect([answer.status, answer.body["code"]]).toEqual([400, code]);
    expect(box.network.messages()).toEqual([]);
  });

  it.each(["{", "[]", "null", '"x"', '{"To": {}}'])("refuse the JSON body %s", async (body) => {
    const answer = await box.post(path, body, { type: "application/json" });
    expect([answer.status, answer.body["code"]]).toEqual([400, 20001]);
  });

  it("do not exist while no line is simulated", async () => {
    const real = await openApiBox({ simulated: false });
    try {
      expect((await real.get(path)).status).toBe(404);
      expect((await real.post(path, { From: TO, To: OWN, Body: "x" })).body["code"]).toBe(20404);
    } finally {
      await real.close();
    }
  });
});
