/**
 * The load generator: so many clients, each with a connection of its own, each posting one message after the other.
 *
 *   node load.js '{"port":…,"sid":…,"token":…,"clients":64,"messages":20000,"from":…,"to":…}'
 *
 * It shares the machine's cores with what it measures, so it is as cheap as a client can be: a socket per client, the
 * request written as one text, of the answer only the status line and the length read. `node:http` costs as much
 * processor time per request as the daemon does. What it sends is an ordinary form; each message has a text and a
 * recipient of its own. Any answer that is not 2xx voids the row that asked for the load; a connection that ends
 * early fails it.
 *
 * Prints one JSON line: how long it took, how many answers were not 2xx, and what the answers took.
 */
import { connect, type Socket } from "node:net";
import { machineMs } from "./process.ts";

export type Load = {
  readonly port: number;
  readonly sid: string;
  readonly token: string;
  readonly clients: number;
  readonly messages: number;
  readonly from: string;
  /** The first recipient; the others follow it in the order of their digits. */
  readonly to: string;
  /** So many recipients, each in turn. */
  readonly recipients: number;
  /** The number in the first text; the others count on from it. */
  readonly first?: number;
};

export type Loaded = {
  readonly elapsedMs: number;
  readonly refused: number;
  readonly firstRefusal: string | null;
  /** How often each answer came: a status, and the code of a refusal. */
  readonly tally: Readonly<Record<string, number>>;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** When the last 201 was there, on the machine's clock. */
  readonly lastAt: number;
  /** Of this process, all of it. */
  readonly processorSeconds: number;
};

const load = JSON.parse(process.argv[2] ?? "") as Load;
const authorization = Buffer.from(`${load.sid}:${load.token}`).toString("base64");
const head =
  `POST /2010-04-01/Accounts/${load.sid}/Messages.json HTTP/1.1\r\nHost: 127.0.0.1:${load.port}\r\n` +
  `Authorization: Basic ${authorization}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: `;
const from = encodeURIComponent(load.from);
const firstRecipient = Number(load.to.slice(1));

function requestOf(number: number): string {
  const to = `%2B${firstRecipient + (number % load.recipients)}`;
  const body = `From=${from}&To=${to}&Body=Load+${number}`;
  return `${head}${body.length}\r\n\r\n${body}`;
}

const times: number[] = [];
const tally: Record<string, number> = {};
let next = 0;
let refused = 0;
let firstRefusal: string | null = null;
let lastAt = 0;

function answered(text: string, begunAt: number): void {
  lastAt = machineMs();
  times.push(lastAt - begunAt);
  const code = text.startsWith("HTTP/1.1 2") ? "" : ` ${/"code":(\d+)/.exec(text)?.[1] ?? "without a code"}`;
  const answer = `${text.slice(9, 12)}${code}`;
  tally[answer] = (tally[answer] ?? 0) + 1;
  if (code === "") return;
  refused += 1;
  firstRefusal ??= `${text.slice(9, 12)} ${text.slice(text.indexOf("\r\n\r\n") + 4, 200)}`;
}

/** Whether a whole answer is there. The daemon names the length of every body. */
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const at = text.search(/\r\ncontent-length: /i);
  if (at < 0 || at > end) throw new Error(`an answer without a length:\n${text.slice(0, end)}`);
  return text.length >= end + 4 + Number.parseInt(text.slice(at + 18, at + 28), 10);
}

function client(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(load.port, "127.0.0.1").setNoDelay(true).setEncoding("latin1");
    let text = "";
    let begunAt = 0;
    const post = () => {
      if (next >= load.messages) {
        socket.end();
        resolve();
        return;
      }
      next += 1;
      begunAt = machineMs();
      socket.write(requestOf((load.first ?? 0) + next), "latin1");
    };
    socket.once("connect", post);
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (!isWhole(text)) return;
      answered(text, begunAt);
      text = "";
      post();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("a connection ended before its answer")));
  });
}

const startedAt = machineMs();
await Promise.all(Array.from({ length: load.clients }, client));
const elapsedMs = machineMs() - startedAt;
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
const { user, system } = process.cpuUsage();
const loaded: Loaded = {
  elapsedMs,
  refused,
  firstRefusal,
  tally,
  medianMs: at(0.5),
  p99Ms: at(0.99),
  lastAt,
  processorSeconds: (user + system) / 1e6,
};
process.stdout.write(`${JSON.stringify(loaded)}\n`);
