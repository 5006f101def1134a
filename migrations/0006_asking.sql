-- Whoever holds a link that no longer works can ask for a new one. When they last did: so that they can do it once a day, and
-- so that the list of invitations shows it.
ALTER TABLE invitations ADD COLUMN asked_at INTEGER;

-- A client whose membership gives them nothing yet can ask for access, once a day too.
ALTER TABLE members ADD COLUMN asked_at INTEGER;

-- Notifications again, with more kinds: a CHECK can't be changed in place, and nothing refers to this table.
CREATE TABLE notifications_new (
  id              TEXT PRIMARY KEY,
  user_id         TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  kind            TEXT NOT NULL CHECK (kind IN ('member.added', 'member.role_changed', 'member.removed',
                    'membership.added', 'invitation.accepted', 'invitation.declined', 'bulk.finished',
                    'invitation.asked', 'access.asked')),
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
