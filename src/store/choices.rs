//! What whoever gives somebody an access chooses from: workspaces, resources, people to copy from, and what the plan lets them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::workspaces_json;
use crate::domain::authority::{Actor, Reach};
use crate::domain::ids::{MemberId, ResourceId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::domain::truth;
use crate::platform::Statement;
use crate::{params, sql};

/// A resource that can be given.
#[derive(Debug, Clone, Deserialize)]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Its kind.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// The name of the workspace it is in.
    pub workspace_name: String,
    /// Whether it is disconnected for now.
    #[serde(deserialize_with = "truth")]
    pub disconnected: bool,
}

/// Which of a long list of resources a page shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listed<'a> {
    /// What their names begin with; nothing is from the first on.
    pub find: &'a str,
    /// Behind which one the page begins.
    pub after: Option<ResourceId>,
    /// No more than so many.
    pub most: usize,
}

/// Names from those that are sought, or the one behind which a page begins, to the last that is sought.
macro_rules! in_range {
    ($name:literal, $id:literal) => {
        concat!(
            $name, " >= coalesce((SELECT name FROM resources WHERE id = ?6 AND organization_id = ?1), ?4) COLLATE NOCASE AND ",
            $name, " < ?5 COLLATE NOCASE AND (", $name, " COLLATE NOCASE, ", $id,
            ") > (coalesce((SELECT name FROM resources WHERE id = ?6 AND organization_id = ?1), ?4), coalesce(?6, ''))
             ORDER BY ", $name, " COLLATE NOCASE, ", $id, " LIMIT ?3"
        )
    };
}

macro_rules! of_workspaces {
    ($which:expr) => {
        sql!(concat!(
            "SELECT r.id, r.kind, r.name, w.name AS workspace_name, r.disconnected_at IS NOT NULL AS disconnected
             FROM json_each(coalesce(?2, json_array((SELECT min(id) FROM workspaces WHERE organization_id = ?1)))) e
             CROSS JOIN workspaces w ON w.id = e.value AND w.organization_id = ?1
             CROSS JOIN resources r ON ",
            $which,
            " ORDER BY r.name COLLATE NOCASE, r.id LIMIT ?3"
        ))
    };
}

/// Reads [`Resource`]s of these workspaces (`None`: the organization's oldest), by their names: to somebody who doesn't have
/// everything, those that they were given themselves. Of each workspace no more rows are read than are shown.
#[must_use]
pub fn resources(actor: &Actor, workspaces: Option<&[WorkspaceId]>, listed: Listed<'_>) -> Statement {
    let most = i64::try_from(listed.most).unwrap_or(i64::MAX);
    let (from, to) = Sought { find: listed.find, most: 0 }.range();
    let mut params =
        params![actor.organization_id, workspaces_json(workspaces), most, from, to, listed.after];
    let sql = match actor.reach {
        Reach::Everything => of_workspaces!(concat!(
            "r.id IN (SELECT id FROM resources WHERE workspace_id = w.id AND present = 1 AND ",
            in_range!("name", "id"),
            ")"
        )),
        Reach::Only(_) => {
            params.push(actor.principal.into());
            of_workspaces!(concat!(
                "r.id IN (
                   SELECT id FROM (
                     SELECT a.id FROM memberships p CROSS JOIN resources a ON a.workspace_id = p.workspace_id AND a.present = 1
                     WHERE p.member_id = ?7 AND p.workspace_id = w.id AND p.all_resources = 1 AND ",
                in_range!("a.name", "a.id"),
                ") UNION ALL SELECT id FROM (
                     SELECT a.id FROM grants g CROSS JOIN resources a ON a.id = g.resource_id AND a.present = 1
                     WHERE g.member_id = ?7 AND g.workspace_id = w.id AND ",
                in_range!("a.name", "a.id"),
                "))"
            ))
        }
    };
    Statement::new(sql, params)
}

/// Reads those of these [`Resource`]s that are in these workspaces (`None`: the organization's oldest), and that the actor
/// could give, by their names.
#[must_use]
pub fn resources_named(
    actor: &Actor,
    workspaces: Option<&[WorkspaceId]>,
    ids: &BTreeSet<ResourceId>,
) -> Statement {
    macro_rules! named {
        ($which:literal) => {
            sql!(concat!(
                "SELECT r.id, r.kind, r.name, w.name AS workspace_name, r.disconnected_at IS NOT NULL AS disconnected
                 FROM json_each(?3) e
                 CROSS JOIN resources r ON r.id = e.value AND +r.organization_id = ?1 AND r.present = 1
                 CROSS JOIN workspaces w ON w.id = r.workspace_id
                 WHERE w.id IN (SELECT value FROM json_each(
                   coalesce(?2, json_array((SELECT min(id) FROM workspaces WHERE organization_id = ?1)))))",
                $which,
                " ORDER BY r.name COLLATE NOCASE, r.id"
            ))
        };
    }
    let ids = serde_json::json!(ids).to_string();
    let mut params = params![actor.organization_id, workspaces_json(workspaces), ids];
    let sql = match actor.reach {
        Reach::Everything => named!(""),
        Reach::Only(_) => {
            params.push(actor.principal.into());
            named!(
                " AND EXISTS (SELECT 1 FROM memberships p WHERE p.member_id = ?4 AND p.workspace_id = w.id
                    AND (p.all_resources = 1 OR EXISTS (
                      SELECT 1 FROM grants g WHERE g.member_id = ?4 AND g.workspace_id = w.id AND g.resource_id = r.id)))"
            )
        }
    };
    Statement::new(sql, params)
}

/// Somebody whose permissions can be copied.
#[derive(Debug, Clone, Deserialize)]
pub struct Person {
    /// Who.
    pub id: MemberId,
    /// What they are called.
    pub name: String,
}

/// Which of them a list begins with, where it is longer than it shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sought<'a> {
    /// What their names begin with; nothing is whatever is newest or oldest.
    pub find: &'a str,
    /// No more than so many.
    pub most: usize,
}

impl Sought<'_> {
    /// The first name that is meant, and one behind the last.
    fn range(self) -> (String, String) {
        (self.find.to_owned(), format!("{}\u{10ffff}", self.find))
    }

    fn most(self) -> i64 {
        i64::try_from(self.most).unwrap_or(i64::MAX)
    }
}

/// Reads [`Person`]s of this role (S3-19): the newest, or those whose names begin as is sought, of the first thousand who are
/// called so. `except` is whoever they are copied to; `kept` is there in any case.
#[must_use]
pub fn people(
    actor: &Actor,
    role: Role,
    except: Option<MemberId>,
    kept: Option<MemberId>,
    sought: Sought<'_>,
) -> Statement {
    macro_rules! with_kept {
        ($found:literal) => {
            sql!(concat!(
                "SELECT id, name FROM (",
                $found,
                " AND role = ?2 AND id IS NOT ?3 ORDER BY id DESC LIMIT ?4)
                 UNION SELECT id, name FROM members
                 WHERE id = ?5 AND organization_id = ?1 AND active = 1 AND role = ?2"
            ))
        };
    }
    let mut params = params![actor.organization_id, role, except, sought.most(), kept];
    let sql = if sought.find.is_empty() {
        with_kept!("SELECT id, name FROM members WHERE organization_id = ?1 AND active = 1")
    } else {
        let (from, to) = Sought { find: &sought.find.to_lowercase(), ..sought }.range();
        params.extend(params![from, to]);
        with_kept!(
            "SELECT id, name FROM (SELECT id, name, role FROM members
               WHERE organization_id = ?1 AND active = 1 AND name_key >= ?6 AND name_key < ?7 ORDER BY name_key LIMIT 1000)
             WHERE 1"
        )
    };
    Statement::new(sql, params)
}

/// What the plan lets somebody give.
#[derive(Debug, Clone, Deserialize)]
pub struct Plan {
    /// Whether clients can have permissions of their own (S3-15).
    #[serde(deserialize_with = "truth")]
    pub may_customize: bool,
    /// How many seats there are; `None` is unlimited.
    pub seat_limit: Option<i64>,
    /// How many are taken, and reserved by open invitations.
    pub seats_taken: i64,
    /// When the trial ends: nobody takes a new seat after it.
    pub trial_ends_at: Option<Timestamp>,
}

impl Plan {
    /// How many seats are taken or reserved, of how many; nothing where there is no limit.
    #[must_use]
    pub fn seats_in_words(&self) -> Option<String> {
        Some(text::seats(self.seats_taken, self.seat_limit?))
    }
}

/// Reads the [`Plan`].
#[must_use]
pub fn plan(actor: &Actor, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT ",
            may_customize!(),
            " AS may_customize, o.seat_limit, o.trial_ends_at, o.seats_used + o.seats_reserved - ",
            lapsed!("?2"),
            " AS seats_taken FROM organizations o WHERE o.id = ?1"
        )),
        params![actor.organization_id, now],
    )
}

/// A workspace that somebody can be put in.
#[derive(Debug, Clone, Deserialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// Reads [`Workspace`]s that the actor comes into: the oldest, or those whose names begin as is sought.
#[must_use]
pub fn workspaces(actor: &Actor, sought: Sought<'_>) -> Statement {
    let (from, to) = sought.range();
    match &actor.reach {
        Reach::Everything if sought.find.is_empty() => Statement::new(
            sql!("SELECT id, name FROM workspaces WHERE organization_id = ?1 ORDER BY id LIMIT ?2"),
            params![actor.organization_id, sought.most()],
        ),
        Reach::Everything => Statement::new(
            sql!(
                "SELECT id, name FROM workspaces
             WHERE organization_id = ?1 AND name >= ?3 COLLATE NOCASE AND name < ?4 COLLATE NOCASE
             ORDER BY name COLLATE NOCASE LIMIT ?2"
            ),
            params![actor.organization_id, sought.most(), from, to],
        ),
        Reach::Only(held) => {
            let ids: Vec<WorkspaceId> = held.iter().map(|holding| holding.workspace_id).collect();
            Statement::new(
                sql!(
                    "SELECT w.id, w.name FROM json_each(?1) e CROSS JOIN workspaces w ON w.id = e.value
                 WHERE w.name >= ?3 COLLATE NOCASE AND w.name < ?4 COLLATE NOCASE ORDER BY w.id LIMIT ?2"
                ),
                params![serde_json::json!(ids).to_string(), sought.most(), from, to],
            )
        }
    }
}

/// Reads those of these [`Workspace`]s that the actor comes into.
#[must_use]
pub fn workspaces_named(actor: &Actor, ids: &[WorkspaceId]) -> Statement {
    let ids: Vec<&WorkspaceId> = ids.iter().filter(|id| actor.reaches(**id)).collect();
    Statement::new(
        sql!(
            "SELECT w.id, w.name FROM json_each(?1) e
         CROSS JOIN workspaces w ON w.id = e.value AND w.organization_id = ?2"
        ),
        params![serde_json::json!(ids).to_string(), actor.organization_id],
    )
}

/// What stands for the organization's oldest workspace in what is [looked up](called).
pub const OLDEST: &str = "oldest";

/// A workspace or a resource that is called as somebody wrote.
#[derive(Debug, Deserialize)]
pub struct Called {
    /// Which of the names this is.
    pub place: usize,
    /// Its id.
    pub id: String,
    /// The workspace that a resource is in.
    pub workspace_id: Option<WorkspaceId>,
}

/// Reads what in the actor's organization is [`Called`] so: a workspace where nothing stands before the name, else a resource of
/// the workspace whose id does. Of many that are called alike a few are read: more than one is one too many.
#[must_use]
pub fn called(actor: &Actor, names: &[(&str, &str)]) -> Statement {
    Statement::new(
        sql!("SELECT e.key AS place, w.id, NULL AS workspace_id FROM json_each(?2) e
         CROSS JOIN workspaces w ON w.id IN (
           SELECT id FROM workspaces WHERE organization_id = ?1 AND name = e.value ->> 1 COLLATE NOCASE LIMIT 10)
         WHERE e.value ->> 0 = ''
         UNION ALL
         SELECT e.key, r.id, r.workspace_id FROM json_each(?2) e
         CROSS JOIN resources r ON +r.organization_id = ?1 AND r.id IN (
           SELECT id FROM resources
           WHERE workspace_id = iif(e.value ->> 0 = ?3, (SELECT min(id) FROM workspaces WHERE organization_id = ?1), e.value ->> 0)
             AND present = 1 AND name = e.value ->> 1 COLLATE NOCASE LIMIT 10)
         WHERE e.value ->> 0 <> ''"),
        params![actor.organization_id, serde_json::json!(names).to_string(), OLDEST],
    )
}
