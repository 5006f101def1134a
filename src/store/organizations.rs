//! Organizations and their plans.

use serde::Deserialize;

use super::audit::Entry;
use super::{json_text, json_text_or_null};
use crate::domain::authority::Principal;
use crate::domain::change::Change;
use crate::domain::ids::{EventId, InvitationId, OrganizationId};
use crate::domain::organization::{Accent, Branding, Plan, Slug};
use crate::domain::policy::Changes;
use crate::domain::role::Role;
use crate::domain::text::{Message, Name};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::platform::{Database, Statement};
use crate::store::workspaces::LAST;
use crate::{params, sql};

/// An organization.
#[derive(Debug, Clone, Deserialize)]
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
    /// How it shows itself to those it invites.
    #[serde(deserialize_with = "json_text")]
    pub branding: Branding,
    /// How it did before that was last changed.
    #[serde(deserialize_with = "json_text_or_null")]
    pub branding_before: Option<Branding>,
    /// Whether it asks everybody for a second factor.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub require_mfa: bool,
    /// What it has changed of its template's policy.
    #[serde(deserialize_with = "json_text_or_null")]
    pub policy: Option<Changes>,
    /// The invitation of its first owner: what the operator may send again or copy.
    pub owner_invitation_id: Option<InvitationId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The columns of [`Organization`], from `organizations o`.
macro_rules! columns {
    () => {
        "o.id, o.name, o.slug, o.template, o.created_at, o.policy, o.require_mfa, o.branding_before,
         json_object('name', o.branding_name, 'accent', o.branding_accent, 'message', o.branding_message) AS branding,
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
        sql!(
            "INSERT INTO organizations
           (id, name, slug, template, plan_key, seat_limit, plan_features, trial_ends_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING RETURNING id"
        ),
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
    Statement::new(sql!(concat!("SELECT ", columns!(), " FROM organizations o WHERE o.id = ?1")), params![id])
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
        sql!(
            "SELECT o.template FROM invitations i JOIN organizations o ON o.id = i.organization_id WHERE i.id = ?1"
        ),
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
            sql!(concat!(
                "SELECT ",
                columns!(),
                " FROM organizations o WHERE o.id < ?1 ORDER BY o.id DESC LIMIT ?2"
            )),
            params![before, limit],
        ))
        .await?;
    Ok(rows.rows()?)
}

/// What a change of the policy says of whom admins may invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OfAdmins {
    /// Nothing.
    #[default]
    Unsaid,
    /// That it is again as the template says, with all the rest.
    Cleared,
    /// It names them.
    Said,
}

/// What is to be different about an organization.
#[derive(Debug, Default)]
pub struct Difference {
    /// Its name, if that is to be another.
    pub name: Option<Name>,
    /// What its links' pages call it.
    pub branding_name: Change<Name>,
    /// Its colour.
    pub accent: Change<Accent>,
    /// What its links' pages say.
    pub message: Change<Message>,
    /// Its policy: a JSON merge patch (RFC 7396) of the changes made before.
    pub policy: Change<String>,
    /// Whether that says whom admins may invite, which only the owner may.
    pub of_admins: OfAdmins,
    /// Whether everybody is asked for a second factor, if that is to be different.
    pub require_mfa: Option<bool>,
}

/// Notes in the audit log what is to be different, if anything is and the actor still runs the organization, and is its owner
/// where whom admins may invite is to be different, and has a second factor where everybody is to be asked for one: the claim of [`change`]. A message may hold anything, addresses too: the log has its length. `RETURNING` tells.
#[must_use]
pub fn claim_change(entry: &Entry, id: OrganizationId, to: &Difference) -> Statement {
    let mut params = entry.params("organization.updated");
    params.extend(params![
        id,
        to.name.as_ref(),
        to.branding_name.is_said(),
        to.branding_name.value(),
        to.accent.is_said(),
        to.accent.value().map(Accent::as_str),
        to.message.is_said(),
        to.message.value(),
        to.policy.is_said(),
        to.policy.value(),
        to.require_mfa,
    ]);
    Statement::new(
        sql!(audited!(
            "o.id",
            "o.was",
            "o.becomes",
            concat!(
                "FROM (
                   SELECT o.id, ?12 AND o.branding_message IS NOT ?13 AS reworded,
                          json_object('name', o.name, 'branding', json_object('name', o.branding_name,
                            'accent', o.branding_accent, 'message_length', length(o.branding_message)),
                            'policy', json(o.policy), 'require_mfa', json(iif(o.require_mfa, 'true', 'false'))) AS was,
                          json_object('name', coalesce(?7, o.name), 'branding', json_object(
                            'name', CASE WHEN ?8 THEN ?9 ELSE o.branding_name END,
                            'accent', CASE WHEN ?10 THEN ?11 ELSE o.branding_accent END,
                            'message_length', length(CASE WHEN ?12 THEN ?13 ELSE o.branding_message END)),
                            'policy', json(CASE WHEN ?14 THEN nullif(json_patch(coalesce(o.policy, '{}'), ?15), '{}')
                                           ELSE o.policy END),
                            'require_mfa', json(iif(coalesce(?16, o.require_mfa), 'true', 'false'))) AS becomes
                   FROM organizations o WHERE o.id = ?6) o
                 WHERE (o.was <> o.becomes OR o.reworded) AND ",
                administered!(),
                // Whom admins may invite is for the owner to say.
                " AND (o.was -> '$.policy.invites.admin' IS o.becomes -> '$.policy.invites.admin'
                       OR EXISTS (SELECT 1 FROM members a
                                  WHERE a.id = ?3 AND a.role = 'owner' AND a.removed_at IS NULL))
                   AND (o.was ->> '$.require_mfa' >= o.becomes ->> '$.require_mfa' OR ",
                has_factor!(),
                ")"
            )
        )),
        params,
    )
}

/// Changes an organization as this claim says.
#[must_use]
pub fn change(claim: EventId, to: &Difference) -> Statement {
    Statement::new(
        sql!(
            "UPDATE organizations
         SET name = e.after ->> '$.name', branding_name = e.after ->> '$.branding.name',
             branding_accent = e.after ->> '$.branding.accent',
             branding_message = CASE WHEN ?2 THEN ?3 ELSE branding_message END,
             policy = nullif(e.after -> '$.policy', 'null'), require_mfa = e.after ->> '$.require_mfa'
         FROM audit_events e WHERE e.id = ?1 AND organizations.id = e.organization_id"
        ),
        params![claim, to.message.is_said(), to.message.value()],
    )
}

/// Notes in the audit log that an organization gets another plan than it has: the claim of [`set_plan`]. A plan with fewer
/// seats than are taken keeps everybody, and lets nobody new in. `RETURNING` tells.
///
/// D1 takes numbers as JavaScript has them, so one that goes into JSON is made a whole number first.
#[must_use]
pub fn claim_plan(entry: &Entry, id: OrganizationId, plan: &Plan) -> Statement {
    let mut params = entry.params("organization.plan_changed");
    let features = serde_json::Value::from(plan.features.clone()).to_string();
    params.extend(params![id, &plan.key, plan.seat_limit, features, plan.trial_ends_at]);
    Statement::new(
        sql!(audited!(
            "o.id",
            "o.was",
            "o.becomes",
            concat!(
                "FROM (
                   SELECT o.id, json_object('key', o.plan_key, 'seat_limit', o.seat_limit,
                            'features', json(o.plan_features), 'trial_ends_at', ",
                rfc3339!("o.trial_ends_at"),
                ") AS was,
                          json_object('key', ?7, 'seat_limit', CAST(?8 AS INTEGER), 'features', json(?9), 'trial_ends_at', ",
                rfc3339!("?10"),
                ") AS becomes
                   FROM organizations o WHERE o.id = ?6) o
                 WHERE o.was <> o.becomes"
            )
        )),
        params,
    )
}

/// Sets the plan that this claim says, with the end of its trial.
#[must_use]
pub fn set_plan(claim: EventId, trial_ends_at: Option<Timestamp>) -> Statement {
    Statement::new(
        sql!(
            "UPDATE organizations
         SET plan_key = e.after ->> '$.key', seat_limit = e.after ->> '$.seat_limit',
             plan_features = e.after -> '$.features', trial_ends_at = ?2
         FROM audit_events e WHERE e.id = ?1 AND organizations.id = e.organization_id"
        ),
        params![claim, trial_ends_at],
    )
}

/// As what this member still runs their organization.
#[derive(Debug, Deserialize)]
pub struct Runs {
    /// Owner or admin.
    pub role: Role,
    /// Whether they have a second factor.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub second_factor: bool,
}

/// Whether this member, or this program, still runs their organization, and as what: read last in a batch that only such a member's claim
/// opens. Answers [`Runs`].
#[must_use]
pub fn select_administers(who: Principal) -> Statement {
    Statement::new(
        sql!("SELECT m.role, u.mfa_enabled_at IS NOT NULL AS second_factor FROM members m JOIN users u ON u.id = m.user_id
         WHERE m.id = ?1 AND m.role IN ('owner', 'admin') AND m.removed_at IS NULL
         UNION ALL SELECT 'admin', 0 FROM api_keys k WHERE k.id = ?1 AND k.revoked_at IS NULL"),
        params![who],
    )
}

/// An organization's seats in numbers.
#[derive(Debug, Deserialize)]
pub struct Seats {
    /// How many there are; `None` is unlimited.
    pub seat_limit: Option<i64>,
    /// How many members take one.
    pub used: i64,
    /// How many open invitations reserve one.
    pub reserved: i64,
}

/// Reads [`Seats`]. Reservations whose time is over count no more.
#[must_use]
pub fn select_seats(id: OrganizationId, now: Timestamp) -> Statement {
    Statement::new(
        sql!(concat!(
            "SELECT o.seat_limit, o.seats_used AS used, o.seats_reserved - ",
            lapsed!("?2"),
            " AS reserved
             FROM organizations o WHERE o.id = ?1"
        )),
        params![id, now],
    )
}
