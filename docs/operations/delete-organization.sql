-- Deletes the organization whose id is ORGANIZATION with all that is its own, its log too. Of people it deletes the accounts that are
-- nobody's elsewhere: of an address that nobody proved, and in no other organization. Others stay their holders'.
PRAGMA defer_foreign_keys = on;
DROP TRIGGER audit_events_never_go;
-- First what could still be told of it, and then what refers to what follows.
DELETE FROM jobs WHERE organization_id = 'ORGANIZATION' AND webhook_id IS NOT NULL;
DELETE FROM webhook_events WHERE organization_id = 'ORGANIZATION';
DELETE FROM webhooks WHERE organization_id = 'ORGANIZATION';
DELETE FROM bulk_rows WHERE job_id IN (SELECT job_id FROM bulk_imports WHERE organization_id = 'ORGANIZATION');
DELETE FROM bulk_imports WHERE organization_id = 'ORGANIZATION';
DELETE FROM jobs WHERE organization_id = 'ORGANIZATION';
DELETE FROM notifications WHERE organization_id = 'ORGANIZATION';
DELETE FROM redemptions WHERE invitation_id IN (SELECT id FROM invitations WHERE organization_id = 'ORGANIZATION');
DELETE FROM invitation_steps WHERE invitation_id IN (SELECT id FROM invitations WHERE organization_id = 'ORGANIZATION');
DELETE FROM invitation_workspaces WHERE invitation_id IN (SELECT id FROM invitations WHERE organization_id = 'ORGANIZATION');
DELETE FROM invitations WHERE organization_id = 'ORGANIZATION';
DELETE FROM grants WHERE member_id IN (SELECT id FROM members WHERE organization_id = 'ORGANIZATION');
DELETE FROM memberships WHERE member_id IN (SELECT id FROM members WHERE organization_id = 'ORGANIZATION');
DELETE FROM drafts WHERE member_id IN (SELECT id FROM members WHERE organization_id = 'ORGANIZATION');
DELETE FROM notification_choices WHERE member_id IN (SELECT id FROM members WHERE organization_id = 'ORGANIZATION');
DELETE FROM resources WHERE organization_id = 'ORGANIZATION';
DELETE FROM workspaces WHERE organization_id = 'ORGANIZATION';
DELETE FROM acted_through WHERE key_id IN (SELECT id FROM api_keys WHERE organization_id = 'ORGANIZATION');
DELETE FROM api_keys WHERE organization_id = 'ORGANIZATION';
DELETE FROM identities WHERE organization_id = 'ORGANIZATION';
DELETE FROM complaints WHERE organization_id = 'ORGANIZATION';
DELETE FROM subscriptions WHERE organization_id = 'ORGANIZATION';
DELETE FROM logos WHERE organization_id = 'ORGANIZATION';
DELETE FROM daily_counts WHERE whose >= 'ORGANIZATION' AND whose < 'ORGANIZATION!';
CREATE TABLE leaving AS
  SELECT DISTINCT u.id FROM members m JOIN users u ON u.id = m.user_id
  WHERE m.organization_id = 'ORGANIZATION' AND u.email_verified_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM members x WHERE x.user_id = u.id AND x.organization_id <> 'ORGANIZATION');
DELETE FROM members WHERE organization_id = 'ORGANIZATION';
DELETE FROM jobs WHERE user_id IN (SELECT id FROM leaving);
DELETE FROM email_changes WHERE user_id IN (SELECT id FROM leaving);
DELETE FROM pending_sessions WHERE user_id IN (SELECT id FROM leaving);
DELETE FROM recovery_codes WHERE user_id IN (SELECT id FROM leaving);
DELETE FROM second_factors WHERE user_id IN (SELECT id FROM leaving);
DELETE FROM sessions WHERE user_id IN (SELECT id FROM leaving);
DELETE FROM users WHERE id IN (SELECT id FROM leaving);
DROP TABLE leaving;
-- A password that a link of its own set opens nothing elsewhere.
UPDATE sessions SET ended_at = unixepoch() * 1000
WHERE ended_at IS NULL AND user_id IN (SELECT id FROM users WHERE confined_to = 'ORGANIZATION');
UPDATE users SET password_hash = NULL, password_ver = password_ver + 1, confined_to = NULL WHERE confined_to = 'ORGANIZATION';
DELETE FROM audit_events WHERE organization_id = 'ORGANIZATION';
DELETE FROM organizations WHERE id = 'ORGANIZATION';
CREATE TRIGGER audit_events_never_go BEFORE DELETE ON audit_events BEGIN
  SELECT RAISE(ABORT, 'audit events never go');
END;
