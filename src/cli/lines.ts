/** `pylone lines`: each line, whether it can send, and why not. */
import { EXIT } from "../daemon/exit-codes.ts";
import { clientFor } from "./daemon-client.ts";
import type { Surroundings } from "./surroundings.ts";
import { jsonDocument, table } from "./table.ts";
import type { LineView } from "./views.ts";

export type Lines = { readonly config: string | null; readonly json: boolean };

export async function lines({ config, json }: Lines, surroundings: Surroundings): Promise<number> {
  const client = await clientFor(config, surroundings);
  const found = await client.get<{ lines: readonly LineView[] }>("/appliance/v1/Lines", { PageSize: "1000" });
  surroundings.print(json ? jsonDocument(found.lines) : table([HEAD, ...found.lines.map(row)]));
  return EXIT.ok;
}

const HEAD = ["LINE", "KIND", "STATE", "NUMBERS", "OPERATOR", "SIGNAL", "WHY"];

function row(line: LineView): readonly string[] {
  const numbers = line.numbers.map((number) => number.phone_number);
  return [
    line.name,
    line.simulated ? `${line.kind}, simulated` : line.kind,
    line.state,
    numbers.length > 3 ? `${numbers.slice(0, 3).join(" ")} +${numbers.length - 3}` : numbers.join(" ") || "-",
    line.operator === null ? "-" : [line.operator, line.technology ?? []].flat().join(" "),
    line.signal_dbm === null ? "-" : `${line.signal_dbm} dBm`,
    line.recovery === null || line.reason.includes(line.recovery.reason)
      ? line.reason || "-"
      : `${line.reason} (${line.recovery.reason})`,
  ];
}
