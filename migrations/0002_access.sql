-- Access: what a membership gives; resources and who was granted them; links for many; direct adds; bulk imports.
--
-- An access is five columns wherever it stands. `permissions` is null for the template's default, else a JSON array of
-- permission keys (leaves only). Rows of people who are in hold their grants in `grants`; an invitation, of which many
-- rows may come, holds them as JSON until somebody comes in.

ALTER TABLE organizations ADD COLUMN policy TEXT CHECK (policy IS NULL OR json_valid(policy));
ALTER TABLE organizations ADD COLUMN branding_name TEXT;
ALTER TABLE organizations ADD COLUMN branding_accent TEXT;
ALTER TABLE organizations ADD COLUMN branding_message TEXT;
-- The name of its logo: a digest of the bytes in `logos`.
ALTER TABLE organizations ADD COLUMN logo_hash TEXT;

CREATE TABLE logos (
  organization_id TEXT PRIMARY KEY REFERENCES organizations (id),
  hash            TEXT NOT NULL,
  content_type    TEXT NOT NULL CHECK (content_type IN ('image/png', 'image/jpeg', 'image/webp')),
  base64          TEXT NOT NULL
) STRICT;

-- An account whose mailbox nobody proved reaches only the organization whose copied link gave it its password.
ALTER TABLE users ADD COLUMN confined_to TEXT REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED;
-- Raised with every new password: a link to set one dies with the password it was made for.
ALTER TABLE users ADD COLUMN password_ver INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN mfa_enabled_at INTEGER;
-- The name in lower case: what their members are searched by.
ALTER TABLE users ADD COLUMN name_key TEXT;
UPDATE users SET name_key = lower(name);
CREATE INDEX users_confined ON users (confined_to) WHERE confined_to IS NOT NULL;
UPDATE users SET confined_to = (SELECT organization_id FROM members WHERE user_id = users.id ORDER BY id LIMIT 1)
WHERE email_verified_at IS NULL;

-- What a member is searched by, both in lower case.
ALTER TABLE members ADD COLUMN name_key TEXT;
ALTER TABLE members ADD COLUMN email_key TEXT;
-- The address as whoever added them wrote it; null as their account does. An account's own spelling would tell that there
-- was one.
ALTER TABLE members ADD COLUMN email TEXT;
UPDATE members SET name_key = lower(name), email_key = (SELECT email_key FROM users WHERE id = user_id);
CREATE TRIGGER users_email_changed AFTER UPDATE OF email_key ON users BEGIN
  UPDATE members SET email_key = NEW.email_key, email = NULL WHERE user_id = NEW.id;
END;
CREATE INDEX members_by_role ON members (organization_id, active, role, id);
CREATE INDEX members_by_name ON members (organization_id, active, name_key);
CREATE INDEX members_by_email ON members (organization_id, active, email_key);
-- One owner at a time.
CREATE UNIQUE INDEX members_one_owner ON members (organization_id) WHERE role = 'owner' AND removed_at IS NULL;
CREATE INDEX members_holding_seat ON members (organization_id, id) WHERE holds_seat = 1;

ALTER TABLE memberships ADD COLUMN permissions TEXT CHECK (permissions IS NULL OR json_valid(permissions));
ALTER TABLE memberships ADD COLUMN all_resources INTEGER NOT NULL DEFAULT 0 CHECK (all_resources IN (0, 1));
ALTER TABLE memberships ADD COLUMN addable_kinds TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(addable_kinds));
ALTER TABLE memberships ADD COLUMN require_mfa INTEGER NOT NULL DEFAULT 0 CHECK (require_mfa IN (0, 1));
-- Whether this access makes a client take a seat (S0-13).
ALTER TABLE memberships ADD COLUMN takes_seat INTEGER NOT NULL DEFAULT 0 CHECK (takes_seat IN (0, 1));
-- The id of what made this row (a redemption, an audit event), so that the rest of that batch can tell it from one that
-- was there before.
ALTER TABLE memberships ADD COLUMN made_by TEXT;

-- A client takes a seat exactly while one of their accesses does; an admin or a member by their role; the owner never.
-- The members' own triggers then keep the organization's count.
CREATE TRIGGER memberships_seat_added AFTER INSERT ON memberships WHEN NEW.takes_seat = 1 BEGIN
  UPDATE members SET takes_seat = 1 WHERE id = NEW.member_id AND role = 'client';
END;
CREATE TRIGGER memberships_seat_changed AFTER UPDATE ON memberships WHEN NEW.takes_seat <> OLD.takes_seat BEGIN
  UPDATE members SET takes_seat = EXISTS (SELECT 1 FROM memberships WHERE member_id = NEW.member_id AND takes_seat = 1)
  WHERE id = NEW.member_id AND role = 'client';
END;
CREATE TRIGGER memberships_seat_gone AFTER DELETE ON memberships WHEN OLD.takes_seat = 1 BEGIN
  UPDATE members SET takes_seat = EXISTS (SELECT 1 FROM memberships WHERE member_id = OLD.member_id AND takes_seat = 1)
  WHERE id = OLD.member_id AND role = 'client';
END;
CREATE TRIGGER members_role_changed AFTER UPDATE OF role ON members WHEN NEW.role <> OLD.role BEGIN
  UPDATE members SET takes_seat = CASE NEW.role
    WHEN 'owner' THEN 0
    WHEN 'client' THEN EXISTS (SELECT 1 FROM memberships WHERE member_id = NEW.id AND takes_seat = 1)
    ELSE 1 END
  WHERE id = NEW.id;
END;

CREATE TABLE resources (
  id              TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  workspace_id    TEXT NOT NULL REFERENCES workspaces (id),
  kind            TEXT NOT NULL,
  name            TEXT NOT NULL,
  -- What the host product calls it.
  external_id     TEXT,
  -- Nobody, if the host product registered it.
  connected_by    TEXT REFERENCES members (id),
  created_at      INTEGER NOT NULL,
  disconnected_at INTEGER,
  deleted_at      INTEGER,
  present         INTEGER NOT NULL GENERATED ALWAYS AS (deleted_at IS NULL) VIRTUAL
) STRICT;
CREATE INDEX resources_of_workspace ON resources (workspace_id, present, id);
CREATE INDEX resources_of_organization ON resources (organization_id);
CREATE INDEX resources_of_connector ON resources (connected_by) WHERE connected_by IS NOT NULL;
-- One thing of the host product is one resource of a workspace.
CREATE UNIQUE INDEX resources_once ON resources (workspace_id, kind, external_id)
  WHERE deleted_at IS NULL AND external_id IS NOT NULL;

CREATE TABLE grants (
  member_id    TEXT NOT NULL REFERENCES members (id) DEFERRABLE INITIALLY DEFERRED,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  resource_id  TEXT NOT NULL REFERENCES resources (id),
  approve      INTEGER NOT NULL CHECK (approve IN (0, 1)),
  -- Whose credentials reach it, where the permissions need any.
  credentials  TEXT CHECK (credentials IN ('owner', 'member')),
  PRIMARY KEY (member_id, workspace_id, resource_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_of_resource ON grants (resource_id, member_id);
CREATE INDEX grants_of_workspace ON grants (workspace_id);

ALTER TABLE invitations ADD COLUMN permissions TEXT CHECK (permissions IS NULL OR json_valid(permissions));
ALTER TABLE invitations ADD COLUMN all_resources INTEGER NOT NULL DEFAULT 0 CHECK (all_resources IN (0, 1));
ALTER TABLE invitations ADD COLUMN grants TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(grants));
ALTER TABLE invitations ADD COLUMN addable_kinds TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(addable_kinds));
ALTER TABLE invitations ADD COLUMN require_mfa INTEGER NOT NULL DEFAULT 0 CHECK (require_mfa IN (0, 1));
-- Whether its access would make a client take a seat: what counts for somebody who is in already, whose role stays.
ALTER TABLE invitations ADD COLUMN access_takes_seat INTEGER NOT NULL DEFAULT 0 CHECK (access_takes_seat IN (0, 1));
ALTER TABLE invitations ADD COLUMN branding_name TEXT;
ALTER TABLE invitations ADD COLUMN branding_message TEXT;
-- When it was last offered: made, or sent again. Whoever was removed since then is not brought back by it.
ALTER TABLE invitations ADD COLUMN offered_at INTEGER;
UPDATE invitations SET offered_at = created_at;
-- Raised with every change of what it offers, so that a change is written only over what it was made from.
ALTER TABLE invitations ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
CREATE INDEX invitations_by_role ON invitations (organization_id, role, id);
CREATE INDEX invitations_reserved ON invitations (organization_id, id) WHERE reserves = 1;

-- What the person was just before; null if they were not in. The audit log tells it.
ALTER TABLE redemptions ADD COLUMN role_before TEXT CHECK (role_before IN ('owner', 'admin', 'member', 'client'));
-- Redemptions are listed by invitation, newest first.
CREATE INDEX redemptions_of_invitation ON redemptions (invitation_id, id);

CREATE TABLE notifications (
  id              TEXT PRIMARY KEY,
  user_id         TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  kind            TEXT NOT NULL CHECK (kind IN ('member.added', 'member.role_changed', 'member.removed',
                    'membership.added', 'invitation.accepted', 'invitation.declined', 'bulk.finished')),
  -- The ids it is about, such as {"workspace_id": …, "invitation_id": …}.
  about           TEXT NOT NULL CHECK (json_valid(about)),
  created_at      INTEGER NOT NULL,
  read_at         INTEGER
) STRICT;
CREATE INDEX notifications_of_user ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_of_organization ON notifications (organization_id);

-- The outbox again, with more kinds: a CHECK can't be changed in place, and nothing refers to this table.
CREATE TABLE jobs_new (
  id                  TEXT PRIMARY KEY,
  kind                TEXT NOT NULL CHECK (kind IN ('invitation_email', 'member_email', 'bulk_invite')),
  organization_id     TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  invitation_id       TEXT REFERENCES invitations (id) DEFERRABLE INITIALLY DEFERRED,
  -- The invitation's version that this is about: a job for an older one has nothing left to do.
  ver                 INTEGER,
  -- The member who is told that they were added.
  member_id           TEXT REFERENCES members (id) DEFERRABLE INITIALLY DEFERRED,
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
  waiting             INTEGER NOT NULL GENERATED ALWAYS AS (done_at IS NULL AND failed_at IS NULL) VIRTUAL
) STRICT;
INSERT INTO jobs_new (id, kind, organization_id, invitation_id, ver, created_at, attempts, due_at, requeue_at, done_at,
                      failed_at, failure, provider_message_id)
  SELECT id, kind, organization_id, invitation_id, ver, created_at, attempts, due_at, requeue_at, done_at, failed_at,
         failure, provider_message_id FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;
CREATE INDEX jobs_waiting ON jobs (requeue_at) WHERE waiting = 1;
CREATE INDEX jobs_failed ON jobs (failed_at) WHERE failed_at IS NOT NULL;
-- One e-mail for each version of an invitation.
CREATE UNIQUE INDEX jobs_once ON jobs (invitation_id, ver, kind);
CREATE INDEX jobs_of_member ON jobs (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX jobs_of_organization ON jobs (organization_id);

-- A bulk invitation: one job with a row for each line of it.
CREATE TABLE bulk_imports (
  job_id          TEXT PRIMARY KEY REFERENCES jobs (id) DEFERRABLE INITIALLY DEFERRED,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  invited_by      TEXT NOT NULL REFERENCES members (id),
  -- What they were when they asked: whoever is something else since then makes no more of it.
  role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'client')),
  -- The roles whose invitations they may see, as JSON.
  visible         TEXT NOT NULL CHECK (json_valid(visible)),
  request_id      TEXT NOT NULL,
  total           INTEGER NOT NULL CHECK (total > 0),
  done            INTEGER NOT NULL DEFAULT 0 CHECK (done BETWEEN 0 AND total),
  created_at      INTEGER NOT NULL,
  undone_at       INTEGER
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

-- What it was, and what it became.
ALTER TABLE audit_events ADD COLUMN before TEXT CHECK (before IS NULL OR json_valid(before));
ALTER TABLE audit_events ADD COLUMN after TEXT CHECK (after IS NULL OR json_valid(after));
CREATE INDEX audit_events_by_actor ON audit_events (organization_id, actor, id);
CREATE INDEX audit_events_by_action ON audit_events (organization_id, action, id);
CREATE INDEX audit_events_by_subject ON audit_events (organization_id, subject, id);
