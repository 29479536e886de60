/**
 * A stream with nothing but memory between its two ends, as `stream.duplexPair` makes one from Node 22 on. Unlike
 * there, an end that is destroyed takes the other with it, as a reset connection does.
 */
import { Duplex } from "node:stream";

type Done = (error?: Error | null) => void;

class End extends Duplex {
  #other: End | null = null;
  #written: (() => void) | null = null;

  constructor() {
    super({ allowHalfOpen: false });
  }

  join(other: End): void {
    this.#other = other;
  }

  override _read(): void {
    const written = this.#written;
    this.#written = null;
    written?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#hand(chunk, done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Done): void {
    this.#hand(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: Done): void {
    this.#other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const other = this.#other;
    this.#other = null;
    this.#written?.();
    this.#written = null;
    other?.destroy();
    done(error);
  }

  /**
   * On a later turn of the event loop, as on a wire: nobody hears an answer while he is still asking. Settles once the
   * other end wants more: an end that reads nothing fills, as a socket's buffer does.
   */
  #hand(chunk: Buffer, done: Done): void {
    setImmediate(() => {
      const other = this.#other;
      if (other === null || other.destroyed) done(new Error("the other end is closed"));
      else if (other.push(chunk)) done();
      else other.#written = done;
    });
  }
}

export function duplexPair(): readonly [Duplex, Duplex] {
  const [one, other] = [new End(), new End()];
  one.join(other);
  other.join(one);
  return [one, other];
}
