import { Duplex } from "node:stream";

/** A socket and its other end, in memory: what one writes the other reads, and one that does not read holds the other up. */
class End extends Duplex {
  other!: End;
  #written: (() => void) | null = null;

  override _read(): void {
    const written = this.other.#written;
    this.other.#written = null;
    written?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.other.destroyed) return;
    if (this.other.push(chunk)) done();
    else this.#written = done;
  }

  override _final(done: () => void): void {
    if (!this.other.destroyed) this.other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other } = this;
    if (!other.destroyed) setImmediate(() => other.destroy());
    done(error);
  }
}

export function streamPair(): readonly [Duplex, Duplex] {
  const [one, another] = [new End(), new End()];
  one.other = another;
  another.other = one;
  return [one, another];
}
