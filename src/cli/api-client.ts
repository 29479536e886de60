/**
 * The daemon's API as the commands use it. Whatever keeps a command from its answer is a Failure with a status of its
 * own: nobody answers (69), the credentials are not taken (77), not now (75), refused (65).
 *
 * Over TLS the daemon is known by the certificate its configuration names, not by a name: 127.0.0.1 is in no
 * certificate, and nothing else may be told the token.
 */
import { X509Certificate } from "node:crypto";
import { request } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { EXIT } from "../daemon/exit-codes.ts";
import { reasonOf } from "../runtime/fault.ts";
import { type Connection, START_IT } from "./connection.ts";
import { Failure } from "./failure.ts";

export type Answer = { readonly status: number; readonly body: unknown };
export type Fields = Readonly<Record<string, string>>;

const PATIENCE_MS = 20_000;

export class ApiClient {
  readonly #connection: Connection;
  readonly #patienceMs: number;

  constructor(connection: Connection, { patienceMs = PATIENCE_MS } = {}) {
    this.#connection = connection;
    this.#patienceMs = patienceMs;
  }

  get url(): string {
    return this.#connection.url;
  }

  /** `{AC}` in a path is the main account's. The daemon is this same program: its answer is taken for a `T`. */
  async get<T>(path: string, query: Fields = {}): Promise<T> {
    return this.#understood<T>(await this.call("GET", path, query));
  }

  async post<T>(path: string, form: Fields): Promise<T> {
    return this.#understood<T>(await this.call("POST", path, form));
  }

  /** Any answer that is JSON, whatever its status. */
  async call(method: "GET" | "POST", path: string, fields: Fields = {}): Promise<Answer> {
    const { url, credentials } = this.#connection;
    const form = new URLSearchParams(fields).toString();
    const asked = path.replace("{AC}", `/2010-04-01/Accounts/${credentials.sid}`);
    const inQuery = method === "GET" && form !== "";
    const { status, text } = await this.#exchange(
      method,
      inQuery ? `${asked}${asked.includes("?") ? "&" : "?"}${form}` : asked,
      method === "POST" ? form : null,
    );
    try {
      return { status, body: JSON.parse(text) as unknown };
    } catch (error) {
      throw new Failure(EXIT.unavailable, `what answers at ${url} is not pylone (HTTP ${status})`, error);
    }
  }

  #understood<T>({ status, body }: Answer): T {
    if (status < 300) return body as T;
    const { url } = this.#connection;
    const { code, message } = Object(body) as { code?: unknown; message?: unknown };
    const said = `${typeof message === "string" ? message : `HTTP ${status}`}${typeof code === "number" ? ` (${code})` : ""}`;
    if (status === 401 || status === 403)
      throw new Failure(
        EXIT.noPermission,
        `the daemon at ${url} does not take the credentials of its data folder: ${said}; was the configuration changed since it started? Then restart it`,
      );
    if (status === 503 || status === 429)
      throw new Failure(EXIT.notNow, `the daemon at ${url} cannot do it now: ${said}; try again`);
    throw new Failure(status >= 500 ? EXIT.software : EXIT.refused, said);
  }

  async #exchange(
    method: string,
    path: string,
    form: string | null,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { url, credentials } = this.#connection;
    try {
      const socket = await this.#connect();
      return await new Promise((resolve, reject) => {
        const { hostname, port } = new URL(url);
        const asking = request({
          createConnection: () => socket,
          host: hostname,
          port,
          method,
          path,
          timeout: this.#patienceMs,
          auth: `${credentials.sid}:${credentials.authToken}`,
          headers: {
            accept: "application/json",
            ...(form === null ? {} : { "content-type": "application/x-www-form-urlencoded" }),
          },
        });
        asking.once("timeout", () =>
          asking.destroy(new Error(`no answer within ${this.#patienceMs / 1000} s`)),
        );
        asking.once("error", reject);
        asking.once("response", (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.once("error", reject);
          response.once("end", () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") }),
          );
        });
        asking.end(form ?? undefined);
      });
    } catch (error) {
      if (error instanceof Failure) throw error;
      const code = error instanceof Error && "code" in error ? error.code : null;
      // Whoever has left its address runs: what does not answer is there, stopped or busy.
      const [why, mend] =
        code === "ECONNREFUSED"
          ? ["nothing listens there", START_IT]
          : [reasonOf(error), "`journalctl -u pylone -e` says what it does; `systemctl restart pylone`"];
      throw new Failure(EXIT.unavailable, `the daemon does not answer at ${url} (${why}); ${mend}`, error);
    }
  }

  #connect(): Promise<Socket> {
    const { url, certificate } = this.#connection;
    const { hostname, port } = new URL(url);
    const at = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port), timeout: this.#patienceMs };
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        socket.destroy();
        reject(error);
      };
      const late = () => fail(new Error(`no connection within ${this.#patienceMs / 1000} s`));
      const ready = () => {
        // From here on it is the request's.
        socket.off("error", fail);
        socket.off("timeout", late);
        if (certificate === null || isOf(certificate, socket)) resolve(socket);
        else fail(new Failure(EXIT.unavailable, notTheCertificate(url)));
      };
      const socket =
        certificate === null
          ? connectTcp(at, ready)
          : // The certificate itself is compared, before a byte of ours is sent.
            connectTls({ ...at, rejectUnauthorized: false }, ready);
      socket.once("error", fail);
      socket.once("timeout", late);
    });
  }
}

function isOf(certificate: string, socket: Socket): boolean {
  const peer = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  return peer?.fingerprint256 === new X509Certificate(certificate).fingerprint256;
}

function notTheCertificate(url: string): string {
  return `what answers at ${url} shows another certificate than \`http.tls.cert\` holds: it is another program, or the daemon has not taken a new one yet: it looks each minute, and its log says why it takes none (tls.refused)`;
}
