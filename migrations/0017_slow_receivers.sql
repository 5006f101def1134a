-- Receivers of webhooks that answer slowly, several old secrets at a time, and members' new addresses told.

-- Until when it is given one delivery at a time, because an answer of it took long; and from when the tick looks after what is
-- parked for it, if anything is.
ALTER TABLE webhooks ADD COLUMN slow_until INTEGER;
ALTER TABLE webhooks ADD COLUMN wakes_at INTEGER;
CREATE INDEX webhooks_waking ON webhooks (wakes_at) WHERE wakes_at IS NOT NULL;

-- Somebody asked for it by hand: it goes before the others, however long its receiver is left alone.
ALTER TABLE jobs ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0 CHECK (urgent IN (0, 1));
-- Those under way: only taking one makes the two times one.
CREATE INDEX jobs_under_way ON jobs (webhook_id, due_at)
  WHERE webhook_id IS NOT NULL AND waiting = 1 AND due_at = requeue_at;
-- A delivery that is parked has no message in the queue, and none that could be lost: whichever delivery to the same webhook ends
-- next lets it go. The number is the last moment that there is.
CREATE INDEX jobs_parked ON jobs (webhook_id, urgent DESC, webhook_event, id)
  WHERE webhook_id IS NOT NULL AND waiting = 1 AND requeue_at = 253402300799999;
DROP INDEX jobs_of_webhook_waiting;
CREATE INDEX jobs_of_webhook_waiting ON jobs (webhook_id, due_at)
  WHERE webhook_id IS NOT NULL AND waiting = 1 AND requeue_at < 253402300799999;
CREATE TRIGGER webhook_deliveries_parked AFTER UPDATE OF requeue_at ON jobs
WHEN NEW.requeue_at = 253402300799999 AND NEW.webhook_id IS NOT NULL BEGIN
  UPDATE webhooks SET wakes_at = NEW.due_at + 90000 WHERE id = NEW.webhook_id AND wakes_at IS NULL;
END;

-- What a webhook's deliveries were signed with, sealed: each signs until its own time, however often it is replaced meanwhile.
CREATE TABLE webhook_old_secrets (
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) DEFERRABLE INITIALLY DEFERRED,
  secret     TEXT NOT NULL,
  until      INTEGER NOT NULL,
  PRIMARY KEY (webhook_id, secret)
) STRICT, WITHOUT ROWID;
INSERT INTO webhook_old_secrets (webhook_id, secret, until)
  SELECT id, old_secret, old_until FROM webhooks WHERE old_secret IS NOT NULL;
-- Nothing is written there any more.
UPDATE webhooks SET old_secret = NULL, old_until = NULL WHERE old_secret IS NOT NULL;

-- A member as the API shows them has an address: that of their account.
CREATE TRIGGER tells_account_readdressed AFTER UPDATE OF email ON users WHEN NEW.email <> OLD.email BEGIN
  INSERT INTO webhook_events (organization_id, type, subject, place)
    SELECT m.organization_id, 'member.updated', m.id, '' FROM members m
    WHERE m.user_id = NEW.id AND m.active = 1
      AND EXISTS (SELECT 1 FROM webhooks WHERE organization_id = m.organization_id AND live = 1)
    ON CONFLICT DO NOTHING;
END;
