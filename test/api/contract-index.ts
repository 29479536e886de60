/**
 * The contract's endpoint index (§2) as data: which endpoints there are and how much an app needs them. `API` is
 * `/2010-04-01/Accounts/{AC}`. Braces with a comma are several endpoints, others stand for a name.
 */
export type Priority = "P1" | "P2" | "P3";

export type Endpoint = { readonly priority: Priority; readonly method: string; readonly path: string };

const ROWS: readonly (readonly [priority: Priority, methods: string, path: string])[] = [
  ["P1", "POST GET", "API/Messages.json"],
  ["P1", "GET", "API/Messages/{SM}.json"],
  ["P2", "POST DELETE", "API/Messages/{SM}.json"],
  ["P2", "GET", "API/Messages/{SM}/Media.json"],
  ["P3", "GET DELETE", "API/Messages/{SM}/Media/{ME}.json"],
  ["P3", "GET", "API/Messages/{SM}/Media/{ME}"],
  ["P3", "POST", "API/Messages/{SM}/Feedback.json"],

  ["P1", "GET", "API/IncomingPhoneNumbers.json"],
  ["P1", "GET POST", "API/IncomingPhoneNumbers/{PN}.json"],
  ["P2", "POST", "API/IncomingPhoneNumbers.json"],
  ["P2", "DELETE", "API/IncomingPhoneNumbers/{PN}.json"],
  ["P2", "GET POST", "API/IncomingPhoneNumbers/{Local,Mobile,TollFree}.json"],
  ["P2", "GET", "API/AvailablePhoneNumbers/{CC}/{Local,Mobile,TollFree}.json"],
  ["P3", "GET", "API/AvailablePhoneNumbers.json"],
  ["P3", "GET", "API/AvailablePhoneNumbers/{CC}.json"],
  ["P3", "GET", "API/AvailablePhoneNumbers/{CC}/{National,Voip,SharedCost,MachineToMachine}.json"],

  ["P2", "POST GET", "/v1/Services"],
  ["P2", "GET POST DELETE", "/v1/Services/{MG}"],
  ["P2", "POST GET", "/v1/Services/{MG}/PhoneNumbers"],
  ["P2", "GET DELETE", "/v1/Services/{MG}/PhoneNumbers/{PN}"],
  ["P3", "POST GET", "/v1/Services/{MG}/{ShortCodes,AlphaSenders,DestinationAlphaSenders}"],
  ["P3", "GET DELETE", "/v1/Services/{MG}/ShortCodes/{SC}"],
  ["P3", "GET DELETE", "/v1/Services/{MG}/{AlphaSenders,DestinationAlphaSenders}/{AI}"],
  ["P3", "GET", "/v1/Services/{MG}/ChannelSenders"],
  ["P3", "GET", "/v1/Services/Usecases"],
  ["P3", "GET", "/v1/Services/{MG}/Compliance/Usa2p"],
  ["P3", "GET", "/v1/a2p/BrandRegistrations"],
  ["P3", "GET", "/v1/Tollfree/Verifications"],
  ["P3", "GET", "/v1/Deactivations"],
  ["P3", "GET", "/v1/LinkShortening/Domains/{DN}/Config"],

  ["P2", "GET", "/2010-04-01/Accounts/{AC}.json"],
  ["P2", "GET", "API/Balance.json"],
  ["P3", "GET POST", "/2010-04-01/Accounts.json"],
  ["P3", "POST", "/2010-04-01/Accounts/{AC}.json"],
  ["P2", "GET POST", "API/{Keys,SigningKeys}.json"],
  ["P2", "GET POST DELETE", "API/{Keys,SigningKeys}/{SK}.json"],
  ["P2", "GET", "API/Usage/Records.json"],
  ["P2", "GET", "API/Usage/Records/{Daily,Monthly,Yearly,AllTime,Today,Yesterday,ThisMonth,LastMonth}.json"],
  ["P3", "GET POST", "API/Usage/Triggers.json"],
  ["P3", "GET POST DELETE", "API/Usage/Triggers/{UT}.json"],
  ["P2", "POST GET", "API/Applications.json"],
  ["P2", "GET POST DELETE", "API/Applications/{AP}.json"],

  ["P3", "GET", "API/SMS/ShortCodes.json"],
  ["P3", "GET POST", "API/SMS/ShortCodes/{SC}.json"],
  ["P3", "GET POST", "API/OutgoingCallerIds.json"],
  ["P3", "GET POST DELETE", "API/OutgoingCallerIds/{PN}.json"],
  ["P3", "GET POST", "API/Calls.json"],
  ["P3", "GET POST DELETE", "API/Calls/{CA}.json"],
  ["P3", "GET", "API/{Notifications,Addresses,Recordings,Conferences,Queues}.json"],
  ["P3", "GET", "API/SIP/{Domains,CredentialLists,IpAccessControlLists}.json"],
  ["P3", "POST", "API/Tokens.json"],
  ["P3", "GET", "/v2/PhoneNumbers/{num}"],
  // Not in the index but in §1.1 and §7.2: the newer management of keys.
  ["P3", "GET POST", "/v1/Keys"],
  ["P3", "GET POST DELETE", "/v1/Keys/{SK}"],
];

/** `a/{b,c}/{d}` → `a/b/{d}`, `a/c/{d}`. */
export function expand(path: string): readonly string[] {
  const braces = /\{([^{}]*,[^{}]*)\}/.exec(path);
  const [all, alternatives] = braces ?? [];
  if (all === undefined || alternatives === undefined) return [path];
  return alternatives.split(",").flatMap((each) => expand(path.replace(all, each.trim())));
}

export const INDEX: readonly Endpoint[] = ROWS.flatMap(([priority, methods, paths]) =>
  methods.split(" ").flatMap((method) => expand(paths).map((path): Endpoint => ({ priority, method, path }))),
);

export function nameOf({ method, path }: Pick<Endpoint, "method" | "path">): string {
  return `${method} ${path}`;
}
