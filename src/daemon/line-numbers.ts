/**
 * The numbers of the lines (DESIGN §3 "Numbers"). A modem's SIM is yours, so its number goes to the main account at
 * first sight, be it from the configuration or from the SIM itself. A line whose number nobody knows keeps what it
 * receives and says once what to paste; what it kept is routed as soon as the number is there.
 *
 * An SMPP line's phone numbers are inventory until somebody buys them; its short codes and names, which nobody can
 * buy, are the main account's at first sight.
 *
 * First sight is once: a number that an account has released since stays in the inventory until it is bought.
 */
import { describeNumber, parseAddress } from "../accounts/address.ts";
import type { Inventory, Offer } from "../accounts/inventory.ts";
import type { Numbers } from "../accounts/numbers.ts";
import type { Line } from "../line/line.ts";
import { type Log, maskNumber } from "../runtime/log.ts";
import type { LineConfig, SmppLineConfig } from "./config-schema.ts";

export type LineNumbersOptions = {
  readonly lines: readonly LineConfig[];
  readonly numbers: Numbers;
  readonly inventory: Pick<Inventory, "offer">;
  readonly accountSid: string;
  readonly siteCountry: string;
  /** Null: the built-in default. */
  readonly configFile: string | null;
  readonly routeKept: () => Promise<number>;
  readonly log: Log;
};

export class LineNumbers {
  readonly #options: LineNumbersOptions;
  readonly #told = new Set<string>();

  constructor(options: LineNumbersOptions) {
    this.#options = options;
  }

  /** Before anything listens: what the configuration says, and what a former process left to route. */
  async start(): Promise<void> {
    for (const line of this.#options.lines) {
      if (line.type === "smpp") await this.#take(line);
      else if (line.number !== undefined) await this.#provision(line.name, line.number);
    }
    await this.#route();
  }

  /** Called when a line has learnt something of itself. */
  async look(line: Line): Promise<void> {
    const { lines, numbers, siteCountry } = this.#options;
    const config = lines.find(({ name }) => name === line.name);
    if (config?.type !== "modem" || line.status.state !== "ready") return;
    const told = line.status.facts.ownNumber;
    const own = told === null ? null : parseAddress(told, siteCountry);
    const ownNumber = own?.kind === "e164" ? own.address : null;
    if (config.number !== undefined) this.#compare(line.name, config.number, ownNumber);
    else if (ownNumber === null) {
      if (numbers.ofLine(line.name).length === 0) this.#askForNumber(line.name);
    } else if (await this.#provision(line.name, ownNumber)) {
      await this.#route();
    }
  }

  /** A number that an account has and that came over from another line goes on under this one. */
  async #take({ name: line, numbers: written, place }: SmppLineConfig): Promise<void> {
    const { numbers, inventory, accountSid, siteCountry, log } = this.#options;
    const offers: Offer[] = [];
    for (const text of written) {
      const address = parseAddress(text, siteCountry);
      if (address === null) continue; // refused with the configuration
      const { address: phoneNumber } = address;
      const isPhone = address.kind === "e164";
      const { kind, country } = isPhone
        ? describeNumber(phoneNumber, { lineKind: "smpp", siteCountry })
        : { kind: address.kind, country: siteCountry };
      if (isPhone) offers.push({ phoneNumber, line, kind, country, place });
      const known = numbers.byNumber(phoneNumber);
      if (known?.line === line || (known === null && isPhone)) continue;
      await numbers.provision({ accountSid, phoneNumber, kind, country, line });
      log.info({ line, number: maskNumber(phoneNumber), kind, country }, "number provisioned");
    }
    inventory.offer(line, offers);
  }

  /** Whether there was anything to do. */
  async #provision(line: string, phoneNumber: string): Promise<boolean> {
    const { numbers, inventory, accountSid, siteCountry, log } = this.#options;
    const { kind, country } = describeNumber(phoneNumber, { lineKind: "modem", siteCountry });
    const place = this.#options.lines.find(({ name }) => name === line)?.place;
    inventory.offer(line, [{ phoneNumber, line, kind, country, place }]);
    if (numbers.byNumber(phoneNumber)?.line === line || numbers.isReleased(phoneNumber)) return false;
    await numbers.provision({ accountSid, phoneNumber, kind, country, line });
    log.info({ line, number: maskNumber(phoneNumber), kind, country }, "number provisioned");
    return true;
  }

  async #route(): Promise<void> {
    const made = await this.#options.routeKept();
    if (made > 0) this.#options.log.info({ messages: made }, "what was kept is routed now");
  }

  #askForNumber(line: string): void {
    if (this.#told.has(line)) return;
    this.#told.add(line);
    const where = this.#options.configFile ?? "a configuration file";
    this.#options.log.warn(
      { line, state: "needs-number" },
      `the SIM of ${line} does not tell its number: what is texted to it is kept until it is known. ` +
        `Put this under \`name: ${line}\` in ${where} and start again:  number: "+…"`,
    );
  }

  #compare(line: string, configured: string, own: string | null): void {
    if (own === null || own === configured || this.#told.has(line)) return;
    this.#told.add(line);
    this.#options.log.warn(
      { line, configured: maskNumber(configured), sim: maskNumber(own) },
      "the SIM says another number than the configuration; the configuration counts",
    );
  }
}
