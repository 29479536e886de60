/** `pylone messages`: the newest messages, and with `--follow` those that come and each change of their status. */
import { EXIT } from "../daemon/exit-codes.ts";
import type { ApiClient } from "./api-client.ts";
import { clientFor } from "./daemon-client.ts";
import { follow } from "./follow.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument, jsonLine, onOneLine, shownDate, table } from "./table.ts";
import type { MessageView } from "./views.ts";

export type Messages = {
  readonly from: string | null;
  readonly to: string | null;
  /** As the API's `DateSent>`: a date, or a date and time. */
  readonly since: string | null;
  readonly status: string | null;
  readonly limit: number;
  readonly follow: boolean;
  readonly config: string | null;
  readonly json: boolean;
};

export async function messages(asked: Messages, surroundings: Surroundings): Promise<number> {
  const { print } = surroundings;
  const newest = async (client: ApiClient): Promise<readonly MessageView[]> => {
    const found: MessageView[] = [];
    let path: string | null = `{AC}/Messages.json?${query(asked)}`;
    while (path !== null && found.length < asked.limit) {
      const page: Page = await client.get<Page>(path);
      found.push(...page.messages.filter(({ status }) => (asked.status ?? status) === status));
      path = page.next_page_uri;
    }
    return found.slice(0, asked.limit);
  };
  if (asked.follow)
    return follow(
      {
        newest,
        keyOf: ({ sid, status }) => `${sid} ${status}`,
        show: (message) =>
          print(asked.json ? jsonLine(message) : `${row(message).map(onOneLine).join("  ")}\n`),
      },
      asked.config,
      surroundings,
    );
  const found = await newest(await clientFor(asked.config, surroundings));
  print(asked.json ? jsonDocument(found) : table([HEAD, ...found.toReversed().map(row)]));
  return EXIT.ok;
}

type Page = { readonly messages: readonly MessageView[]; readonly next_page_uri: string | null };

function query({ from, to, since, limit, status }: Messages): string {
  return new URLSearchParams({
    // With a status to look for there is more to look through.
    PageSize: String(status === null ? Math.min(limit, 1000) : 1000),
    ...(from === null ? {} : { From: from }),
    ...(to === null ? {} : { To: to }),
    ...(since === null ? {} : { "DateSent>": since }),
  }).toString();
}

const HEAD = ["DATE", "SID", "FROM", "TO", "STATUS", "TEXT"];

function row(message: MessageView): readonly string[] {
  const { error_code: code } = message;
  return [
    shownDate(message.date_created),
    message.sid,
    message.from ?? "-",
    message.to,
    code === null ? message.status : `${message.status} (${code})`,
    message.body,
  ];
}
