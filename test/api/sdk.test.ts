/** The official SDK drives every endpoint of the contract's index against a listening appliance. */
import twilio from "twilio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { INDEX, nameOf } from "./contract-index.ts";
import { REFUSALS } from "./refusals.ts";
import { NOT_IN_THE_SDK, SDK_CALLS } from "./sdk-calls.ts";
import { openWorld, type World } from "./world.ts";

/** The SDK's own client, which tells what it asked for. */
class Listening extends twilio.RequestClient {
  readonly asked: string[] = [];

  override request<T>(...given: Parameters<typeof twilio.RequestClient.prototype.request<T>>) {
    const [{ method, uri }] = given;
    this.asked.push(`${method.toUpperCase()} ${new URL(uri).pathname}`);
    return super.request<T>(...given);
  }
}

let world: World;
let client: ReturnType<typeof twilio>;
const http = new Listening();

beforeAll(async () => {
  world = await openWorld();
  const { account, baseUrl } = world.box;
  client = twilio(account.sid, account.authToken, { httpClient: http });
  for (const domain of [client.api, client.messaging, client.lookups, client.iam]) domain.baseUrl = baseUrl;
});

afterAll(() => world.box.close());

/** `GET API/Keys/{SK}.json` as a pattern of what is asked for. */
function patternOf(endpoint: string): RegExp {
  const path = endpoint
    .replace("API/", "/2010-04-01/Accounts/{AC}/")
    .replace(/[.]/g, "\\.")
    .replace("{CC}", "[A-Z]{2}")
    .replace("{num}", "\\+[0-9]+")
    .replace(/\{([A-Z]{2})\}/g, "$1[0-9a-f]{32}");
  return new RegExp(`^${path}$`);
}

describe("the SDK", () => {
  it("has a call for every endpoint of the index, but for what it does not know", () => {
    const called = [...Object.keys(SDK_CALLS), ...NOT_IN_THE_SDK];
    expect(called.toSorted()).toEqual(INDEX.map(nameOf).toSorted());
  });

  it.each(Object.entries(SDK_CALLS))("drives %s", async (endpoint, call) => {
    const refusal = REFUSALS.find((each) => each.endpoint === endpoint);
    http.asked.length = 0;
    const called = call(client, world);
    if (refusal === undefined) {
      const result = await called;
      expect(endpoint.startsWith("DELETE") ? result : typeof result).toBe(
        endpoint.startsWith("DELETE") ? true : "object",
      );
    } else {
      await expect(called).rejects.toMatchObject({ status: refusal.status, code: refusal.code });
    }
    expect(http.asked[0]).toMatch(patternOf(endpoint));
  });
});
