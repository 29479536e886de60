/** What is said between the daemon and the process that writes a backup: a line each, the job first. */
import type { BackupFacts } from "./backup-file.ts";

export type BackupReply =
  | { readonly is: "copied" }
  | { readonly is: "checked" }
  | { readonly is: "made"; readonly facts: BackupFacts }
  | { readonly is: "failed"; readonly reason: string };

/** The answer to `checked`. */
export const KEEP = "keep";
