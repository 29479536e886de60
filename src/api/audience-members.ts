/**
 * The members of an audience, one by one and as a file. Who is put in again is changed, not refused: a number is in an
 * audience once. A file is taken as a whole or not at all, and the refusal names each line with its mend; so the file
 * that was sent is what is in the audience, and the same file can be sent again.
 */
import { MAX_MEMBERS, type MemberFields, type PutResult } from "../accounts/audience/audiences.ts";
import { MAX_ATTRIBUTES } from "../accounts/audience/member-fields.ts";
import type { MemberRecord } from "../store/audience-commands.ts";
import { ApiError } from "./api-error.ts";
import { AUDIENCES_PATH, memberView } from "./audience-views.ts";
import { audienceSidOf } from "./audiences.ts";
import { type ApiContext, type ApiRouter, answer, answerEmpty, notFound, sidOf } from "./context.ts";
import type { ApiDeps } from "./deps.ts";
import { pageOf } from "./page.ts";
import { addressOf } from "./parameter.ts";
import { readMember, readMemberPatch, readNumber } from "./read-audience.ts";
import { readFormOrJson, readOctets } from "./read-body.ts";
import { type CsvProblem, readMembersCsv } from "./read-members-csv.ts";
import { writeMembersCsv } from "./write-members-csv.ts";

const PATH = `${AUDIENCES_PATH}/:audience/Members`;
const FILE = `${PATH}.csv`;
/** 100,000 members with a few words each. */
const MAX_FILE_OCTETS = 8 * 1024 * 1024;
/** A file with the wrong separator is wrong in every line: nobody reads them all. */
const MAX_PROBLEMS = 100;
const OBJECTS = ["Attributes"];

export function routeAudienceMembers(router: ApiRouter, deps: ApiDeps): void {
  const { audiences, store } = deps;

  router.post(PATH, async (ctx) => {
    const audience = await audienceOf(ctx, deps);
    const member = readMember(await readFormOrJson(ctx, OBJECTS), deps.siteCountry);
    const { added } = keptOf(ctx, await audiences.putMembers(audience, [member], "api"));
    answer(ctx, added === 1 ? 201 : 200, memberView(await memberBy(ctx, audience, member, deps)));
  });

  router.get(PATH, async (ctx) => {
    const audience = await audienceOf(ctx, deps);
    const query = new URLSearchParams(ctx.querystring);
    const wanted = addressOf(query, "PhoneNumber") === null ? null : readNumber(query, deps.siteCountry);
    const page = await pageOf<MemberRecord>(ctx, {
      key: "members",
      cursor: /^\+\d{3,15}$/,
      cursorOf: (member) => member.phoneNumber,
      list: async (after, limit) => {
        if (wanted === null) return store.listMembers(audience, { after, limit });
        const member = after === null ? await store.getMember(audience, { phoneNumber: wanted }) : null;
        return member === null ? [] : [member];
      },
      view: memberView,
    });
    answer(ctx, 200, page);
  });

  router.get(FILE, async (ctx) => {
    const audience = await audienceOf(ctx, deps);
    ctx.status = 200;
    ctx.set("Content-Type", "text/csv; charset=utf-8; header=present");
    ctx.set("Content-Disposition", `attachment; filename="${audience}.csv"`);
    ctx.body = writeMembersCsv(audience, store);
  });

  router.post(FILE, async (ctx) => {
    const audience = await audienceOf(ctx, deps);
    const file = await readOctets(ctx.req, MAX_FILE_OCTETS);
    const site = { country: deps.siteCountry, now: deps.clock.now() };
    const { members, problems } = await readMembersCsv(file, site);
    if (problems.length > 0) throw refusalOf(problems);
    const fields = members.map(({ line: _line, ...member }) => member);
    const result = await audiences.putMembers(audience, fields, "import");
    if (result.is === "too-many-attributes") {
      const line = members.findLast(({ phoneNumber }) => phoneNumber === result.phoneNumber)?.line ?? 1;
      throw refusalOf([{ line, column: null, text: `${tooManyAttributes(result)}: leave a column out` }]);
    }
    const { added, changed, folded } = keptOf(ctx, result);
    const unchanged = members.length - folded - added - changed;
    answer(ctx, 200, { audience_sid: audience, added, changed, unchanged, folded });
  });

  router.get(`${PATH}/:sid`, async (ctx) => {
    const audience = await audienceOf(ctx, deps);
    answer(ctx, 200, memberView(await memberBy(ctx, audience, { sid: sidOf(ctx, ["MB"]) }, deps)));
  });

  router.post(`${PATH}/:sid`, async (ctx) => {
    const audience = await audienceOf(ctx, deps);
    const { phoneNumber } = await memberBy(ctx, audience, { sid: sidOf(ctx, ["MB"]) }, deps);
    const patch: MemberFields = { phoneNumber, ...readMemberPatch(await readFormOrJson(ctx, OBJECTS)) };
    keptOf(ctx, await audiences.putMembers(audience, [patch], "api"));
    answer(ctx, 200, memberView(await memberBy(ctx, audience, { phoneNumber }, deps)));
  });

  router.delete(`${PATH}/:sid`, async (ctx) => {
    const audience = await audienceOf(ctx, deps);
    if (!(await audiences.deleteMember(audience, sidOf(ctx, ["MB"])))) throw notFound(ctx);
    answerEmpty(ctx);
  });
}

/** The SID of an audience that is there. */
async function audienceOf(ctx: ApiContext, { store }: ApiDeps): Promise<string> {
  const audience = await store.getAudience(audienceSidOf(ctx));
  if (audience === null) throw notFound(ctx);
  return audience.sid;
}

async function memberBy(
  ctx: ApiContext,
  audience: string,
  by: { sid: string } | { phoneNumber: string },
  { store }: ApiDeps,
): Promise<MemberRecord> {
  const member = await store.getMember(audience, "sid" in by ? { sid: by.sid } : by);
  if (member === null) throw notFound(ctx);
  return member;
}

function keptOf(ctx: ApiContext, result: PutResult): Extract<PutResult, { is: "kept" }> {
  switch (result.is) {
    case "kept":
      return result;
    case "too-many-attributes":
      throw new ApiError(20422, `${tooManyAttributes(result)}: take one away first (null).`);
    case "full":
      throw new ApiError(
        20422,
        `The audience would have ${result.members} members, ${MAX_MEMBERS} is the most: make a second one.`,
      );
    case "unknown":
      throw notFound(ctx);
  }
}

function tooManyAttributes({ phoneNumber }: { readonly phoneNumber: string }): string {
  return `${phoneNumber} would have more than ${MAX_ATTRIBUTES} attributes with those it has`;
}

function refusalOf(problems: readonly CsvProblem[]): ApiError {
  const lines = new Set(problems.map(({ line }) => line)).size;
  const [first] = problems;
  const where = first?.column == null ? "" : `${first.column}: `;
  const [what, which] = lines === 1 ? ["One line", "It is"] : [`${lines} lines`, "The first is"];
  const text = `${what} of the file cannot be taken, so none was. ${which} line ${first?.line}: ${where}${first?.text}.`;
  return new ApiError(20422, text, { details: { lines, problems: problems.slice(0, MAX_PROBLEMS) } });
}
