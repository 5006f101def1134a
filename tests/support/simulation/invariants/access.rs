//! What people were given: only what is there, to those who are there.

pub const ALWAYS: &[(&str, &str)] = &[
    (
        "a grant is of something of its workspace that is there, to somebody who is in it",
        "SELECT g.member_id FROM grants g
         LEFT JOIN resources r ON r.id = g.resource_id AND r.workspace_id = g.workspace_id AND r.present = 1
         LEFT JOIN memberships s ON s.member_id = g.member_id AND s.workspace_id = g.workspace_id
         WHERE r.id IS NULL OR s.member_id IS NULL",
    ),
    (
        "a membership is in a workspace of the member's organization",
        "SELECT s.member_id FROM memberships s JOIN members m ON m.id = s.member_id JOIN workspaces w ON w.id = s.workspace_id
         WHERE w.organization_id <> m.organization_id",
    ),
    (
        "one thing of the host product is one resource of a workspace",
        "SELECT r.workspace_id FROM resources r WHERE r.present = 1
         GROUP BY r.workspace_id, r.kind, r.external_id HAVING count(*) > 1",
    ),
    (
        "nobody who was invited again since was put back",
        "SELECT e.id FROM audit_events e JOIN members m ON m.id = e.subject
         JOIN users u ON u.id = m.user_id JOIN invitations i ON i.organization_id = m.organization_id AND i.email_key = u.email_key
         WHERE e.action = 'member.restored' AND m.removed_at IS NULL AND i.outcome = 'open' AND i.expires_at > ?1
           AND i.ver = 1 AND i.created_at < e.at
           AND NOT EXISTS (SELECT 1 FROM audit_events r WHERE r.subject = i.id AND r.action = 'invitation.restored')",
    ),
];
