/**
 * One request for each endpoint that is served, and the body it is answered with. They run from top to bottom in one
 * world: what is created is fetched below, and at the end it is deleted.
 */

import { OWN } from "./api-box.ts";
import {
  ACCOUNT,
  APPLICATION,
  AVAILABLE_COUNTRY,
  AVAILABLE_PHONE_NUMBER,
  BALANCE,
  CREATED_MESSAGE,
  FEEDBACK,
  INCOMING_PHONE_NUMBER,
  KEY,
  LOOKUP,
  MESSAGE,
  metaPage,
  NEW_KEY,
  POOL_ALPHA_SENDER,
  POOL_DESTINATION_ALPHA_SENDER,
  POOL_PHONE_NUMBER,
  POOL_SHORT_CODE,
  page,
  type Resource,
  SERVICE,
  SHORT_CODE,
  USAGE_RECORD,
  USECASES,
} from "./contract-shapes.ts";
import { differences, nothing, uri, xmlDifferences } from "./shape.ts";
import { pathIn, TO, type World } from "./world.ts";

export type Golden = {
  /** As the index names it. */
  readonly endpoint: string;
  readonly status: number;
  readonly form?: (world: World) => Record<string, string>;
  readonly query?: string;
  /** Null: there is no body. */
  readonly shape: Resource | null;
  /** The element it is in XML, and that of a list's rows; product APIs have none. */
  readonly xml?: { readonly name: string; readonly row?: string };
  /** What the answer's SID is called in the paths below. */
  readonly keep?: string;
  /** A name of the path → the name of what stands there. */
  readonly as?: Readonly<Record<string, string>>;
};

type More = Partial<Omit<Golden, "endpoint" | "status" | "shape">>;

function get(path: string, shape: Resource, more: More = {}): Golden {
  return { endpoint: `GET ${path}`, status: 200, shape, ...more };
}

function create(path: string, shape: Resource, more: More = {}): Golden {
  return { endpoint: `POST ${path}`, status: 201, shape, ...more };
}

function update(path: string, shape: Resource, more: More = {}): Golden {
  return { endpoint: `POST ${path}`, status: 200, shape, ...more };
}

function remove(path: string, as: Golden["as"] = {}): Golden {
  return { endpoint: `DELETE ${path}`, status: 204, shape: null, as };
}

const one = (name: string) => ({ xml: { name } });
const many = (name: string, row: string) => ({ xml: { name, row } });
const pool = (below: string) => `/v1/Services/{MG}/${below}`;

function numbers(below: string, kind: "local" | "mobile" | "toll-free"): readonly Golden[] {
  const path = `API/IncomingPhoneNumbers${below}.json`;
  return [
    create(path, INCOMING_PHONE_NUMBER, {
      form: (world) => ({ PhoneNumber: world.nextOffer(kind) }),
      ...one("IncomingPhoneNumber"),
      ...(below === "" ? { keep: "bought" } : {}),
    }),
    get(path, page("incoming_phone_numbers", [INCOMING_PHONE_NUMBER]), {
      ...many("IncomingPhoneNumbers", "IncomingPhoneNumber"),
    }),
  ];
}

function forSale(below: string, isServed: boolean): Golden {
  return get(
    `API/AvailablePhoneNumbers/{CC}/${below}.json`,
    { uri, available_phone_numbers: isServed ? [AVAILABLE_PHONE_NUMBER] : [] },
    many("AvailablePhoneNumbers", "AvailablePhoneNumber"),
  );
}

function keys(word: "Keys" | "SigningKeys", list: string, row: string): readonly Golden[] {
  const as = { SK: word };
  return [
    create(`API/${word}.json`, NEW_KEY, { ...one(row), keep: word }),
    get(`API/${word}.json`, page(list, [KEY]), many(word, row)),
    get(`API/${word}/{SK}.json`, KEY, { ...one(row), as }),
    update(`API/${word}/{SK}.json`, KEY, { form: () => ({ FriendlyName: "ci" }), ...one(row), as }),
  ];
}

function emptyList(below: string, key: string, name: string, row: string): Golden {
  return get(`API/${below}.json`, page(key, []), many(name, row));
}

export const GOLDENS: readonly Golden[] = [
  create("API/Messages.json", CREATED_MESSAGE, {
    form: () => ({ To: TO, From: OWN, Body: "Porte ouverte" }),
    ...one("Message"),
  }),
  get("API/Messages.json", page("messages", [MESSAGE]), many("Messages", "Message")),
  get("API/Messages/{SM}.json", MESSAGE, one("Message")),
  update("API/Messages/{SM}.json", MESSAGE, { form: () => ({ Body: "" }), ...one("Message") }),
  get("API/Messages/{SM}/Media.json", page("media_list", []), many("MediaList", "Media")),
  create("API/Messages/{SM}/Feedback.json", FEEDBACK, one("Feedback")),

  ...numbers("", "mobile"),
  ...numbers("/Local", "local"),
  ...numbers("/Mobile", "mobile"),
  ...numbers("/TollFree", "toll-free"),
  get("API/IncomingPhoneNumbers/{PN}.json", INCOMING_PHONE_NUMBER, one("IncomingPhoneNumber")),
  update("API/IncomingPhoneNumbers/{PN}.json", INCOMING_PHONE_NUMBER, {
    form: () => ({ SmsUrl: "http://192.168.1.20:5000/sms" }),
    ...one("IncomingPhoneNumber"),
  }),
  ...["Local", "Mobile", "TollFree"].map((below) => forSale(below, true)),
  ...["National", "Voip", "SharedCost", "MachineToMachine"].map((below) => forSale(below, false)),
  get(
    "API/AvailablePhoneNumbers.json",
    { uri, countries: [AVAILABLE_COUNTRY] },
    many("Countries", "Country"),
  ),
  get("API/AvailablePhoneNumbers/{CC}.json", AVAILABLE_COUNTRY, one("Country")),

  create("/v1/Services", SERVICE, { form: () => ({ FriendlyName: "Alerts" }), keep: "MG" }),
  get("/v1/Services", metaPage("services", [SERVICE])),
  get("/v1/Services/{MG}", SERVICE),
  update("/v1/Services/{MG}", SERVICE, { form: () => ({ StatusCallback: "http://192.168.1.20/s" }) }),
  create(pool("PhoneNumbers"), POOL_PHONE_NUMBER, {
    form: (world) => ({ PhoneNumberSid: world.names["PN"] ?? "" }),
  }),
  get(pool("PhoneNumbers"), metaPage("phone_numbers", [POOL_PHONE_NUMBER])),
  get(pool("PhoneNumbers/{PN}"), POOL_PHONE_NUMBER),
  create(pool("ShortCodes"), POOL_SHORT_CODE, {
    form: (world) => ({ ShortCodeSid: world.names["SC"] ?? "" }),
  }),
  get(pool("ShortCodes"), metaPage("short_codes", [POOL_SHORT_CODE])),
  get(pool("ShortCodes/{SC}"), POOL_SHORT_CODE),
  create(pool("AlphaSenders"), POOL_ALPHA_SENDER, { form: () => ({ AlphaSender: "PYLONE" }), keep: "AI" }),
  get(pool("AlphaSenders"), metaPage("alpha_senders", [POOL_ALPHA_SENDER])),
  get(pool("AlphaSenders/{AI}"), POOL_ALPHA_SENDER),
  create(pool("DestinationAlphaSenders"), POOL_DESTINATION_ALPHA_SENDER, {
    form: () => ({ AlphaSender: "PYLONE", IsoCountryCode: "FR" }),
    keep: "forFrance",
  }),
  get(pool("DestinationAlphaSenders"), metaPage("alpha_senders", [POOL_DESTINATION_ALPHA_SENDER])),
  get(pool("DestinationAlphaSenders/{AI}"), POOL_DESTINATION_ALPHA_SENDER, { as: { AI: "forFrance" } }),
  get(pool("ChannelSenders"), metaPage("senders", [])),
  get("/v1/Services/Usecases", USECASES),

  get("/2010-04-01/Accounts/{AC}.json", ACCOUNT, one("Account")),
  get("API/Balance.json", BALANCE, one("Balance")),
  create("/2010-04-01/Accounts.json", ACCOUNT, one("Account")),
  get("/2010-04-01/Accounts.json", page("accounts", [ACCOUNT]), many("Accounts", "Account")),
  update("/2010-04-01/Accounts/{AC}.json", ACCOUNT, {
    form: () => ({ FriendlyName: "Maison" }),
    ...one("Account"),
  }),
  ...keys("Keys", "keys", "Key"),
  ...keys("SigningKeys", "signing_keys", "SigningKey"),
  ...[
    "",
    "/Daily",
    "/Monthly",
    "/Yearly",
    "/AllTime",
    "/Today",
    "/Yesterday",
    "/ThisMonth",
    "/LastMonth",
  ].map((below) =>
    get(
      `API/Usage/Records${below}.json`,
      page("usage_records", [USAGE_RECORD]),
      many("UsageRecords", "UsageRecord"),
    ),
  ),
  emptyList("Usage/Triggers", "usage_triggers", "UsageTriggers", "UsageTrigger"),
  create("API/Applications.json", APPLICATION, {
    form: () => ({ FriendlyName: "Alerts", SmsUrl: "http://192.168.1.20/sms" }),
    ...one("Application"),
    keep: "AP",
  }),
  get("API/Applications.json", page("applications", [APPLICATION]), many("Applications", "Application")),
  get("API/Applications/{AP}.json", APPLICATION, one("Application")),
  update("API/Applications/{AP}.json", APPLICATION, {
    form: () => ({ VoiceCallerIdLookup: "true" }),
    ...one("Application"),
  }),

  get("API/SMS/ShortCodes.json", page("short_codes", [SHORT_CODE]), many("ShortCodes", "ShortCode")),
  get("API/SMS/ShortCodes/{SC}.json", SHORT_CODE, one("ShortCode")),
  update("API/SMS/ShortCodes/{SC}.json", SHORT_CODE, {
    form: () => ({ FriendlyName: "Vote" }),
    ...one("ShortCode"),
  }),
  emptyList("OutgoingCallerIds", "outgoing_caller_ids", "OutgoingCallerIds", "OutgoingCallerId"),
  emptyList("Calls", "calls", "Calls", "Call"),
  emptyList("Notifications", "notifications", "Notifications", "Notification"),
  emptyList("Addresses", "addresses", "Addresses", "Address"),
  emptyList("Recordings", "recordings", "Recordings", "Recording"),
  emptyList("Conferences", "conferences", "Conferences", "Conference"),
  emptyList("Queues", "queues", "Queues", "Queue"),
  emptyList("SIP/Domains", "domains", "Domains", "Domain"),
  emptyList("SIP/CredentialLists", "credential_lists", "CredentialLists", "CredentialList"),
  emptyList(
    "SIP/IpAccessControlLists",
    "ip_access_control_lists",
    "IpAccessControlLists",
    "IpAccessControlList",
  ),
  get("/v2/PhoneNumbers/{num}", LOOKUP),
  create("/v1/Keys", { ...NEW_KEY, policy: nothing }, { keep: "v1Key" }),
  get("/v1/Keys", metaPage("keys", [KEY])),
  get("/v1/Keys/{SK}", { ...KEY, policy: nothing }, { as: { SK: "v1Key" } }),
  update("/v1/Keys/{SK}", { ...KEY, policy: nothing }, { as: { SK: "v1Key" } }),

  remove("API/Messages/{SM}.json"),
  remove("API/IncomingPhoneNumbers/{PN}.json", { PN: "bought" }),
  remove(pool("PhoneNumbers/{PN}")),
  remove(pool("ShortCodes/{SC}")),
  remove(pool("AlphaSenders/{AI}")),
  remove(pool("DestinationAlphaSenders/{AI}"), { AI: "forFrance" }),
  remove("/v1/Services/{MG}"),
  remove("API/Keys/{SK}.json", { SK: "Keys" }),
  remove("API/SigningKeys/{SK}.json", { SK: "SigningKeys" }),
  remove("/v1/Keys/{SK}", { SK: "v1Key" }),
  remove("API/Applications/{AP}.json"),
];

/** Asks for it, in JSON and in XML where there is any, and tells what is wrong with the answers. */
export async function wrongWith(golden: Golden, world: World): Promise<readonly string[]> {
  const { method, template } = splitEndpoint(golden.endpoint);
  const named = Object.entries(golden.as ?? {}).map(([name, other]) => [name, world.names[other] ?? ""]);
  const path = pathIn(template, { ...world.names, ...Object.fromEntries(named) }) + (golden.query ?? "");
  const answer = await world.ask(method, path, formOf(golden, method, world));
  if (answer.status !== golden.status)
    return [`it is answered ${answer.status} ${answer.text.slice(0, 200)}`];
  if (golden.keep !== undefined) world.names[golden.keep] = String(answer.body["sid"]);
  if (golden.shape === null) return answer.text === "" ? [] : ["it has a body"];
  const wrong = differences(answer.body, golden.shape);
  if (wrong.length > 0 || golden.xml === undefined) return wrong;

  const written = await world.ask(method, path.replace(/\.json/, ".xml"), formOf(golden, method, world));
  if (written.status !== golden.status) return [`its XML is answered ${written.status}`];
  const same = method === "GET" ? answer.body : undefined;
  return xmlDifferences(written.text, golden.shape, golden.xml, same);
}

function formOf({ form }: Golden, method: string, world: World): Record<string, string> | undefined {
  return method === "POST" ? (form?.(world) ?? {}) : undefined;
}

function splitEndpoint(endpoint: string): { method: string; template: string } {
  const [method = "", template = ""] = endpoint.split(" ");
  return { method, template };
}
