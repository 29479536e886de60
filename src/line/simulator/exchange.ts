/** What the network and a service centre of other numbers say to each other: the SMSC behind an SMPP line. */
import type { Timestamp } from "./codec/tpdu.ts";
import type { UserData } from "./codec/user-data.ts";

/** The SMSs of one text, or one SMS of it. */
export type Parcel = {
  readonly from: string;
  readonly to: string;
  readonly parts: readonly UserData[];
  readonly sentAt: Timestamp;
};

export interface Exchange {
  /** True: as much waits there as may. */
  readonly isFull: boolean;
  /** Kept until it is taken by whom it is for, however long that is. */
  receive(parcel: Parcel, onTaken: () => void): void;
}
