/** `pylone events`: what happened, the newest last; with `--follow` what happens. */
import { EXIT } from "../daemon/exit-codes.ts";
import type { ApiClient } from "./api-client.ts";
import { clientFor } from "./daemon-client.ts";
import { follow } from "./follow.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument, jsonLine, onOneLine, shownDate, table } from "./table.ts";
import type { EventView } from "./views.ts";

export type Events = {
  readonly level: string | null;
  readonly type: string | null;
  readonly message: string | null;
  readonly limit: number;
  readonly follow: boolean;
  readonly config: string | null;
  readonly json: boolean;
};

export async function events(asked: Events, surroundings: Surroundings): Promise<number> {
  const { print } = surroundings;
  const query = {
    PageSize: String(asked.limit),
    ...(asked.level === null ? {} : { Level: asked.level }),
    ...(asked.type === null ? {} : { Type: asked.type }),
    ...(asked.message === null ? {} : { MessageSid: asked.message }),
  };
  const newest = async (client: ApiClient) =>
    (await client.get<{ events: readonly EventView[] }>("/appliance/v1/Events", query)).events;
  if (asked.follow)
    return follow(
      {
        newest,
        keyOf: ({ sid }) => sid,
        show: (event) => print(asked.json ? jsonLine(event) : `${row(event).map(onOneLine).join("  ")}\n`),
      },
      asked.config,
      surroundings,
    );
  const found = await newest(await clientFor(asked.config, surroundings));
  print(asked.json ? jsonDocument(found) : table([HEAD, ...found.toReversed().map(row)]));
  return EXIT.ok;
}

const HEAD = ["DATE", "LEVEL", "TYPE", "WHAT"];

function row(event: EventView): readonly string[] {
  return [shownDate(event.date_created), event.level.padEnd(7), event.type.padEnd(18), event.text];
}
