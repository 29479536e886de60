/** What the index has and the appliance does not: the error it is answered with. */
export type Refusal = {
  readonly endpoint: string;
  readonly form?: Record<string, string>;
  readonly status: number;
  readonly code: number;
};

function none(...endpoints: readonly string[]): readonly Refusal[] {
  return endpoints.map((endpoint) => ({ endpoint, status: 404, code: 20404 }));
}

export const REFUSALS: readonly Refusal[] = [
  ...none(
    "GET API/Messages/{SM}/Media/{ME}.json",
    "DELETE API/Messages/{SM}/Media/{ME}.json",
    "GET API/Messages/{SM}/Media/{ME}",
    "GET /v1/Services/{MG}/Compliance/Usa2p",
    "GET /v1/a2p/BrandRegistrations",
    "GET /v1/Tollfree/Verifications",
    "GET /v1/Deactivations",
    "GET /v1/LinkShortening/Domains/{DN}/Config",
    "GET API/Usage/Triggers/{UT}.json",
    "POST API/Usage/Triggers/{UT}.json",
    "DELETE API/Usage/Triggers/{UT}.json",
    "GET API/OutgoingCallerIds/{PN}.json",
    "POST API/OutgoingCallerIds/{PN}.json",
    "DELETE API/OutgoingCallerIds/{PN}.json",
    "GET API/Calls/{CA}.json",
    "POST API/Calls/{CA}.json",
    "DELETE API/Calls/{CA}.json",
    "POST API/Tokens.json",
  ),
  { endpoint: "POST API/Usage/Triggers.json", status: 405, code: 20004 },
  {
    endpoint: "POST API/OutgoingCallerIds.json",
    form: { PhoneNumber: "+33639980002" },
    status: 400,
    code: 21215,
  },
  {
    endpoint: "POST API/Calls.json",
    form: { To: "+33639980002", From: "+33639980001", Url: "http://192.168.1.20/voice" },
    status: 400,
    code: 21215,
  },
];
