-- What others tell: mail providers what became of a message, and whoever takes the money what was paid for.

-- An event, once: what is told again changes nothing. A job applies it.
CREATE TABLE hook_events (
  -- Who told it, and their own id of it: `resend:msg_…`.
  id          TEXT PRIMARY KEY,
  -- What follows from it. No address and no name is kept of what was told.
  told        TEXT NOT NULL CHECK (json_valid(told)),
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX hook_events_by_time ON hook_events (received_at);

-- What an organization pays for. Each row is what the newest event said of one subscription, in whatever order they came. The
-- organization's plan is that of the newest subscription that is paid for; without one, its template's own.
CREATE TABLE subscriptions (
  id              TEXT PRIMARY KEY,
  -- The one that it named first.
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  plan_key        TEXT NOT NULL,
  seat_limit      INTEGER CHECK (seat_limit >= 0),
  begun_at        INTEGER NOT NULL,
  paid            INTEGER NOT NULL CHECK (paid IN (0, 1)),
  -- When that event happened, and of several in one second which comes last: it was made, changed, or ended, for good.
  told_at         INTEGER NOT NULL,
  told_rank       INTEGER NOT NULL CHECK (told_rank IN (0, 1, 2))
) STRICT;
CREATE INDEX subscriptions_of_organization ON subscriptions (organization_id, begun_at, id) WHERE paid = 1;
CREATE INDEX subscriptions_by_organization ON subscriptions (organization_id);

-- The outbox again, with the jobs that apply events. As in 0009: what others hold of it is put aside until the new one stands
-- in its place.
CREATE TABLE kept_imports AS SELECT * FROM bulk_imports;
CREATE TABLE kept_rows AS SELECT * FROM bulk_rows;
DELETE FROM bulk_rows;
DELETE FROM bulk_imports;
CREATE TABLE jobs_new (
  id                  TEXT PRIMARY KEY,
  kind                TEXT NOT NULL CHECK (kind IN
                        ('invitation_email', 'reminder_email', 'withdrawal_email', 'member_email', 'notification_email',
                         'bulk_invite', 'password_reset', 'account_notice', 'email_change', 'hook_event')),
  -- Whose it is; of nobody where it is about an account or an event.
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
  -- The event that is applied. Both are forgotten together.
  hook_event_id       TEXT REFERENCES hook_events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
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
  CHECK ((organization_id IS NULL) = (kind IN ('password_reset', 'account_notice', 'email_change', 'hook_event'))),
  CHECK ((notification_id IS NOT NULL) = (kind = 'notification_email')),
  CHECK ((hook_event_id IS NOT NULL) = (kind = 'hook_event')),
  CHECK ((notice IS NOT NULL) = (kind = 'account_notice')),
  CHECK ((device IS NOT NULL) = (notice IS 'new_sign_in'))
) STRICT;
INSERT INTO jobs_new (id, kind, organization_id, invitation_id, ver, member_id, user_id, notification_id, notice, device,
                      email_change_id, side, created_at, attempts, due_at, requeue_at, done_at, failed_at, failure,
                      provider_message_id)
  SELECT id, kind, organization_id, invitation_id, ver, member_id, user_id, notification_id, notice, device,
         email_change_id, side, created_at, attempts, due_at, requeue_at, done_at, failed_at, failure,
         provider_message_id FROM jobs;
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
CREATE UNIQUE INDEX jobs_of_hook_event ON jobs (hook_event_id) WHERE hook_event_id IS NOT NULL;
-- What a provider tells of a message, it tells by the id that it gave.
CREATE INDEX jobs_by_message ON jobs (provider_message_id) WHERE provider_message_id IS NOT NULL;
INSERT INTO bulk_imports SELECT * FROM kept_imports;
INSERT INTO bulk_rows SELECT * FROM kept_rows;
DROP TABLE kept_rows;
DROP TABLE kept_imports;

-- The triggers of 0010 again: they went with the table.
CREATE TRIGGER mails_counted_for_sender AFTER INSERT ON jobs
WHEN NEW.kind = 'member_email' OR (NEW.kind = 'invitation_email' AND NEW.ver > 1) BEGIN
  INSERT INTO daily_counts (whose, day, count) VALUES (NEW.organization_id, NEW.created_at / 86400000, 1)
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER invitation_mails_counted AFTER INSERT ON jobs
WHEN NEW.kind IN ('invitation_email', 'reminder_email', 'withdrawal_email') BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT email_key, NEW.created_at / 86400000, 1 FROM invitations WHERE id = NEW.invitation_id AND email_key IS NOT NULL
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER member_mails_counted AFTER INSERT ON jobs WHEN NEW.kind = 'member_email' BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT u.email_key, NEW.created_at / 86400000, 1 FROM members m JOIN users u ON u.id = m.user_id
    WHERE m.id = NEW.member_id
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;
