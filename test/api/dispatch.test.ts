/** Routes are remembered by the shape of a path: what differs in its segments still finds its own resource. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox } from "./api-box.ts";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

async function send(body: string): Promise<string> {
  return (await box.client.messages.create({ to: "+33639980002", from: OWN, body })).sid;
}

describe("a path of a shape that was seen before", () => {
  it("leads to the resource its own SID names", async () => {
    const [first, second] = [await send("first"), await send("second")];
    for (const [sid, body] of [
      [first, "first"],
      [second, "second"],
      [first, "first"],
    ] as const) {
      expect((await box.get(box.api(`/Messages/${sid}.json`))).body).toMatchObject({ sid, body });
    }
  });

  it("is 404 where its own SID names nothing, and the next one is found", async () => {
    const sid = await send("there");
    expect((await box.get(box.api(`/Messages/${sid.replace(/.{8}$/, "00000000")}.json`))).status).toBe(404);
    expect((await box.get(box.api(`/Messages/${sid}.json`))).status).toBe(200);
  });

  it("is another path under another method", async () => {
    const path = box.api("/Balance.json");
    expect((await box.get(path)).status).toBe(200);
    const refused = await box.post(path, {});
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "HEAD, GET"]);
    expect((await box.get(path)).status).toBe(200);
  });

  it("has its parameters decoded", async () => {
    for (const number of ["+33639980002", "+33639980003"]) {
      const { body } = await box.get(`/v2/PhoneNumbers/${encodeURIComponent(number)}`);
      expect(body["phone_number"]).toBe(number);
    }
  });

  it("does not pass for a SID where a word stands", async () => {
    expect((await box.get(box.api(`/${"AB".padEnd(34, "0")}.json`))).status).toBe(404);
    expect((await box.get(box.api("/*.json"))).status).toBe(404);
    expect((await box.get(box.api("/Messages.json"))).status).toBe(200);
  });

  it("is found among more shapes than are remembered", async () => {
    for (let digit = 0; digit < 600; digit++) {
      const number = `+3363998${String(1000 + digit)}`;
      const { body } = await box.get(`/v2/PhoneNumbers/${encodeURIComponent(number)}`);
      expect(body["phone_number"]).toBe(number);
    }
  });
});
