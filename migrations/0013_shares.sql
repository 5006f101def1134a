-- How much was done today, once more: each sender is counted for each address too, so that none uses up what an address gets
-- from all of them together. `daily_counts.whose` is then both, with a blank between them: an organization's id or, for the
-- mails of a change of address, an account's, and the address.
-- Who is added at once counts with those who are invited, told by mail or not: its entry in the log is what every such addition
-- writes.
DROP TRIGGER IF EXISTS mails_counted_for_sender;
CREATE TRIGGER mails_counted_for_sender AFTER INSERT ON jobs WHEN NEW.kind = 'invitation_email' AND NEW.ver > 1 BEGIN
  INSERT INTO daily_counts (whose, day, count) VALUES (NEW.organization_id, NEW.created_at / 86400000, 1)
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER members_added_counted AFTER INSERT ON audit_events WHEN NEW.action = 'member.added' BEGIN
  INSERT INTO daily_counts (whose, day, count) VALUES (NEW.organization_id, NEW.at / 86400000, 1)
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

DROP TRIGGER IF EXISTS invitation_mails_counted;
CREATE TRIGGER invitation_mails_counted AFTER INSERT ON jobs
WHEN NEW.kind IN ('invitation_email', 'reminder_email', 'withdrawal_email') BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT email_key, NEW.created_at / 86400000, 1 FROM invitations WHERE id = NEW.invitation_id AND email_key IS NOT NULL
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
  INSERT INTO daily_counts (whose, day, count)
    SELECT organization_id || ' ' || email_key, NEW.created_at / 86400000, 1 FROM invitations WHERE id = NEW.invitation_id AND email_key IS NOT NULL
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

DROP TRIGGER IF EXISTS member_mails_counted;
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

-- The new address is one that somebody typed, as in an invitation. The old one is the account's own.
CREATE TRIGGER email_change_mails_counted AFTER INSERT ON jobs WHEN NEW.kind = 'email_change' AND NEW.side = 'new' BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT email_key, NEW.created_at / 86400000, 1 FROM email_changes WHERE id = NEW.email_change_id
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
  INSERT INTO daily_counts (whose, day, count)
    SELECT user_id || ' ' || email_key, NEW.created_at / 86400000, 1 FROM email_changes WHERE id = NEW.email_change_id
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

-- What is still open of what somebody sent, to be withdrawn with them some at a time.
CREATE INDEX invitations_open_of_inviter ON invitations (invited_by, id) WHERE outcome = 'open';
