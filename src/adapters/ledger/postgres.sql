CREATE SCHEMA IF NOT EXISTS tidings;
CREATE TABLE IF NOT EXISTS tidings.receipt (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at TEXT NOT NULL,
  step TEXT NOT NULL,
  version TEXT NOT NULL,
  tag TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tidings.delivery (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  batch TEXT NOT NULL,
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  customer TEXT NOT NULL,
  address TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'sending', 'sent', 'written', 'deferred', 'failed', 'unknown')),
  attempts INTEGER NOT NULL DEFAULT 0,
  answer TEXT NOT NULL DEFAULT '',
  not_before BIGINT NOT NULL DEFAULT 0,
  queued_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  runner INTEGER
);
CREATE INDEX IF NOT EXISTS delivery_open ON tidings.delivery (batch, number) WHERE state IN ('queued', 'deferred');
CREATE TABLE IF NOT EXISTS tidings.delivery_event (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT NOT NULL, at TEXT NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tidings.suppression (address TEXT PRIMARY KEY, reason TEXT NOT NULL, at TEXT NOT NULL);
CREATE SEQUENCE IF NOT EXISTS tidings.runner AS INTEGER CYCLE;
CREATE OR REPLACE FUNCTION tidings.refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the ledger is only added to'; END $$;
CREATE TRIGGER receipts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON tidings.receipt EXECUTE FUNCTION tidings.refuse();
CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON tidings.delivery_event EXECUTE FUNCTION tidings.refuse();
CREATE TRIGGER deliveries_remain BEFORE DELETE OR TRUNCATE ON tidings.delivery EXECUTE FUNCTION tidings.refuse();
CREATE TABLE IF NOT EXISTS tidings.self (
  one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, shape INTEGER NOT NULL, step BIGINT NOT NULL, former BIGINT NOT NULL
);
INSERT INTO tidings.self (one, name, shape, step, former) VALUES (1, substr(md5(random()::text || clock_timestamp()::text), 1, 16), 2, 0, 0)
  ON CONFLICT DO NOTHING;
