import { describe, expect, it } from "vitest";
import { reading } from "../../src/cli/connection.ts";
import { Failure } from "../../src/cli/failure.ts";
import { Fault } from "../../src/runtime/fault.ts";

const failing = (error: Error) =>
  reading("/var/lib/pylone", () => Promise.reject(error)).then(
    () => null,
    (failure: unknown) => (failure instanceof Failure ? `${failure.exitCode}: ${failure.message}` : failure),
  );

describe("what the commands read of the daemon's", () => {
  it("says how to read what this user may not, with 77", async () => {
    expect(await failing(Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" }))).toBe(
      "77: /var/lib/pylone may not be read by this user: run this with sudo, or as the user the daemon runs as (sudo -u pylone …)",
    );
  });

  it("says what is wrong with it, with the status that serve would end with", async () => {
    const broken = new Fault({
      code: "config.invalid",
      disposition: "reject",
      message: "settings.json is not valid JSON",
    });
    expect(await failing(broken)).toBe("78: settings.json is not valid JSON");
  });
});
