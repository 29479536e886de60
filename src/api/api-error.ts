/**
 * Every refusal of the API, in Twilio's numbers (contract §12.1). A handler throws an `ApiError`; one funnel
 * (`answer-errors.ts`) turns it into contract §1.7's body. Applications match on `code`, so a code is never
 * invented: what Twilio has no number for takes the nearest one it has.
 */

/** Code → HTTP status and the words used when the thrower has none of its own. */
const ERRORS = {
  20001: [400, "Bad request"],
  20002: [400, "FriendlyName must be 1 to 64 characters long."],
  20003: [401, "Authenticate"],
  20004: [405, "Method not allowed"],
  20005: [403, "Account not active"],
  20006: [403, "Access denied"],
  20007: [400, "Page size must be between 1 and 1000."],
  20008: [403, "This resource cannot be used with test credentials."],
  20009: [409, "The message is not finished yet: it can be neither deleted nor redacted."],
  20404: [404, "The requested resource was not found"],
  20410: [410, "This resource is gone: messages are at /Messages."],
  20422: [400, "Invalid parameter"],
  20429: [429, "Too Many Requests"],
  20500: [500, "Internal Server Error"],
  20503: [503, "Service unavailable"],
  21201: [400, "No 'To' number is specified."],
  21205: [400, "A call needs a valid 'Url', a 'Twiml' of at most 4000 characters, or an 'ApplicationSid'."],
  21210: [400, "The 'From' number is not verified for your account."],
  21211: [400, "The 'To' number is not a valid phone number."],
  21212: [400, "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID."],
  21213: [400, "No 'From' number is specified."],
  21214: [400, "The 'To' number cannot be reached."],
  21215: [400, "Calls to this number are not enabled: this appliance has no voice."],
  21216: [400, "Calls to this number are blocked."],
  21217: [400, "The phone number does not appear to be valid."],
  21218: [400, "The 'ApplicationSid' is not valid or not one of your account's."],
  21265: [400, "The 'To' number is a short code."],
  21266: [400, "The 'To' and 'From' numbers are the same."],
  21401: [400, "The phone number is not valid."],
  21402: [400, "The URL is not valid: it must be absolute, http or https."],
  21403: [400, "The method is not valid: it must be GET or POST."],
  21405: [400, "A VoiceFallbackUrl needs a VoiceUrl."],
  21406: [400, "An SmsFallbackUrl needs an SmsUrl."],
  21420: [400, "The application does not exist or does not belong to your account."],
  21421: [400, "The phone number is not valid: it is written in E.164."],
  21422: [400, "The phone number is not available."],
  21451: [400, "The area code is not valid: it is three digits, the first from 2 to 9."],
  21452: [400, "No phone number is available in that area code."],
  21457: [400, "An AreaCode cannot be given with a kind of number: give a PhoneNumber."],
  21458: [400, "The phone number is of another kind."],
  21470: [400, "The AccountSid is not valid: it is AC and 32 hex digits."],
  21471: [400, "The account the number should move to does not exist."],
  21472: [400, "The account the number should move to is not active."],
  21473: [400, "A number moves between an account and its subaccounts only, with the account's credentials."],
  21475: [400, "The Status is not valid: it must be active, suspended or closed."],
  21477: [400, "The status of the main account cannot be changed."],
  21479: [400, "A closed account cannot be opened again."],
  21481: [400, "Invalid PageToken"],
  21408: [400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number."],
  21602: [400, "Message body is required."],
  21603: [400, "A 'From' phone number is required."],
  21604: [400, "A 'To' phone number is required."],
  21606: [400, "The From phone number cannot send for your account."],
  21609: [400, "The 'StatusCallback' URL is not valid: it must be absolute, http or https."],
  21610: [400, "Attempt to send to unsubscribed recipient"],
  21611: [400, "This 'From' number has exceeded the maximum number of queued messages"],
  21612: [400, "The 'To' phone number is not currently reachable using the 'From' phone number via SMS."],
  21614: [400, "The 'To' number is not a mobile number."],
  21617: [400, "The concatenated message body exceeds the 1600 character limit"],
  21620: [400, "A 'MediaUrl' is not valid: it must be absolute, http or https."],
  21621: [400, "The 'From' number has not been enabled for MMS: this appliance sends SMS only."],
  21623: [400, "A message takes at most 10 'MediaUrl's."],
  21624: [400, "The 'ValidityPeriod' must be a whole number of seconds from 1 to 36000."],
  21654: [400, "'ContentVariables' needs a 'ContentSid'."],
  21655: [400, "The 'ContentSid' is not valid: content templates are not supported here; send a 'Body'."],
  21657: [400, "The alphanumeric sender is not one of your account's."],
  21658: [413, "The request is too large."],
  21701: [404, "The Messaging Service does not exist"],
  21704: [400, "The Messaging Service contains no phone numbers."],
  21705: [400, "The Messaging Service SID is not valid: it is MG and 32 hex digits."],
  21710: [409, "The phone number or short code is already in this Messaging Service."],
  21711: [400, "The 'From' number is not in the Messaging Service."],
  21712: [409, "The phone number or short code is in another Messaging Service."],
  21714: [400, "The Messaging Service's sender pool is full."],
  30409: [400, "The message cannot be canceled: it is not scheduled (any more)."],
  35111: [400, "'ScheduleType' needs a 'SendAt'."],
  35114: [400, "The 'SendAt' must be 15 minutes to 35 days ahead."],
  35118: [400, "Scheduling needs a 'MessagingServiceSid'."],
  35125: [400, "Too many messages are scheduled."],
  35126: [400, "The 'ScheduleType' must be 'fixed'."],
} as const satisfies Record<number, readonly [status: number, message: string]>;

export type ApiErrorCode = keyof typeof ERRORS;

export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly status: number;
  /** Contract §1.2's second sentence, on a 401. */
  readonly detail: string | null;
  /** What is wrong where, of a request with many parts. */
  readonly details: object | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ApiErrorCode,
    message: string | null = null,
    more: {
      readonly detail?: string;
      readonly details?: object;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message ?? ERRORS[code][1]);
    this.name = "ApiError";
    this.code = code;
    this.status = ERRORS[code][0];
    this.detail = more.detail ?? null;
    this.details = more.details ?? null;
    this.headers = more.headers ?? {};
  }
}

export function isApiErrorCode(code: number): code is ApiErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** Contract §1.7. */
export function errorBody(error: ApiError): Record<string, string | number | object> {
  return {
    code: error.code,
    ...(error.detail === null ? {} : { detail: error.detail }),
    ...(error.details === null ? {} : { details: error.details }),
    message: error.message,
    more_info: `https://www.twilio.com/docs/errors/${error.code}`,
    status: error.status,
  };
}
