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
-- Raised when a copied link of theirs sets the account's password: each works once, whatever other organizations' do.
ALTER TABLE members ADD COLUMN password_ver INTEGER NOT NULL DEFAULT 0;
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

-- What the list of a workspace's members is filtered by, copied by triggers.
ALTER TABLE memberships ADD COLUMN member_role TEXT;
ALTER TABLE memberships ADD COLUMN member_active INTEGER;
UPDATE memberships SET (member_role, member_active) = (SELECT role, active FROM members WHERE id = member_id);
DROP INDEX memberships_of_workspace;
CREATE INDEX memberships_of_workspace ON memberships (workspace_id, member_active, member_id);
CREATE INDEX memberships_by_role ON memberships (workspace_id, member_active, member_role, member_id);
CREATE TRIGGER memberships_added AFTER INSERT ON memberships BEGIN
  UPDATE memberships SET (member_role, member_active) = (SELECT role, active FROM members WHERE id = NEW.member_id)
  WHERE member_id = NEW.member_id AND workspace_id = NEW.workspace_id;
END;
CREATE TRIGGER members_listed_changed AFTER UPDATE ON members
WHEN NEW.role <> OLD.role OR NEW.active <> OLD.active BEGIN
  UPDATE memberships SET member_role = NEW.role, member_active = NEW.active WHERE member_id = NEW.id;
END;

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
CREATE INDEX resources_by_kind ON resources (workspace_id, present, kind, id);
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
CREATE INDEX invitations_reserved ON invitations (organization_id, id) WHERE reserves = 1;

-- What the person was just before; null if they were not in. The audit log tells it.
ALTER TABLE redemptions ADD COLUMN role_before TEXT CHECK (role_before IN ('owner', 'admin', 'member', 'client'));

-- A list of invitations reads a range of an index for each role and kind that it shows, newest first, and merges them:
-- what it leaves out costs it nothing. What is still open by its row may be over by the clock; those are few, because the
-- tick stamps them, and have an index of their own.
ALTER TABLE invitations ADD COLUMN state TEXT NOT NULL GENERATED ALWAYS AS (CASE
    WHEN outcome <> 'open' THEN outcome
    WHEN disabled_at IS NOT NULL THEN 'disabled'
    WHEN uses >= max_uses THEN 'full'
    ELSE 'pending' END) VIRTUAL;
DROP INDEX invitations_by_outcome;
CREATE INDEX invitations_listed ON invitations (organization_id, role, kind, id);
CREATE INDEX invitations_by_state ON invitations (organization_id, role, kind, state, id);
CREATE INDEX invitations_over ON invitations (organization_id, expires_at) WHERE outcome = 'open';

-- The same for those into one workspace: triggers copy what the list is filtered by.
ALTER TABLE invitation_workspaces ADD COLUMN role TEXT;
ALTER TABLE invitation_workspaces ADD COLUMN kind TEXT;
ALTER TABLE invitation_workspaces ADD COLUMN state TEXT;
UPDATE invitation_workspaces
SET (role, kind, state) = (SELECT role, kind, state FROM invitations WHERE id = invitation_id);
DROP INDEX invitation_workspaces_of_workspace;
CREATE INDEX invitation_workspaces_listed ON invitation_workspaces (workspace_id, role, kind, invitation_id);
CREATE INDEX invitation_workspaces_by_state ON invitation_workspaces (workspace_id, role, kind, state, invitation_id);
CREATE TRIGGER invitation_workspaces_added AFTER INSERT ON invitation_workspaces BEGIN
  UPDATE invitation_workspaces
  SET (role, kind, state) = (SELECT role, kind, state FROM invitations WHERE id = NEW.invitation_id)
  WHERE invitation_id = NEW.invitation_id AND workspace_id = NEW.workspace_id;
END;
CREATE TRIGGER invitations_state_changed AFTER UPDATE ON invitations
WHEN NEW.role <> OLD.role OR NEW.state <> OLD.state BEGIN
  UPDATE invitation_workspaces SET role = NEW.role, state = NEW.state WHERE invitation_id = NEW.id;
END;

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
CREATE INDEX audit_events_by_actor_and_action ON audit_events (organization_id, actor, action, id);
CREATE INDEX audit_events_by_action ON audit_events (organization_id, action, id);
CREATE INDEX audit_events_by_subject ON audit_events (organization_id, subject, id);
CREATE INDEX audit_events_by_subject_and_action ON audit_events (organization_id, subject, action, id);
