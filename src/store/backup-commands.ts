/**
 * What a backup asks of the store: that `pylone.db` holds still while another process copies it. What is committed
 * meanwhile goes to the log alone, so nobody waits for the copy.
 */
export interface BackupCommands {
  /** Everything that was committed is in `pylone.db`, and it stays as it is. Rejects when the disk does not take it. */
  holdFile(): Promise<void>;
  /** False: the log grew beyond its bound and was copied back, so that the copy is worth nothing. */
  releaseFile(): Promise<boolean>;
}
