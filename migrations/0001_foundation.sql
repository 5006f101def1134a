-- The foundation: organizations, people, invitations and the outbox.
--
-- Times are milliseconds since the Unix epoch. State is timestamps; what follows from them is a generated column, so that
-- an index can hold a rule. An index can't know the time: rows whose time is over are stamped (`expired_at`) before a
-- write that they would stand in the way of, and by the tick; whoever reads asks `expires_at`.
--
-- Rows that hang on a claim (see `redemptions`) have deferred foreign keys: when the claim was refused, nothing of the
-- batch is written, and an immediate check would abort it instead.

CREATE TABLE organizations (
  id             TEXT PRIMARY KEY,
  name           TEXT NOT NULL,
  slug           TEXT NOT NULL UNIQUE,
  template       TEXT NOT NULL,
  plan_key       TEXT NOT NULL,
  seat_limit     INTEGER CHECK (seat_limit >= 0),
  plan_features  TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(plan_features)),
  trial_ends_at  INTEGER,
  -- Kept by the triggers below, in the transaction of whatever changes them, so that nothing ever counts members.
  seats_used     INTEGER NOT NULL DEFAULT 0 CHECK (seats_used >= 0),
  seats_reserved INTEGER NOT NULL DEFAULT 0 CHECK (seats_reserved >= 0),
  created_at     INTEGER NOT NULL
) STRICT;

CREATE TABLE workspaces (
  id              TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  name            TEXT NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX workspaces_of_organization ON workspaces (organization_id, id);

CREATE TABLE users (
  id                TEXT PRIMARY KEY,
  email             TEXT NOT NULL,
  -- The address in lower case: what it is found by.
  email_key         TEXT NOT NULL UNIQUE,
  name              TEXT NOT NULL,
  password_hash     TEXT,
  email_verified_at INTEGER,
  created_at        INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  id           TEXT PRIMARY KEY,
  user_id      TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  -- SHA-256 of the cookie.
  token_digest TEXT NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  ended_at     INTEGER
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE members (
  id              TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  user_id         TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'client')),
  -- What this organization calls them.
  name            TEXT NOT NULL,
  takes_seat      INTEGER NOT NULL CHECK (takes_seat IN (0, 1)),
  joined_at       INTEGER NOT NULL,
  removed_at      INTEGER,
  active          INTEGER NOT NULL GENERATED ALWAYS AS (removed_at IS NULL) VIRTUAL,
  holds_seat      INTEGER NOT NULL GENERATED ALWAYS AS (takes_seat = 1 AND removed_at IS NULL) VIRTUAL
) STRICT;
-- One active member a person; each earlier time they were in keeps its row.
CREATE UNIQUE INDEX members_once ON members (organization_id, user_id) WHERE removed_at IS NULL;
CREATE INDEX members_of_organization ON members (organization_id, active, id);
CREATE INDEX members_of_user ON members (user_id, organization_id);

CREATE TRIGGER members_seat_taken AFTER INSERT ON members WHEN NEW.holds_seat = 1 BEGIN
  UPDATE organizations SET seats_used = seats_used + 1 WHERE id = NEW.organization_id;
END;
CREATE TRIGGER members_seat_changed AFTER UPDATE ON members WHEN NEW.holds_seat <> OLD.holds_seat BEGIN
  UPDATE organizations SET seats_used = seats_used + NEW.holds_seat - OLD.holds_seat WHERE id = NEW.organization_id;
END;

CREATE TABLE memberships (
  member_id    TEXT NOT NULL REFERENCES members (id) DEFERRABLE INITIALLY DEFERRED,
  workspace_id TEXT NOT NULL REFERENCES workspaces (id),
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (member_id, workspace_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_of_workspace ON memberships (workspace_id, member_id);

CREATE TABLE invitations (
  id              TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  kind            TEXT NOT NULL CHECK (kind IN ('email', 'link')),
  role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'client')),
  email           TEXT,
  email_key       TEXT,
  name            TEXT,
  nickname        TEXT,
  -- Both in lower case, for searching by prefix.
  name_key        TEXT,
  nickname_key    TEXT,
  message         TEXT,
  locale          TEXT NOT NULL,
  -- Raised by whatever kills the links made so far.
  ver             INTEGER NOT NULL DEFAULT 1,
  takes_seat      INTEGER NOT NULL CHECK (takes_seat IN (0, 1)),
  max_uses        INTEGER CHECK (max_uses > 0),
  uses            INTEGER NOT NULL DEFAULT 0 CHECK (uses >= 0 AND (max_uses IS NULL OR uses <= max_uses)),
  delivery        TEXT NOT NULL CHECK (delivery IN
                    ('none', 'queued', 'sent', 'delivered', 'delayed', 'bounced', 'complained', 'failed')),
  -- Whole seconds, like the `exp` of its links.
  expires_at      INTEGER NOT NULL CHECK (expires_at % 1000 = 0),
  created_at      INTEGER NOT NULL,
  -- Nobody for an owner's invitation: the operator made it.
  invited_by      TEXT REFERENCES members (id),
  accepted_at     INTEGER,
  accepted_by     TEXT REFERENCES members (id) DEFERRABLE INITIALLY DEFERRED,
  declined_at     INTEGER,
  revoked_at      INTEGER,
  disabled_at     INTEGER,
  expired_at      INTEGER,
  -- What became of it, without the clock: an `open` one may be over all the same.
  outcome         TEXT NOT NULL GENERATED ALWAYS AS (CASE
                    WHEN accepted_at IS NOT NULL THEN 'accepted'
                    WHEN declined_at IS NOT NULL THEN 'declined'
                    WHEN revoked_at IS NOT NULL THEN 'revoked'
                    WHEN expired_at IS NOT NULL THEN 'expired'
                    ELSE 'open' END) VIRTUAL,
  reserves        INTEGER NOT NULL GENERATED ALWAYS AS (
                    kind = 'email' AND takes_seat = 1 AND outcome = 'open') VIRTUAL,
  CHECK ((kind = 'email') = (email IS NOT NULL)),
  CHECK ((email IS NULL) = (email_key IS NULL))
) STRICT;
CREATE UNIQUE INDEX invitations_one_open ON invitations (organization_id, email_key) WHERE outcome = 'open';
CREATE INDEX invitations_of_organization ON invitations (organization_id, id);
CREATE INDEX invitations_by_outcome ON invitations (organization_id, outcome, id);
CREATE INDEX invitations_by_email ON invitations (organization_id, email_key);
CREATE INDEX invitations_by_name ON invitations (organization_id, name_key);
CREATE INDEX invitations_by_nickname ON invitations (organization_id, nickname_key);
CREATE INDEX invitations_reserving ON invitations (organization_id, expires_at) WHERE reserves = 1;
-- A foreign key's child column needs an index of its own: while a deferred key is unsettled, each new parent row makes
-- SQLite look for its children, and without one that is the whole table.
CREATE INDEX invitations_of_inviter ON invitations (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX invitations_of_accepter ON invitations (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX invitations_lapsing ON invitations (expires_at) WHERE outcome = 'open';

CREATE TRIGGER invitations_seat_reserved AFTER INSERT ON invitations WHEN NEW.reserves = 1 BEGIN
  UPDATE organizations SET seats_reserved = seats_reserved + 1 WHERE id = NEW.organization_id;
END;
CREATE TRIGGER invitations_seat_changed AFTER UPDATE ON invitations WHEN NEW.reserves <> OLD.reserves BEGIN
  UPDATE organizations SET seats_reserved = seats_reserved + NEW.reserves - OLD.reserves
  WHERE id = NEW.organization_id;
END;

CREATE TABLE invitation_workspaces (
  invitation_id TEXT NOT NULL REFERENCES invitations (id) DEFERRABLE INITIALLY DEFERRED,
  workspace_id  TEXT NOT NULL REFERENCES workspaces (id) DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (invitation_id, workspace_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_workspaces_of_workspace ON invitation_workspaces (workspace_id, invitation_id);

-- The claim row of a person who came in through an invitation: the first write of the batch, and what all of its other
-- writes hang on.
CREATE TABLE redemptions (
  id            TEXT PRIMARY KEY,
  invitation_id TEXT NOT NULL REFERENCES invitations (id),
  user_id       TEXT NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  member_id     TEXT NOT NULL REFERENCES members (id) DEFERRABLE INITIALLY DEFERRED,
  redeemed_at   INTEGER NOT NULL,
  UNIQUE (invitation_id, user_id)
) STRICT;
CREATE INDEX redemptions_of_user ON redemptions (user_id);
CREATE INDEX redemptions_of_member ON redemptions (member_id);

-- The outbox: what is to be done outside the request, written in the batch of what caused it.
CREATE TABLE jobs (
  id                  TEXT PRIMARY KEY,
  kind                TEXT NOT NULL CHECK (kind IN ('invitation_email')),
  organization_id     TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  invitation_id       TEXT REFERENCES invitations (id) DEFERRABLE INITIALLY DEFERRED,
  -- The invitation's version that this is about: a job for an older one has nothing left to do.
  ver                 INTEGER,
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
CREATE INDEX jobs_waiting ON jobs (requeue_at) WHERE waiting = 1;
CREATE INDEX jobs_failed ON jobs (failed_at) WHERE failed_at IS NOT NULL;
-- One e-mail for each version of an invitation.
CREATE UNIQUE INDEX jobs_once ON jobs (invitation_id, ver, kind);

-- Who changed who may do what. Append-only. Holds no address in full and no token.
CREATE TABLE audit_events (
  id              TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  at              INTEGER NOT NULL,
  -- A member's id, `operator`, or `invitee`.
  actor           TEXT NOT NULL,
  action          TEXT NOT NULL,
  subject         TEXT NOT NULL,
  request_id      TEXT NOT NULL
) STRICT;
CREATE INDEX audit_events_of_organization ON audit_events (organization_id, id);
CREATE TRIGGER audit_events_never_change BEFORE UPDATE ON audit_events BEGIN
  SELECT RAISE(ABORT, 'audit events never change');
END;
CREATE TRIGGER audit_events_never_go BEFORE DELETE ON audit_events BEGIN
  SELECT RAISE(ABORT, 'audit events never go');
END;

-- Messages of the `mailbox` provider, which exists in development only: elsewhere this stays empty.
CREATE TABLE mailbox (
  -- The job's id: the provider honours it as its idempotency key.
  id        TEXT PRIMARY KEY,
  recipient TEXT NOT NULL,
  sender    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  text      TEXT NOT NULL,
  html      TEXT NOT NULL,
  sent_at   INTEGER NOT NULL
) STRICT;
