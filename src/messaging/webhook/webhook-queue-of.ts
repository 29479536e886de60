/**
 * Which webhooks wait for each other: those of one Number to one app. A dead app holds only its own queue, and
 * two apps behind one Number (inbound here, status callbacks there) do not hold each other.
 */
export function webhookQueueOf(number: string, url: string): string {
  return `${number} ${URL.canParse(url) ? new URL(url).origin : "null"}`;
}
