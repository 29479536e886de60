/** The client of the daemon that `--config` means. */
import { ApiClient } from "./api-client.ts";
import { configurationOf, connectionOf } from "./connection.ts";
import type { Surroundings } from "./surroundings.ts";

export async function clientFor(config: string | null, surroundings: Surroundings): Promise<ApiClient> {
  return new ApiClient(await connectionOf(configurationOf(config, surroundings).config));
}
