-- Webhooks: what happens in an organization, told to its programs.

CREATE TABLE webhooks (
  id              TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  url             TEXT NOT NULL,
  -- The types of events that it is told, as JSON.
  events          TEXT NOT NULL CHECK (json_valid(events)),
  -- What its deliveries are signed with, sealed; and for a while after that was replaced, what it was.
  secret          TEXT NOT NULL,
  old_secret      TEXT,
  old_until       INTEGER,
  -- A member or a key that made it; null if the operator did.
  created_by      TEXT,
  created_at      INTEGER NOT NULL,
  -- How many deliveries failed since the last that didn't, since when, and how long it is left alone.
  failures        INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  failing_since   INTEGER,
  rests_until     INTEGER,
  -- When it was turned off, and why.
  disabled_at     INTEGER,
  disabled_for    TEXT CHECK (disabled_for IN ('choice', 'failures', 'gone')),
  deleted_at      INTEGER,
  live            INTEGER NOT NULL GENERATED ALWAYS AS (disabled_at IS NULL AND deleted_at IS NULL) VIRTUAL,
  CHECK ((disabled_at IS NULL) = (disabled_for IS NULL)),
  CHECK ((old_secret IS NULL) = (old_until IS NULL))
) STRICT;
CREATE INDEX webhooks_of_organization ON webhooks (organization_id, id) WHERE deleted_at IS NULL;
CREATE INDEX webhooks_live ON webhooks (organization_id, live);

-- What happened. The triggers below write a row in the transaction of whatever did it, so that no way of doing it is
-- forgotten, and only where somebody is to be told. Nothing in a transaction tells the time: at the end of its batch each is
-- given the job that tells it, and the time.
CREATE TABLE webhook_events (
  seq             INTEGER PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  type            TEXT NOT NULL,
  -- What it happened to, and where that is two things the other one; else empty.
  subject         TEXT NOT NULL,
  place           TEXT NOT NULL DEFAULT '',
  job_id          TEXT REFERENCES jobs (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  at              INTEGER,
  -- What receivers know it by, and are sent: null until the job has come to it. No body: nobody was to be told.
  id              TEXT UNIQUE,
  body            TEXT CHECK (body IS NULL OR json_valid(body))
) STRICT;
-- Once a transaction, however many of its statements did it.
CREATE UNIQUE INDEX webhook_events_new ON webhook_events (organization_id, type, subject, place) WHERE at IS NULL;
CREATE INDEX webhook_events_of_job ON webhook_events (job_id, seq) WHERE job_id IS NOT NULL;
CREATE INDEX webhook_events_of_organization ON webhook_events (organization_id);
CREATE INDEX webhook_events_by_time ON webhook_events (at);

-- What was tried, and what came of it. Of the answer, only its status: a name may lead to where nobody outside should read.
CREATE TABLE webhook_attempts (
  job_id  TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  at      INTEGER NOT NULL,
  millis  INTEGER NOT NULL CHECK (millis >= 0),
  -- Null if there was no answer; `failure` then says why.
  status  INTEGER,
  failure TEXT,
  PRIMARY KEY (job_id, attempt)
) STRICT, WITHOUT ROWID;

-- The outbox again, with the jobs that tell events; and notifications, of a webhook that was turned off. As in 0012, what others
-- hold of it is put aside until the new one stands in its place.
CREATE TABLE kept_jobs AS SELECT * FROM jobs;
CREATE TABLE kept_imports AS SELECT * FROM bulk_imports;
CREATE TABLE kept_rows AS SELECT * FROM bulk_rows;
DELETE FROM bulk_rows;
DELETE FROM bulk_imports;
DROP TABLE jobs;

CREATE TABLE notifications_new (
  id              TEXT PRIMARY KEY,
  user_id         TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  kind            TEXT NOT NULL CHECK (kind IN ('member.added', 'member.role_changed', 'member.removed',
                    'membership.added', 'invitation.accepted', 'invitation.declined', 'bulk.finished',
                    'invitation.asked', 'access.asked', 'invitation.undelivered', 'invitation.no_seat',
                    'invitation.ending', 'webhook.disabled')),
  -- The ids it is about, such as {"workspace_id": …, "invitation_id": …}.
  about           TEXT NOT NULL CHECK (json_valid(about)),
  created_at      INTEGER NOT NULL,
  read_at         INTEGER
) STRICT;
INSERT INTO notifications_new SELECT id, user_id, organization_id, kind, about, created_at, read_at FROM notifications;
DROP TABLE notifications;
ALTER TABLE notifications_new RENAME TO notifications;
CREATE INDEX notifications_of_user ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_of_organization ON notifications (organization_id);

CREATE TABLE jobs (
  id                  TEXT PRIMARY KEY,
  kind                TEXT NOT NULL CHECK (kind IN
                        ('invitation_email', 'reminder_email', 'withdrawal_email', 'member_email', 'notification_email',
                         'bulk_invite', 'password_reset', 'account_notice', 'email_change', 'hook_event',
                         'webhook_events', 'webhook_delivery')),
  -- Whose it is; of nobody where it is about an account, or about events, which may be of several.
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
  -- The webhook that is delivered to, and the event that is.
  webhook_id          TEXT REFERENCES webhooks (id) DEFERRABLE INITIALLY DEFERRED,
  webhook_event       INTEGER REFERENCES webhook_events (seq) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
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
  CHECK ((organization_id IS NULL) = (kind IN ('password_reset', 'account_notice', 'email_change', 'hook_event', 'webhook_events'))),
  CHECK ((webhook_id IS NOT NULL AND webhook_event IS NOT NULL) = (kind = 'webhook_delivery')),
  CHECK ((notification_id IS NOT NULL) = (kind = 'notification_email')),
  CHECK ((hook_event_id IS NOT NULL) = (kind = 'hook_event')),
  CHECK ((notice IS NOT NULL) = (kind = 'account_notice')),
  CHECK ((device IS NOT NULL) = (notice IS 'new_sign_in'))
) STRICT;
INSERT INTO jobs (id, kind, organization_id, invitation_id, ver, member_id, user_id, notification_id, notice, device, email_change_id, side,
                  hook_event_id, created_at, attempts, due_at, requeue_at, done_at, failed_at, failure, provider_message_id)
  SELECT id, kind, organization_id, invitation_id, ver, member_id, user_id, notification_id, notice, device, email_change_id, side,
         hook_event_id, created_at, attempts, due_at, requeue_at, done_at, failed_at, failure, provider_message_id FROM kept_jobs;
DROP TABLE kept_jobs;
-- Deliveries have an index of their own, so that those to a receiver that answers nothing don't stand before a mail.
CREATE INDEX jobs_waiting ON jobs (requeue_at) WHERE waiting = 1 AND webhook_id IS NULL;
CREATE INDEX jobs_deliveries_waiting ON jobs (requeue_at) WHERE waiting = 1 AND webhook_id IS NOT NULL;
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
CREATE INDEX jobs_of_webhook ON jobs (webhook_id, id) WHERE webhook_id IS NOT NULL;
CREATE INDEX jobs_of_webhook_waiting ON jobs (webhook_id, due_at) WHERE webhook_id IS NOT NULL AND waiting = 1;
CREATE INDEX jobs_of_webhook_failed ON jobs (webhook_id, id) WHERE webhook_id IS NOT NULL AND failed_at IS NOT NULL;
CREATE INDEX jobs_of_webhook_event ON jobs (webhook_event) WHERE webhook_event IS NOT NULL;
INSERT INTO bulk_imports SELECT * FROM kept_imports;
INSERT INTO bulk_rows SELECT * FROM kept_rows;
DROP TABLE kept_rows;
DROP TABLE kept_imports;

-- The triggers of 0013 again: they went with the table.
CREATE TRIGGER mails_counted_for_sender AFTER INSERT ON jobs WHEN NEW.kind = 'invitation_email' AND NEW.ver > 1 BEGIN
  INSERT INTO daily_counts (whose, day, count) VALUES (NEW.organization_id, NEW.created_at / 86400000, 1)
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER invitation_mails_counted AFTER INSERT ON jobs
WHEN NEW.kind IN ('invitation_email', 'reminder_email', 'withdrawal_email') BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT email_key, NEW.created_at / 86400000, 1 FROM invitations WHERE id = NEW.invitation_id AND email_key IS NOT NULL
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
  INSERT INTO daily_counts (whose, day, count)
    SELECT organization_id || ' ' || email_key, NEW.created_at / 86400000, 1 FROM invitations WHERE id = NEW.invitation_id AND email_key IS NOT NULL
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER member_mails_counted AFTER INSERT ON jobs WHEN NEW.kind = 'member_email' BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT u.email_key, NEW.created_at / 86400000, 1 FROM members m JOIN users u ON u.id = m.user_id
    WHERE m.id = NEW.member_id
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
  INSERT INTO daily_counts (whose, day, count)
    SELECT m.organization_id || ' ' || u.email_key, NEW.created_at / 86400000, 1 FROM members m JOIN users u ON u.id = m.user_id
    WHERE m.id = NEW.member_id
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER email_change_mails_counted AFTER INSERT ON jobs WHEN NEW.kind = 'email_change' AND NEW.side = 'new' BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT email_key, NEW.created_at / 86400000, 1 FROM email_changes WHERE id = NEW.email_change_id
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
  INSERT INTO daily_counts (whose, day, count)
    SELECT user_id || ' ' || email_key, NEW.created_at / 86400000, 1 FROM email_changes WHERE id = NEW.email_change_id
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

-- At the end of a batch its new events are given a job that tells them: here is that job.
CREATE TRIGGER webhook_events_given AFTER UPDATE OF at ON webhook_events WHEN OLD.at IS NULL BEGIN
  INSERT INTO jobs (id, kind, created_at, due_at, requeue_at)
    VALUES (NEW.job_id, 'webhook_events', NEW.at, NEW.at, NEW.at + 30000)
    ON CONFLICT DO NOTHING;
END;

-- What happens. `ON CONFLICT`: once a transaction.
CREATE TRIGGER tells_invitation_created AFTER INSERT ON invitations
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.organization_id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    VALUES (NEW.organization_id, 'invitation.created', NEW.id, '')
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_invitation_mailed AFTER UPDATE OF delivery ON invitations
WHEN NEW.delivery <> OLD.delivery AND NEW.delivery IN ('sent', 'delivered', 'bounced', 'failed')
  AND EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.organization_id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    VALUES (NEW.organization_id, 'invitation.' || NEW.delivery, NEW.id, '')
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_invitation_over AFTER UPDATE OF declined_at, revoked_at, expired_at ON invitations
WHEN NEW.outcome <> OLD.outcome AND NEW.outcome IN ('declined', 'revoked', 'expired')
  AND EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.organization_id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    VALUES (NEW.organization_id, 'invitation.' || NEW.outcome, NEW.id, '')
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_invitation_accepted AFTER INSERT ON redemptions
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = (SELECT organization_id FROM invitations WHERE id = NEW.invitation_id) AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT organization_id, 'invitation.accepted', id, NEW.member_id FROM invitations WHERE id = NEW.invitation_id
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_member_added AFTER INSERT ON members
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.organization_id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    VALUES (NEW.organization_id, 'member.added', NEW.id, '')
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_member_changed AFTER UPDATE OF role, name, removed_at ON members
WHEN (NEW.role <> OLD.role OR NEW.name <> OLD.name OR NEW.active <> OLD.active)
  AND EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.organization_id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    VALUES (NEW.organization_id, 'member.' || CASE NEW.active - OLD.active WHEN -1 THEN 'removed' WHEN 1 THEN 'added' ELSE 'updated' END, NEW.id, '')
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_membership_added AFTER INSERT ON memberships
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = (SELECT organization_id FROM workspaces WHERE id = NEW.workspace_id) AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT organization_id, 'membership.added', NEW.member_id, id FROM workspaces WHERE id = NEW.workspace_id
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_membership_changed AFTER UPDATE OF permissions, all_resources, addable_kinds, require_mfa ON memberships
WHEN (NEW.permissions IS NOT OLD.permissions OR NEW.all_resources <> OLD.all_resources
    OR NEW.addable_kinds <> OLD.addable_kinds OR NEW.require_mfa <> OLD.require_mfa)
  AND EXISTS (SELECT 1 FROM webhooks WHERE organization_id = (SELECT organization_id FROM workspaces WHERE id = NEW.workspace_id) AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT organization_id, 'membership.updated', NEW.member_id, id FROM workspaces WHERE id = NEW.workspace_id
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_membership_removed AFTER DELETE ON memberships
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = (SELECT organization_id FROM workspaces WHERE id = OLD.workspace_id) AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT organization_id, 'membership.removed', OLD.member_id, id FROM workspaces WHERE id = OLD.workspace_id
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_grant_added AFTER INSERT ON grants
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = (SELECT organization_id FROM workspaces WHERE id = NEW.workspace_id) AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT organization_id, 'membership.updated', NEW.member_id, id FROM workspaces WHERE id = NEW.workspace_id
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_grant_changed AFTER UPDATE ON grants
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = (SELECT organization_id FROM workspaces WHERE id = NEW.workspace_id) AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT organization_id, 'membership.updated', NEW.member_id, id FROM workspaces WHERE id = NEW.workspace_id
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_grant_removed AFTER DELETE ON grants
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = (SELECT organization_id FROM workspaces WHERE id = OLD.workspace_id) AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT organization_id, 'membership.updated', OLD.member_id, id FROM workspaces WHERE id = OLD.workspace_id
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER tells_organization_changed AFTER UPDATE OF name, slug, plan_key, seat_limit, plan_features, trial_ends_at, policy, require_mfa, branding_name,
  branding_accent, branding_message, logo_hash ON organizations
WHEN EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    VALUES (NEW.id, 'organization.updated', NEW.id, '')
    ON CONFLICT DO NOTHING;
END;

-- The last seat was taken or reserved. Within a transaction the count may go up and down: only where it ends counts, so what is
-- undone in it is forgotten. `seats.freed` is told to nobody.
CREATE TRIGGER tells_seats_reached AFTER UPDATE OF seats_used, seats_reserved, seat_limit ON organizations
WHEN coalesce(NEW.seats_used + NEW.seats_reserved >= NEW.seat_limit, 0) = 1 AND coalesce(OLD.seats_used + OLD.seats_reserved >= OLD.seat_limit, 0) = 0
  AND EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject)
    SELECT NEW.id, 'seats.limit_reached', NEW.id WHERE NOT EXISTS (
      SELECT 1 FROM webhook_events
      WHERE organization_id = NEW.id AND type = 'seats.freed' AND subject = NEW.id AND place = '' AND at IS NULL)
    ON CONFLICT DO NOTHING;
  DELETE FROM webhook_events
  WHERE organization_id = NEW.id AND type = 'seats.freed' AND subject = NEW.id AND place = '' AND at IS NULL;
END;
CREATE TRIGGER tells_seats_freed AFTER UPDATE OF seats_used, seats_reserved, seat_limit ON organizations
WHEN coalesce(NEW.seats_used + NEW.seats_reserved >= NEW.seat_limit, 0) = 0 AND coalesce(OLD.seats_used + OLD.seats_reserved >= OLD.seat_limit, 0) = 1
  AND EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject)
    SELECT NEW.id, 'seats.freed', NEW.id WHERE NOT EXISTS (
      SELECT 1 FROM webhook_events
      WHERE organization_id = NEW.id AND type = 'seats.limit_reached' AND subject = NEW.id AND place = '' AND at IS NULL)
    ON CONFLICT DO NOTHING;
  DELETE FROM webhook_events
  WHERE organization_id = NEW.id AND type = 'seats.limit_reached' AND subject = NEW.id AND place = '' AND at IS NULL;
END;
