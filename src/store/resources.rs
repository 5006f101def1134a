//! Resources, and the grants that come and go with them.

use serde::{Deserialize, Serialize};

use super::audit::Entry;
use crate::domain::access::Credentials;
use crate::domain::authority::Principal;
use crate::domain::ids::{EventId, MemberId, ResourceId, WorkspaceId};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::platform::{Database, Statement};
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// A resource, as the API shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// The workspace it is in.
    pub workspace_id: WorkspaceId,
    /// Its kind, such as `facebook`.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// What the host product calls it.
    pub external_id: Option<String>,
    /// Who added it. They may have been removed since: what they connected stays (S0-28).
    pub connected_by: Option<MemberId>,
    /// Whether it is in use.
    pub status: Status,
    /// When it was added.
    pub created_at: Timestamp,
    /// Since when it is disconnected.
    pub disconnected_at: Option<Timestamp>,
}

/// Whether a resource is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "ResourceStatus"))]
pub enum Status {
    /// It is.
    Connected,
    /// Not until it is connected again. Nothing of it is lost.
    Disconnected,
}

/// The columns of [`Resource`], from `resources r`.
macro_rules! columns {
    () => {
        "r.id, r.workspace_id, r.kind, r.name, r.external_id, r.connected_by, r.created_at, r.disconnected_at,
         iif(r.disconnected_at IS NULL, 'connected', 'disconnected') AS status"
    };
}

/// The member `a` who acts (`?3` of an entry) and what they hold in a workspace `w`, as far as they come in: `p`, with `u` for
/// their second factor.
macro_rules! actor_inside {
    ($actor:literal, $workspace:literal) => {
        concat!(
            "members a JOIN users u ON u.id = a.user_id
             LEFT JOIN memberships p ON p.member_id = a.id AND p.workspace_id = ",
            $workspace,
            " AND (p.require_mfa = 0 OR u.mfa_enabled_at IS NOT NULL)
             JOIN workspaces b ON b.id = ",
            $workspace,
            " AND (b.require_mfa = 0 OR u.mfa_enabled_at IS NOT NULL)
             WHERE a.id = ",
            $actor,
            " AND a.removed_at IS NULL"
        )
    };
}

/// Whether the member `a`, inside with `p`, may add resources of a kind: staff any, a client those they were allowed (S0-15,
/// S0-16).
macro_rules! may_add {
    ($kind:literal) => {
        concat!(
            "(a.role IN ('owner', 'admin') OR (p.member_id IS NOT NULL AND (a.role = 'member'
              OR EXISTS (SELECT 1 FROM json_each(p.addable_kinds) k WHERE k.value = ",
            $kind,
            "))))"
        )
    };
}

/// Whether a workspace has room for one more resource. Counted along the index and no further than the most there may be:
/// what one client can add, with what every list of grants can come to, has an end.
macro_rules! has_room {
    ($workspace:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM resources r WHERE r.workspace_id = ",
            $workspace,
            " AND r.present = 1 LIMIT 1 OFFSET 999)"
        )
    };
}

/// A new resource.
#[derive(Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: ResourceId,
    /// Where.
    pub workspace: WorkspaceId,
    /// Of which kind.
    pub kind: &'a str,
    /// What people call it.
    pub name: &'a Name,
    /// What the host product calls it.
    pub external_id: Option<&'a str>,
    /// Whose credentials reach it, for somebody who adds it and works with any: their own.
    pub credentials: Option<Credentials>,
}

/// Notes in the audit log that a resource is added, if its adder may add this kind here and the workspace has nothing with
/// this kind and external id, and room for one more: the claim of [`insert`]. It tells whom the resource is given to. The
/// external id may hold anything, so the log leaves it out.
/// `RETURNING` tells.
#[must_use]
pub fn claim_new(entry: &Entry, new: &New<'_>) -> Statement {
    let mut params = entry.params("resource.added");
    params.extend(params![new.id, new.workspace, new.kind, new.name, new.external_id]);
    Statement::new(
        sql!(audited!(
            "?6",
            "NULL",
            "json_object('workspace_id', w.id, 'kind', ?8, 'name', ?9, 'granted_to', json((
               SELECT json_object('count', count(*), 'member_ids', json_group_array(a.id))
               FROM members a JOIN memberships p ON p.member_id = a.id AND p.workspace_id = w.id AND p.all_resources = 0
               WHERE a.id = ?3 AND a.role IN ('member', 'client'))))",
            concat!(
                "FROM workspaces w JOIN organizations o ON o.id = w.organization_id
                 WHERE w.id = ?7
                   AND (EXISTS (SELECT 1 FROM ",
                actor_inside!("?3", "w.id"),
                " AND a.organization_id = o.id AND ",
                may_add!("?8"),
                ") OR ",
                live_key!("?3"),
                ") AND NOT EXISTS (SELECT 1 FROM resources r WHERE r.workspace_id = w.id AND r.kind = ?8
                                     AND r.external_id = ?10 AND r.deleted_at IS NULL) AND ",
                has_room!("w.id")
            )
        )),
        params,
    )
}

/// Adds the resource of this claim, and gives it to whoever added it and has not all of them anyway (S0-25).
#[must_use]
pub fn insert(claim: EventId, new: &New<'_>) -> Vec<Statement> {
    vec![
        Statement::new(
            sql!("INSERT INTO resources (id, organization_id, workspace_id, kind, name, external_id, connected_by, created_at)
             SELECT e.subject, e.organization_id, ?2, ?3, ?4, ?5,
                    (SELECT id FROM members WHERE id = e.actor), e.at FROM audit_events e WHERE e.id = ?1"),
            params![claim, new.workspace, new.kind, new.name, new.external_id],
        ),
        Statement::new(
            sql!("INSERT INTO grants (member_id, workspace_id, resource_id, approve, credentials)
             SELECT p.member_id, p.workspace_id, e.subject, 0, ?3
             FROM audit_events e
             JOIN members a ON a.id = e.actor AND a.role IN ('member', 'client')
             JOIN memberships p ON p.member_id = a.id AND p.workspace_id = ?2 AND p.all_resources = 0
             WHERE e.id = ?1"),
            params![claim, new.workspace, new.credentials.map(credentials)],
        ),
    ]
}

fn credentials(whose: Credentials) -> &'static str {
    match whose {
        Credentials::Owner => "owner",
        Credentials::Member => "member",
    }
}

/// What stood in a new resource's way: read in the same batch, after it.
#[derive(Debug, Deserialize)]
pub struct Obstacles {
    /// Whether its adder may add this kind here.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub may_add: bool,
    /// Whether the workspace has room for one more.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub has_room: bool,
    /// The resource with this kind and external id.
    pub resource_id: Option<ResourceId>,
}

/// Reads the [`Obstacles`].
#[must_use]
pub fn select_obstacles(adder: Principal, new: &New<'_>) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            may_add!("?3"),
            " AS may_add, ",
            has_room!("?2"),
            " AS has_room,
                (SELECT r.id FROM resources r WHERE r.workspace_id = ?2 AND r.kind = ?3 AND r.external_id = ?4
                   AND r.deleted_at IS NULL) AS resource_id
             FROM ",
            actor_inside!("?1", "?2"),
            " UNION ALL SELECT 1, ",
            has_room!("?2"),
            ", (SELECT r.id FROM resources r WHERE r.workspace_id = ?2 AND r.kind = ?3 AND r.external_id = ?4
                  AND r.deleted_at IS NULL)
               FROM api_keys k WHERE k.id = ?1 AND k.revoked_at IS NULL"
        )),
        params![adder, new.workspace, new.kind, new.external_id],
    )
}

/// One resource that was not deleted.
#[must_use]
pub fn select(id: ResourceId) -> Statement {
    Statement::new(
        sql!(concat!("SELECT ", columns!(), " FROM resources r WHERE r.id = ?1 AND r.deleted_at IS NULL")),
        params![id],
    )
}

/// A page of a workspace's resources, newest first: all of them, or those given to one member, whose kind is looked for
/// among what they were given.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl Database,
    workspace: WorkspaceId,
    given_to: Option<MemberId>,
    kind: Option<&str>,
    before: Option<ResourceId>,
    limit: i64,
) -> Result<Vec<Resource>> {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let mut params = params![workspace, before, kind, limit];
    let sql = match given_to {
        None if kind.is_some() => sql!(concat!(
            "SELECT ",
            columns!(),
            " FROM resources r WHERE r.workspace_id = ?1 AND r.present = 1 AND r.kind = ?3 AND r.id < ?2
              ORDER BY r.id DESC LIMIT ?4"
        )),
        None => sql!(concat!(
            "SELECT ",
            columns!(),
            " FROM resources r WHERE r.workspace_id = ?1 AND r.present = 1 AND r.id < ?2 AND ?3 IS NULL
              ORDER BY r.id DESC LIMIT ?4"
        )),
        Some(member) => {
            params.push(member.into());
            sql!(concat!(
                "SELECT ",
                columns!(),
                " FROM grants g JOIN resources r ON r.id = g.resource_id
                  WHERE g.member_id = ?5 AND g.workspace_id = ?1 AND g.resource_id < ?2 AND r.deleted_at IS NULL
                    AND (?3 IS NULL OR r.kind = ?3)
                  ORDER BY g.resource_id DESC LIMIT ?4"
            ))
        }
    };
    Ok(db.run(Statement::new(sql, params)).await?.rows()?)
}

/// Whether the member `a`, inside with `p`, may disconnect or connect the resource `r`: owner and admins; who works with
/// credentials of their own on it (S2-15); who added it and still has it, but for connecting again what works with the
/// owner's credentials (S2-14).
macro_rules! may_connect {
    ($actor:literal, $connecting:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM api_keys k WHERE k.id = ",
            $actor,
            " AND k.organization_id = r.organization_id AND k.revoked_at IS NULL) OR EXISTS (SELECT 1 FROM ",
            actor_inside!($actor, "r.workspace_id"),
            " AND a.organization_id = r.organization_id AND (a.role IN ('owner', 'admin')
               OR (p.member_id IS NOT NULL AND EXISTS (
                     SELECT 1 FROM (SELECT 1) LEFT JOIN grants g
                       ON g.member_id = a.id AND g.workspace_id = p.workspace_id AND g.resource_id = r.id
                     WHERE g.credentials = 'member'
                        OR (r.connected_by = a.id AND (p.all_resources = 1 OR g.resource_id IS NOT NULL)
                            AND NOT (",
            $connecting,
            " AND g.credentials IS 'owner')))))))"
        )
    };
}

/// Notes in the audit log that a resource is disconnected or connected again, if it isn't so already and the actor may: the
/// claim of [`set_status`]. `RETURNING` tells.
#[must_use]
pub fn claim_status(entry: &Entry, id: ResourceId, status: Status) -> Statement {
    let connecting = status == Status::Connected;
    let mut params = entry.params(if connecting { "resource.reconnected" } else { "resource.disconnected" });
    params.extend(params![id, connecting]);
    Statement::new(
        sql!(audited!(
            "r.id",
            "json_object('status', iif(?7, 'disconnected', 'connected'))",
            "json_object('status', iif(?7, 'connected', 'disconnected'))",
            concat!(
                "FROM resources r JOIN organizations o ON o.id = r.organization_id
                 WHERE r.id = ?6 AND r.deleted_at IS NULL AND (r.disconnected_at IS NOT NULL) = ?7 AND ",
                may_connect!("?3", "?7")
            )
        )),
        params,
    )
}

/// Disconnects or connects the resource of this claim.
#[must_use]
pub fn set_status(claim: EventId, status: Status) -> Statement {
    Statement::new(
        sql!(
            "UPDATE resources SET disconnected_at = iif(?2, NULL, e.at)
         FROM audit_events e WHERE e.id = ?1 AND resources.id = e.subject"
        ),
        params![claim, status == Status::Connected],
    )
}

/// Whether somebody may disconnect a resource, or connect it again. `any` row tells.
#[must_use]
pub fn select_may_connect(id: ResourceId, who: Principal, status: Status) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT r.id FROM resources r WHERE r.id = ?1 AND r.deleted_at IS NULL AND ",
            may_connect!("?2", "?3")
        )),
        params![id, who, status == Status::Connected],
    )
}

/// Notes in the audit log that a resource is deleted, if the actor still runs the organization: the claim of [`delete`].
/// It tells how many had it, and the first hundred of them. `RETURNING` tells.
#[must_use]
pub fn claim_deletion(entry: &Entry, id: ResourceId) -> Statement {
    let mut params = entry.params("resource.deleted");
    params.push(id.into());
    Statement::new(
        sql!(audited!(
            "r.id",
            "json_object('workspace_id', r.workspace_id, 'kind', r.kind, 'name', r.name, 'granted_to', json_object(
               'count', (SELECT count(*) FROM grants g JOIN members m ON m.id = g.member_id AND m.removed_at IS NULL
                         WHERE g.resource_id = ?6),
               'member_ids', json((SELECT json_group_array(id ORDER BY id) FROM (
                  SELECT m.id FROM grants g JOIN members m ON m.id = g.member_id AND m.removed_at IS NULL
                  WHERE g.resource_id = ?6 ORDER BY g.member_id LIMIT 100)))))",
            "NULL",
            concat!(
                "FROM resources r JOIN organizations o ON o.id = r.organization_id
                 WHERE r.id = ?6 AND r.deleted_at IS NULL AND ",
                administered!()
            )
        )),
        params,
    )
}

/// Deletes the resource of this claim. Nobody is given it any more.
#[must_use]
pub fn delete(claim: EventId) -> Vec<Statement> {
    vec![
        Statement::new(
            sql!(
                "UPDATE resources SET deleted_at = e.at
             FROM audit_events e WHERE e.id = ?1 AND resources.id = e.subject"
            ),
            params![claim],
        ),
        Statement::new(
            sql!("DELETE FROM grants WHERE resource_id = (SELECT subject FROM audit_events WHERE id = ?1)"),
            params![claim],
        ),
    ]
}
