-- Accounts: forgotten passwords, second factors, and the list of one's own sessions.

-- The outbox again, with mails that are to a person and of no organization. A CHECK can't be changed in place, and a table
-- that others refer to can't be dropped while they do: what they hold is put aside until the new one stands in its place.
CREATE TABLE kept_imports AS SELECT * FROM bulk_imports;
CREATE TABLE kept_rows AS SELECT * FROM bulk_rows;
DELETE FROM bulk_rows;
DELETE FROM bulk_imports;
CREATE TABLE jobs_new (
  id                  TEXT PRIMARY KEY,
  kind                TEXT NOT NULL CHECK (kind IN
                        ('invitation_email', 'member_email', 'bulk_invite', 'password_reset', 'account_notice')),
  -- Whose it is; of nobody where it is about an account.
  organization_id     TEXT REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  invitation_id       TEXT REFERENCES invitations (id) DEFERRABLE INITIALLY DEFERRED,
  -- The version of the invitation, or of the account's password, that this is about: a job for an older one has nothing
  -- left to do.
  ver                 INTEGER,
  -- The member who is told that they were added.
  member_id           TEXT REFERENCES members (id) DEFERRABLE INITIALLY DEFERRED,
  -- The account that the mail is to. Nobody's for an address without one: asking for a new password writes as much as for
  -- one that has.
  user_id             TEXT REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  -- What an account's holder is told.
  notice              TEXT CHECK (notice IN
                        ('password_changed', 'factor_added', 'factor_removed', 'recovery_code_used')),
  created_at          INTEGER NOT NULL,
  attempts            INTEGER NOT NULL DEFAULT 0,
  -- Nobody takes it before. Taking it moves this on: a lease.
  due_at              INTEGER NOT NULL,
  -- From when the tick takes its queue message for lost.
  requeue_at          INTEGER NOT NULL,
  done_at             INTEGER,
  failed_at           INTEGER,
  failure             TEXT,
  provider_message_id TEXT,
  waiting             INTEGER NOT NULL GENERATED ALWAYS AS (done_at IS NULL AND failed_at IS NULL) VIRTUAL,
  CHECK ((organization_id IS NULL) = (kind IN ('password_reset', 'account_notice'))),
  CHECK ((notice IS NOT NULL) = (kind = 'account_notice'))
) STRICT;
INSERT INTO jobs_new (id, kind, organization_id, invitation_id, ver, member_id, created_at, attempts, due_at, requeue_at,
                      done_at, failed_at, failure, provider_message_id)
  SELECT id, kind, organization_id, invitation_id, ver, member_id, created_at, attempts, due_at, requeue_at, done_at,
         failed_at, failure, provider_message_id FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;
CREATE INDEX jobs_waiting ON jobs (requeue_at) WHERE waiting = 1;
CREATE INDEX jobs_failed ON jobs (failed_at) WHERE failed_at IS NOT NULL;
-- One e-mail for each version of an invitation.
CREATE UNIQUE INDEX jobs_once ON jobs (invitation_id, ver, kind);
CREATE INDEX jobs_of_member ON jobs (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX jobs_of_organization ON jobs (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX jobs_of_user ON jobs (user_id, kind, created_at) WHERE user_id IS NOT NULL;
INSERT INTO bulk_imports SELECT * FROM kept_imports;
INSERT INTO bulk_rows SELECT * FROM kept_rows;
DROP TABLE kept_rows;
DROP TABLE kept_imports;

-- The sessions of an account, as its holder sees them.
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT ''; -- what was signed in with, in words
ALTER TABLE sessions ADD COLUMN last_used_at INTEGER; -- the day; null on the day that it began
DROP INDEX sessions_of_user;
CREATE INDEX sessions_of_user ON sessions (user_id, id);
CREATE INDEX sessions_open ON sessions (user_id, id) WHERE ended_at IS NULL;

-- An account's second factor: codes of an app that has the same secret (RFC 6238).
CREATE TABLE second_factors (
  user_id      TEXT PRIMARY KEY REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  -- Sealed with a root key: a copy of this database makes no code.
  secret       TEXT NOT NULL,
  begun_at     INTEGER NOT NULL,
  -- When its first code was typed: until then nobody is asked for one.
  confirmed_at INTEGER,
  -- The step of the last code that was taken. No code of that step or an earlier one is taken again.
  last_step    INTEGER NOT NULL DEFAULT 0,
  -- How many codes were tried since, the right one not counted.
  tries        INTEGER NOT NULL DEFAULT 0,
  tries_since  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What opens the account once each where the app is lost. Digests of 80 random bits.
CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  digest  TEXT NOT NULL,
  used_at INTEGER,
  PRIMARY KEY (user_id, digest)
) STRICT, WITHOUT ROWID;

-- Whoever has no second factor any more has nothing left of one: when it is turned off, and when the mailbox is proved of an
-- account that somebody else set up.
CREATE TRIGGER users_second_factor_gone AFTER UPDATE OF mfa_enabled_at ON users WHEN NEW.mfa_enabled_at IS NULL BEGIN
  DELETE FROM recovery_codes WHERE user_id = NEW.id;
  DELETE FROM second_factors WHERE user_id = NEW.id;
END;

-- A sign-in that lacks its second factor still. It is no row of `sessions`, so that nothing which goes from a session to a
-- person can take it for one.
CREATE TABLE pending_sessions (
  -- SHA-256 of the cookie.
  token_digest TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  -- The password's version when it was typed: a new password ends this.
  password_ver INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pending_sessions_of_user ON pending_sessions (user_id);
CREATE INDEX pending_sessions_by_end ON pending_sessions (expires_at);
