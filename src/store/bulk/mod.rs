//! Many invitations in one request: a job with a row for each, [judged](judge) in one statement and [made](chunk) a chunk at
//! a time.

#[macro_use]
mod judge;
pub mod chunk;
mod progress;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::access::Columns;
use crate::domain::authority::Actor;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{EventId, InvitationId, JobId};
use crate::domain::offer::Offer;
use crate::domain::text::{Message, Name};
use crate::domain::time::Timestamp;
use crate::platform::Statement;
use crate::store::acting::Acting;
use crate::store::audit::{Entry, Withdrawal};
use crate::{params, sql};
pub use judge::{Judged, Verdict, judge};
pub use progress::{Import, Progress, Standing, Status, Tally, select, select_rows, tally};

/// About how many bytes of rows one statement carries: D1 takes no parameter over 2 MB.
const LARGEST_PARAMETER: usize = 1_000_000;

/// An invitation that is to be made, as it is kept until the job comes to it.
#[derive(Debug)]
pub struct Wanted {
    /// For whom.
    pub email: EmailAddress,
    /// What it offers.
    pub offer: Offer<Columns>,
    /// Whether this is a client's own list of permissions (S3-15).
    pub customized: bool,
    /// Whether a mail goes out.
    pub queued: bool,
    /// How long it lives, from when it is made.
    pub lifetime: Duration,
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
    /// What the judge asks of a row.
    fn outline(&self, grants: &Value) -> Value {
        json!({
            "key": self.email.key(),
            "takes_seat": self.offer.access.takes_seat_as(self.offer.role),
            "mailed": self.queued.then(|| self.email.key()),
            "customized": self.customized,
            "workspaces": self.offer.workspaces,
            "grants": grants,
        })
    }

    fn whole(&self, ids: Ids) -> Value {
        let Self { offer, .. } = self;
        let Offer { access, .. } = offer;
        let name = |name: &Option<Name>| name.as_ref().map(Name::to_string);
        let message = |text: &Option<Message>| text.as_ref().map(|text| text.as_str().to_owned());
        let mut whole = self.outline(&read(&access.grants));
        let rest = json!({
            "invitation": ids.invitation,
            "mail": ids.mail,
            "event": ids.event,
            "email": self.email.as_str(),
            "role": offer.role,
            "name": name(&offer.name),
            "name_key": offer.name.as_ref().map(Name::key),
            "nickname": name(&offer.nickname),
            "nickname_key": offer.nickname.as_ref().map(Name::key),
            "message": message(&offer.message),
            "branding_name": name(&offer.branding_name),
            "branding_message": message(&offer.branding_message),
            "locale": offer.locale,
            "delivery": if self.queued { "queued" } else { "none" },
            "seconds": self.lifetime.as_secs(),
            "permissions": access.permissions.as_deref().map(read),
            "all_resources": access.all_resources,
            "addable_kinds": read(&access.addable_kinds),
            "require_mfa": access.require_mfa,
            "access_takes_seat": access.takes_seat,
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

fn visible(actor: &Actor) -> String {
    json!(actor.invitable()).to_string()
}

/// A row as it came in: what it makes, or why nothing.
pub type Row = Result<(Wanted, Ids), Value>;

/// Takes the rows in, with the job that will make them. The first statement is the claim; `RETURNING` tells whether whoever
/// asks is still who they were.
#[must_use]
pub fn start(
    job: JobId,
    actor: &Actor,
    by: &Acting,
    entry: &Entry,
    rows: &[Row],
    requeue_at: Timestamp,
) -> Vec<Statement> {
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut claim = entry.params("bulk.started");
    claim.extend(params![actor.organization_id, job, total, by.was()]);
    let mut batch = vec![
        Statement::new(
            sql!(audited!(
                "?7",
                "NULL",
                "json_object('rows', CAST(?8 AS INTEGER))",
                concat!("FROM organizations o WHERE o.id = ?6 AND ", still_acts!("?3", "?9"))
            )),
            claim,
        ),
        Statement::new(
            sql!("INSERT INTO jobs (id, kind, organization_id, created_at, due_at, requeue_at)
             SELECT ?2, 'bulk_invite', organization_id, at, at, ?3 FROM audit_events WHERE id = ?1"),
            params![entry.id, job, requeue_at],
        ),
        Statement::new(
            sql!("INSERT INTO bulk_imports (job_id, organization_id, invited_by, role, access_rev, visible, request_id, total,
                                       created_at)
             SELECT ?2, organization_id, actor, ?3, ?6, ?4, request_id, ?5, at FROM audit_events WHERE id = ?1"),
            params![entry.id, job, actor.role, visible(actor), total, actor.access_rev],
        ),
    ];
    batch.extend(parameters(rows).into_iter().map(|rows| {
        Statement::new(
            sql!("INSERT INTO bulk_rows (job_id, row, wanted, outcome, problem)
             SELECT b.job_id, e.value ->> 'row', e.value ->> 'wanted', e.value ->> 'outcome', e.value ->> 'problem'
             FROM bulk_imports b JOIN json_each(?2) e WHERE b.job_id = ?1"),
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

/// Reads whether whoever asks may invite every role of a job's rows and of what it made that is open; if so, what keeps them
/// from undoing it is a second factor that some of it asks for.
#[must_use]
pub fn select_roles(job: JobId, actor: &Actor, now: Timestamp) -> Statement {
    Statement::new(
        sql!(
            "SELECT NOT EXISTS (
           SELECT 1 FROM bulk_rows r
           LEFT JOIN invitations i ON i.id = r.invitation_id AND r.outcome = 'created' AND i.outcome = 'open'
             AND i.expires_at > ?3
           WHERE r.job_id = ?1 AND (r.wanted ->> 'role' NOT IN (SELECT value FROM json_each(?2))
                                    OR i.role NOT IN (SELECT value FROM json_each(?2)))) AS invitable"
        ),
        params![job, visible(actor), now],
    )
}

/// What [`select_roles`] answers.
#[derive(Debug, Deserialize)]
pub struct Roles {
    /// Whether they may.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub invitable: bool,
}

/// Revokes what a job made and is still open, and stops what it has not come to, unless that was done before: all of it, or
/// nothing. Its rows may be of the roles only that whoever asks may invite, and what it revokes only what they may withdraw as
/// it is now. `events` are the new entries' ids, one for each row. The last result holds the revoked ones' ids; the first
/// tells whether there was anything to undo.
#[must_use]
pub fn undo(
    job: JobId,
    actor: &Actor,
    by: &Acting,
    entry: &Entry,
    events: &[EventId],
    now: Timestamp,
) -> Vec<Statement> {
    let mut claim = entry.params("bulk.undone");
    claim.extend(params![job, actor.organization_id, visible(actor), by.was()]);
    claim.extend(Withdrawal::by_member(actor).params());
    vec![
        Statement::new(
            sql!(audited!(
                "b.job_id",
                "json_object('done', b.done, 'undone', json('false'))",
                "json_object('done', b.done, 'undone', json('true'))",
                concat!(
                    "FROM bulk_imports b JOIN organizations o ON o.id = b.organization_id
                     WHERE b.job_id = ?6 AND o.id = ?7 AND b.undone_at IS NULL AND NOT EXISTS (
                       SELECT 1 FROM bulk_rows r WHERE r.job_id = b.job_id
                         AND r.wanted ->> 'role' NOT IN (SELECT value FROM json_each(?8))) AND NOT EXISTS (
                       SELECT 1 FROM bulk_rows r JOIN invitations i ON i.id = r.invitation_id
                       WHERE r.job_id = b.job_id AND r.outcome = 'created' AND i.outcome = 'open' AND i.expires_at > ?2
                         AND NOT (",
                    withdrawable!("?10", "?11"),
                    ")) AND ",
                    still_acts!("?3", "?9")
                )
            )),
            claim,
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE bulk_imports SET undone_at = ?3
             WHERE job_id = ?1 AND ",
                claimed!("?2")
            )),
            params![job, entry.id, now],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE jobs SET done_at = ?3
             WHERE id = ?1 AND waiting = 1 AND ",
                claimed!("?2")
            )),
            params![job, entry.id, now],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE bulk_rows SET outcome = iif(outcome IS NULL, 'cancelled', 'revoked')
             WHERE job_id = ?1 AND ",
                claimed!("?2"),
                "
               AND (outcome IS NULL OR (outcome = 'created' AND EXISTS (
                      SELECT 1 FROM invitations i
                      WHERE i.id = bulk_rows.invitation_id AND i.outcome = 'open' AND i.expires_at > ?3)))"
            )),
            params![job, entry.id, now],
        ),
        Statement::new(
            sql!(concat!(
                "INSERT INTO audit_events (id, organization_id, at, actor, action, subject, request_id, before, after)
                 SELECT ?3 ->> (r.row - 1), a.organization_id, a.at, a.actor, 'invitation.revoked', i.id, a.request_id, ",
                standing!(),
                ", ",
                status!("revoked"),
                " FROM audit_events a JOIN bulk_rows r ON r.job_id = ?1 AND r.outcome = 'revoked'
                  JOIN invitations i ON i.id = r.invitation_id
                  WHERE a.id = ?2"
            )),
            params![job, entry.id, json!(events).to_string()],
        ),
        Statement::new(
            sql!(concat!(
                "UPDATE invitations SET revoked_at = ?3, ver = ver + 1
             WHERE id IN (SELECT invitation_id FROM bulk_rows WHERE job_id = ?1 AND outcome = 'revoked')
               AND outcome = 'open' AND ",
                claimed!("?2"),
                "
             RETURNING id"
            )),
            params![job, entry.id, now],
        ),
    ]
}
