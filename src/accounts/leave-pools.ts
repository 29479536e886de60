/**
 * A Number that leaves its account leaves every pool it is in, in the same change of the document: it would be back
 * in the old pool on the day it returns, and hide the pool it is in meanwhile.
 */
import type { SettingsDocument } from "../store/settings-document.ts";

export function leavePools(document: SettingsDocument, numberSid: string): SettingsDocument {
  return {
    ...document,
    services: document.services.map((service) =>
      service.senders.some((sender) => sender.numberSid === numberSid)
        ? { ...service, senders: service.senders.filter((sender) => sender.numberSid !== numberSid) }
        : service,
    ),
  };
}
