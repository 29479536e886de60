/**
 * The load generator: so many clients, each with a connection of its own, each posting one message after the other.
 *
 *   node load.js '{"port":…,"sid":…,"token":…,"clients":64,"messages":20000,"from":…,"to":…}'
 *
 * Prints one JSON line: how long it took, how many answers were not 2xx, and what the answers took.
 */
import { Agent, request } from "node:http";
import { machineMs } from "./process.ts";

export type Load = {
  readonly port: number;
  readonly sid: string;
  readonly token: string;
  readonly clients: number;
  readonly messages: number;
  readonly from: string;
  readonly to: string;
};

export type Loaded = {
  readonly elapsedMs: number;
  readonly refused: number;
  readonly firstRefusal: string | null;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** When the last 201 was there, on the machine's clock. */
  readonly lastAt: number;
};

const load = JSON.parse(process.argv[2] ?? "") as Load;
const agent = new Agent({ keepAlive: true, maxSockets: load.clients });
const authorization = `Basic ${Buffer.from(`${load.sid}:${load.token}`).toString("base64")}`;

function post(number: number): Promise<{ status: number; text: string }> {
  const body = new URLSearchParams({ From: load.from, To: load.to, Body: `Load ${number}` }).toString();
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: "127.0.0.1",
        port: load.port,
        method: "POST",
        path: `/2010-04-01/Accounts/${load.sid}/Messages.json`,
        agent,
        headers: {
          authorization,
          "content-type": "application/x-www-form-urlencoded",
          "content-length": Buffer.byteLength(body),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.once("error", reject);
      },
    );
    sent.once("error", reject);
    sent.end(body);
  });
}

const times: number[] = [];
let next = 0;
let refused = 0;
let firstRefusal: string | null = null;
let lastAt = 0;
const startedAt = machineMs();
await Promise.all(
  Array.from({ length: load.clients }, async () => {
    while (next < load.messages) {
      next += 1;
      const begin = machineMs();
      const { status, text } = await post(next);
      lastAt = machineMs();
      times.push(lastAt - begin);
      if (status >= 200 && status < 300) continue;
      refused += 1;
      firstRefusal ??= `${status} ${text.slice(0, 200)}`;
    }
  }),
);
const elapsedMs = machineMs() - startedAt;
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
const loaded: Loaded = { elapsedMs, refused, firstRefusal, medianMs: at(0.5), p99Ms: at(0.99), lastAt };
process.stdout.write(`${JSON.stringify(loaded)}\n`);
agent.destroy();
