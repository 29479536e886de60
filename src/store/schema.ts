/**
 * The schema as a list of migrations: numbered by position, forward only, one transaction each. Within a major
 * version they only add (tables, columns with defaults, indexes), so that the previous program runs on the new
 * schema (DESIGN §3); a program refuses a schema newer than it knows.
 *
 * Rows that move are apart from rows that rest: `message` holds outbound Messages until they are finished and
 * retired, `message_retired` everything else. Its cost per row is paid in batches, so it alone carries the
 * indexes that lists need: every index of a hot table is one more page in every commit. Long texts are last in a
 * row, so that reading its head never follows an overflow page.
 */
import { Fault } from "../runtime/fault.ts";
import { type Database, openScratch } from "./database.ts";
import { AUDIENCES } from "./schema-audiences.ts";
import { BROADCAST_TABLES } from "./schema-broadcasts.ts";
import { CLOCK_STEPS } from "./schema-clock.ts";
import { LATE } from "./schema-late.ts";
import { PLAN_TABLES } from "./schema-plans.ts";

const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE message (
    key INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    accountSid TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('outbound-api', 'outbound-reply')),
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    alphabet TEXT NOT NULL CHECK (alphabet IN ('gsm7', 'ucs2')),
    status TEXT NOT NULL CHECK (status IN ('accepted', 'scheduled', 'canceled', 'queued', 'sending', 'sent',
      'delivered', 'undelivered', 'failed')),
    numSegments INTEGER NOT NULL CHECK (numSegments > 0),
    progress TEXT NOT NULL CHECK (length(progress) = numSegments AND progress NOT GLOB '*[^.taudx]*'),
    reference INTEGER CHECK (reference BETWEEN 0 AND 255),
    messagingServiceSid TEXT,
    statusCallback TEXT,
    errorCode INTEGER,
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL,
    sentAt INTEGER,
    expiresAt INTEGER NOT NULL,
    line TEXT,
    attempts INTEGER NOT NULL,
    retryAt INTEGER,
    queue TEXT NOT NULL,
    lane TEXT NOT NULL CHECK (lane IN ('single', 'broadcast')),
    rank INTEGER CHECK (rank BETWEEN 0 AND 2),
    made INTEGER NOT NULL,
    waitingFor TEXT,
    errorMessage TEXT,
    body TEXT NOT NULL,
    parts TEXT,
    CHECK (rank IS NULL OR retryAt IS NULL),
    CHECK ((rank IS NULL AND retryAt IS NULL) OR status IN ('queued', 'sending'))
  ) STRICT;
  CREATE INDEX message_claimable ON message (queue, rank, key, expiresAt) WHERE rank IS NOT NULL;
  CREATE INDEX message_backing_off ON message (queue, retryAt, expiresAt) WHERE retryAt IS NOT NULL;

  CREATE TABLE message_retired (
    key INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    accountSid TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound-api', 'outbound-reply')),
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('canceled', 'sent', 'delivered', 'undelivered', 'failed', 'received')),
    numSegments INTEGER NOT NULL CHECK (numSegments > 0),
    messagingServiceSid TEXT,
    statusCallback TEXT,
    errorCode INTEGER,
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL,
    sentAt INTEGER,
    line TEXT,
    attempts INTEGER NOT NULL,
    errorMessage TEXT,
    body TEXT NOT NULL,
    submissions TEXT,
    CHECK ((direction = 'inbound') = (status = 'received'))
  ) STRICT;
  CREATE INDEX message_retired_account ON message_retired (accountSid);
  CREATE INDEX message_retired_from ON message_retired ("from");
  CREATE INDEX message_retired_to ON message_retired ("to");

  CREATE TABLE concatenation (
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    reference INTEGER NOT NULL CHECK (reference BETWEEN 0 AND 255),
    PRIMARY KEY ("from", "to")
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE submission (
    messageKey INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    line TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('trying', 'accepted', 'rejected', 'unknown')),
    reference TEXT,
    startedAt INTEGER NOT NULL,
    settledAt INTEGER,
    verdict TEXT CHECK (verdict IN ('resend', 'failed')),
    reportState TEXT CHECK (reportState IN ('pending', 'delivered', 'failed')),
    reportStatus INTEGER,
    reportedAt INTEGER,
    why TEXT,
    PRIMARY KEY (messageKey, number),
    CHECK (state <> 'accepted' OR reference IS NOT NULL),
    CHECK (verdict IS NULL OR state = 'unknown' OR state = 'accepted')
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX submission_open ON submission (reference, line)
    WHERE state <> 'rejected' AND ifnull(reportState, 'pending') = 'pending';

  CREATE TABLE parked_report (
    key INTEGER PRIMARY KEY,
    line TEXT NOT NULL,
    reference TEXT NOT NULL,
    at INTEGER NOT NULL,
    report TEXT NOT NULL
  ) STRICT;
  CREATE INDEX parked_report_reference ON parked_report (line, reference);

  CREATE TABLE inbound_segment (
    key INTEGER PRIMARY KEY,
    line TEXT NOT NULL,
    "from" TEXT NOT NULL,
    "to" TEXT,
    reference INTEGER,
    referenceBits INTEGER,
    total INTEGER,
    receivedAt INTEGER NOT NULL,
    segment TEXT NOT NULL
  ) STRICT;
  CREATE INDEX inbound_segment_sibling ON inbound_segment (line, "from", reference) WHERE reference IS NOT NULL;

  CREATE TABLE fingerprint (
    line TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    receivedAt INTEGER NOT NULL,
    PRIMARY KEY (line, fingerprint)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE undecodable (
    key INTEGER PRIMARY KEY,
    line TEXT NOT NULL,
    at INTEGER NOT NULL,
    why TEXT NOT NULL,
    raw TEXT NOT NULL
  ) STRICT;

  CREATE TABLE webhook (
    key INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    url TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('GET', 'POST')),
    fallbackUrl TEXT,
    fallbackMethod TEXT NOT NULL CHECK (fallbackMethod IN ('GET', 'POST')),
    createdAt INTEGER NOT NULL,
    idempotencyToken TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    notBefore INTEGER NOT NULL,
    facts TEXT NOT NULL
  ) STRICT;
  CREATE INDEX webhook_queue ON webhook (queue, key);

  CREATE TABLE event (
    key INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    event TEXT NOT NULL
  ) STRICT;

  CREATE TABLE line_memory (
    line TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (line, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ping (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
  ) STRICT;
  `,
  // Parts of Messages that are shown with gaps: kept for the parts that may still come.
  `
  CREATE TABLE shown_part (
    key INTEGER PRIMARY KEY,
    sid TEXT NOT NULL,
    line TEXT NOT NULL,
    "from" TEXT NOT NULL,
    "to" TEXT,
    reference INTEGER NOT NULL,
    referenceBits INTEGER NOT NULL,
    total INTEGER NOT NULL,
    receivedAt INTEGER NOT NULL,
    segment TEXT NOT NULL
  ) STRICT;
  CREATE INDEX shown_part_sibling ON shown_part (line, "from", reference);
  `,
  `
  CREATE TABLE usage_day (
    accountSid TEXT NOT NULL,
    day INTEGER NOT NULL,
    category TEXT NOT NULL,
    messages INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    PRIMARY KEY (accountSid, day, category)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO usage_day (accountSid, day, category, messages, segments)
    SELECT accountSid, sentAt / 86400000,
      CASE direction WHEN 'inbound' THEN 'inbound-' ELSE 'outbound-' END ||
        CASE WHEN own LIKE '+%' THEN 'longcode' WHEN own GLOB '*[^0-9]*' THEN 'alphanumeric' ELSE 'shortcode' END,
      count(*), sum(numSegments)
    FROM (SELECT *, CASE direction WHEN 'inbound' THEN "to" ELSE "from" END AS own FROM message_retired)
    WHERE sentAt IS NOT NULL AND status IN ('sent', 'delivered', 'undelivered', 'received') GROUP BY 1, 2, 3;
  `,
  `
  CREATE TABLE feedback (
    messageKey INTEGER PRIMARY KEY,
    outcome TEXT NOT NULL CHECK (outcome IN ('confirmed', 'unconfirmed')),
    createdAt INTEGER NOT NULL,
    updatedAt INTEGER NOT NULL
  ) STRICT;
  `,
  // Virtual: computed when read. Only what is about a Message is indexed, and an event is no part of its normal life.
  `
  ALTER TABLE event ADD COLUMN level TEXT GENERATED ALWAYS AS (json_extract(event, '$.level')) VIRTUAL;
  ALTER TABLE event ADD COLUMN type TEXT GENERATED ALWAYS AS (json_extract(event, '$.type')) VIRTUAL;
  ALTER TABLE event ADD COLUMN messageSid TEXT GENERATED ALWAYS AS (json_extract(event, '$.messageSid')) VIRTUAL;
  CREATE INDEX event_message ON event (messageSid) WHERE messageSid IS NOT NULL;
  `,
  // A column that is NULL or 0 costs a row one byte, behind the texts as well as before them.
  `
  CREATE TABLE opt_out (
    recipient TEXT NOT NULL,
    scope TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (recipient, scope)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE message ADD COLUMN optOutScope TEXT;
  ALTER TABLE message ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0 CHECK (automatic IN (0, 1));
  ALTER TABLE message_retired ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0 CHECK (automatic IN (0, 1));
  `,
  `
  CREATE TABLE sticky_sender (
    service TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    PRIMARY KEY (service, recipient)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE message ADD COLUMN sendAt INTEGER;
  CREATE INDEX message_scheduled ON message (sendAt) WHERE status = 'scheduled';
  `,
  // What a text is worth on the air that its line takes whole; NULL: as many segments as it has parts.
  `
  ALTER TABLE message ADD COLUMN airSegments INTEGER CHECK (airSegments > 0);
  `,
  AUDIENCES,
  PLAN_TABLES,
  CLOCK_STEPS,
  LATE,
  BROADCAST_TABLES,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the schema up to date. Throws `store.newer` when a newer program was here. */
export function migrate(db: Database): void {
  const version = db.pragma("user_version", { simple: true }) as number;
  if (version > SCHEMA_VERSION) {
    throw new Fault({
      code: "store.newer",
      disposition: "reject",
      message: `the data was written by a newer pylone (schema ${version}, this one knows ${SCHEMA_VERSION}): install that version or a later one`,
    });
  }
  carryOut(db, version, SCHEMA_VERSION);
}

/** What tables and indexes are, in their own words, as this program has made them. Null: it does not know the version. */
export function schemaTextAt(version: number): string | null {
  if (version > SCHEMA_VERSION) return null;
  const scratch = openScratch();
  try {
    carryOut(scratch, 0, version);
    return schemaTextOf(scratch);
  } finally {
    scratch.close();
  }
}

export function schemaTextOf(db: Database): string {
  const rows = db
    .prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
    .raw()
    .all();
  return JSON.stringify(rows);
}

function carryOut(db: Database, from: number, to: number): void {
  for (const [index, migration] of MIGRATIONS.slice(0, to).entries()) {
    if (index < from) continue;
    db.transaction(() => {
      db.exec(migration);
      db.pragma(`user_version = ${index + 1}`);
    })();
  }
}
