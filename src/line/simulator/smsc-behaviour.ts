/** What may be overridden of an SMSC, as `behaviour.ts` says of modems: the newest has first refusal. */
import type { ReceiptDialect } from "./codec/receipt.ts";
import type { IdForm } from "./message-ids.ts";
import type { SmscSession } from "./smsc-session.ts";

/** How receipts are written, and how they spell the id. */
export type Spelling = ReceiptDialect & { readonly ids: IdForm };

export type SmscBehaviour = {
  readonly name: string;
  /** True: there is no SMSC at the address. */
  readonly isDown?: () => boolean;
  /** A connection was made. */
  readonly onConnection?: (session: SmscSession) => void;
  /** True: PDUs are read and not heeded, and nothing is said. */
  readonly isMute?: () => boolean;
  /** True: nothing is read from its connections either; they fill. */
  readonly isDeaf?: () => boolean;
  /** A PDU for the ESME, changed. */
  readonly shapeOutput?: (bytes: Buffer) => Buffer;
  /** A bind in order. A number: refused with this `command_status`. */
  readonly onBind?: () => number | null;
  /** A submit_sm; `proceed` takes it. `true`: answered here, at any time, or never. */
  readonly onSubmit?: (
    session: SmscSession,
    answer: (status: number) => void,
    proceed: () => void,
  ) => boolean;
  /** A submit_sm was taken: another `command_status` for the ESME than 0. */
  readonly onTaken?: () => number | null;
  /** The answer to a submit_sm is about to be told. `true`: `tell` is called later, or never. */
  readonly onAnswer?: (tell: () => void, session: SmscSession) => boolean;
  /** The number of a message: of the one before again, or the next one. */
  readonly onId?: (last: number | null, next: () => number) => number | null;
  /** A receipt about to leave. A number: so many milliseconds later. */
  readonly onReceipt?: () => "never" | "twice" | number | null;
  /** What a receipt says of a message that arrived: `err`, where it says that it did not. */
  readonly onVerdict?: () => number | null;
  readonly shapeSpelling?: (spelling: Spelling) => Spelling;
  /** One part of a phone's text. A number: so many milliseconds later. */
  readonly onPart?: () => "lost" | "twice" | number | null;
  readonly onRelease?: () => void;
};
