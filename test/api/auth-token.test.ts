import { afterEach, describe, expect, it } from "vitest";
import { type ApiBox, openApiBox } from "./api-box.ts";

let box: ApiBox;
afterEach(() => box.close());

describe("POST AuthToken", () => {
  it("makes the token anew: the old one is refused from then on, the keys go on", async () => {
    box = await openApiBox();
    const key = await box.client.newKeys.create({ friendlyName: "ci" });
    const { status, body } = await box.post("/appliance/v1/AuthToken", {});
    expect(status).toBe(200);
    expect(body).toEqual({
      account_sid: box.account.sid,
      auth_token: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(body["auth_token"]).not.toBe(box.account.authToken);

    const lines = "/appliance/v1/Lines";
    expect((await box.get(lines)).status).toBe(401);
    const credentials = `${box.account.sid}:${String(body["auth_token"])}`;
    expect((await box.get(lines, { credentials })).status).toBe(200);
    expect((await box.get(lines, { credentials: `${key.sid}:${key.secret}` })).status).toBe(200);

    const { body: told } = await box.get("/appliance/v1/Events?Type=account.rotated", { credentials });
    expect(told["events"]).toMatchObject([{ level: "warning", account_sid: box.account.sid }]);
    expect(JSON.stringify(told)).not.toContain(String(body["auth_token"]));
  });

  it("is not for a standard key", async () => {
    box = await openApiBox();
    const key = await box.client.newKeys.create({ friendlyName: "ci" });
    const answer = await box.post("/appliance/v1/AuthToken", {}, { credentials: `${key.sid}:${key.secret}` });
    expect(answer).toMatchObject({ status: 403, body: { code: 20006 } });
    expect(box.accounts.main.authToken).toBe(box.account.authToken);
  });

  it("refuses where the token stands in the configuration, which would bring the old one back", async () => {
    box = await openApiBox({ isTokenConfigured: true });
    const answer = await box.post("/appliance/v1/AuthToken", {});
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 20422, message: expect.stringContaining("account.authToken") },
    });
    expect(box.accounts.main.authToken).toBe(box.account.authToken);
  });
});
