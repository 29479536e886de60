/** What a Line that has talked to nobody yet knows of itself. */
import type { LineFacts } from "./line.ts";

export const NO_FACTS: LineFacts = {
  manufacturer: null,
  model: null,
  imei: null,
  iccid: null,
  imsi: null,
  operator: null,
  technology: null,
  signalDbm: null,
  smsc: null,
  ownNumber: null,
  lastSentAt: null,
  lastReceivedAt: null,
};
