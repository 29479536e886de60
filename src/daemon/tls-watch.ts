/**
 * The certificate the API shows, and whether its files hold another by now: whoever renews it (certbot, `pylone tls`,
 * a credential that systemd swaps) need not restart the daemon. The files are read, not their dates, so that a link
 * that points elsewhere is seen as well.
 *
 * A pair that fits is served to whoever connects from then on. One that does not fit changes nothing and is told of at
 * the second look only: the first may fall between the two files of a renewal.
 */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { HealthReport } from "../api/deps.ts";
import type { Clock } from "../runtime/clock.ts";
import type { NewEvent } from "../runtime/event.ts";
import { reasonOf } from "../runtime/fault.ts";

/** PEM. */
export type TlsPair = { readonly cert: Buffer; readonly key: Buffer };

const DAY_MS = 86_400_000;
const SOON_MS = 30 * DAY_MS;
const LOOKS_BEFORE_TOLD = 2;
/** Anybody may ask for `/health`, and the reason has paths in it. */
const WHERE = "/appliance/v1/Events says why";

export type TlsWatchOptions = {
  readonly files: { readonly cert: string; readonly key: string };
  /** What the server began with. */
  readonly served: TlsPair;
  /** From the next connection on. */
  readonly serve: (pair: TlsPair) => void;
  readonly clock: Clock;
  readonly onEvent: (event: NewEvent) => void;
};

export class TlsWatch {
  readonly #options: TlsWatchOptions;
  #served: TlsPair;
  #leaf: X509Certificate;
  /** At how many looks in succession the files held what is not served. */
  #refusedLooks = 0;
  #toldExpiry: "warning" | "error" | null = null;

  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.#served = options.served;
    this.#leaf = new X509Certificate(options.served.cert);
  }

  /** For `/health`. */
  get check(): HealthReport["checks"][string] {
    const level = this.#expiryLevel();
    const text = `valid until ${this.#until()}`;
    if (level === "error") return { status: "fail", text: `expired: ${text}` };
    if (this.#refusedLooks >= LOOKS_BEFORE_TOLD)
      return { status: "warn", text: `${text}; its files were changed to what is refused (${WHERE})` };
    return { status: level === null ? "pass" : "warn", text };
  }

  async look(): Promise<void> {
    const { files } = this.#options;
    try {
      const found = await readPair(files);
      if (this.#isServed(found)) this.#backAsBefore();
      else this.#take(found);
    } catch (error) {
      this.#refuse(reasonOf(error));
    }
    this.#tellExpiry();
  }

  /** Throws when it is no certificate with its key. */
  #take(found: TlsPair): void {
    createSecureContext(found);
    const leaf = new X509Certificate(found.cert);
    this.#options.serve(found);
    this.#served = found;
    this.#leaf = leaf;
    this.#refusedLooks = 0;
    this.#toldExpiry = null;
    this.#tell(
      "tls.taken",
      "info",
      `The new certificate of http.tls is served, valid until ${this.#until()}.`,
    );
  }

  #backAsBefore(): void {
    const wasTold = this.#refusedLooks >= LOOKS_BEFORE_TOLD;
    this.#refusedLooks = 0;
    if (wasTold)
      this.#tell("tls.taken", "info", `The files of http.tls hold the certificate that is served again.`);
  }

  #refuse(why: string): void {
    this.#refusedLooks++;
    if (this.#refusedLooks !== LOOKS_BEFORE_TOLD) return;
    const { cert, key } = this.#options.files;
    this.#tell(
      "tls.refused",
      "error",
      `${cert} and ${key} are no certificate with its key any more (${why}); the old one, valid until ${this.#until()}, is served on. Mend the files: they are looked at each minute.`,
    );
  }

  #tellExpiry(): void {
    const level = this.#expiryLevel();
    if (level === null || level === this.#toldExpiry) return;
    this.#toldExpiry = level;
    const what = level === "error" ? "has expired: it was valid until" : "expires soon: it is valid until";
    const mend =
      "Renew it (`pylone tls` where it was made by that) and replace the files; no restart is needed.";
    this.#tell("tls.expiring", level, `The certificate of http.tls ${what} ${this.#until()}. ${mend}`);
  }

  #expiryLevel(): "warning" | "error" | null {
    const left = Date.parse(this.#leaf.validTo) - this.#options.clock.now();
    if (left <= 0) return "error";
    return left < SOON_MS ? "warning" : null;
  }

  #tell(type: NewEvent["type"], level: NewEvent["level"], text: string): void {
    const { clock, onEvent } = this.#options;
    const { serialNumber, fingerprint256 } = this.#leaf;
    onEvent({ type, level, at: clock.now(), text, detail: { serialNumber, fingerprint256 } });
  }

  #isServed({ cert, key }: TlsPair): boolean {
    return this.#served.cert.equals(cert) && this.#served.key.equals(key);
  }

  #until(): string {
    return new Date(this.#leaf.validTo).toISOString().slice(0, 10);
  }
}

export async function readPair(files: TlsWatchOptions["files"]): Promise<TlsPair> {
  const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
  return { cert, key };
}
