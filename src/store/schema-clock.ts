/** What was made before the wall clock was set, by its keys: they are times of a clock that was wrong (`clock-steps.ts`). */
export const CLOCK_STEPS = `
  CREATE TABLE clock_step (
    keys TEXT NOT NULL,
    at INTEGER NOT NULL,
    fromKey INTEGER NOT NULL,
    toKey INTEGER NOT NULL,
    PRIMARY KEY (keys, at)
  ) STRICT, WITHOUT ROWID;
`;
