import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

const TO = "+33639980002";

let box: ApiBox;

beforeAll(async () => {
  box = await openApiBox();
});

afterAll(() => box.close());

async function send(to: string): Promise<string> {
  return (await box.client.messages.create({ to, from: OWN, body: "x" })).sid;
}

/** How many rows there are, how they are paged, and how many come while each page is read. */
const ROUND = {
  before: fc.integer({ min: 0, max: 12 }),
  pageSize: fc.integer({ min: 1, max: 5 }),
  added: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 15 }),
};

describe("paging", () => {
  it("lists each message once and misses none that was there, whatever is added or retired meanwhile", async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ...ROUND,
          retired: fc.array(fc.boolean(), { maxLength: 15 }),
        }),
        async ({ before, pageSize, added, retired }) => {
          // A recipient of its own keeps the rounds apart.
          const to = `+336399${String(10_000 + round++)}`;
          const there: string[] = [];
          for (let count = 0; count < before; count++) there.push(await send(to));

          const listed: string[] = [];
          let next: unknown = box.api(`/Messages.json?To=${encodeURIComponent(to)}&PageSize=${pageSize}`);
          for (let page = 0; typeof next === "string"; page++) {
            // What is added arrives while the page is read, what is retired between two pages.
            const adding = Array.from({ length: added[page] ?? 0 }, () => send(to));
            const [{ body }] = await Promise.all([box.get(next), ...adding]);
            const messages = body["messages"] as { sid: string }[];
            expect(body).toMatchObject({ page, start: page * pageSize, page_size: pageSize });
            expect(messages.length).toBeLessThanOrEqual(pageSize);
            listed.push(...messages.map(({ sid }) => sid));
            next = body["next_page_uri"];
            if (retired[page]) {
              await box.store.expire(box.clock.now() + 36_000_001);
              await box.store.retire({ sentBefore: box.clock.now(), limit: 1000 });
            }
          }
          expect(listed.filter((sid) => there.includes(sid))).toEqual(there.toReversed());
          expect(new Set(listed).size).toBe(listed.length);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("lists each service once and misses none that stays, whatever comes and goes meanwhile", async () => {
    const create = async () => (await box.services.create(box.account.sid, "S", {})).sid;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ...ROUND,
          removed: fc.array(fc.nat(), { maxLength: 15 }),
        }),
        async ({ before, pageSize, added, removed }) => {
          const there = new Set<string>();
          for (let count = 0; count < before; count++) there.add(await create());
          const listed: string[] = [];
          let next: unknown = `${box.baseUrl}/v1/Services?PageSize=${pageSize}`;
          for (let page = 0; typeof next === "string"; page++) {
            const adding = Array.from({ length: added[page] ?? 0 }, create);
            const [{ body }] = await Promise.all([box.get(next.slice(box.baseUrl.length)), ...adding]);
            const meta = body["meta"] as Record<string, unknown>;
            expect(meta).toMatchObject({ page, page_size: pageSize, key: "services" });
            listed.push(...(body["services"] as { sid: string }[]).map(({ sid }) => sid));
            next = meta["next_page_url"];
            const gone = [...there][(removed[page] ?? 0) % Math.max(1, there.size)];
            if (removed[page] !== undefined && gone !== undefined) {
              await box.services.remove(gone);
              there.delete(gone);
            }
          }
          expect([...there].filter((sid) => !listed.includes(sid))).toEqual([]);
          expect(new Set(listed).size).toBe(listed.length);
          for (const { sid } of box.services.list(box.account.sid)) await box.services.remove(sid);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("lists numbers once each while numbers come", async () => {
    for (let count = 0; count < 7; count++) {
      await provision(box.numbers, box.account, `+3363998010${count}`, "gsm2");
    }
    const there = (await box.client.incomingPhoneNumbers.list()).map(({ sid }) => sid);
    const first = await box.client.incomingPhoneNumbers.page({ pageSize: 3 });
    const listed = first.instances.map(({ sid }) => sid);
    let page = await first.nextPage();
    for (let count = 0; page !== undefined; count++) {
      listed.push(...page.instances.map(({ sid }) => sid));
      await provision(box.numbers, box.account, `+3363998020${count}`, "gsm2");
      page = await page.nextPage();
    }
    expect(there.filter((sid) => !listed.includes(sid))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it("repeats every filter in its links, encoded, and never a host", async () => {
    for (let count = 0; count < 3; count++) await send(TO);
    const query = `To=%2B33639980002&DateSent%3E=2020-01-01&DateSent%3C=2030-01-01T00%3A00%3A00Z&PageSize=1`;
    const { body } = await box.get(box.api(`/Messages.json?${query}&Page=0`));
    const token = String((body["messages"] as { sid: string }[])[0]?.sid);
    const base = `${box.api("/Messages.json")}?${query}`;

    expect(body).toMatchObject({
      first_page_uri: `${base}&Page=0`,
      uri: `${base}&Page=0`,
      next_page_uri: `${base}&Page=1&PageToken=PA${token}`,
    });
    const second = await box.get(String(body["next_page_uri"]));
    expect(second.body).toMatchObject({
      uri: body["next_page_uri"],
      previous_page_uri: `${base}&Page=0`,
      start: 1,
      end: 1,
    });
  });

  it("steps over pages for a client that counts Page up by itself", async () => {
    const to = "+33639980055";
    const sids: string[] = [];
    for (let count = 0; count < 5; count++) sids.unshift(await send(to));
    const page = async (number: number) => {
      const { body } = await box.get(
        box.api(`/Messages.json?To=${encodeURIComponent(to)}&PageSize=2&Page=${number}`),
      );
      return (body["messages"] as { sid: string }[]).map(({ sid }) => sid);
    };
    expect(await page(1)).toEqual(sids.slice(2, 4));
    expect(await page(2)).toEqual(sids.slice(4));
    expect(await page(3)).toEqual([]);
  });

  it.each([
    ["PageSize=1001", 20007],
    ["PageSize=0", 20007],
    ["PageSize=-1", 20007],
    ["PageSize=ten", 20007],
    ["PageToken=x", 21481],
    ["PageToken=PASM12", 21481],
    [`PageToken=PAPN${"0".repeat(32)}`, 21481],
    [`PageToken=${"0".repeat(36)}`, 21481],
    ["Page=999999", 21481],
  ])("refuses %s with %d", async (query, code) => {
    const answer = await box.get(box.api(`/Messages.json?${query}`));
    expect([answer.status, answer.body["code"]]).toEqual([400, code]);
  });

  it("takes the largest page, and a page number that cannot be read as the first page", async () => {
    expect((await box.get(box.api("/Messages.json?PageSize=1000"))).body["page_size"]).toBe(1000);
    expect((await box.get(box.api("/Messages.json?Page=x&PageSize="))).body).toMatchObject({
      page: 0,
      page_size: 50,
    });
  });
});
