/**
 * What a backup asks of the store: that `pylone.db` holds still while another process copies it. What is committed
 * meanwhile goes to the log alone, so nobody waits for the copy.
 */
export interface BackupCommands {
  /**
   * `pylone.db` stays as it is. True: everything that was committed is in it; false: part of it is in its log alone, as
   * the disk does not take it, and the log only grows.
   */
  holdFile(): Promise<boolean>;
  /** False: the log grew beyond its bound and was copied back, so that the copy is worth nothing. */
  releaseFile(): Promise<boolean>;
}
