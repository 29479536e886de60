/** A box with one of everything, so that every path of the contract's index leads somewhere. */
import type { Offer } from "../../src/accounts/inventory.ts";
import { type Answer, type ApiBox, OWN, openApiBox, provision } from "./api-box.ts";

export const TO = "+33639980002";

/** Name in a path (`SM`) → what stands there in this world. */
export type Names = Record<string, string>;

export type World = {
  readonly box: ApiBox;
  readonly names: Names;
  /** A number for sale that was not given to anybody before. */
  readonly nextOffer: (kind: "local" | "mobile" | "toll-free") => string;
  readonly ask: (method: string, path: string, form?: Record<string, string>) => Promise<Answer>;
};

const STOCK: Readonly<Record<"local" | "mobile" | "toll-free", string>> = {
  local: "+3315550000",
  mobile: "+3363998004",
  "toll-free": "+3380000000",
};

export async function openWorld(): Promise<World> {
  const box = await openApiBox();
  const offers = Object.entries(STOCK).flatMap(([kind, digits]) =>
    Array.from({ length: 10 }, (_, last) => offerOf(`${digits}${last}`, kind as Offer["kind"])),
  );
  const place = { region: "IDF", locality: "Paris", postalCode: "75001", rateCenter: "P", lata: "1" };
  const placed = { ...place, latitude: 48.85, longitude: 2.35 };
  box.inventory.offer("carrier", [...offers, { ...offerOf("+33155500100", "local"), place: placed }]);
  const shortCode = await provision(box.numbers, box.account, "36123", "gsm2", "short-code");
  await provision(box.numbers, box.account, "PYLONE", "gsm2", "alphanumeric");

  const message = await box.client.messages.create({ to: TO, from: OWN, body: "Porte ouverte" });
  const { claims } = await box.store.claim(OWN, { line: "sim1", limit: 1, now: box.clock.now() });
  await box.store.settle(claims[0]?.submissionId ?? "", { is: "accepted", reference: "1" }, box.clock.now());

  const sold: Record<string, number> = {};
  return {
    box,
    names: {
      AC: box.account.sid,
      SM: message.sid,
      PN: box.numbers.byNumber(OWN)?.sid ?? "",
      SC: `SC${shortCode.sid.slice(2)}`,
      CC: "FR",
      num: "%2B14155552671",
      ...Object.fromEntries(["ME", "UT", "CA", "DN"].map((prefix) => [prefix, prefix + "0".repeat(32)])),
    },
    nextOffer: (kind) => {
      sold[kind] = (sold[kind] ?? -1) + 1;
      return `${STOCK[kind]}${sold[kind]}`;
    },
    ask: (method, path, form) =>
      box.request(path, {
        method,
        ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
      }),
  };
}

/** `API/Messages/{SM}.json` with this world's names in it. */
export function pathIn(template: string, names: Names): string {
  return template.replace(/^API/, "/2010-04-01/Accounts/{AC}").replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = names[name];
    if (value === undefined) throw new Error(`nothing in this world is called ${name}`);
    return value;
  });
}

function offerOf(phoneNumber: string, kind: Offer["kind"]): Offer {
  return { phoneNumber, kind, country: "FR", line: "carrier" };
}
