-- Addresses from which a mail came back for good are kept as those are which reported one: an organization sends nothing there
-- again. The table keeps its name, which what is running now uses.
ALTER TABLE complaints ADD COLUMN reason TEXT NOT NULL DEFAULT 'complained' CHECK (reason IN ('bounced', 'complained'));

DROP TRIGGER complaints_told;
DROP TRIGGER invitations_to_complainer;
DROP TRIGGER invitations_readdressed;
CREATE TRIGGER complaints_told AFTER INSERT ON complaints BEGIN
  UPDATE invitations SET delivery = NEW.reason
  WHERE organization_id = NEW.organization_id AND email_key = NEW.email_key AND outcome <> 'accepted';
END;
-- Whoever reports a mail after one came back has reported it.
CREATE TRIGGER complaints_told_again AFTER UPDATE OF reason ON complaints WHEN NEW.reason <> OLD.reason BEGIN
  UPDATE invitations SET delivery = NEW.reason
  WHERE organization_id = NEW.organization_id AND email_key = NEW.email_key AND outcome <> 'accepted';
END;
-- An address that is no longer kept can be mailed again; nothing is by itself, and nobody is told a second time.
CREATE TRIGGER complaints_lifted AFTER DELETE ON complaints BEGIN
  UPDATE invitations SET delivery = 'failed', undelivered_told = ver
  WHERE organization_id = OLD.organization_id AND email_key = OLD.email_key AND outcome <> 'accepted'
    AND delivery = OLD.reason;
END;
CREATE TRIGGER invitations_to_complainer AFTER INSERT ON invitations WHEN NEW.email_key IS NOT NULL BEGIN
  UPDATE invitations SET delivery = c.reason FROM complaints c
  WHERE invitations.id = NEW.id AND c.organization_id = NEW.organization_id AND c.email_key = NEW.email_key;
END;
CREATE TRIGGER invitations_readdressed AFTER UPDATE OF email_key ON invitations
WHEN NEW.email_key IS NOT OLD.email_key BEGIN
  UPDATE invitations
  SET addressed_ver = NEW.ver,
      delivery = coalesce((SELECT c.reason FROM complaints c
                           WHERE c.organization_id = NEW.organization_id AND c.email_key = NEW.email_key), delivery)
  WHERE id = NEW.id;
END;
-- Of a mail that came back is told where one did: what else is for that address was never sent.
DROP TRIGGER tells_invitation_mailed;
CREATE TRIGGER tells_invitation_mailed AFTER UPDATE OF delivery ON invitations
WHEN NEW.delivery <> OLD.delivery
  AND CASE NEW.delivery WHEN 'sent' THEN 1 WHEN 'delivered' THEN 1
        WHEN 'failed' THEN OLD.delivery NOT IN ('bounced', 'complained')
        WHEN 'bounced' THEN EXISTS (SELECT 1 FROM invitation_steps WHERE invitation_id = NEW.id AND step = 'bounced')
        ELSE 0 END
  AND EXISTS (SELECT 1 FROM webhooks WHERE organization_id = NEW.organization_id AND live = 1) BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    VALUES (NEW.organization_id, 'invitation.' || NEW.delivery, NEW.id, '')
    ON CONFLICT DO NOTHING;
END;

INSERT INTO complaints (organization_id, email_key, at, reason)
  SELECT organization_id, email_key, max(created_at), 'bounced' FROM invitations
  WHERE delivery = 'bounced' AND email_key IS NOT NULL GROUP BY organization_id, email_key
  ON CONFLICT DO NOTHING;
