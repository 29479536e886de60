/**
 * What each Line with a SIM plan has handed to the network: one row for a Line, so that a claim writes one page more
 * and only for those; `told` are the events that were written in these periods, as bits. Recipients are counted only
 * where the plan caps them, and only for a month.
 */
export const PLAN_TABLES = `
  CREATE TABLE plan_use (
    line TEXT PRIMARY KEY,
    minuteAt INTEGER NOT NULL,
    minute INTEGER NOT NULL CHECK (minute >= 0),
    hourAt INTEGER NOT NULL,
    hour INTEGER NOT NULL CHECK (hour >= 0),
    dayAt INTEGER NOT NULL,
    day INTEGER NOT NULL CHECK (day >= 0),
    monthAt INTEGER NOT NULL,
    month INTEGER NOT NULL CHECK (month >= 0),
    recipients INTEGER NOT NULL CHECK (recipients >= 0),
    told INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE plan_recipient (
    line TEXT NOT NULL,
    monthAt INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    segments INTEGER NOT NULL CHECK (segments > 0),
    PRIMARY KEY (line, monthAt, recipient)
  ) STRICT, WITHOUT ROWID;
`;
