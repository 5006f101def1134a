-- Programs: the keys they call with, and the people whom they vouch for.

CREATE TABLE api_keys (
  id              TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  name            TEXT NOT NULL,
  -- What it may do, as JSON.
  scopes          TEXT NOT NULL CHECK (json_valid(scopes)),
  -- SHA-256 of the key, which is shown once and kept nowhere.
  token_digest    TEXT NOT NULL UNIQUE,
  -- Its last four letters, so that people can tell two keys apart.
  hint            TEXT NOT NULL,
  -- Null if the operator made it.
  created_by      TEXT REFERENCES members (id),
  created_at      INTEGER NOT NULL,
  -- Null if it has no end.
  expires_at      INTEGER,
  -- To the day.
  last_used_at    INTEGER,
  revoked_at      INTEGER
) STRICT;
CREATE INDEX api_keys_of_organization ON api_keys (organization_id, id);
CREATE INDEX api_keys_of_maker ON api_keys (created_by) WHERE created_by IS NOT NULL;

-- Which key a request came with whose log names the member that it acted for.
CREATE TABLE acted_through (
  request_id TEXT PRIMARY KEY,
  key_id     TEXT NOT NULL REFERENCES api_keys (id) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;
CREATE INDEX acted_through_key ON acted_through (key_id);

-- Whom a host product's own user is, in one organization and nowhere else.
CREATE TABLE identities (
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  -- The host product's own id of them.
  subject         TEXT NOT NULL,
  user_id         TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  created_at      INTEGER NOT NULL,
  PRIMARY KEY (organization_id, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_of_user ON identities (user_id, organization_id);
-- Whom a program lets in counts with those who are invited.
CREATE TRIGGER identities_counted AFTER INSERT ON identities BEGIN
  INSERT INTO daily_counts (whose, day, count) VALUES (NEW.organization_id, NEW.created_at / 86400000, 1)
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

-- What was answered to a request that its sender may repeat (`Idempotency-Key`), for a day. Written in the batch of what the
-- request did, so that it is done once; its answer is added when it is known.
CREATE TABLE idempotent_requests (
  -- Whose key it is: two callers' never meet.
  caller      TEXT NOT NULL,
  key         TEXT NOT NULL,
  -- SHA-256 of the request: another one under the same key is a mistake.
  fingerprint TEXT NOT NULL,
  request_id  TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  status      INTEGER CHECK (status BETWEEN 200 AND 299),
  -- Without secrets.
  body        TEXT,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_requests_by_age ON idempotent_requests (created_at);

-- Many invitations may be a program's: its key is then who asked for them.
CREATE TABLE kept_imports AS SELECT * FROM bulk_imports;
CREATE TABLE kept_rows AS SELECT * FROM bulk_rows;
DROP TABLE bulk_rows;
DROP TABLE bulk_imports;
CREATE TABLE bulk_imports (
  job_id          TEXT PRIMARY KEY REFERENCES jobs (id) DEFERRABLE INITIALLY DEFERRED,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  -- A member's id, or an API key's.
  invited_by      TEXT NOT NULL,
  -- What they were when they asked: whoever is something else since then makes no more of it.
  role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'client')),
  -- The roles whose invitations they may see, as JSON.
  visible         TEXT NOT NULL CHECK (json_valid(visible)),
  request_id      TEXT NOT NULL,
  total           INTEGER NOT NULL CHECK (total > 0),
  done            INTEGER NOT NULL DEFAULT 0 CHECK (done BETWEEN 0 AND total),
  created_at      INTEGER NOT NULL,
  undone_at       INTEGER,
  access_rev      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX bulk_imports_of_organization ON bulk_imports (organization_id);
CREATE INDEX bulk_imports_of_inviter ON bulk_imports (invited_by);

CREATE TABLE bulk_rows (
  job_id        TEXT NOT NULL REFERENCES bulk_imports (job_id) DEFERRABLE INITIALLY DEFERRED,
  row           INTEGER NOT NULL CHECK (row > 0),
  -- What the invitation is to be, checked; null for a row that was refused when it came in.
  wanted        TEXT CHECK (wanted IS NULL OR json_valid(wanted)),
  -- Null until the job has come to it.
  outcome       TEXT CHECK (outcome IN ('created', 'refused', 'revoked', 'cancelled')),
  -- The invitation it made, or the one that stood in the way.
  invitation_id TEXT,
  -- Why it made none: a problem's fields if it was refused when it came in, else the job's verdict.
  problem       TEXT CHECK (problem IS NULL OR json_valid(problem)),
  PRIMARY KEY (job_id, row)
) STRICT, WITHOUT ROWID;
INSERT INTO bulk_imports SELECT * FROM kept_imports;
INSERT INTO bulk_rows SELECT * FROM kept_rows;
DROP TABLE kept_rows;
DROP TABLE kept_imports;
