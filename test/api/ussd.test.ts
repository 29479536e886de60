import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiBox, openApiBox } from "./api-box.ts";

let box: ApiBox;

beforeEach(async () => {
  box = await openApiBox();
});

afterEach(() => box.close());

describe("USSD on a line", () => {
  it("answers with what the network said", async () => {
    const plain = await box.post("/appliance/v1/Lines/sim1/Ussd", { Code: "*100#" });
    expect([plain.status, plain.body]).toEqual([
      200,
      { line: "sim1", code: "*100#", answer: "Solde 12.40 EUR", expects_answer: false },
    ]);
    const menu = await box.post("/appliance/v1/Lines/sim1/Ussd", { Code: "*123#" });
    expect(menu.body).toMatchObject({ answer: "1 Balance 2 Offers", expects_answer: true });
  });

  it.each([
    ["sim1", "*1#", 429, 20429, "USSD on sim1: another USSD request is being answered."],
    ["sim1", "*2#", 400, 20422, "USSD on sim1: the network does not support this."],
    ["sim1", "*3#", 503, 20503, "USSD on sim1: searching for a network."],
    ["sim1", "*4#", 503, 20503, "USSD on sim1: no answer."],
    ["sim1", "", 400, 20001, "A 'Code' is required, such as *100#."],
    ["sim1", '*100#",15', 400, 20001, "The 'Code' is made of digits, * and #, such as *100#."],
    ["nowhere", "*100#", 404, 20404, expect.stringContaining("/appliance/v1/Lines/nowhere/Ussd")],
  ])("on %s with %s is refused with %i, code %i", async (line, code, status, errorCode, message) => {
    const refused = await box.post(`/appliance/v1/Lines/${line}/Ussd`, { Code: code });
    expect(refused.status).toBe(status);
    expect(refused.body).toMatchObject({ code: errorCode, message });
  });
});
