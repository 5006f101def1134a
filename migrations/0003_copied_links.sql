-- A link that somebody copied to hand it over is good only while the invitation gives what it gave then: whoever copied it may
-- hold no more than that. Links for many keep their URLs through every change.
ALTER TABLE invitations ADD COLUMN given INTEGER NOT NULL DEFAULT 0; -- raised whenever an e-mail invitation gives something else

-- Raised whenever a membership of theirs is written, which every change of an access does, also one of grants alone: what
-- was decided by what they held, or for what they held, is decided anew.
ALTER TABLE members ADD COLUMN access_rev INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER memberships_access_added AFTER INSERT ON memberships BEGIN
  UPDATE members SET access_rev = access_rev + 1 WHERE id = NEW.member_id;
END;
CREATE TRIGGER memberships_access_changed
AFTER UPDATE OF permissions, all_resources, addable_kinds, require_mfa, made_by ON memberships BEGIN
  UPDATE members SET access_rev = access_rev + 1 WHERE id = NEW.member_id;
END;
CREATE TRIGGER memberships_access_gone AFTER DELETE ON memberships BEGIN
  UPDATE members SET access_rev = access_rev + 1 WHERE id = OLD.member_id;
END;
-- The one of whoever asked for a bulk, when they did: its rows were checked against what they held then.
ALTER TABLE bulk_imports ADD COLUMN access_rev INTEGER NOT NULL DEFAULT 0;
