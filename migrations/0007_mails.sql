-- The mails that nobody's request sends: reminders, and what an inviter is told.

-- Notifications again, with more kinds: a CHECK can't be changed in place, and nothing refers to this table yet.
CREATE TABLE notifications_new (
  id              TEXT PRIMARY KEY,
  user_id         TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  kind            TEXT NOT NULL CHECK (kind IN ('member.added', 'member.role_changed', 'member.removed',
                    'membership.added', 'invitation.accepted', 'invitation.declined', 'bulk.finished',
                    'invitation.asked', 'access.asked', 'invitation.undelivered', 'invitation.no_seat',
                    'invitation.ending')),
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

-- What was mailed about an invitation besides itself. Each is noted in the batch that writes the mail's job.
ALTER TABLE invitations ADD COLUMN reminded_at INTEGER;   -- when whoever it is for was reminded: once, however often it is sent
ALTER TABLE invitations ADD COLUMN withdrawal_told_at INTEGER; -- when they were told that it was withdrawn
ALTER TABLE invitations ADD COLUMN undelivered_told INTEGER; -- the version of which its inviter was told that it did not arrive
ALTER TABLE invitations ADD COLUMN end_told INTEGER;      -- the end of which its inviter was told
ALTER TABLE invitations ADD COLUMN no_seat_told_at INTEGER; -- when its inviter was last told that no seat was free
-- What happened before this is news to nobody.
UPDATE invitations SET withdrawal_told_at = revoked_at WHERE revoked_at IS NOT NULL;
UPDATE invitations SET undelivered_told = ver WHERE delivery IN ('failed', 'bounced');

-- The next of these mails, and when it is due: what follows from an invitation's state, whoever changed it, so that no write
-- of one has to think of them. The tick reads a range of the index.
--   withdrawal   to the invited person, if the invitation had been mailed
--   undelivered  to the inviter: its mail did not arrive
--   reminder     to the invited person: once, after two fifths of its life, if that is two days or more
--   ending       to the inviter: two days before its end, if it lives for four or more
ALTER TABLE invitations ADD COLUMN next_mail TEXT GENERATED ALWAYS AS (CASE
    WHEN kind <> 'email' THEN NULL
    WHEN outcome = 'revoked' THEN
      iif(withdrawal_told_at IS NULL AND delivery IN ('sent', 'delivered', 'delayed'), 'withdrawal', NULL)
    WHEN outcome <> 'open' THEN NULL
    WHEN delivery IN ('failed', 'bounced') AND undelivered_told IS NOT ver THEN 'undelivered'
    WHEN delivery IN ('sent', 'delivered') AND reminded_at IS NULL
      AND expires_at - coalesce(offered_at, created_at) >= 172800000 THEN 'reminder'
    WHEN end_told IS NOT expires_at AND expires_at - coalesce(offered_at, created_at) >= 345600000 THEN 'ending'
    END) VIRTUAL;
ALTER TABLE invitations ADD COLUMN next_mail_at INTEGER GENERATED ALWAYS AS (CASE next_mail
    WHEN 'withdrawal' THEN revoked_at
    WHEN 'undelivered' THEN coalesce(offered_at, created_at)
    WHEN 'reminder' THEN coalesce(offered_at, created_at) + (expires_at - coalesce(offered_at, created_at)) * 2 / 5
    WHEN 'ending' THEN expires_at - 172800000
    END) VIRTUAL;
CREATE INDEX invitations_next_mail ON invitations (next_mail_at) WHERE next_mail_at IS NOT NULL;
