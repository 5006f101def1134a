//! Changing an open invitation: its claim, and the writes that hang on it.
//!
//! What an invitation becomes is worked out from what was read of it (whether it takes a seat follows from a catalog that
//! the database doesn't know). So the claim asks that nobody changed it since: its `revision` is the one that was read.

use super::access::Columns;
use super::acting::Acting;
use super::audit::Entry;
use super::workspaces_json;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{EventId, InvitationId, WorkspaceId};
use crate::domain::quota::Quota;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// What an invitation becomes.
#[allow(clippy::struct_excessive_bools, reason = "each is a question of its own, asked by one statement")]
#[derive(Debug)]
pub struct Changed {
    /// Which.
    pub id: InvitationId,
    /// The revision that this was worked out from.
    pub revision: i64,
    /// What the person becomes.
    pub role: Role,
    /// For this address; none is for many people.
    pub email: Option<EmailAddress>,
    /// Whether that is another address than before.
    pub readdressed: bool,
    /// Whether the links made so far are dead and the invitation is offered anew: it is for another address, or what its
    /// e-mail says the person becomes is no longer so.
    pub offered_anew: bool,
    /// Whether it gives something else: then the links that were copied are dead, for whoever copied one may not hold this.
    pub gives_else: bool,
    /// What the invited person is called.
    pub name: Option<String>,
    /// What only the inviter's side sees.
    pub nickname: Option<String>,
    /// The inviter's message.
    pub message: Option<String>,
    /// The language of mail and page.
    pub locale: String,
    /// What the link's page calls the organization.
    pub branding_name: Option<String>,
    /// What the link's page says.
    pub branding_message: Option<String>,
    /// What they are given.
    pub access: Columns,
    /// The grants that were asked for just now, as JSON, to be checked. Those from before may be of resources that are gone.
    pub asked_grants: String,
    /// Whether a client's own list of permissions was asked for, which is a feature of the plan.
    pub customized: bool,
    /// Whether somebody who comes in by it takes a seat.
    pub takes_seat: bool,
    /// Where the person will be; `None` is the organization's oldest workspace.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// When it ends, if that changes.
    pub expires_at: Option<Timestamp>,
    /// How many may come in by it.
    pub max_uses: Option<i64>,
}

/// Those of a JSON array of grants whose resource is in one of the workspaces of the other.
macro_rules! kept {
    ($grants:literal, $workspaces:literal) => {
        concat!(
            "(SELECT json_group_array(json(e.value)) FROM json_each(",
            $grants,
            ") e WHERE ",
            is_in_workspaces!($workspaces),
            ")"
        )
    };
}

/// The claim: only by somebody who still is who they were; of an open invitation that is as it was read; if its new address
/// has no other open invitation and belongs
/// to no active member; if the workspaces and resources are the organization's and the plan allows the access; if no more
/// people came in than may; and if a seat is free where it would newly reserve one: for somebody who holds one it doesn't. One that lives longer must still fit,
/// because `now` may be a moment before its end and somebody else may have been given its seat since.
///
/// `before` and `after` say what changes, with an `access` for the claim to fill in if that does.
#[must_use]
pub fn claim(
    entry: &Entry,
    by: &Acting,
    changed: &Changed,
    quota: Quota,
    before: String,
    after: String,
) -> Statement {
    let mut params = entry.params("invitation.changed");
    params.extend(params![
        changed.id,
        before,
        after,
        changed.revision,
        changed.max_uses,
        changed.email.as_ref().filter(|_| changed.readdressed).map(EmailAddress::key),
        workspaces_json(changed.workspaces.as_deref()),
        &changed.asked_grants,
        changed.customized,
        changed.takes_seat,
        changed.expires_at.is_some(),
        changed.role,
        changed.access.permissions.as_ref(),
        changed.access.all_resources,
        &changed.access.grants,
        &changed.access.addable_kinds,
        changed.access.require_mfa,
        by.was(),
        changed.offered_anew,
        quota.json(),
    ]);
    Statement::new(
        sql!(audited!(
            "i.id",
            concat!("json_replace(?7, '$.access', ", offer_told!(), ")"),
            concat!(
                "json_replace(?8, '$.access', ",
                told!(
                    workspaces_told!("?17", "?12"),
                    "?18",
                    "?19",
                    kept!("?20", "?12"),
                    "e.value ->> 'credentials'",
                    "?21",
                    "?22"
                ),
                ")"
            ),
            concat!(
                "FROM invitations i JOIN organizations o ON o.id = i.organization_id
                 WHERE i.id = ?6 AND i.revision = ?9 AND i.outcome = 'open' AND i.expires_at > ?2 AND ",
                still_acts!("?3", "?23"),
                " AND (?10 IS NULL OR i.uses <= ?10)
                   AND NOT EXISTS (SELECT 1 FROM invitations x
                                   WHERE x.organization_id = o.id AND x.email_key = ?11 AND x.outcome = 'open'
                                     AND x.expires_at > ?2 AND x.id <> i.id)
                   AND NOT EXISTS ",
                member_of!("?11"),
                " AND ",
                all_in_organization!("?12"),
                " AND ",
                all_in_workspaces!("?13", "?12"),
                " AND (?14 = 0 OR ",
                may_customize!(),
                ") AND (?15 = 0 OR i.kind = 'link' OR ",
                is_seated!("coalesce(?11, i.email_key)"),
                " OR CASE WHEN i.reserves = 1 THEN ?16 = 0 OR ",
                within_limit!("?2", "0"),
                " ELSE ",
                seat_free!("?2"),
                " END) AND (?24 = 0 OR i.delivery = 'none' OR ",
                within_day!("coalesce(?11, i.email_key)", "?2", "?25"),
                ")"
            )
        )),
        params,
    )
}

/// Writes what was claimed. Grants of resources that are in none of the workspaces any more are left out.
#[must_use]
pub fn apply(claim: EventId, changed: &Changed, now: Timestamp) -> Statement {
    let lower = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase());
    Statement::new(
        sql!(concat!(
            "UPDATE invitations AS i
             SET revision = i.revision + 1, role = ?3, email = ?4, email_key = ?5, name = ?6, name_key = ?7,
                 nickname = ?8, nickname_key = ?9, message = ?10, locale = ?11, branding_name = ?12,
                 branding_message = ?13, permissions = ?14, all_resources = ?15,
                 grants = ",
            kept!("?16", "?17"),
            ", addable_kinds = ?18, require_mfa = ?19, access_takes_seat = ?20, takes_seat = ?21 AND NOT ",
            is_seated!("?5"),
            ",
                 expires_at = coalesce(?22, i.expires_at), max_uses = ?23, ver = i.ver + ?24, given = i.given + ?26,
                 delivery = CASE WHEN ?24 = 1 AND (i.delivery NOT IN ('none', 'bounced', 'complained') OR
                                   (i.delivery <> 'none' AND i.email_key IS NOT ?5)) THEN 'queued' ELSE i.delivery END,
                 offered_at = CASE WHEN ?24 = 1 THEN ?25 ELSE i.offered_at END,
                 reminded_at = CASE WHEN i.email_key IS ?5 THEN i.reminded_at END
             FROM organizations o
             WHERE i.id = ?2 AND o.id = i.organization_id AND ",
            claimed!("?1")
        )),
        params![
            claim,
            changed.id,
            changed.role,
            changed.email.as_ref(),
            changed.email.as_ref().map(EmailAddress::key),
            changed.name.as_ref(),
            lower(&changed.name),
            changed.nickname.as_ref(),
            lower(&changed.nickname),
            changed.message.as_ref(),
            &changed.locale,
            changed.branding_name.as_ref(),
            changed.branding_message.as_ref(),
            changed.access.permissions.as_ref(),
            changed.access.all_resources,
            &changed.access.grants,
            workspaces_json(changed.workspaces.as_deref()),
            &changed.access.addable_kinds,
            changed.access.require_mfa,
            changed.access.takes_seat,
            changed.takes_seat,
            changed.expires_at,
            changed.max_uses,
            changed.offered_anew,
            now,
            changed.gives_else,
        ],
    )
}

/// Puts the claimed invitation's workspaces in the place of those it had.
#[must_use]
pub fn move_to(claim: EventId, changed: &Changed) -> Vec<Statement> {
    vec![
        Statement::new(
            sql!(concat!("DELETE FROM invitation_workspaces WHERE invitation_id = ?1 AND ", claimed!("?2"))),
            params![changed.id, claim],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO invitation_workspaces (invitation_id, workspace_id, role, kind, state)
             SELECT i.id, w.id, i.role, i.kind, i.state FROM invitations i JOIN workspaces w ON w.organization_id = i.organization_id
             WHERE i.id = ?1 AND ",
                claimed!("?2"),
                "
               AND i.role NOT IN ('owner', 'admin') AND CASE WHEN ?3 IS NULL
                 THEN w.id = (SELECT min(id) FROM workspaces WHERE organization_id = i.organization_id)
                 ELSE w.id IN (SELECT value FROM json_each(?3)) END"
            )),
            params![changed.id, claim, workspaces_json(changed.workspaces.as_deref())],
        ),
    ]
}
