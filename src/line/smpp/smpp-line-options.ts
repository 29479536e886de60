/** What an SMPP Line is told at composition; the configuration's `smpp` keys (`daemon/config-schema.ts`), parsed. */
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { OpenStream } from "../byte-stream.ts";
import type { LineMemory } from "../line.ts";

/** `pair`: one transmitter and one receiver side by side. */
export type BindKind = "transceiver" | "transmitter" | "receiver" | "pair";

/** What a text is written in where its characters allow; `ucs2` where they do not. */
export type SmppAlphabet = "gsm7" | "latin1" | "ucs2";

/** How parts of a long message are told apart: SMPP 3.4 §5.3.2.22 to .24 for `sar`. */
export type LongMessages = "udh" | "sar" | "payload";

/**
 * How the id in a receipt relates to the one in `submit_sm_resp`: the same text; the receipt's hexadecimal or decimal
 * where the response's is the other; `auto` finds out and remembers.
 */
export type MessageIds = "auto" | "same" | "receipt-decimal" | "receipt-hex";

/** SMPP 3.4 §5.2.5, §5.2.6; null: inferred from the address. */
export type AddressKind = { readonly ton: number | null; readonly npi: number | null };

export type SmppLineOptions = {
  readonly name: string;
  readonly openStream: OpenStream;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: LineMemory;
  /** 0 to 1, for the pauses between two tries; the machine's own when absent. */
  readonly random?: () => number;
  readonly simulated: boolean;
  readonly systemId: string;
  readonly password: string;
  readonly systemType: string;
  /** SMPP 3.4 §5.2.4: 0x33, 0x34 or 0x50. */
  readonly interfaceVersion: number;
  /** What a receiver is bound to: §5.2.7. */
  readonly addressRange: { readonly ton: number; readonly npi: number; readonly range: string };
  readonly bind: BindKind;
  /** How many of them at once; each has a window of its own. */
  readonly binds: number;
  /** Requests without a response, per bind. */
  readonly window: number;
  readonly enquireLinkMs: number;
  /** How long a response may take. */
  readonly responseTimeoutMs: number;
  readonly alphabet: SmppAlphabet;
  /** What `data_coding` 0 means at this SMSC, both ways. */
  readonly smscAlphabet: "gsm7" | "latin1";
  /** The octets in `data_coding`, §5.2.19. */
  readonly dataCoding: { readonly gsm7: number; readonly latin1: number; readonly ucs2: number };
  readonly longMessages: LongMessages;
  readonly source: AddressKind;
  readonly destination: AddressKind;
  readonly registeredDelivery: boolean;
  readonly messageIds: MessageIds;
  /** `deliver_sm` that may wait for the disk at once; beyond it the socket is not read. */
  readonly inboundWindow: number;
};
