-- Accounts again: a change of one's address, and second factors that a workspace or an organization asks for.

-- Somebody wants to sign in with another address. Both mailboxes prove it, in whatever order, and either can stop it.
CREATE TABLE email_changes (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  old_email    TEXT NOT NULL,
  email        TEXT NOT NULL,
  email_key    TEXT NOT NULL,
  -- The password's version when it was begun: a new password ends it.
  password_ver INTEGER NOT NULL,
  -- The session that began it, which goes on.
  session_id   TEXT NOT NULL,
  begun_at     INTEGER NOT NULL,
  -- Whole seconds, like the `exp` of its links.
  expires_at   INTEGER NOT NULL CHECK (expires_at % 1000 = 0),
  old_proved_at INTEGER,
  new_proved_at INTEGER,
  changed_at   INTEGER,
  cancelled_at INTEGER
) STRICT;
CREATE INDEX email_changes_of_user ON email_changes (user_id, begun_at);
CREATE INDEX email_changes_by_end ON email_changes (expires_at);

-- The outbox again, with the mails of a change of address, those that nobody's request sends (0007), and more that an
-- account's holder is told. As in 0005: what others hold of it is put aside until the new one stands in its place.
CREATE TABLE kept_imports AS SELECT * FROM bulk_imports;
CREATE TABLE kept_rows AS SELECT * FROM bulk_rows;
DELETE FROM bulk_rows;
DELETE FROM bulk_imports;
CREATE TABLE jobs_new (
  id                  TEXT PRIMARY KEY,
  kind                TEXT NOT NULL CHECK (kind IN
                        ('invitation_email', 'reminder_email', 'withdrawal_email', 'member_email', 'notification_email',
                         'bulk_invite', 'password_reset', 'account_notice', 'email_change')),
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
  -- What is told in the app and by this mail too.
  notification_id     TEXT REFERENCES notifications (id) DEFERRABLE INITIALLY DEFERRED,
  -- What an account's holder is told.
  notice              TEXT CHECK (notice IN ('password_changed', 'factor_added', 'factor_removed', 'recovery_code_used',
                        'new_sign_in', 'recovery_codes_renewed', 'email_changed')),
  -- What was signed in with, in words.
  device              TEXT,
  -- The change of address that the mail is about, and to which of the two it is.
  email_change_id     TEXT REFERENCES email_changes (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  side                TEXT CHECK (side IN ('old', 'new')),
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
  CHECK ((organization_id IS NULL) = (kind IN ('password_reset', 'account_notice', 'email_change'))),
  CHECK ((notification_id IS NOT NULL) = (kind = 'notification_email')),
  CHECK ((notice IS NOT NULL) = (kind = 'account_notice')),
  CHECK ((device IS NOT NULL) = (notice IS 'new_sign_in'))
) STRICT;
INSERT INTO jobs_new (id, kind, organization_id, invitation_id, ver, member_id, user_id, notice, created_at, attempts,
                      due_at, requeue_at, done_at, failed_at, failure, provider_message_id)
  SELECT id, kind, organization_id, invitation_id, ver, member_id, user_id, notice, created_at, attempts, due_at,
         requeue_at, done_at, failed_at, failure, provider_message_id FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;
CREATE INDEX jobs_waiting ON jobs (requeue_at) WHERE waiting = 1;
CREATE INDEX jobs_failed ON jobs (failed_at) WHERE failed_at IS NOT NULL;
-- One e-mail of a kind for each version of an invitation.
CREATE UNIQUE INDEX jobs_once ON jobs (invitation_id, ver, kind);
CREATE INDEX jobs_of_member ON jobs (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX jobs_of_organization ON jobs (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX jobs_of_user ON jobs (user_id, kind, created_at) WHERE user_id IS NOT NULL;
CREATE INDEX jobs_of_email_change ON jobs (email_change_id) WHERE email_change_id IS NOT NULL;
CREATE UNIQUE INDEX jobs_of_notification ON jobs (notification_id) WHERE notification_id IS NOT NULL;
INSERT INTO bulk_imports SELECT * FROM kept_imports;
INSERT INTO bulk_rows SELECT * FROM kept_rows;
DROP TABLE kept_rows;
DROP TABLE kept_imports;

-- Asked of everybody who comes in, whatever their membership says.
ALTER TABLE organizations ADD COLUMN require_mfa INTEGER NOT NULL DEFAULT 0 CHECK (require_mfa IN (0, 1));
ALTER TABLE workspaces ADD COLUMN require_mfa INTEGER NOT NULL DEFAULT 0 CHECK (require_mfa IN (0, 1));
-- The owner and admins reach every workspace, so one that asks is enough to ask them.
CREATE INDEX workspaces_with_factor ON workspaces (organization_id) WHERE require_mfa = 1;
