/** The apps that are to be told: each of their addresses is connected to, and told nothing. */
import type { SettingsDocument } from "../../store/settings-document.ts";
import { type Finding, fail, pass } from "./finding.ts";
import { answersAt } from "./reach.ts";

export async function webhookFindings(settings: SettingsDocument): Promise<Finding[]> {
  const users = usersOf(settings);
  if (users.size === 0) return [pass("webhooks", "no number has an app: texts that come in are kept")];
  return Promise.all(
    [...users].map(async ([origin, names]) => {
      const { hostname, port, protocol } = new URL(origin);
      const host = hostname.replace(/^\[|\]$/g, "");
      const why = await answersAt({ host, port: Number(port || (protocol === "https:" ? 443 : 80)) });
      const about = `webhook ${origin}`;
      if (why === null) return pass(about, `answers; of ${shown(names)}`);
      return fail(
        about,
        `${why}; of ${shown(names)}`,
        "start the app, or correct the number's URL; what it missed is kept for it (`webhook.retryForHours`)",
      );
    }),
  );
}

/** Origin → who uses it. */
function usersOf({ numbers, services, applications }: SettingsDocument): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  const add = (url: string, name: string) => {
    if (!URL.canParse(url)) return;
    const { origin } = new URL(url);
    users.set(origin, (users.get(origin) ?? new Set()).add(name));
  };
  for (const number of numbers)
    for (const url of [number.smsUrl, number.smsFallbackUrl]) add(url, number.phoneNumber);
  for (const service of services)
    for (const url of [service.inboundRequestUrl, service.fallbackUrl, service.statusCallback])
      add(url, service.friendlyName || service.sid);
  for (const application of applications)
    for (const url of [application.smsUrl, application.smsFallbackUrl, application.messageStatusCallback])
      add(url, application.friendlyName || application.sid);
  return users;
}

function shown(names: ReadonlySet<string>): string {
  const [...all] = names;
  return all.length <= 3 ? all.join(", ") : `${all.slice(0, 3).join(", ")} and ${all.length - 3} more`;
}
