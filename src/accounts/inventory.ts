/**
 * The inventory: the phone numbers that lines offer. What an account has is not for sale; the rest is. What a line
 * offers is a fact of this moment (a SIM can be taken out), so it is told at composition and kept in memory; who
 * has what is on disk, with `Numbers`, where the last word on a purchase is spoken: of two that come at once the
 * first takes it.
 *
 * Short codes and alphanumeric senders are never here: they are the main account's at first sight (DESIGN §3).
 */
import type { NumberRecord } from "../store/settings-document.ts";
import type { NumberPatch, Numbers } from "./numbers.ts";

export type PhoneNumberKind = "local" | "mobile" | "toll-free";

export const PHONE_NUMBER_KINDS: readonly PhoneNumberKind[] = ["local", "mobile", "toll-free"];

export function isPhoneNumberKind(kind: NumberRecord["kind"]): kind is PhoneNumberKind {
  return kind !== "short-code" && kind !== "alphanumeric";
}

export type Offer = {
  readonly phoneNumber: string;
  /** The Line that serves it, by name. */
  readonly line: string;
  readonly kind: NumberRecord["kind"];
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly place?: Place | undefined;
};

/** Where its line is at home, as far as the configuration says; what is absent is not known. */
export type Place = {
  /** A state or province, such as `CA`. */
  readonly region?: string | undefined;
  readonly locality?: string | undefined;
  readonly postalCode?: string | undefined;
  readonly rateCenter?: string | undefined;
  readonly lata?: string | undefined;
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
};

export class Inventory {
  readonly #numbers: Numbers;
  readonly #onBought: () => void;
  readonly #byLine = new Map<string, readonly Offer[]>();

  /** `onBought`: what came for the number while nobody had it can be routed now. */
  constructor(numbers: Numbers, onBought: () => void = () => {}) {
    this.#numbers = numbers;
    this.#onBought = onBought;
  }

  /** All that a line serves now, provisioned or not; it replaces what the line offered before. */
  offer(line: string, offers: readonly Offer[]): void {
    this.#byLine.set(
      line,
      offers.filter(({ kind }) => isPhoneNumberKind(kind)),
    );
  }

  /** Every number a line offers, whoever has it, in the order of their digits. */
  offers(): readonly Offer[] {
    return [...this.#byLine.values()]
      .flat()
      .sort((a, b) => (a.phoneNumber < b.phoneNumber ? -1 : a.phoneNumber > b.phoneNumber ? 1 : 0));
  }

  /** Those that nobody has. */
  available(): readonly Offer[] {
    return this.offers().filter(({ phoneNumber }) => this.#numbers.byNumber(phoneNumber) === null);
  }

  /** Null when somebody else was quicker. */
  async buy(accountSid: string, offer: Offer, settings: NumberPatch): Promise<NumberRecord | null> {
    const { phoneNumber, line, kind, country } = offer;
    const bought = await this.#numbers.buy({ accountSid, phoneNumber, kind, country, line }, settings);
    if (bought !== null) this.#onBought();
    return bought;
  }
}
