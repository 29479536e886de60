import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { appOf, Places } from "../../../src/messaging/webhook/places.ts";

describe("the app of a queue", () => {
  it.each([
    ["+33639980001 http://192.168.1.20:5000", "http://192.168.1.20:5000"],
    ["+33639980001 http://192.168.1.20:5000~0000123", "http://192.168.1.20:5000"],
    ["My Shop https://app.example", "https://app.example"],
    ["+33639980001 null", "null"],
  ])("%j is %j", (queue, app) => {
    expect(appOf(queue)).toBe(app);
  });
});

describe("places", () => {
  it("are an app's own: what one app fills is not taken from another", () => {
    const places = new Places({ perApp: 2, total: 100 });
    for (let number = 0; number < 50; number++) places.add(`+33${number} http://dead`);
    expect(places.take()).toEqual(["+330 http://dead", "+331 http://dead"]);
    places.add("+331 http://alive");
    expect(places.take()).toEqual(["+331 http://alive"]);
    places.free("+330 http://dead");
    expect(places.take()).toEqual(["+332 http://dead"]);
  });

  it("are there for an app with nothing under way, even beyond the bound on all", () => {
    const places = new Places({ perApp: 4, total: 4 });
    for (let number = 0; number < 9; number++) places.add(`+33${number} http://dead`);
    expect(places.take()).toHaveLength(4);
    places.add("+331 http://alive");
    places.add("+332 http://alive");
    expect(places.take()).toEqual(["+331 http://alive"]);
  });

  it("are never refused to an app with nothing under way, whatever happened before", () => {
    const step = fc.record({ app: fc.integer({ min: 0, max: 5 }), number: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), step), { maxLength: 200 }), (steps) => {
        const places = new Places({ perApp: 3, total: 5 });
        const underWay: string[] = [];
        for (const [comes, { app, number }] of steps) {
          if (comes) places.add(`${number} http://app${app}`);
          else {
            const [done] = underWay.splice(0, 1);
            if (done !== undefined) places.free(done);
          }
          const isIdle = !underWay.some((queue) => appOf(queue) === `http://app${app}`);
          underWay.push(...places.take());
          const servedNow = underWay.filter((queue) => appOf(queue) === `http://app${app}`).length;
          if (comes && isIdle) expect(servedNow).toBeGreaterThan(0);
          expect(servedNow).toBeLessThanOrEqual(3);
        }
      }),
    );
  });
});
