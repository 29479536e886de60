/** What the modem's parts share: its settings, the card, the storages, and a few deeds. */
import type { Clock } from "../../runtime/clock.ts";
import type { Answer } from "./call.ts";
import type { Inbox } from "./inbox.ts";
import type { IncomingCall } from "./incoming-call.ts";
import type { Settings } from "./settings.ts";
import type { SimCard } from "./sim-card.ts";
import type { MessageStorage, StorageName } from "./storage.ts";

export type Device = {
  settings: Settings;
  readonly imei: string;
  readonly sim: SimCard;
  readonly storages: Readonly<Record<StorageName, MessageStorage>>;
  readonly inbox: Inbox;
  readonly incomingCall: IncomingCall;
  readonly clock: Clock;
  readonly after: (ms: number, fire: () => void) => void;
  /** `<stat>`, 27.007 §7.2. */
  readonly registration: () => number;
  /** Tells the TE when the registration is not what it was last told; tells the network when it is back. */
  readonly registrationMayHaveChanged: () => void;
  readonly unsolicited: (line: string) => void;
  readonly reboot: () => void;
  /** Space again: RP-SMMA. */
  readonly memoryAvailable: () => void;
  /** Puts a SUBMIT on the air; its TP-MR is already in it. */
  readonly submit: (tpdu: Uint8Array, tpMr: number, answer: (answer: Answer) => void) => void;
};

export function isRegistered(stat: number): boolean {
  return [1, 5, 6, 7, 9, 10].includes(stat);
}
