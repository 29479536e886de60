/**
 * The handsets of the simulated network: what they have received and sent, and texting one of the appliance's
 * simulated numbers from one of them. Exists only while a `sim:` line does.
 */
import { parseAddress } from "../accounts/address.ts";
import { ApiError } from "./api-error.ts";
import { handsetMessageView } from "./appliance-views.ts";
import { type ApiRouter, answer } from "./context.ts";
import type { ApiDeps, HandsetMessage, SimulatedPhones } from "./deps.ts";
import { pageOf } from "./page.ts";
import { addressOf, textOf } from "./parameter.ts";
import { readFormOrJson } from "./read-body.ts";
import { MAX_BODY_LENGTH } from "./read-send.ts";

export function routeSimulatorMessages(router: ApiRouter, deps: ApiDeps, phones: SimulatedPhones): void {
  router.get("/appliance/v1/Simulator/Messages", async (ctx) => {
    const page = await pageOf<Placed>(ctx, {
      key: "messages",
      cursor: /^\d{1,9}$/,
      cursorOf: (placed) => String(placed.place),
      list: async (after, limit) => newestFirst(phones.messages(), after, limit),
      view: (placed) => handsetMessageView(placed.message),
    });
    answer(ctx, 200, page);
  });

  router.post("/appliance/v1/Simulator/Messages", async (ctx) => {
    const message = readHandsetText(await readFormOrJson(ctx), deps);
    const result = phones.text(message);
    if (!result.accepted)
      throw new ApiError(20422, `The simulated network refused the text: ${result.reason}`);
    answer(ctx, 201, { ...message, parts: result.parts });
  });
}

type Placed = { readonly place: number; readonly message: HandsetMessage };

/** Newest first. A message's place is counted from the oldest, so that a new one moves no other. */
function newestFirst(messages: readonly HandsetMessage[], after: string | null, limit: number): Placed[] {
  const end = after === null ? messages.length : Math.min(Number(after), messages.length);
  const begin = Math.max(0, end - limit);
  return messages
    .slice(begin, end)
    .map((message, index) => ({ place: begin + index, message }))
    .reverse();
}

function readHandsetText(form: URLSearchParams, deps: ApiDeps): { from: string; to: string; body: string } {
  const to = addressOf(form, "To");
  if (to === null) throw new ApiError(21604);
  const from = addressOf(form, "From");
  if (from === null) throw new ApiError(21603);
  const body = textOf(form, "Body");
  if (body === null) throw new ApiError(21602);
  const sender = parseAddress(from, deps.siteCountry);
  if (sender === null) {
    throw new ApiError(21212, `The 'From' number ${from} is no number a handset could have.`);
  }
  const address = parseAddress(to, deps.siteCountry)?.address ?? to;
  // A number that nobody has is still in its SIM, and can be texted to.
  const served =
    deps.numbers.byNumber(address) ??
    deps.inventory.offers().find(({ phoneNumber }) => phoneNumber === address);
  const line = served === undefined ? null : deps.roster.get(served.line);
  if (line?.status.simulated !== true) {
    throw new ApiError(21211, `The 'To' number ${to} is not a number of a simulated line.`);
  }
  if (body.length > MAX_BODY_LENGTH) throw new ApiError(21617);
  return { from: sender.address, to: address, body };
}
