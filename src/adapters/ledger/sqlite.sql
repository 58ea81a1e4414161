CREATE TABLE IF NOT EXISTS receipt (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  step TEXT NOT NULL,
  version TEXT NOT NULL,
  tag TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS receipts_stay BEFORE UPDATE ON receipt BEGIN SELECT RAISE(ABORT, 'receipts are never changed'); END;
CREATE TRIGGER IF NOT EXISTS receipts_remain BEFORE DELETE ON receipt BEGIN SELECT RAISE(ABORT, 'receipts are never removed'); END;
CREATE TABLE IF NOT EXISTS delivery (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  batch TEXT NOT NULL,
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  customer TEXT NOT NULL,
  address TEXT NOT NULL,
  -- A list after IN would be made into a table for each row that is written.
  state TEXT NOT NULL CHECK
    (state = 'sent' OR state = 'queued' OR state = 'written' OR state = 'deferred' OR state = 'failed' OR state = 'unknown'),
  attempts INTEGER NOT NULL DEFAULT 0,
  answer TEXT NOT NULL DEFAULT '',
  not_before INTEGER NOT NULL DEFAULT 0,
  queued_at TEXT NOT NULL,
  changed_at TEXT NOT NULL
) STRICT;
-- Where the deliveries of a batch lie. They are queued together, so an index would have a row for each and say no more.
CREATE TABLE IF NOT EXISTS batch (name TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;
-- Deliveries that are `sending`: what is open from one number to another. A step has a row, not each delivery.
CREATE TABLE IF NOT EXISTS in_flight (first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TRIGGER IF NOT EXISTS deliveries_remain BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'deliveries are never removed'); END;
CREATE TABLE IF NOT EXISTS delivery_event (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS events_stay BEFORE UPDATE ON delivery_event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER IF NOT EXISTS events_remain BEFORE DELETE ON delivery_event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
CREATE TABLE IF NOT EXISTS suppression (address TEXT PRIMARY KEY, reason TEXT NOT NULL, at TEXT NOT NULL) STRICT;
-- The ledger itself: its name, how many durable steps it has taken, and the last delivery whose identifier is a former one.
CREATE TABLE IF NOT EXISTS self (
  one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, step INTEGER NOT NULL, former INTEGER NOT NULL
) STRICT;
