-- How people want to be told, how the mails of an invitation went, and what a brand was before it was changed.

-- What a member chose to be told in the app and by e-mail. For a kind without a row it is as usual.
CREATE TABLE notification_choices (
  member_id TEXT NOT NULL REFERENCES members (id) DEFERRABLE INITIALLY DEFERRED,
  kind      TEXT NOT NULL,
  in_app    INTEGER NOT NULL CHECK (in_app IN (0, 1)),
  by_email  INTEGER NOT NULL CHECK (by_email IN (0, 1)),
  PRIMARY KEY (member_id, kind)
) STRICT, WITHOUT ROWID;

-- Whether it is shown to them, and whether it is mailed if its kind is. One that is neither stays too: that it was asked for, or
-- told, is noted by it.
ALTER TABLE notifications ADD COLUMN in_app INTEGER NOT NULL DEFAULT 1 CHECK (in_app IN (0, 1));
ALTER TABLE notifications ADD COLUMN by_email INTEGER NOT NULL DEFAULT 1 CHECK (by_email IN (0, 1));
-- Whoever writes one writes it as its reader chose, because nobody else decides it.
CREATE TRIGGER notifications_as_chosen AFTER INSERT ON notifications BEGIN
  UPDATE notifications SET in_app = c.in_app, by_email = c.by_email
  FROM members m CROSS JOIN notification_choices c ON c.member_id = m.id AND c.kind = NEW.kind
  WHERE notifications.id = NEW.id AND m.organization_id = NEW.organization_id AND m.user_id = NEW.user_id
    AND m.removed_at IS NULL;
END;
DROP INDEX notifications_of_user;
DROP INDEX notifications_unread;
CREATE INDEX notifications_of_user ON notifications (user_id, in_app, id);
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL AND in_app = 1;

-- What was told of a mail of an invitation after its provider took it, each once. What is told twice, or in another order, makes
-- the same rows.
CREATE TABLE invitation_steps (
  invitation_id TEXT NOT NULL REFERENCES invitations (id) DEFERRABLE INITIALLY DEFERRED,
  -- The version that the mail was about.
  ver           INTEGER NOT NULL,
  step          TEXT NOT NULL CHECK (step IN ('delayed', 'failed', 'delivered', 'bounced', 'complained')),
  at            INTEGER NOT NULL,
  -- Why, as far as it is known: one of a few words of ours, nothing that anybody wrote.
  why           TEXT,
  PRIMARY KEY (invitation_id, ver, step)
) STRICT, WITHOUT ROWID;

-- The first version that was for the address which the invitation is for now.
ALTER TABLE invitations ADD COLUMN addressed_ver INTEGER NOT NULL DEFAULT 1;
UPDATE invitations SET addressed_ver = ver WHERE kind = 'email' AND ver > 1;

-- The addresses that reported a mail of an organization's: it sends nothing there again.
CREATE TABLE complaints (
  organization_id TEXT NOT NULL REFERENCES organizations (id) DEFERRABLE INITIALLY DEFERRED,
  email_key       TEXT NOT NULL,
  at              INTEGER NOT NULL,
  PRIMARY KEY (organization_id, email_key)
) STRICT, WITHOUT ROWID;
INSERT INTO complaints (organization_id, email_key, at)
  SELECT organization_id, email_key, max(created_at) FROM invitations
  WHERE delivery = 'complained' AND email_key IS NOT NULL GROUP BY organization_id, email_key;

-- Every invitation to such an address says so, whichever was reported: those that are there, and those that are made later or
-- come to be for it. Nothing is sent of one that does.
CREATE TRIGGER complaints_told AFTER INSERT ON complaints BEGIN
  UPDATE invitations SET delivery = 'complained'
  WHERE organization_id = NEW.organization_id AND email_key = NEW.email_key AND outcome <> 'accepted';
END;
CREATE TRIGGER invitations_to_complainer AFTER INSERT ON invitations WHEN NEW.email_key IS NOT NULL BEGIN
  UPDATE invitations SET delivery = 'complained' WHERE id = NEW.id AND EXISTS (
    SELECT 1 FROM complaints WHERE organization_id = NEW.organization_id AND email_key = NEW.email_key);
END;
CREATE TRIGGER invitations_readdressed AFTER UPDATE OF email_key ON invitations
WHEN NEW.email_key IS NOT OLD.email_key BEGIN
  UPDATE invitations
  SET addressed_ver = NEW.ver,
      delivery = iif(EXISTS (SELECT 1 FROM complaints
                             WHERE organization_id = NEW.organization_id AND email_key = NEW.email_key),
                     'complained', delivery)
  WHERE id = NEW.id;
END;
UPDATE invitations SET delivery = 'complained'
WHERE outcome <> 'accepted' AND (organization_id, email_key) IN (SELECT organization_id, email_key FROM complaints);

-- Name, colour and message of a brand as they were before the newest change of them.
ALTER TABLE organizations ADD COLUMN branding_before TEXT CHECK (branding_before IS NULL OR json_valid(branding_before));
CREATE TRIGGER organizations_rebranded AFTER UPDATE OF branding_name, branding_accent, branding_message ON organizations
WHEN (NEW.branding_name, NEW.branding_accent, NEW.branding_message)
  IS NOT (OLD.branding_name, OLD.branding_accent, OLD.branding_message) BEGIN
  UPDATE organizations
  SET branding_before = json_object('name', OLD.branding_name, 'accent', OLD.branding_accent, 'message', OLD.branding_message)
  WHERE id = NEW.id;
END;

-- Who reported which mail is told by the step of that mail: what else is not sent to them any more, nobody reported.
CREATE TRIGGER tells_invitation_complained AFTER INSERT ON invitation_steps
WHEN NEW.step = 'complained' AND EXISTS (
  SELECT 1 FROM invitations i JOIN webhooks w ON w.organization_id = i.organization_id AND w.live = 1
  WHERE i.id = NEW.invitation_id) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT organization_id, 'invitation.complained', id, '' FROM invitations WHERE id = NEW.invitation_id
    ON CONFLICT DO NOTHING;
END;
