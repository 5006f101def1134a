-- Fewer rows and entries of indexes for each write, and nothing else: what every table tells stays the same. What queries name in
-- the code that runs while this is applied keeps its name.

-- Most invitations have no name and no nickname, and nobody looks for those without.
DROP INDEX invitations_by_name;
CREATE INDEX invitations_by_name ON invitations (organization_id, name_key) WHERE name_key IS NOT NULL;
DROP INDEX invitations_by_nickname;
CREATE INDEX invitations_by_nickname ON invitations (organization_id, nickname_key) WHERE nickname_key IS NOT NULL;

-- What is over by the clock is looked for as a whole, and among what reserves a seat: one index is both. The code that ran before
-- is answered the same from it and from `invitations_reserved`, by the organization's open ones instead of those that are over.
DROP INDEX invitations_reserving;
DROP INDEX invitations_over;
CREATE INDEX invitations_over ON invitations (organization_id, reserves, expires_at) WHERE outcome = 'open';

-- Copies of what lists are filtered by: whoever writes a row with them needs no second write of it.
DROP TRIGGER invitation_workspaces_added;
CREATE TRIGGER invitation_workspaces_added AFTER INSERT ON invitation_workspaces WHEN NEW.state IS NULL BEGIN
  UPDATE invitation_workspaces
  SET (role, kind, state) = (SELECT role, kind, state FROM invitations WHERE id = NEW.invitation_id)
  WHERE invitation_id = NEW.invitation_id AND workspace_id = NEW.workspace_id;
END;
DROP TRIGGER memberships_added;
CREATE TRIGGER memberships_added AFTER INSERT ON memberships WHEN NEW.member_role IS NULL BEGIN
  UPDATE memberships SET (member_role, member_active) = (SELECT role, active FROM members WHERE id = NEW.member_id)
  WHERE member_id = NEW.member_id AND workspace_id = NEW.workspace_id;
END;
-- A column that is set to what it was is written into its indexes all the same, so each is set only where it changed.
DROP TRIGGER invitations_state_changed;
CREATE TRIGGER invitations_state_changed AFTER UPDATE ON invitations WHEN NEW.state <> OLD.state BEGIN
  UPDATE invitation_workspaces SET state = NEW.state WHERE invitation_id = NEW.id;
END;
CREATE TRIGGER invitations_role_changed AFTER UPDATE OF role ON invitations WHEN NEW.role <> OLD.role BEGIN
  UPDATE invitation_workspaces SET role = NEW.role WHERE invitation_id = NEW.id;
END;

-- What was done on each day again, by the day first: the days before are then a range of the table itself. It holds two days. The
-- triggers that count are those of other tables, and stay.
CREATE TABLE kept_counts AS SELECT * FROM daily_counts;
DROP TABLE daily_counts;
CREATE TABLE daily_counts (
  -- An organization's id: what it invited, and mailed again. Or an address in lower case: what was mailed to it, by anybody. Or
  -- both, with a blank between them (0013).
  whose TEXT NOT NULL,
  -- Days since the Unix epoch, in UTC.
  day   INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, whose)
) STRICT, WITHOUT ROWID;
INSERT INTO daily_counts (whose, day, count) SELECT whose, day, count FROM kept_counts;
DROP TABLE kept_counts;
