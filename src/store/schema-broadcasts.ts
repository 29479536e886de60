/**
 * Broadcasts, their runs, and the ledger of each run: who got which Message, or why none. A run is unique by the instant
 * it was planned for, and a recipient by the run: whatever happens twice, one morning is sent once.
 */
export const BROADCAST_TABLES = `
  CREATE TABLE broadcast (
    key INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused')),
    judgedTo INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL,
    definition TEXT NOT NULL
  ) STRICT;

  CREATE TABLE broadcast_run (
    key INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    broadcastKey INTEGER NOT NULL,
    plannedAt INTEGER NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('schedule', 'operator')),
    status TEXT NOT NULL CHECK (status IN ('planned', 'started', 'finished', 'skipped', 'failed', 'canceled')),
    members INTEGER,
    segments INTEGER,
    cursor TEXT,
    createdAt INTEGER NOT NULL,
    startedAt INTEGER,
    endedAt INTEGER,
    reason TEXT,
    text TEXT,
    definition TEXT NOT NULL,
    UNIQUE (broadcastKey, plannedAt)
  ) STRICT;
  CREATE UNIQUE INDEX broadcast_run_open ON broadcast_run (broadcastKey) WHERE status IN ('planned', 'started');

  CREATE TABLE broadcast_run_member (
    runKey INTEGER NOT NULL,
    phoneNumber TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('accepted', 'opted-out', 'refused', 'no-text', 'late')),
    messageKey INTEGER,
    messageSid TEXT,
    PRIMARY KEY (runKey, phoneNumber)
  ) STRICT, WITHOUT ROWID;
  `;
