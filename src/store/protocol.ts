/**
 * What crosses between the main thread and the store's worker: commands by name with their arguments one way,
 * one answer per transaction the other way. Everything is plain data (structured clone).
 */
import type { FaultFields } from "../runtime/fault.ts";
import type { MessageStatus } from "../sms/message.ts";
import type { BackupPlace } from "./backup-folder.ts";
import type { DiskTrouble } from "./disk-trouble.ts";
import type { QueuedNotice } from "./notices.ts";
import type { AcceptResult, Store, WebhookNotice } from "./store.ts";

/** The door's methods that are carried out in the worker. */
export type CommandName = Exclude<
  keyof Store,
  "newestKey" | "onWebhook" | "onQueued" | "turn" | "close" | "holdFile" | "releaseFile"
>;

/** Who asked has the message already: only what the worker made of it travels back. */
export type AcceptAnswer =
  | { readonly is: "accepted"; readonly status: MessageStatus }
  | Exclude<AcceptResult, { is: "accepted" }>;

/** The same commands as the worker carries them out: at once, inside a transaction. */
export type Commands = {
  readonly [Name in CommandName]: (
    ...args: Parameters<Store[Name]>
  ) => Name extends "accept" ? AcceptAnswer : Awaited<ReturnType<Store[Name]>>;
};

export type Request = {
  readonly [Name in CommandName]: { readonly name: Name; readonly args: Parameters<Store[Name]> };
}[CommandName];

/** `code` is SQLite's result code (`SQLITE_FULL`, `SQLITE_CONSTRAINT_PRIMARYKEY`, …) where there is one. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: string | null;
      /** Why the disk refuses; null when it is not the disk. */
      readonly trouble: DiskTrouble | null;
      readonly message: string;
    };

/** What a committed transaction gives back: an outcome per request, in their order, and what it put into queues. */
export type Answer = {
  readonly outcomes: readonly Outcome[];
  readonly queued: readonly QueuedNotice[];
  readonly webhooks: readonly WebhookNotice[];
  /** How long the disk took for it. */
  readonly syncedInMs: number;
};

export type ToWorker =
  | { readonly is: "requests"; readonly requests: readonly Request[] }
  /** `pylone.db` stays as it is, everything committed in it, until the release. */
  | { readonly is: "hold" }
  | { readonly is: "release" }
  /** To be answered with `turned`. */
  | { readonly is: "turn" }
  | { readonly is: "close" };

export type FromWorker =
  /** The database is damaged: what can be read is being saved. */
  | { readonly is: "salvaging"; readonly reason: string }
  /** `salvaged`: in words, what was saved and what was lost at this start. */
  | { readonly is: "opened"; readonly newestKey: number; readonly salvaged: string | null }
  | { readonly is: "refused"; readonly fault: Omit<FaultFields, "cause"> }
  | { readonly is: "answer"; readonly answer: Answer }
  | { readonly is: "turned" }
  /** The disk no longer keeps its word. Nothing that is waiting was committed. */
  | { readonly is: "failed"; readonly reason: string }
  /** `ok`: to a hold, that everything is in the file; to a release, that the file stayed as it was. */
  | { readonly is: "held" | "released"; readonly ok: boolean }
  | { readonly is: "closed" };

export type WorkerOptions = {
  readonly dataDir: string;
  readonly openedAt: number;
  readonly backups: BackupPlace | null;
};
