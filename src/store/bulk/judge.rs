//! What becomes of rows: one statement judges all of them, as if each were invited after the one before. Seats are counted
//! on, and an address that comes twice is invited once. A dry run reads what it says; the job writes it to its rows.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Wanted, read, visible};
use crate::domain::authority::Actor;
use crate::domain::ids::InvitationId;
use crate::domain::quota::Quota;
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::{params, sql};

/// What the judge says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing stands in its way.
    Create,
    /// Whoever asked was removed since, or has another role.
    Forbidden,
    /// What whoever asked holds was changed since: the rows were checked against what they held then.
    BeyondYourAccess,
    /// The workspace at `place` is another organization's.
    ForeignWorkspace,
    /// The resource at `place` is in none of the workspaces.
    ForeignResource,
    /// The address is an active member's.
    AlreadyMember,
    /// The address has an open invitation.
    AlreadyInvited,
    /// An earlier row is for the same address, and is made.
    Twice,
    /// A client's own list of permissions, without the plan's feature.
    PlanFeatureRequired,
    /// It would take a seat, and the trial is over.
    TrialEnded,
    /// It would take a seat, and the rows before it took the last.
    SeatLimitReached,
    /// The day leaves no mail to this address, or the rows before it made all the invitations that it allows.
    DailyLimit,
}

/// A row's verdict.
#[derive(Debug, Deserialize)]
pub struct Judged {
    /// Which row; the first is 1.
    pub row: usize,
    /// What is said of it.
    pub verdict: Verdict,
    /// Of what is wrong, where it stands.
    pub place: Option<i64>,
    /// The invitation that stands in the way, if whoever asks may see it.
    pub invitation_id: Option<InvitationId>,
}

/// Judges rows: `judged!(asker, rows)`. `asker` answers one row: `organization_id`, `invited_by`, `role`, `access_rev`,
/// `visible`, `now`, `quota`; `rows` answers `row` and `wanted`. Makes a table `told` of [`Judged`].
///
/// A row is *able* if nothing stands in its way but other rows. Of the able rows of one address the first is made; only if
/// no seat was left for it, the first of them that takes none. The seats go to the first rows that ask for one. Of what is to be made, no
/// more is than the day leaves.
macro_rules! judged {
    ($asker:literal, $rows:expr) => {
        concat!(
            "WITH asker AS MATERIALIZED (",
            $asker,
            "),
             o AS MATERIALIZED (
               SELECT o.id, asker.now, asker.visible, ",
            may_customize!(),
            " AS may_customize, coalesce(o.trial_ends_at <= asker.now, 0) AS trial_over, ",
            seats_left!("asker.now"),
            " AS seats_left, asker.quota ->> 0 - ",
            counted!("o.id", "asker.now"),
            " AS day_left, asker.quota ->> 1 AS most_mails, asker.quota ->> 2 AS share,
                 n.id IS NOT NULL OR k.id IS NOT NULL AS entitled,
                 k.id IS NOT NULL OR n.role IN ('owner', 'admin') OR n.access_rev = asker.access_rev AS holds_that
               FROM asker JOIN organizations o ON o.id = asker.organization_id
               LEFT JOIN members n ON n.id = asker.invited_by AND n.role = asker.role AND n.removed_at IS NULL
               LEFT JOIN api_keys k ON k.id = asker.invited_by AND k.revoked_at IS NULL),
             asked AS MATERIALIZED (
               SELECT row, wanted ->> 'invitation' AS invitation, wanted ->> 'key' AS key,
                      wanted ->> 'takes_seat' AS seat, wanted ->> 'customized' AS customized,
                      wanted ->> 'workspaces' AS workspaces, wanted ->> 'mailed' AS mailed, wanted ->> 'grants' AS grants
               FROM (",
            $rows,
            ")),
             met AS MATERIALIZED (
               SELECT asked.*, o.may_customize, o.trial_over, o.seats_left, o.visible, i.id AS open_id, i.role AS open_role,
                      o.entitled, o.holds_that, o.day_left, ",
            counted!("asked.mailed", "o.now"),
            " >= o.most_mails OR ",
            counted_of_sender!("o.id", "asked.mailed", "o.now"),
            " >= o.share AS mails_full,
                      (SELECT min(e.key) FROM json_each(asked.workspaces) e WHERE NOT EXISTS (
                         SELECT 1 FROM workspaces w WHERE w.id = e.value AND w.organization_id = o.id))
                        AS foreign_workspace,
                      (SELECT min(e.key) FROM json_each(asked.grants) e WHERE NOT ",
            is_in_workspaces!("asked.workspaces"),
            ") AS foreign_resource, ",
            member_of!("asked.key"),
            " AS member_id
               FROM o CROSS JOIN asked
               LEFT JOIN invitations i ON i.organization_id = o.id AND i.email_key = asked.key
                 AND i.outcome = 'open' AND i.expires_at > o.now),
             hindered AS MATERIALIZED (
               SELECT *, CASE WHEN NOT entitled THEN 'forbidden'
                              WHEN NOT holds_that THEN 'beyond_your_access'
                              WHEN foreign_workspace IS NOT NULL THEN 'foreign_workspace'
                              WHEN foreign_resource IS NOT NULL THEN 'foreign_resource'
                              WHEN member_id IS NOT NULL THEN 'already_member'
                              WHEN open_id IS NOT NULL THEN 'already_invited'
                              WHEN customized AND NOT may_customize THEN 'plan_feature_required'
                              WHEN seat AND trial_over THEN 'trial_ended'
                              WHEN mails_full THEN 'daily_limit' END AS obstacle
               FROM met),
             lined_up AS MATERIALIZED (
               SELECT *, obstacle IS NULL AS able,
                      row_number() OVER (PARTITION BY key, obstacle IS NULL ORDER BY row) AS turn,
                      row_number() OVER (PARTITION BY key, obstacle IS NULL, seat ORDER BY row) AS turn_alike
               FROM hindered),
             seated AS MATERIALIZED (
               SELECT *, able AND (NOT seat OR seats_left IS NULL
                                   OR sum(able AND seat AND turn = 1) OVER (ORDER BY row) <= seats_left) AS fits
               FROM lined_up),
             settled AS MATERIALIZED (
               SELECT *, fits AND (turn = 1 OR (NOT seat AND turn_alike = 1
                         AND NOT first_value(fits) OVER (PARTITION BY key, able ORDER BY row))) AS due
               FROM seated),
             rationed AS MATERIALIZED (
               SELECT *, due AND sum(due) OVER (ORDER BY row) <= day_left AS made FROM settled),
             compared AS MATERIALIZED (
               SELECT *, coalesce(sum(made) OVER earlier, 0) AS made_before,
                      coalesce(sum(due) OVER earlier, 0) AS due_before,
                      max(iif(made, invitation, NULL)) OVER earlier AS twin
               FROM rationed
               WINDOW earlier AS (PARTITION BY key ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
             told AS MATERIALIZED (
               SELECT row, coalesce(foreign_workspace, foreign_resource) AS place,
                      CASE WHEN made THEN 'create'
                           WHEN made_before AND obstacle IS NULL THEN 'twice'
                           WHEN made_before AND obstacle IN ('plan_feature_required', 'trial_ended', 'daily_limit')
                             THEN 'twice'
                           ELSE coalesce(obstacle, iif(due OR due_before, 'daily_limit', 'seat_limit_reached')) END AS verdict,
                      CASE WHEN made THEN invitation
                           WHEN obstacle = 'already_member' THEN (
                             SELECT max(x.id) FROM invitations x
                             WHERE x.accepted_by = member_id AND x.role IN (SELECT value FROM json_each(visible)))
                           WHEN obstacle = 'already_invited' THEN
                             iif(open_role IN (SELECT value FROM json_each(visible)), open_id, NULL)
                           WHEN obstacle IS NULL OR obstacle IN ('plan_feature_required', 'trial_ended', 'daily_limit')
                             THEN twin END AS invitation_id
               FROM compared) "
        )
    };
}

/// Judges rows, of which those without a [`Wanted`] were refused already, and writes nothing.
#[must_use]
pub fn judge(actor: &Actor, rows: &[Option<Wanted>], quota: Quota, now: Timestamp) -> Statement {
    let asked: Vec<Value> = rows
        .iter()
        .zip(1..)
        .filter_map(|(wanted, row)| {
            let wanted = wanted.as_ref()?;
            let ids: Vec<Value> = match read(&wanted.offer.access.grants) {
                Value::Array(grants) => grants.iter().map(|grant| json!({"id": grant.get("id")})).collect(),
                _ => Vec::new(),
            };
            Some(json!({"row": row, "wanted": wanted.outline(&ids.into())}))
        })
        .collect();
    Statement::new(
        sql!(concat!(
            judged!(
                "SELECT ?2 AS organization_id, ?3 AS invited_by, ?4 AS role, ?7 AS access_rev, ?5 AS visible, ?6 AS now,
                 ?8 AS quota",
                "SELECT value ->> 'row' AS row, value ->> 'wanted' AS wanted FROM json_each(?1)"
            ),
            "SELECT row, verdict, place, invitation_id FROM told ORDER BY row"
        )),
        params![
            Value::from(asked).to_string(),
            actor.organization_id,
            actor.principal,
            actor.role,
            visible(actor),
            now,
            actor.access_rev,
            quota.json(),
        ],
    )
}
