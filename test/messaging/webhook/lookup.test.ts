import type { LookupAddress } from "node:dns";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { NameLookup, OwnAddressError } from "../../../src/messaging/webhook/lookup.ts";
import { ownAddresses } from "../../../src/messaging/webhook/own-address.ts";
import { settle } from "../../harness/fake-clock.ts";

const ADDRESS: LookupAddress = { address: "192.0.2.1", family: 4 };

function lookUp(lookup: NameLookup, url: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup.for(new URL(url))(new URL(url).hostname, { all: true }, (error, addresses) => {
      if (error !== null) reject(error);
      else resolve(addresses as LookupAddress[]);
    });
  });
}

describe("the look-up of webhook targets", () => {
  it("runs two at a time and asks for one name once, so that the serial ports keep their threads", async () => {
    const asked: string[] = [];
    const answers: ((addresses: readonly LookupAddress[]) => void)[] = [];
    const lookup = new NameLookup(
      () => false,
      (host) => {
        asked.push(host);
        return new Promise((resolve) => answers.push(resolve));
      },
    );
    const hosts = ["a", "a", "a", "b", "c", "d"];
    const all = Promise.all(hosts.map((host) => lookUp(lookup, `http://${host}.test/`)));
    await settle(1);
    expect(asked).toEqual(["a.test", "b.test"]);
    for (let given = 0; given < 4; given++) {
      answers[given]?.([ADDRESS]);
      await settle(1);
      expect(asked.length - (given + 1)).toBeLessThanOrEqual(2);
    }
    expect(await all).toEqual(hosts.map(() => [ADDRESS]));
    expect(asked).toEqual(["a.test", "b.test", "c.test", "d.test"]);
  });

  it("goes on after a name that is not known", async () => {
    const lookup = new NameLookup(
      () => false,
      async (host) => {
        if (host === "gone.test") throw new Error("no such name");
        return [ADDRESS];
      },
    );
    const gone = ["1", "2", "3"].map(() => lookUp(lookup, "http://gone.test/").catch(() => "gone"));
    expect(await Promise.all(gone)).toEqual(["gone", "gone", "gone"]);
    expect(await lookUp(lookup, "http://there.test/")).toEqual([ADDRESS]);
  });

  it("lets names that are dead wait for each other and for nobody else", async () => {
    const asked: string[] = [];
    const rejects: ((error: Error) => void)[] = [];
    const lookup = new NameLookup(
      () => false,
      (host) => {
        asked.push(host);
        if (!host.startsWith("dead")) return Promise.resolve([ADDRESS]);
        return new Promise((_resolve, reject) => rejects.push(reject));
      },
    );
    const fail = (host: string) => lookUp(lookup, `http://${host}.test/`).catch(() => "failed");
    const first = [fail("dead1"), fail("dead2")];
    await settle(1);
    for (const reject of rejects.splice(0)) reject(new Error("SERVFAIL"));
    expect(await Promise.all(first)).toEqual(["failed", "failed"]);

    const again = [fail("dead1"), fail("dead2")];
    await settle(1);
    expect(await lookUp(lookup, "http://there.test/")).toEqual([ADDRESS]);
    expect(asked).toEqual(["dead1.test", "dead2.test", "dead1.test", "there.test"]);
    for (let count = 0; count < 2; count++) {
      for (const reject of rejects.splice(0)) reject(new Error("SERVFAIL"));
      await settle(1);
    }
    expect(await Promise.all(again)).toEqual(["failed", "failed"]);
  });

  it("refuses a name when any of its addresses is the appliance's own", async () => {
    const lookup = new NameLookup(
      (address, port) => address === "192.0.2.9" && port === 8080,
      async () => [ADDRESS, { address: "192.0.2.9", family: 4 }],
    );
    await expect(lookUp(lookup, "http://two.test:8080/")).rejects.toBeInstanceOf(OwnAddressError);
    expect(await lookUp(lookup, "http://two.test:8081/")).toHaveLength(2);
  });
});

describe("the appliance's own addresses", () => {
  const isOwn = ownAddresses(() => [8080]);

  it.each(["127.0.0.1", "127.8.9.10", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"])(
    "include %s",
    (address) => {
      expect(isOwn(address, 8080)).toBe(true);
    },
  );

  it("include every interface's, on the ports it serves only", () => {
    for (const { address } of Object.values(networkInterfaces()).flatMap((known) => known ?? [])) {
      expect(isOwn(address, 8080)).toBe(true);
      expect(isOwn(address, 5000)).toBe(false);
    }
  });

  it.each(["192.0.2.1", "2001:db8::1"])("do not include %s", (address) => {
    expect(isOwn(address, 8080)).toBe(false);
  });
});
