/**
 * For each endpoint of the contract's index, the official SDK's own way to it, from top to bottom in one world: what
 * is created is used below, and removed at the end.
 */
import type twilio from "twilio";
import { OWN } from "./api-box.ts";
import { TO, type World } from "./world.ts";

type Client = ReturnType<typeof twilio>;
type Call = (client: Client, world: World) => Promise<unknown>;

/** The one path that the SDK does not know: the bytes of a medium are fetched with any HTTP client. */
export const NOT_IN_THE_SDK: readonly string[] = ["GET API/Messages/{SM}/Media/{ME}"];

const named = (world: World, name: string): string => world.names[name] ?? "";

function keeping(name: string, made: Promise<{ sid: string }>, { names }: World): Promise<unknown> {
  return made.then((resource) => {
    names[name] = resource.sid;
    return resource;
  });
}

const message = (client: Client, world: World) => client.messages(named(world, "SM"));
const media = (client: Client, world: World) => message(client, world).media(named(world, "ME"));
const number = (client: Client, world: World) => client.incomingPhoneNumbers(named(world, "PN"));
const country = (client: Client) => client.availablePhoneNumbers("FR");
const service = (client: Client, world: World) => client.messaging.v1.services(named(world, "MG"));
const application = (client: Client, world: World) => client.applications(named(world, "AP"));
const shortCode = (client: Client, world: World) => client.shortCodes(named(world, "SC"));
const callerId = (client: Client, world: World) => client.outgoingCallerIds(named(world, "PN"));
const call = (client: Client, world: World) => client.calls(named(world, "CA"));
const trigger = (client: Client, world: World) => client.usage.triggers(named(world, "UT"));

export const SDK_CALLS: Readonly<Record<string, Call>> = {
  "POST API/Messages.json": (client) =>
    client.messages.create({
      to: TO,
      from: OWN,
      body: "Porte ouverte",
      statusCallback: "http://192.168.1.20:5000/status",
      validityPeriod: 60,
      smartEncoded: true,
    }),
  "GET API/Messages.json": (client) =>
    client.messages.list({ to: TO, from: OWN, dateSentAfter: new Date(0), limit: 5 }),
  "GET API/Messages/{SM}.json": (client, world) => message(client, world).fetch(),
  "POST API/Messages/{SM}.json": (client, world) => message(client, world).update({ body: "" }),
  "GET API/Messages/{SM}/Media.json": (client, world) => message(client, world).media.list(),
  "GET API/Messages/{SM}/Media/{ME}.json": (client, world) => media(client, world).fetch(),
  "DELETE API/Messages/{SM}/Media/{ME}.json": (client, world) => media(client, world).remove(),
  "POST API/Messages/{SM}/Feedback.json": (client, world) =>
    message(client, world).feedback.create({ outcome: "confirmed" }),

  "POST API/IncomingPhoneNumbers.json": (client, world) =>
    keeping(
      "bought",
      client.incomingPhoneNumbers.create({ phoneNumber: world.nextOffer("mobile"), friendlyName: "f" }),
      world,
    ),
  "GET API/IncomingPhoneNumbers.json": (client) =>
    client.incomingPhoneNumbers.list({ phoneNumber: OWN, limit: 20 }),
  "GET API/IncomingPhoneNumbers/{PN}.json": (client, world) => number(client, world).fetch(),
  "POST API/IncomingPhoneNumbers/{PN}.json": (client, world) =>
    number(client, world).update({ smsUrl: "http://192.168.1.20:5000/sms", smsMethod: "GET", voiceUrl: "" }),
  "POST API/IncomingPhoneNumbers/Local.json": (client, world) =>
    client.incomingPhoneNumbers.local.create({ phoneNumber: world.nextOffer("local") }),
  "POST API/IncomingPhoneNumbers/Mobile.json": (client, world) =>
    client.incomingPhoneNumbers.mobile.create({ phoneNumber: world.nextOffer("mobile") }),
  "POST API/IncomingPhoneNumbers/TollFree.json": (client, world) =>
    client.incomingPhoneNumbers.tollFree.create({ phoneNumber: world.nextOffer("toll-free") }),
  "GET API/IncomingPhoneNumbers/Local.json": (client) => client.incomingPhoneNumbers.local.list(),
  "GET API/IncomingPhoneNumbers/Mobile.json": (client) => client.incomingPhoneNumbers.mobile.list(),
  "GET API/IncomingPhoneNumbers/TollFree.json": (client) => client.incomingPhoneNumbers.tollFree.list(),

  "GET API/AvailablePhoneNumbers/{CC}/Local.json": (client) =>
    country(client).local.list({ contains: "155", inRegion: "IDF", smsEnabled: true, limit: 3 }),
  "GET API/AvailablePhoneNumbers/{CC}/Mobile.json": (client) => country(client).mobile.list(),
  "GET API/AvailablePhoneNumbers/{CC}/TollFree.json": (client) => country(client).tollFree.list(),
  "GET API/AvailablePhoneNumbers/{CC}/National.json": (client) => country(client).national.list(),
  "GET API/AvailablePhoneNumbers/{CC}/Voip.json": (client) => country(client).voip.list(),
  "GET API/AvailablePhoneNumbers/{CC}/SharedCost.json": (client) => country(client).sharedCost.list(),
  "GET API/AvailablePhoneNumbers/{CC}/MachineToMachine.json": (client) =>
    country(client).machineToMachine.list(),
  "GET API/AvailablePhoneNumbers.json": (client) => client.availablePhoneNumbers.list(),
  "GET API/AvailablePhoneNumbers/{CC}.json": (client) => country(client).fetch(),

  "POST /v1/Services": (client, world) =>
    keeping(
      "MG",
      client.messaging.v1.services.create({
        friendlyName: "Alerts",
        stickySender: true,
        validityPeriod: 600,
      }),
      world,
    ),
  "GET /v1/Services": (client) => client.messaging.v1.services.list(),
  "GET /v1/Services/{MG}": (client, world) => service(client, world).fetch(),
  "POST /v1/Services/{MG}": (client, world) => service(client, world).update({ smartEncoding: false }),
  "POST /v1/Services/{MG}/PhoneNumbers": (client, world) =>
    service(client, world).phoneNumbers.create({ phoneNumberSid: named(world, "PN") }),
  "GET /v1/Services/{MG}/PhoneNumbers": (client, world) => service(client, world).phoneNumbers.list(),
  "GET /v1/Services/{MG}/PhoneNumbers/{PN}": (client, world) =>
    service(client, world).phoneNumbers(named(world, "PN")).fetch(),
  "POST /v1/Services/{MG}/ShortCodes": (client, world) =>
    service(client, world).shortCodes.create({ shortCodeSid: named(world, "SC") }),
  "GET /v1/Services/{MG}/ShortCodes": (client, world) => service(client, world).shortCodes.list(),
  "GET /v1/Services/{MG}/ShortCodes/{SC}": (client, world) =>
    service(client, world).shortCodes(named(world, "SC")).fetch(),
  "POST /v1/Services/{MG}/AlphaSenders": (client, world) =>
    keeping("AI", service(client, world).alphaSenders.create({ alphaSender: "PYLONE" }), world),
  "GET /v1/Services/{MG}/AlphaSenders": (client, world) => service(client, world).alphaSenders.list(),
  "GET /v1/Services/{MG}/AlphaSenders/{AI}": (client, world) =>
    service(client, world).alphaSenders(named(world, "AI")).fetch(),
  "POST /v1/Services/{MG}/DestinationAlphaSenders": (client, world) =>
    keeping(
      "forFrance",
      service(client, world).destinationAlphaSenders.create({ alphaSender: "PYLONE", isoCountryCode: "FR" }),
      world,
    ),
  "GET /v1/Services/{MG}/DestinationAlphaSenders": (client, world) =>
    service(client, world).destinationAlphaSenders.list({ isoCountryCode: "FR" }),
  "GET /v1/Services/{MG}/DestinationAlphaSenders/{AI}": (client, world) =>
    service(client, world).destinationAlphaSenders(named(world, "forFrance")).fetch(),
  "GET /v1/Services/{MG}/ChannelSenders": (client, world) => service(client, world).channelSenders.list(),
  "GET /v1/Services/Usecases": (client) => client.messaging.v1.usecases.fetch(),
  "GET /v1/Services/{MG}/Compliance/Usa2p": (client, world) => service(client, world).usAppToPerson.list(),
  "GET /v1/a2p/BrandRegistrations": (client) => client.messaging.v1.brandRegistrations.list(),
  "GET /v1/Tollfree/Verifications": (client) => client.messaging.v1.tollfreeVerifications.list(),
  "GET /v1/Deactivations": (client) => client.messaging.v1.deactivations().fetch({ date: new Date(0) }),
  "GET /v1/LinkShortening/Domains/{DN}/Config": (client, world) =>
    client.messaging.v1.domainConfig(named(world, "DN")).fetch(),

  "GET /2010-04-01/Accounts/{AC}.json": (client, world) =>
    client.api.v2010.accounts(named(world, "AC")).fetch(),
  "GET API/Balance.json": (client) => client.balance.fetch(),
  "POST /2010-04-01/Accounts.json": (client) => client.api.v2010.accounts.create({ friendlyName: "Tenant" }),
  "GET /2010-04-01/Accounts.json": (client) => client.api.v2010.accounts.list({ status: "active" }),
  "POST /2010-04-01/Accounts/{AC}.json": (client, world) =>
    client.api.v2010.accounts(named(world, "AC")).update({ friendlyName: "Maison" }),
  "POST API/Keys.json": (client, world) =>
    keeping("Keys", client.newKeys.create({ friendlyName: "ci" }), world),
  "GET API/Keys.json": (client) => client.keys.list(),
  "GET API/Keys/{SK}.json": (client, world) => client.keys(named(world, "Keys")).fetch(),
  "POST API/Keys/{SK}.json": (client, world) =>
    client.keys(named(world, "Keys")).update({ friendlyName: "cd" }),
  "POST API/SigningKeys.json": (client, world) =>
    keeping("SigningKeys", client.newSigningKeys.create({ friendlyName: "ci" }), world),
  "GET API/SigningKeys.json": (client) => client.signingKeys.list(),
  "GET API/SigningKeys/{SK}.json": (client, world) => client.signingKeys(named(world, "SigningKeys")).fetch(),
  "POST API/SigningKeys/{SK}.json": (client, world) =>
    client.signingKeys(named(world, "SigningKeys")).update({ friendlyName: "cd" }),
  "GET API/Usage/Records.json": (client) =>
    client.usage.records.list({ category: "sms", startDate: new Date(0) }),
  "GET API/Usage/Records/Daily.json": (client) => client.usage.records.daily.list({ limit: 3 }),
  "GET API/Usage/Records/Monthly.json": (client) => client.usage.records.monthly.list({ limit: 3 }),
  "GET API/Usage/Records/Yearly.json": (client) => client.usage.records.yearly.list({ limit: 3 }),
  "GET API/Usage/Records/AllTime.json": (client) => client.usage.records.allTime.list({ limit: 3 }),
  "GET API/Usage/Records/Today.json": (client) => client.usage.records.today.list({ limit: 3 }),
  "GET API/Usage/Records/Yesterday.json": (client) => client.usage.records.yesterday.list({ limit: 3 }),
  "GET API/Usage/Records/ThisMonth.json": (client) => client.usage.records.thisMonth.list({ limit: 3 }),
  "GET API/Usage/Records/LastMonth.json": (client) => client.usage.records.lastMonth.list({ limit: 3 }),
  "GET API/Usage/Triggers.json": (client) => client.usage.triggers.list(),
  "POST API/Usage/Triggers.json": (client) =>
    client.usage.triggers.create({
      callbackUrl: "http://192.168.1.20/usage",
      triggerValue: "1000",
      usageCategory: "sms",
    }),
  "GET API/Usage/Triggers/{UT}.json": (client, world) => trigger(client, world).fetch(),
  "POST API/Usage/Triggers/{UT}.json": (client, world) =>
    trigger(client, world).update({ friendlyName: "x" }),
  "DELETE API/Usage/Triggers/{UT}.json": (client, world) => trigger(client, world).remove(),
  "POST API/Applications.json": (client, world) =>
    keeping("AP", client.applications.create({ friendlyName: "app" }), world),
  "GET API/Applications.json": (client) => client.applications.list(),
  "GET API/Applications/{AP}.json": (client, world) => application(client, world).fetch(),
  "POST API/Applications/{AP}.json": (client, world) =>
    application(client, world).update({ smsUrl: "http://192.168.1.20/sms" }),

  "GET API/SMS/ShortCodes.json": (client) => client.shortCodes.list(),
  "GET API/SMS/ShortCodes/{SC}.json": (client, world) => shortCode(client, world).fetch(),
  "POST API/SMS/ShortCodes/{SC}.json": (client, world) =>
    shortCode(client, world).update({ friendlyName: "Vote" }),
  "GET API/OutgoingCallerIds.json": (client) => client.outgoingCallerIds.list(),
  "POST API/OutgoingCallerIds.json": (client) => client.validationRequests.create({ phoneNumber: TO }),
  "GET API/OutgoingCallerIds/{PN}.json": (client, world) => callerId(client, world).fetch(),
  "POST API/OutgoingCallerIds/{PN}.json": (client, world) =>
    callerId(client, world).update({ friendlyName: "x" }),
  "DELETE API/OutgoingCallerIds/{PN}.json": (client, world) => callerId(client, world).remove(),
  "GET API/Calls.json": (client) => client.calls.list({ startTimeAfter: new Date(0), status: "completed" }),
  "POST API/Calls.json": (client) =>
    client.calls.create({ to: TO, from: OWN, url: "http://192.168.1.20/voice" }),
  "GET API/Calls/{CA}.json": (client, world) => call(client, world).fetch(),
  "POST API/Calls/{CA}.json": (client, world) => call(client, world).update({ status: "completed" }),
  "DELETE API/Calls/{CA}.json": (client, world) => call(client, world).remove(),
  "GET API/Notifications.json": (client) => client.notifications.list(),
  "GET API/Addresses.json": (client) => client.addresses.list(),
  "GET API/Recordings.json": (client) => client.recordings.list(),
  "GET API/Conferences.json": (client) => client.conferences.list(),
  "GET API/Queues.json": (client) => client.queues.list(),
  "GET API/SIP/Domains.json": (client) => client.sip.domains.list(),
  "GET API/SIP/CredentialLists.json": (client) => client.sip.credentialLists.list(),
  "GET API/SIP/IpAccessControlLists.json": (client) => client.sip.ipAccessControlLists.list(),
  "POST API/Tokens.json": (client) => client.tokens.create(),
  "GET /v2/PhoneNumbers/{num}": (client) => client.lookups.v2.phoneNumbers("+14155552671").fetch(),
  "POST /v1/Keys": (client, world) =>
    keeping("v1Key", client.iam.v1.newApiKey.create({ accountSid: named(world, "AC") }), world),
  "GET /v1/Keys": (client, world) => client.iam.v1.getApiKeys.list({ accountSid: named(world, "AC") }),
  "GET /v1/Keys/{SK}": (client, world) => client.iam.v1.apiKey(named(world, "v1Key")).fetch(),
  "POST /v1/Keys/{SK}": (client, world) =>
    client.iam.v1.apiKey(named(world, "v1Key")).update({ friendlyName: "cd" }),

  "DELETE API/Messages/{SM}.json": (client, world) => message(client, world).remove(),
  "DELETE API/IncomingPhoneNumbers/{PN}.json": (client, world) =>
    client.incomingPhoneNumbers(named(world, "bought")).remove(),
  "DELETE /v1/Services/{MG}/PhoneNumbers/{PN}": (client, world) =>
    service(client, world).phoneNumbers(named(world, "PN")).remove(),
  "DELETE /v1/Services/{MG}/ShortCodes/{SC}": (client, world) =>
    service(client, world).shortCodes(named(world, "SC")).remove(),
  "DELETE /v1/Services/{MG}/AlphaSenders/{AI}": (client, world) =>
    service(client, world).alphaSenders(named(world, "AI")).remove(),
  "DELETE /v1/Services/{MG}/DestinationAlphaSenders/{AI}": (client, world) =>
    service(client, world).destinationAlphaSenders(named(world, "forFrance")).remove(),
  "DELETE /v1/Services/{MG}": (client, world) => service(client, world).remove(),
  "DELETE API/Keys/{SK}.json": (client, world) => client.keys(named(world, "Keys")).remove(),
  "DELETE API/SigningKeys/{SK}.json": (client, world) =>
    client.signingKeys(named(world, "SigningKeys")).remove(),
  "DELETE /v1/Keys/{SK}": (client, world) => client.iam.v1.apiKey(named(world, "v1Key")).remove(),
  "DELETE API/Applications/{AP}.json": (client, world) => application(client, world).remove(),
};
