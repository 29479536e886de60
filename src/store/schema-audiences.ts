/**
 * A member's row lies where its audience and number say: a run reads them in that order, and asking whether a number
 * is there costs one search. `members` is kept beside, because counting tens of thousands is not cheap.
 */
export const AUDIENCES = `
  CREATE TABLE audience (
    key INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    friendlyName TEXT NOT NULL,
    language TEXT,
    keywords TEXT NOT NULL,
    confirm INTEGER NOT NULL CHECK (confirm IN (0, 1)),
    welcomeText TEXT,
    goodbyeText TEXT,
    forwardKeywords INTEGER NOT NULL CHECK (forwardKeywords IN (0, 1)),
    members INTEGER NOT NULL CHECK (members >= 0),
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE audience_member (
    audienceKey INTEGER NOT NULL,
    phoneNumber TEXT NOT NULL,
    key INTEGER NOT NULL,
    sid TEXT NOT NULL,
    language TEXT,
    joinedAt INTEGER NOT NULL,
    joinedBy TEXT NOT NULL CHECK (joinedBy IN ('api', 'import', 'keyword')),
    updatedAt INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    PRIMARY KEY (audienceKey, phoneNumber)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX audience_member_key ON audience_member (key);
  `;
