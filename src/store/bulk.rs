//! Many invitations in one request: judging their rows, and a job that makes them, a chunk at a time.
//!
//! One statement judges all rows at once, as if each were invited after the one before: seats are counted on, and an
//! address that comes twice is invited once. A dry run reads what it says; the job writes it to its rows, as the claim of
//! the chunk's batch. Every other statement of that batch takes only rows beyond `bulk_imports.done` that say `created`,
//! and the last one moves `done` on, so that a chunk is made whole, once, or not at all, wherever its consumer dies.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::Columns;
use crate::domain::authority::Actor;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{EventId, InvitationId, JobId, MemberId, NotificationId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text::{Message, Name};
use crate::domain::time::Timestamp;
use crate::params;
use crate::platform::Statement;
use crate::store::audit::Entry;

/// How many rows the job makes in one batch.
pub const CHUNK: i64 = 100;

/// About how many bytes of rows one statement carries: D1 takes no parameter over 2 MB.
const LARGEST_PARAMETER: usize = 1_000_000;

/// An invitation that is to be made, as it is kept until the job comes to it.
#[derive(Debug)]
pub struct Wanted {
    /// For whom.
    pub email: EmailAddress,
    /// What the person becomes.
    pub role: Role,
    /// Their name.
    pub name: Option<Name>,
    /// What only the inviter's side sees.
    pub nickname: Option<Name>,
    /// A message to them.
    pub message: Option<Message>,
    /// What the link's page calls the organization.
    pub branding_name: Option<Name>,
    /// What the link's page says.
    pub branding_message: Option<Message>,
    /// The language of mail and page.
    pub locale: String,
    /// What they are given.
    pub access: Columns,
    /// Whether this is a client's own list of permissions (S3-15).
    pub customized: bool,
    /// Whether a mail goes out.
    pub queued: bool,
    /// How long it lives, from when it is made.
    pub lifetime: Duration,
    /// Where the person will be; `None` is the organization's oldest workspace.
    pub workspaces: Option<Vec<WorkspaceId>>,
}

/// The ids of what a row makes: settled before it is made, so that nothing is ever made under two.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    /// The invitation.
    pub invitation: InvitationId,
    /// Its mail's job.
    pub mail: JobId,
    /// Its entry in the audit log.
    pub event: EventId,
}

impl Wanted {
    fn takes_seat(&self) -> bool {
        self.role.takes_seat() || (self.role == Role::Client && self.access.takes_seat)
    }

    /// What the judge asks of a row.
    fn outline(&self, grants: Value) -> Value {
        json!({
            "key": self.email.key(),
            "takes_seat": self.takes_seat(),
            "customized": self.customized,
            "workspaces": self.workspaces,
            "grants": grants,
        })
    }

    fn whole(&self, ids: Ids) -> Value {
        let lower = |name: &Option<Name>| name.as_ref().map(|name| name.as_str().to_lowercase());
        let name = |name: &Option<Name>| name.as_ref().map(|name| name.as_str().to_owned());
        let message = |text: &Option<Message>| text.as_ref().map(|text| text.as_str().to_owned());
        let mut whole = self.outline(read(&self.access.grants));
        let rest = json!({
            "invitation": ids.invitation,
            "mail": ids.mail,
            "event": ids.event,
            "email": self.email.as_str(),
            "role": self.role,
            "name": name(&self.name),
            "name_key": lower(&self.name),
            "nickname": name(&self.nickname),
            "nickname_key": lower(&self.nickname),
            "message": message(&self.message),
            "branding_name": name(&self.branding_name),
            "branding_message": message(&self.branding_message),
            "locale": self.locale,
            "delivery": if self.queued { "queued" } else { "none" },
            "seconds": self.lifetime.as_secs(),
            "permissions": self.access.permissions.as_deref().map(read),
            "all_resources": self.access.all_resources,
            "addable_kinds": read(&self.access.addable_kinds),
            "require_mfa": self.access.require_mfa,
            "access_takes_seat": self.access.takes_seat,
        });
        if let (Value::Object(whole), Value::Object(rest)) = (&mut whole, rest) {
            whole.extend(rest);
        }
        whole
    }
}

/// JSON of our own.
fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}

/// What the judge says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing stands in its way.
    Create,
    /// Whoever asked was removed since, or has another role or reach.
    Forbidden,
    /// The workspace at `place` is another organization's.
    ForeignWorkspace,
    /// The resource at `place` is in none of the workspaces.
    ForeignResource,
    /// The address is an active member's.
    AlreadyMember,
    /// The address has an open invitation, maybe of an earlier row.
    AlreadyInvited,
    /// A client's own list of permissions, without the plan's feature.
    PlanFeatureRequired,
    /// It would take a seat, and the trial is over.
    TrialEnded,
    /// It would take a seat, and the rows before it took the last.
    SeatLimitReached,
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

/// Judges rows: `judged!(asker, rows)`. `asker` answers one row: `organization_id`, `invited_by`, `role`, `visible`, `now`; `rows`
/// answers `row` and `wanted`. Makes a table `told` of [`Judged`].
///
/// A row is *able* if nothing stands in its way but other rows. Of the able rows of one address the first is made; only if
/// no seat was left for it, the first of them that takes none. The seats go to the first rows that ask for one.
macro_rules! judged {
    ($asker:literal, $rows:literal) => {
        concat!(
            "WITH asker AS MATERIALIZED (",
            $asker,
            "),
             o AS MATERIALIZED (
               SELECT o.id, asker.now, asker.visible, asker.invited_by, asker.role, ",
            may_customize!(),
            " AS may_customize, coalesce(o.trial_ends_at <= asker.now, 0) AS trial_over, ",
            seats_left!("asker.now"),
            " AS seats_left
               FROM asker JOIN organizations o ON o.id = asker.organization_id),
             asked AS MATERIALIZED (
               SELECT row, wanted ->> 'invitation' AS invitation, wanted ->> 'key' AS key,
                      wanted ->> 'takes_seat' AS seat, wanted ->> 'customized' AS customized,
                      wanted ->> 'workspaces' AS workspaces, wanted ->> 'grants' AS grants
               FROM (",
            $rows,
            ")),
             met AS MATERIALIZED (
               SELECT asked.*, o.may_customize, o.trial_over, o.seats_left, o.visible, i.id AS open_id, i.role AS open_role,
                      EXISTS (SELECT 1 FROM members n
                              WHERE n.id = o.invited_by AND n.role = o.role AND n.removed_at IS NULL
                                AND (n.role IN ('owner', 'admin') OR NOT EXISTS (
                                       SELECT 1 FROM json_each(asked.workspaces) e WHERE NOT EXISTS (
                                         SELECT 1 FROM memberships p
                                         WHERE p.member_id = n.id AND p.workspace_id = e.value)))) AS entitled,
                      (SELECT min(e.key) FROM json_each(asked.workspaces) e WHERE NOT EXISTS (
                         SELECT 1 FROM workspaces w WHERE w.id = e.value AND w.organization_id = o.id))
                        AS foreign_workspace,
                      (SELECT min(e.key) FROM json_each(asked.grants) e WHERE NOT ",
            is_in_workspaces!("asked.workspaces"),
            ") AS foreign_resource,
                      (SELECT m.id FROM users u JOIN members m ON m.user_id = u.id
                       WHERE u.email_key = asked.key AND m.organization_id = o.id AND m.removed_at IS NULL) AS member_id
               FROM o CROSS JOIN asked
               LEFT JOIN invitations i ON i.organization_id = o.id AND i.email_key = asked.key
                 AND i.outcome = 'open' AND i.expires_at > o.now),
             hindered AS MATERIALIZED (
               SELECT *, CASE WHEN NOT entitled THEN 'forbidden'
                              WHEN foreign_workspace IS NOT NULL THEN 'foreign_workspace'
                              WHEN foreign_resource IS NOT NULL THEN 'foreign_resource'
                              WHEN member_id IS NOT NULL THEN 'already_member'
                              WHEN open_id IS NOT NULL THEN 'already_invited'
                              WHEN customized AND NOT may_customize THEN 'plan_feature_required'
                              WHEN seat AND trial_over THEN 'trial_ended' END AS obstacle
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
                         AND NOT first_value(fits) OVER (PARTITION BY key, able ORDER BY row))) AS made
               FROM seated),
             compared AS MATERIALIZED (
               SELECT *, coalesce(sum(made) OVER earlier, 0) AS made_before,
                      max(iif(made, invitation, NULL)) OVER earlier AS twin
               FROM settled
               WINDOW earlier AS (PARTITION BY key ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
             told AS MATERIALIZED (
               SELECT row, coalesce(foreign_workspace, foreign_resource) AS place,
                      CASE WHEN made THEN 'create'
                           WHEN made_before AND obstacle IS NULL THEN 'already_invited'
                           WHEN made_before AND obstacle IN ('plan_feature_required', 'trial_ended')
                             THEN 'already_invited'
                           ELSE coalesce(obstacle, 'seat_limit_reached') END AS verdict,
                      CASE WHEN made THEN invitation
                           WHEN obstacle = 'already_member' THEN (
                             SELECT max(x.id) FROM invitations x
                             WHERE x.accepted_by = member_id AND x.role IN (SELECT value FROM json_each(visible)))
                           WHEN obstacle = 'already_invited' THEN
                             iif(open_role IN (SELECT value FROM json_each(visible)), open_id, NULL)
                           WHEN obstacle IS NULL OR obstacle IN ('plan_feature_required', 'trial_ended')
                             THEN twin END AS invitation_id
               FROM compared) "
        )
    };
}

/// Judges rows, of which those without a [`Wanted`] were refused already, and writes nothing.
#[must_use]
pub fn judge(actor: &Actor, rows: &[Option<Wanted>], now: Timestamp) -> Statement {
    let asked: Vec<Value> = rows
        .iter()
        .zip(1..)
        .filter_map(|(wanted, row)| {
            let wanted = wanted.as_ref()?;
            let ids: Vec<Value> = match read(&wanted.access.grants) {
                Value::Array(grants) => grants.iter().map(|grant| json!({"id": grant.get("id")})).collect(),
                _ => Vec::new(),
            };
            Some(json!({"row": row, "wanted": wanted.outline(ids.into())}))
        })
        .collect();
    Statement::new(
        concat!(
            judged!(
                "SELECT ?2 AS organization_id, ?3 AS invited_by, ?4 AS role, ?5 AS visible, ?6 AS now",
                "SELECT value ->> 'row' AS row, value ->> 'wanted' AS wanted FROM json_each(?1)"
            ),
            "SELECT row, verdict, place, invitation_id FROM told ORDER BY row"
        ),
        params![Value::from(asked).to_string(), actor.organization_id, actor.member_id, actor.role, visible(actor), now],
    )
}

fn visible(actor: &Actor) -> String {
    json!(actor.invitable()).to_string()
}

/// A row as it came in: what it makes, or why nothing.
pub type Row = Result<(Wanted, Ids), Value>;

/// Takes the rows in, with the job that will make them. The first statement is the claim; `RETURNING` tells whether whoever
/// asks is still who they were.
#[must_use]
pub fn start(job: JobId, actor: &Actor, entry: &Entry, rows: &[Row], requeue_at: Timestamp) -> Vec<Statement> {
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut claim = entry.params("bulk.started");
    claim.extend(params![actor.organization_id, job, total, actor.member_id, actor.role]);
    let mut batch = vec![
        Statement::new(
            audited!(
                "?7",
                "NULL",
                "json_object('rows', ?8)",
                "FROM organizations o JOIN members n ON n.id = ?9 AND n.organization_id = o.id
                 WHERE o.id = ?6 AND n.role = ?10 AND n.removed_at IS NULL"
            ),
            claim,
        ),
        Statement::new(
            "INSERT INTO jobs (id, kind, organization_id, created_at, due_at, requeue_at)
             SELECT ?2, 'bulk_invite', organization_id, at, at, ?3 FROM audit_events WHERE id = ?1",
            params![entry.id, job, requeue_at],
        ),
        Statement::new(
            "INSERT INTO bulk_imports (job_id, organization_id, invited_by, role, visible, request_id, total, created_at)
             SELECT ?2, organization_id, actor, ?3, ?4, request_id, ?5, at FROM audit_events WHERE id = ?1",
            params![entry.id, job, actor.role, visible(actor), total],
        ),
    ];
    batch.extend(parameters(rows).into_iter().map(|rows| {
        Statement::new(
            "INSERT INTO bulk_rows (job_id, row, wanted, outcome, problem)
             SELECT b.job_id, e.value ->> 'row', e.value ->> 'wanted', e.value ->> 'outcome', e.value ->> 'problem'
             FROM bulk_imports b JOIN json_each(?2) e WHERE b.job_id = ?1",
            params![job, rows],
        )
    }));
    batch
}

/// The rows as JSON arrays, each small enough for one parameter.
fn parameters(rows: &[Row]) -> Vec<String> {
    let mut arrays: Vec<String> = Vec::new();
    for (row, number) in rows.iter().zip(1..) {
        let row = match row {
            Ok((wanted, ids)) => json!({"row": number, "wanted": wanted.whole(*ids)}),
            Err(problem) => json!({"row": number, "outcome": "refused", "problem": problem}),
        };
        let row = row.to_string();
        match arrays.last_mut().filter(|array| array.len() + row.len() < LARGEST_PARAMETER) {
            Some(array) => {
                array.push(',');
                array.push_str(&row);
            }
            None => arrays.push(format!("[{row}")),
        }
    }
    for array in &mut arrays {
        array.push(']');
    }
    arrays
}

/// Whether this consumer still holds the job: `?1` is the job, `?2` the attempt.
macro_rules! held {
    () => {
        "EXISTS (SELECT 1 FROM jobs WHERE id = ?1 AND waiting = 1 AND attempts = ?2)"
    };
}

/// The rows of the chunk that this batch makes, `r`, with their import `b`: `?1` is the job.
macro_rules! chunk {
    () => {
        "bulk_imports b JOIN bulk_rows r ON r.job_id = b.job_id AND r.row > b.done AND r.row <= b.done + 100"
    };
}

const _: () = assert!(CHUNK == 100);

/// Makes the next chunk, if this attempt still holds the job, and settles the job with the last one. Two results are to be
/// read: [`MAILS`] and [`DONE`].
#[must_use]
pub fn make_chunk(
    job: JobId,
    attempt: i64,
    notification: NotificationId,
    now: Timestamp,
    lease_ends: Timestamp,
    requeue_at: Timestamp,
) -> Vec<Statement> {
    vec![
        Statement::new(
            "UPDATE jobs SET due_at = ?3, requeue_at = ?3 WHERE id = ?1 AND waiting = 1 AND attempts = ?2",
            params![job, attempt, lease_ends],
        ),
        Statement::new(
            concat!(
                "UPDATE invitations SET expired_at = ?2 WHERE id IN (
                   SELECT i.id FROM ",
                chunk!(),
                " JOIN invitations i ON i.organization_id = b.organization_id AND i.email_key = r.wanted ->> 'key'
                   WHERE b.job_id = ?1 AND i.outcome = 'open' AND i.expires_at <= ?2)"
            ),
            params![job, now],
        ),
        Statement::new(
            concat!(
                judged!(
                    "SELECT organization_id, invited_by, role, visible, ?3 AS now FROM bulk_imports WHERE job_id = ?1",
                    "SELECT r.row, r.wanted
                     FROM bulk_imports b JOIN bulk_rows r ON r.job_id = b.job_id AND r.row > b.done AND r.row <= b.done + 100
                     WHERE b.job_id = ?1 AND r.outcome IS NULL
                       AND EXISTS (SELECT 1 FROM jobs WHERE id = ?1 AND waiting = 1 AND attempts = ?2)"
                ),
                "UPDATE bulk_rows SET outcome = iif(told.verdict = 'create', 'created', 'refused'),
                   invitation_id = told.invitation_id,
                   problem = iif(told.verdict = 'create', NULL,
                                 json_object('verdict', told.verdict, 'place', told.place))
                 FROM told WHERE bulk_rows.job_id = ?1 AND bulk_rows.row = told.row"
            ),
            params![job, attempt, now],
        ),
        Statement::new(
            concat!(
                "INSERT INTO invitations
                   (id, organization_id, kind, role, email, email_key, name, nickname, name_key, nickname_key, message,
                    locale, takes_seat, max_uses, delivery, expires_at, created_at, offered_at, invited_by, permissions,
                    all_resources, grants, addable_kinds, require_mfa, access_takes_seat, branding_name,
                    branding_message)
                 SELECT r.invitation_id, b.organization_id, 'email', r.wanted ->> 'role', r.wanted ->> 'email',
                        r.wanted ->> 'key', r.wanted ->> 'name', r.wanted ->> 'nickname', r.wanted ->> 'name_key',
                        r.wanted ->> 'nickname_key', r.wanted ->> 'message', r.wanted ->> 'locale',
                        r.wanted ->> 'takes_seat', 1, r.wanted ->> 'delivery',
                        (?2 / 1000 + (r.wanted ->> 'seconds')) * 1000, ?2, ?2, b.invited_by,
                        r.wanted ->> 'permissions', r.wanted ->> 'all_resources', r.wanted ->> 'grants',
                        r.wanted ->> 'addable_kinds', r.wanted ->> 'require_mfa', r.wanted ->> 'access_takes_seat',
                        r.wanted ->> 'branding_name', r.wanted ->> 'branding_message'
                 FROM ",
                chunk!(),
                " WHERE b.job_id = ?1 AND r.outcome = 'created' ORDER BY r.row"
            ),
            params![job, now],
        ),
        Statement::new(
            concat!(
                "INSERT INTO invitation_workspaces (invitation_id, workspace_id)
                 SELECT r.invitation_id, w.id
                 FROM ",
                chunk!(),
                " JOIN json_each(coalesce(r.wanted ->> 'workspaces', json_array((
                         SELECT min(id) FROM workspaces WHERE organization_id = b.organization_id)))) e
                  JOIN workspaces w ON w.id = e.value
                  WHERE b.job_id = ?1 AND r.outcome = 'created' AND r.wanted ->> 'role' <> 'admin'
                  ON CONFLICT DO NOTHING"
            ),
            params![job],
        ),
        Statement::new(
            concat!(
                "INSERT INTO jobs (id, kind, organization_id, invitation_id, ver, created_at, due_at, requeue_at)
                 SELECT r.wanted ->> 'mail', 'invitation_email', i.organization_id, i.id, i.ver, ?2, ?2, ?3
                 FROM ",
                chunk!(),
                " JOIN invitations i ON i.id = r.invitation_id
                  WHERE b.job_id = ?1 AND r.outcome = 'created' AND i.delivery = 'queued' ORDER BY r.row
                  RETURNING id"
            ),
            params![job, now, requeue_at],
        ),
        Statement::new(
            concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
                 SELECT r.wanted ->> 'event', b.organization_id, ?2, b.invited_by, 'invitation.created', r.invitation_id,
                        b.request_id
                 FROM ",
                chunk!(),
                " WHERE b.job_id = ?1 AND r.outcome = 'created' ORDER BY r.row"
            ),
            params![job, now],
        ),
        Statement::new(
            concat!(
                "UPDATE bulk_imports SET done = min(total, done + 100) WHERE job_id = ?1 AND ",
                held!(),
                " RETURNING done, total"
            ),
            params![job, attempt],
        ),
        Statement::new(
            concat!(
                "INSERT INTO notifications (id, user_id, organization_id, kind, about, created_at)
                 SELECT ?3, n.user_id, b.organization_id, 'bulk.finished', json_object('job_id', b.job_id), ?4
                 FROM bulk_imports b JOIN members n ON n.id = b.invited_by AND n.removed_at IS NULL
                 WHERE b.job_id = ?1 AND b.done = b.total AND ",
                held!()
            ),
            params![job, attempt, notification, now],
        ),
        Statement::new(
            "UPDATE jobs SET done_at = ?3 WHERE id = ?1 AND waiting = 1 AND attempts = ?2
               AND EXISTS (SELECT 1 FROM bulk_imports b WHERE b.job_id = ?1 AND b.done = b.total)",
            params![job, attempt, now],
        ),
    ]
}

/// Which result of [`make_chunk`] holds the mails' jobs.
pub const MAILS: usize = 5;
/// Which result of [`make_chunk`] holds the [`Progress`]: none if another holds the job, or nobody.
pub const DONE: usize = 7;

/// How far a job is.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Progress {
    /// Rows it has come to.
    pub done: i64,
    /// Rows there are.
    pub total: i64,
}

/// A bulk invitation, without its rows.
#[derive(Debug, Deserialize)]
pub struct Import {
    /// Its job.
    pub id: JobId,
    /// Who asked for it.
    pub invited_by: MemberId,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
    attempts: i64,
    done_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    undone_at: Option<Timestamp>,
}

/// What a bulk invitation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has taken it yet.
    Waiting,
    /// Some of it may be made.
    Running,
    /// It came to every row.
    Done,
    /// It was given up; what it made stays.
    Failed,
    /// What it made was revoked.
    Undone,
}

impl Import {
    /// What it is.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.undone_at.is_some() {
            Status::Undone
        } else if self.failed_at.is_some() {
            Status::Failed
        } else if self.done_at.is_some() {
            Status::Done
        } else if self.attempts > 0 {
            Status::Running
        } else {
            Status::Waiting
        }
    }
}

/// Reads an [`Import`]. A job of another kind is none.
#[must_use]
pub fn select(job: JobId) -> Statement {
    Statement::new(
        "SELECT j.id, b.invited_by, b.done, b.total, b.undone_at, j.attempts, j.done_at, j.failed_at
         FROM bulk_imports b JOIN jobs j ON j.id = b.job_id WHERE b.job_id = ?1",
        params![job],
    )
}

/// A row of a bulk invitation, as it stands.
#[derive(Debug, Deserialize)]
pub struct Standing {
    /// Which row; the first is 1.
    pub row: i64,
    /// None until the job has come to it.
    pub outcome: Option<String>,
    /// The invitation that it made, or the one that stood in the way.
    pub invitation_id: Option<InvitationId>,
    /// Why it made none, as JSON.
    pub problem: Option<String>,
}

/// Reads a page of [`Standing`], in their order.
#[must_use]
pub fn select_rows(job: JobId, after: i64, limit: i64) -> Statement {
    Statement::new(
        "SELECT row, outcome, invitation_id, problem FROM bulk_rows WHERE job_id = ?1 AND row > ?2 ORDER BY row LIMIT ?3",
        params![job, after, limit],
    )
}

/// Revokes what a job made and is still open, and stops what it has not come to, unless that was done before. Its rows may
/// be of the roles only that whoever asks may invite. `events` are the new entries' ids, one for each row. The last result
/// holds the revoked ones' ids; the first tells whether there was anything to undo.
#[must_use]
pub fn undo(job: JobId, actor: &Actor, entry: &Entry, events: &[EventId], now: Timestamp) -> Vec<Statement> {
    let mut claim = entry.params("bulk.undone");
    claim.extend(params![job, actor.organization_id, visible(actor)]);
    vec![
        Statement::new(
            audited!(
                "b.job_id",
                "json_object('done', b.done)",
                "NULL",
                "FROM bulk_imports b JOIN organizations o ON o.id = b.organization_id
                 WHERE b.job_id = ?6 AND o.id = ?7 AND b.undone_at IS NULL AND NOT EXISTS (
                   SELECT 1 FROM bulk_rows r WHERE r.job_id = b.job_id
                     AND r.wanted ->> 'role' NOT IN (SELECT value FROM json_each(?8)))"
            ),
            claim,
        ),
        Statement::new(
            "UPDATE bulk_imports SET undone_at = ?3
             WHERE job_id = ?1 AND EXISTS (SELECT 1 FROM audit_events WHERE id = ?2)",
            params![job, entry.id, now],
        ),
        Statement::new(
            "UPDATE jobs SET done_at = ?3
             WHERE id = ?1 AND waiting = 1 AND EXISTS (SELECT 1 FROM audit_events WHERE id = ?2)",
            params![job, entry.id, now],
        ),
        Statement::new(
            "UPDATE bulk_rows SET outcome = iif(outcome IS NULL, 'cancelled', 'revoked')
             WHERE job_id = ?1 AND EXISTS (SELECT 1 FROM audit_events WHERE id = ?2)
               AND (outcome IS NULL OR (outcome = 'created' AND EXISTS (
                      SELECT 1 FROM invitations i
                      WHERE i.id = bulk_rows.invitation_id AND i.outcome = 'open' AND i.expires_at > ?3)))",
            params![job, entry.id, now],
        ),
        Statement::new(
            "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id)
             SELECT ?3 ->> (r.row - 1), a.organization_id, a.at, a.actor, 'invitation.revoked', r.invitation_id, a.request_id
             FROM audit_events a JOIN bulk_rows r ON r.job_id = ?1 AND r.outcome = 'revoked'
             WHERE a.id = ?2",
            params![job, entry.id, json!(events).to_string()],
        ),
        Statement::new(
            "UPDATE invitations SET revoked_at = ?3, ver = ver + 1
             WHERE id IN (SELECT invitation_id FROM bulk_rows WHERE job_id = ?1 AND outcome = 'revoked')
               AND outcome = 'open' AND EXISTS (SELECT 1 FROM audit_events WHERE id = ?2)
             RETURNING id",
            params![job, entry.id, now],
        ),
    ]
}
