/** Lookup v2, contract §7.6, through the official SDK. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, openApiBox } from "./api-box.ts";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

describe("a look-up", () => {
  it("has every field of the contract", async () => {
    const { status, body } = await box.get("/v2/PhoneNumbers/%2B14155552671");
    expect(status).toBe(200);
    expect(body).toEqual({
      calling_country_code: "1",
      country_code: "US",
      phone_number: "+14155552671",
      national_format: "(415) 555-2671",
      valid: true,
      validation_errors: [],
      caller_name: null,
      sim_swap: null,
      call_forwarding: null,
      line_status: null,
      line_type_intelligence: null,
      identity_match: null,
      reassigned_number: null,
      sms_pumping_risk: null,
      phone_number_quality_score: null,
      pre_fill: null,
      url: `${box.baseUrl}/v2/PhoneNumbers/%2B14155552671`,
    });
  });

  it.each([
    ["0639980002", "FR", true, "+33639980002", []],
    ["(415) 555-2671", "US", true, "+14155552671", []],
    ["+331", "FR", false, "+331", ["TOO_SHORT"]],
    ["+3363998000212345", "FR", false, "+3363998000212345", ["TOO_LONG"]],
    ["+15550000000", "US", true, "+15550000000", []],
    ["hello", "FR", false, "hello", ["NOT_A_NUMBER"]],
    ["+999123456789", "FR", false, "+999123456789", ["INVALID_COUNTRY_CODE"]],
  ])("of %s in %s is valid: %s", async (text, countryCode, valid, phoneNumber, validationErrors) => {
    const found = await box.client.lookups.v2.phoneNumbers(text).fetch({ countryCode });
    expect(found).toMatchObject({ valid, phoneNumber, validationErrors });
  });

  it("needs credentials", async () => {
    expect((await box.get("/v2/PhoneNumbers/%2B14155552671", { credentials: null })).status).toBe(401);
  });
});
