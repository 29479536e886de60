/**
 * The part of `smpp` (node-smpp 0.5) that is used here; the package has no types of its own. Fields have the names
 * of SMPP 3.4 §4 and §5. Only its two doors import it (`smpp/session.ts`, `simulator/smsc-session.ts`).
 */
declare module "smpp" {
  import type { EventEmitter } from "node:events";
  import type { Server as NetServer } from "node:net";
  import type { Duplex } from "node:stream";

  export type PduFields = Record<string, unknown> & {
    command_status?: number;
    sequence_number?: number;
  };

  export class PDU {
    constructor(command: string, options?: PduFields);
    /** What is on the wire, read. */
    constructor(octets: Buffer);
    /** Turns texts and times into octets and back, by `data_coding`. */
    _filter(direction: "encode" | "decode"): void;
    command: string;
    command_length: number;
    command_id: number;
    command_status: number;
    sequence_number: number;
    [field: string]: unknown;
    isResponse(): boolean;
    response(options?: PduFields): PDU;
    toBuffer(): Buffer;
    static maxLength: number;
    static fromBuffer(buffer: Buffer): PDU | false;
  }

  export class Session extends EventEmitter {
    constructor(options: { socket: Duplex });
    socket: Duplex;
    sequence: number;
    paused: boolean;
    send(
      pdu: PDU,
      responseCallback?: ((pdu: PDU) => void) | null,
      sendCallback?: ((pdu: PDU) => void) | null,
    ): boolean;
    pause(): void;
    resume(): void;
    close(callback?: () => void): void;
    destroy(callback?: () => void): void;
  }

  export class Server extends NetServer {
    constructor(options: object, listener?: (session: Session) => void);
    sessions: Session[];
  }

  const smpp: {
    Session: typeof Session;
    Server: typeof Server;
    PDU: typeof PDU;
    /** Names to numbers, `ESME_ROK` and the rest: §5.1.3. */
    errors: Readonly<Record<string, number>>;
    commands: Readonly<Record<string, { readonly id: number }>>;
    encodings: { default: string };
  };
  export default smpp;
}
