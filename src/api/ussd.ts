/**
 * `POST /appliance/v1/Lines/{name}/Ussd` with `Code`: a question to the network of one line, as for a balance. The
 * answer comes with the response, within a minute; it is kept nowhere. `expects_answer`: the network shows a menu
 * and takes its answer as the next `Code`.
 */
import type { UssdResult } from "../line/line.ts";
import { ApiError } from "./api-error.ts";
import { type ApiRouter, answer, notFound } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { textOf } from "./parameter.ts";
import { readFormOrJson } from "./read-body.ts";

/** What a keypad has; 182 is 27.007's limit. */
const CODE = /^[0-9*#]{1,182}$/;

export function routeUssd(router: ApiRouter, deps: ApiDeps): void {
  router.post("/appliance/v1/Lines/:name/Ussd", async (ctx) => {
    const line = deps.roster.get(ctx.params["name"] ?? "");
    if (line === null) throw notFound(ctx);
    const code = textOf(await readFormOrJson(ctx), "Code");
    if (code === null) throw new ApiError(20001, "A 'Code' is required, such as *100#.");
    if (!CODE.test(code)) throw new ApiError(20001, "The 'Code' is made of digits, * and #, such as *100#.");
    if (line.ussd === undefined) throw new ApiError(20422, `The line ${line.name} has no USSD.`);
    const result = await line.ussd(code);
    if (result.is === "failed") throw refusal(line.name, result);
    answer(ctx, 200, {
      line: line.name,
      code,
      answer: result.text,
      expects_answer: result.expectsAnswer,
    });
  });
}

function refusal(line: string, { why, reason }: Extract<UssdResult, { is: "failed" }>): ApiError {
  const message = `USSD on ${line}: ${reason}.`;
  switch (why) {
    case "busy":
      return new ApiError(20429, message);
    case "refused":
    case "ended":
      return new ApiError(20422, message);
    case "not-ready":
    case "no-answer":
      return new ApiError(20503, message);
  }
}
