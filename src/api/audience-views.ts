/** Audiences and their members as they are written, in the style of Twilio's `2010-04-01` resources. */
import type { AudienceRecord, MemberRecord } from "../store/audience-commands.ts";
import { dateText } from "./views.ts";

export const AUDIENCES_PATH = "/appliance/v1/Audiences";

export function audienceView(audience: AudienceRecord): Record<string, unknown> {
  const uri = `${AUDIENCES_PATH}/${audience.sid}`;
  return {
    sid: audience.sid,
    friendly_name: audience.friendlyName,
    members: audience.members,
    language: audience.language,
    keywords: audience.keywords,
    confirm: audience.confirm,
    welcome_text: audience.welcomeText,
    goodbye_text: audience.goodbyeText,
    forward_keywords: audience.forwardKeywords,
    date_created: dateText(audience.createdAt),
    date_updated: dateText(audience.updatedAt),
    uri,
    subresource_uris: { members: `${uri}/Members`, csv: `${uri}/Members.csv` },
  };
}

/** `opted_out`: something is not sent to them, though they are a member; `opted_out_of` says from whom. */
export function memberView(member: MemberRecord): Record<string, unknown> {
  return {
    sid: member.sid,
    audience_sid: member.audienceSid,
    phone_number: member.phoneNumber,
    language: member.language,
    attributes: member.attributes,
    joined_by: member.joinedBy,
    date_joined: dateText(member.joinedAt),
    date_updated: dateText(member.updatedAt),
    opted_out: member.optedOutOf.length > 0,
    opted_out_of: member.optedOutOf,
    uri: `${AUDIENCES_PATH}/${member.audienceSid}/Members/${member.sid}`,
  };
}
