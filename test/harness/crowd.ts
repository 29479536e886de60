/**
 * Clients that cost a server most for what they ask: connections that say nothing, requests that come an octet at a
 * time, lists that nobody reads. What the server closes is opened anew, so that the crowd stays as large as it is.
 */
import { connect, type Socket } from "node:net";

export type CrowdSize = { readonly idle: number; readonly dribbling: number; readonly deaf: number };

const DRIBBLE_MS = 50;
const AGAIN_MS = 20;

export class Crowd {
  readonly #port: number;
  /** What a deaf one asks for: a whole request. */
  readonly #request: string;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isOver = false;

  private constructor(port: number, request: string) {
    this.#port = port;
    this.#request = request;
  }

  /** Settles when all of them are connected. */
  static async open(port: number, request: string, size: CrowdSize): Promise<Crowd> {
    const crowd = new Crowd(port, request);
    const kinds = [
      { count: size.idle, begin: (_socket: Socket) => {} },
      { count: size.dribbling, begin: (socket: Socket) => crowd.#dribble(socket) },
      { count: size.deaf, begin: (socket: Socket) => void socket.pause().write(crowd.#request) },
    ];
    await Promise.all(
      kinds.flatMap(({ count, begin }) => Array.from({ length: count }, () => crowd.#keepOne(begin))),
    );
    return crowd;
  }

  /** All of them hang up. */
  close(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
  }

  #keepOne(begin: (socket: Socket) => void): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, "127.0.0.1", () => {
        begin(socket);
        resolve();
      });
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        this.#later(AGAIN_MS, () => void this.#keepOne(begin).then(resolve));
      });
    });
  }

  #dribble(socket: Socket): void {
    let sent = 0;
    const text = "GET /health HTTP/1.1\r\nHost: box\r\nX-Slow: ";
    const next = () => {
      if (socket.destroyed) return;
      socket.write(text[sent++] ?? "x");
      this.#later(DRIBBLE_MS, next);
    };
    next();
  }

  #later(ms: number, act: () => void): void {
    if (this.#isOver) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}

/** A list of a thousand messages, asked for by the account. */
export function listRequest(sid: string, token: string): string {
  const authorization = Buffer.from(`${sid}:${token}`).toString("base64");
  return `GET /2010-04-01/Accounts/${sid}/Messages.json?PageSize=1000 HTTP/1.1\r\nHost: box\r\nAuthorization: Basic ${authorization}\r\n\r\n`;
}
