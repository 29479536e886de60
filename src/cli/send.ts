/**
 * `pylone send`: one text, as an app would send it. With `--wait` each step is shown until the message's end, and the
 * exit status tells it; while it waits in its queue, why.
 */
import { EXIT } from "../daemon/exit-codes.ts";
import { systemClock } from "../runtime/clock.ts";
import type { ApiClient } from "./api-client.ts";
import { clientFor } from "./daemon-client.ts";
import { Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument, onOneLine } from "./table.ts";
import type { MessageView, NumberView } from "./views.ts";

export type Send = {
  readonly to: string;
  readonly text: string;
  /** A number of the box, or a messaging service (`MG…`); null: the one number there is. */
  readonly from: string | null;
  readonly wait: boolean;
  readonly timeoutSeconds: number;
  readonly config: string | null;
  readonly json: boolean;
};

const LOOK_MS = 250;
/** What stays in its queue for so long is explained. */
const PATIENCE_MS = 2_000;

export async function send(asked: Send, surroundings: Surroundings): Promise<number> {
  const { print } = surroundings;
  const client = await clientFor(asked.config, surroundings);
  const from = asked.from ?? (await onlyNumber(client));
  const sent = await client.post<MessageView>("{AC}/Messages.json", {
    To: asked.to,
    Body: asked.text,
    [/^MG[0-9a-fA-F]{32}$/.test(from) ? "MessagingServiceSid" : "From"]: from,
  });
  const say = (text: string) => {
    if (!asked.json) print(`${onOneLine(text)}\n`);
  };
  const segments =
    sent.num_segments === "1" || sent.num_segments === "0" ? "" : `, ${sent.num_segments} segments`;
  say(`${sent.sid} ${sent.status}: ${from} to ${sent.to}${segments}`);
  const message = asked.wait ? await outcomeOf(sent, client, { ...asked, say }) : sent;
  if (asked.json) print(jsonDocument(message));
  if (!asked.wait || message.status === "delivered") return EXIT.ok;
  if (ENDS.includes(message.status)) return EXIT.failed;
  say(
    message.status === "sent"
      ? `the network took it; no delivery report within ${asked.timeoutSeconds} s`
      : `not sent within ${asked.timeoutSeconds} s; it goes on: \`pylone messages\` shows how it ends`,
  );
  return EXIT.undecided;
}

const ENDS: readonly string[] = ["delivered", "undelivered", "failed", "canceled"];

async function outcomeOf(
  sent: MessageView,
  client: ApiClient,
  { timeoutSeconds, say }: { readonly timeoutSeconds: number; readonly say: (text: string) => void },
): Promise<MessageView> {
  const started = systemClock.monotonicMs();
  const elapsed = () => systemClock.monotonicMs() - started;
  const told = (text: string) => say(`${(elapsed() / 1000).toFixed(1).padStart(7)} s  ${text}`);
  let message = sent;
  let why = "";
  while (!ENDS.includes(message.status) && elapsed() < timeoutSeconds * 1000) {
    await systemClock.sleep(LOOK_MS);
    const seen = message.status;
    message = await client.get<MessageView>(`{AC}/Messages/${sent.sid}.json`);
    if (message.status !== seen) {
      const { error_code: code, error_message: text } = message;
      told(`${message.status}${code === null ? "" : `: ${code}${text === null ? "" : ` ${text}`}`}`);
    } else if (message.status === "queued" && elapsed() > PATIENCE_MS) {
      const { reason } = await client.get<{ reason: string }>(
        `/appliance/v1/Messages/${sent.sid}/Explanation`,
      );
      if (reason !== why) told(`queued: ${reason}`);
      why = reason;
    }
  }
  return message;
}

async function onlyNumber(client: ApiClient): Promise<string> {
  const { incoming_phone_numbers: numbers } = await client.get<{
    incoming_phone_numbers: readonly NumberView[];
  }>("{AC}/IncomingPhoneNumbers.json", { PageSize: "1000" });
  const [first, second] = numbers;
  if (first === undefined)
    throw new Failure(
      EXIT.refused,
      "the box has no number yet; `pylone lines` shows why, or give --from (a short code or a name)",
    );
  if (second !== undefined)
    throw new Failure(
      EXIT.usage,
      `the box has several numbers: give --from ${numbers.map((number) => number.phone_number).join(", ")}`,
    );
  return first.phone_number;
}
