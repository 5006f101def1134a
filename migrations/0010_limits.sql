-- How much was done today, for what is limited by the day. Kept by the triggers below, in the transaction of whatever they
-- count: so the next claim, of this batch or of another, asks a number that holds.
CREATE TABLE daily_counts (
  -- An organization's id: what it invited, and mailed again. Or an address in lower case: what was mailed to it, by anybody.
  whose TEXT NOT NULL,
  -- Days since the Unix epoch, in UTC.
  day   INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (whose, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_counts_by_day ON daily_counts (day);

CREATE TRIGGER invitations_counted AFTER INSERT ON invitations BEGIN
  INSERT INTO daily_counts (whose, day, count) VALUES (NEW.organization_id, NEW.created_at / 86400000, 1)
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

-- The first mail of an invitation was counted with it.
CREATE TRIGGER mails_counted_for_sender AFTER INSERT ON jobs
WHEN NEW.kind = 'member_email' OR (NEW.kind = 'invitation_email' AND NEW.ver > 1) BEGIN
  INSERT INTO daily_counts (whose, day, count) VALUES (NEW.organization_id, NEW.created_at / 86400000, 1)
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

-- What nobody's request sends counts too: or inviting and withdrawing in turn would mail twice as much as is allowed.
CREATE TRIGGER invitation_mails_counted AFTER INSERT ON jobs
WHEN NEW.kind IN ('invitation_email', 'reminder_email', 'withdrawal_email') BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT email_key, NEW.created_at / 86400000, 1 FROM invitations WHERE id = NEW.invitation_id AND email_key IS NOT NULL
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER member_mails_counted AFTER INSERT ON jobs WHEN NEW.kind = 'member_email' BEGIN
  INSERT INTO daily_counts (whose, day, count)
    SELECT u.email_key, NEW.created_at / 86400000, 1 FROM members m JOIN users u ON u.id = m.user_id
    WHERE m.id = NEW.member_id
  ON CONFLICT (whose, day) DO UPDATE SET count = count + 1;
END;

-- Passwords that were typed for an address: from one network, or from one browser that its holder signed in with before.
CREATE TABLE guesses (
  -- A digest of both.
  id       TEXT PRIMARY KEY,
  -- How many since the last right one, or since there was none for a day.
  tries    INTEGER NOT NULL,
  -- The next one is looked at from then on.
  next_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX guesses_by_time ON guesses (next_at);
