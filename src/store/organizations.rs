//! Organizations and their plans.

use serde::{Deserialize, Serialize};

use super::json_text;
use crate::domain::ids::{InvitationId, OrganizationId};
use crate::domain::organization::{Plan, Slug};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::params;
use crate::platform::{Database, Statement};
use crate::store::workspaces::LAST;

/// An organization, as the API shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// What it is called in the paths of its pages.
    pub slug: String,
    /// The template it was made from.
    pub template: String,
    /// What it has paid for.
    #[serde(deserialize_with = "json_text")]
    pub plan: Plan,
    /// The invitation of its first owner: what the operator may send again or copy.
    pub owner_invitation_id: Option<InvitationId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The columns of [`Organization`], from `organizations o`.
macro_rules! columns {
    () => {
        "o.id, o.name, o.slug, o.template, o.created_at,
         json_object('key', o.plan_key, 'seat_limit', o.seat_limit, 'features', json(o.plan_features),
                     'trial_ends_at', o.trial_ends_at) AS plan,
         (SELECT id FROM invitations WHERE organization_id = o.id AND role = 'owner' ORDER BY id LIMIT 1)
           AS owner_invitation_id"
    };
}

/// Makes an organization, unless its slug is taken. `RETURNING` tells.
#[must_use]
pub fn insert(
    id: OrganizationId,
    name: &Name,
    slug: &Slug,
    template: &str,
    plan: &Plan,
    now: Timestamp,
) -> Statement {
    let features = serde_json::Value::from(plan.features.clone()).to_string();
    Statement::new(
        "INSERT INTO organizations
           (id, name, slug, template, plan_key, seat_limit, plan_features, trial_ends_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING RETURNING id",
        params![
            id,
            name,
            slug.as_str(),
            template,
            &plan.key,
            plan.seat_limit,
            features,
            plan.trial_ends_at,
            now
        ],
    )
}

/// One organization, as a statement for a batch.
#[must_use]
pub fn select(id: OrganizationId) -> Statement {
    Statement::new(concat!("SELECT ", columns!(), " FROM organizations o WHERE o.id = ?1"), params![id])
}

/// What an organization was made from.
#[derive(Debug, Deserialize)]
pub struct Of {
    /// The template's name.
    pub template: String,
}

/// Reads [`Of`] for the organization of an invitation.
#[must_use]
pub fn template_of(invitation: InvitationId) -> Statement {
    Statement::new(
        "SELECT o.template FROM invitations i JOIN organizations o ON o.id = i.organization_id WHERE i.id = ?1",
        params![invitation],
    )
}

/// A page of all organizations, newest first.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl Database,
    before: Option<OrganizationId>,
    limit: i64,
) -> Result<Vec<Organization>> {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let rows = db
        .run(Statement::new(
            concat!(
                "SELECT ",
                columns!(),
                " FROM organizations o WHERE o.id < ?1 ORDER BY o.id DESC LIMIT ?2"
            ),
            params![before, limit],
        ))
        .await?;
    Ok(rows.rows()?)
}
