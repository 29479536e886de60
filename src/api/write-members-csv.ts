/** The members of an audience as a file that `read-members-csv.ts` reads back: the same people, the same attributes. */
import { Readable } from "node:stream";
import { stringify } from "csv-stringify/sync";
import type { AudienceCommands, MemberRecord } from "../store/audience-commands.ts";
import { guardCell } from "./spreadsheet-cell.ts";

const ROWS_AT_ONCE = 500;

/**
 * A page after the other, as the client takes them: who joins meanwhile may be in it or not. The mark before it is what
 * spreadsheets know UTF-8 by; without it they read Loïc as LoÃ¯c, and save that.
 */
export function writeMembersCsv(
  audienceSid: string,
  store: Pick<AudienceCommands, "listMembers" | "memberAttributes">,
): Readable {
  async function* pages(): AsyncGenerator<string> {
    const names = await store.memberAttributes(audienceSid);
    yield stringify([["phone_number", "language", "joined_at", "joined_by", "opted_out_of", ...names]], {
      bom: true,
    });
    let after: string | null = null;
    for (;;) {
      const members: readonly MemberRecord[] = await store.listMembers(audienceSid, {
        after,
        limit: ROWS_AT_ONCE,
      });
      if (members.length === 0) return;
      yield stringify(members.map((member) => rowOf(member, names)));
      after = members.at(-1)?.phoneNumber ?? null;
    }
  }
  return Readable.from(pages(), { objectMode: false });
}

/** Nobody who opens it in a spreadsheet runs what somebody else wrote. A number is nothing but a `+` and digits. */
function rowOf(member: MemberRecord, names: readonly string[]): readonly string[] {
  const { phoneNumber, language, joinedAt, joinedBy, optedOutOf, attributes } = member;
  return [
    phoneNumber,
    language ?? "",
    new Date(joinedAt).toISOString(),
    joinedBy,
    guardCell(optedOutOf.join(" ")),
    ...names.map((name) => guardCell(Object.hasOwn(attributes, name) ? (attributes[name] ?? "") : "")),
  ];
}
