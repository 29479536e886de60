/** Longer than a message waits that was not scheduled. A part of the schema: another number needs another migration. */
export const LATE_AFTER_MS = 172_800_000;

/** What was scheduled, found by the time it was sent (`list-messages.ts`). Nothing else is in it, or costs a write. */
export const LATE = `
  CREATE INDEX message_retired_late ON message_retired (sentAt) WHERE sentAt > createdAt + ${LATE_AFTER_MS};
`;
