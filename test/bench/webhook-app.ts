/**
 * A fast app in a process of its own: answers every webhook, and tells how many came, in which order, and how long
 * after they were handed over. The texts say when that was: `SEQUENCE MACHINE_MS`.
 *
 *   node webhook-app.js '{"count":5000,"answerMs":0}'
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { machineMs } from "./process.ts";

export type AppPlan = { readonly count: number; readonly answerMs: number };

export type AppTold = {
  readonly is: "done";
  readonly lastAt: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Webhooks that came before one that was handed over earlier to the same number. */
  readonly outOfOrder: number;
  readonly connections: number;
};

const { count, answerMs } = JSON.parse(process.argv[2] ?? "") as AppPlan;
const waits: number[] = [];
const newest = new Map<string, number>();
let outOfOrder = 0;
let connections = 0;

const server = createServer((request, response) => {
  let text = "";
  request.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  request.once("end", () => {
    const at = machineMs();
    const form = new URLSearchParams(text);
    const [sequence = "", sentAt = ""] = (form.get("Body") ?? "").split(" ");
    const to = form.get("To") ?? "";
    if (Number(sequence) < (newest.get(to) ?? -1)) outOfOrder++;
    newest.set(to, Number(sequence));
    waits.push(at - Number(sentAt));
    const answer = () => response.writeHead(200, { "content-type": "text/xml" }).end("<Response/>");
    if (answerMs > 0) setTimeout(answer, answerMs);
    else answer();
    if (waits.length === count) tell(at);
  });
});
server.on("connection", () => connections++);
server.keepAliveTimeout = 5_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ is: "ready", port })}\n`);
});
process.once("SIGTERM", () => process.exit(0));

function tell(lastAt: number): void {
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
  const told: AppTold = { is: "done", lastAt, medianMs: at(0.5), p99Ms: at(0.99), outOfOrder, connections };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
