//! Bulk invitations: many in one request, the job that makes them, and undoing that.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::authority::Actor;
use crate::domain::ids::{InvitationId, JobId, OrganizationId};
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::flow::bulk::{self as flow, Foreseen};
use crate::flow::invite::Invite;
use crate::json::Json;
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::At;
use crate::store::bulk::{self, Import, Standing};
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::{Each, Page, PageQuery, field, named, no_fields, offer, spreadsheet};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The most rows of one request.
const MOST_ROWS: usize = 1000;
/// The largest row, in bytes: as large as the body of a single invitation.
const LARGEST_ROW: usize = 64 * 1024;

/// Many invitations.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewInvitations"))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    // As they were written: each is read by itself, so that what is wrong with one is told of that one.
    /// 1 to 1,000 of what a single invitation takes, of the kind `email`, which need not be said. A row may name workspaces in
    /// `workspaces`, and accounts by `name` in the place of `id`.
    #[cfg_attr(described, schemars(with = "Vec<by_hand::BulkRow>", length(min = 1, max = 1000)))]
    rows: Vec<Json>,
    /// Whether only to tell what would become of each row.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// Whether only to tell what would become of each row; the body may ask for it too.
    #[cfg_attr(described, schemars(with = "Option<bool>"))]
    dry_run: Option<String>,
}

/// What became of a row, or would.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "BulkOutcome"))]
pub(super) struct Row {
    /// Which: the first one is 1.
    #[serde(rename = "row")]
    number: usize,
    /// `would_create` or `refused` in a dry run; `waiting`, `created` or `refused` in a job; once that is taken back `revoked`, or
    /// `cancelled` where it had not come to the row.
    #[cfg_attr(
        described,
        schemars(extend("enum" = ["would_create", "waiting", "created", "refused", "revoked", "cancelled"]))
    )]
    outcome: String,
    /// The invitation that it made, or that stands in its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation_id: Option<InvitationId>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(described, schemars(with = "Option<by_hand::RowProblem>"))]
    problem: Option<Value>,
}

/// The job that makes them.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "JobBegun"))]
pub(super) struct Started {
    job_id: JobId,
}

/// How far a job is, with a page of its rows in their order.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Job"))]
pub(super) struct Progress {
    id: JobId,
    /// `bulk_invite`.
    kind: &'static str,
    status: bulk::Status,
    /// How many rows there are.
    total: i64,
    /// To how many of them it came.
    done: i64,
    data: Vec<Row>,
    /// Where the next page of rows begins; null on the last one.
    next_cursor: Option<String>,
}

/// What taking back came to.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "JobUndone"))]
pub(super) struct Undone {
    /// How many invitations were withdrawn.
    revoked: usize,
    status: bulk::Status,
}

/// `POST`: 1 to 1,000 rows, as JSON or as CSV. 202 with the job; a dry run, asked for in the body or the query, 200 with
/// what would become of each row.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    if actor.invitable().is_empty() {
        let detail = "You may not invite anybody here. Ask an admin.";
        return Err(Refusal::new(Code::RoleNotAllowed).because(detail).into());
    }
    let query: Query = request::query(request)?;
    let dry_run = field::flag("?dry_run", query.dry_run.as_deref())?;
    let (rows, dry_run) = if request::is_of_type(request, "text/csv") {
        (sheet(ctx, &actor, request.body()).await?.into_iter().map(|line| line.invite).collect(), dry_run)
    } else if request::is_of_type(request, "application/json") {
        let body: Body = request::json(request)?;
        check_count(body.rows.len())?;
        let rows = body.rows.into_iter().map(|row| Begun::of(&actor, row)).collect();
        (finish(ctx, &actor, rows).await?, dry_run || body.dry_run)
    } else {
        let detail = "Send the rows as application/json or as text/csv.";
        return Err(Refusal::new(Code::UnsupportedMediaType).because(detail).into());
    };
    if !dry_run {
        let job = flow::start(ctx, &actor, rows).await?;
        return Ok(reply::json(StatusCode::ACCEPTED, &Started { job_id: job }));
    }
    let foreseen = flow::foresee(ctx, &actor, rows).await?;
    let data = foreseen
        .into_iter()
        .zip(1..)
        .map(|(foreseen, number)| match foreseen {
            Foreseen::Created => {
                Row { number, outcome: "would_create".to_owned(), invitation_id: None, problem: None }
            }
            Foreseen::Refused { problem, invitation_id } => {
                Row { number, outcome: "refused".to_owned(), invitation_id, problem: Some(problem) }
            }
        })
        .collect();
    Ok(reply::json(StatusCode::OK, &Each { data }))
}

/// A row of a spreadsheet, where it stands in it, and for whom it is, as it is written there.
pub struct Line {
    /// The line it begins on; the columns' names are on the first.
    pub number: u64,
    /// The address, whatever it is.
    pub email: String,
    /// What it says, or what is wrong with it.
    pub invite: Result<Invite>,
}

/// Reads the rows of a spreadsheet.
///
/// # Errors
/// 400 for what is no text, 422 for columns that can't be used, for no row, and for more than there may be.
pub async fn sheet<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, file: &[u8]) -> Result<Vec<Line>> {
    let rows = spreadsheet::rows(file, MOST_ROWS, LARGEST_ROW, |number, row| {
        let email = row.as_ref().ok().and_then(|row| row.get("email")?.as_str());
        let email = email.unwrap_or_default().to_owned();
        (
            (number, email),
            row.map_or_else(|error| Begun::Read(Box::new(Err(error))), |row| Begun::of(actor, row.into())),
        )
    })?;
    check_count(rows.len())?;
    let (places, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let invites = finish(ctx, actor, rows).await?;
    let line = |((number, email), invite)| Line { number, email, invite };
    Ok(places.into_iter().zip(invites).map(line).collect())
}

/// A row as far as it can be read by itself: one that says anything by its name waits until that is looked up.
enum Begun {
    Read(Box<Result<Invite>>),
    Named(Json),
}

impl Begun {
    fn of(actor: &Actor, row: Json) -> Self {
        match row.size() {
            ..=LARGEST_ROW if named::says_names(&row) => Self::Named(row),
            ..=LARGEST_ROW => Self::Read(Box::new(read(actor, row))),
            _ => Self::Read(Box::new(Err(spreadsheet::too_large()))),
        }
    }
}

/// Reads the rest, with the names of all of them looked up together.
async fn finish<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    rows: Vec<Begun>,
) -> Result<Vec<Result<Invite>>> {
    let mut waiting = Vec::new();
    let mut invites: Vec<Option<Result<Invite>>> = Vec::with_capacity(rows.len());
    for row in rows {
        invites.push(match row {
            Begun::Read(invite) => Some(*invite),
            Begun::Named(row) => {
                waiting.push(row);
                None
            }
        });
    }
    let mut resolved = named::resolve(ctx, actor, waiting).await?.into_iter();
    let mut next = || resolved.next().unwrap_or_else(|| Err(Code::InvalidValue.into()));
    Ok(invites
        .into_iter()
        .map(|invite| invite.unwrap_or_else(|| next().and_then(|row| read(actor, row))))
        .collect())
}

/// Refuses fewer rows than one, and more than there may be.
///
/// # Errors
/// 422.
fn check_count(rows: usize) -> Result<()> {
    if (1..=MOST_ROWS).contains(&rows) {
        Ok(())
    } else {
        Err(Error::field("/rows", Code::InvalidValue, "Send 1 to 1,000 rows."))
    }
}

/// Reads a row: what a single invitation takes, of the kind `email`, which need not be said.
fn read(actor: &Actor, row: Json) -> Result<Invite> {
    let Json::Object(mut row) = row else {
        return Err(Error::field(
            "",
            Code::InvalidType,
            "A row is an object, such as {\"email\": \"…\", \"role\": \"…\"}.",
        ));
    };
    let email = Json::Scalar("email".into());
    if row.iter().any(|(name, kind)| name == "kind" && *kind != email) {
        let detail = "Many people are invited by e-mail. Leave this out, or make a link by itself.";
        return Err(Error::field("/kind", Code::InvalidValue, detail));
    }
    if row.iter().all(|(name, _)| name != "kind") {
        row.push(("kind".to_owned(), email));
    }
    offer::read(actor, request::part(Json::Object(row))?)
}

/// The caller and a job that they may look at: an admin's or owner's any, another inviter's their own.
async fn over<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    job: JobId,
    mut reads: Vec<Statement>,
) -> Result<(Actor, Import, Vec<ResultSet>)> {
    reads.insert(0, bulk::select(job));
    let (actor, mut found) = Caller::of(request, ctx.config)?.acting(ctx, At::Job(job), reads).await?;
    let rest = found.split_off(1);
    let import = ResultSet::row_of::<Import>(found.first())?;
    let import = import.ok_or_else(|| Error::from(Code::NotFound))?;
    check_sees(&actor, &import)?;
    Ok((actor, import, rest))
}

/// Whether somebody may look at a job and take it back.
///
/// # Errors
/// 403.
pub fn check_sees(actor: &Actor, import: &Import) -> Result<()> {
    if actor.administers()
        || (actor.principal.to_string() == import.invited_by && !actor.invitable().is_empty())
    {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}

/// `GET` of a job: how far it is, and a page of its rows, in their order.
pub async fn get<P: Platform>(ctx: &Context<'_, P>, request: &Request, job: JobId) -> Result<Reply> {
    let query: PageQuery = request::query(request)?;
    let page = Page::<crate::domain::ids::Job>::read(query.limit.as_deref(), None)?;
    let after = match query.cursor.as_deref().map(str::parse::<u32>) {
        None => 0,
        Some(Ok(row)) => i64::from(row),
        Some(Err(_)) => {
            let detail = "Use the next_cursor of the page before, as it is.";
            return Err(Error::field("?cursor", Code::InvalidValue, detail));
        }
    };
    let reads = vec![bulk::select_rows(job, after, page.rows())];
    let (_, import, found) = over(ctx, request, job, reads).await?;
    let mut rows = found.first().map(ResultSet::rows::<Standing>).transpose()?.unwrap_or_default();
    let next_cursor = page.cut(&mut rows, |row| row.row.to_string());
    let data = rows.into_iter().map(shown).collect::<Result<Vec<Row>>>()?;
    Ok(reply::json(
        StatusCode::OK,
        &Progress {
            id: import.id,
            kind: "bulk_invite",
            status: import.status(),
            total: import.progress.total,
            done: import.progress.done,
            data,
            next_cursor,
        },
    ))
}

fn shown(row: Standing) -> Result<Row> {
    Ok(Row {
        number: usize::try_from(row.row).unwrap_or_default(),
        outcome: row.outcome.unwrap_or_else(|| "waiting".to_owned()),
        invitation_id: row.invitation_id,
        problem: row.problem.as_deref().map(flow::told).transpose()?.flatten(),
    })
}

/// `POST …/undo`: 200 with how many invitations it revoked.
pub async fn undo<P: Platform>(ctx: &Context<'_, P>, request: &Request, job: JobId) -> Result<Reply> {
    let (actor, import, _) = over(ctx, request, job, Vec::new()).await?;
    no_fields(request)?;
    let revoked = flow::undo(ctx, &actor, &import).await?;
    Ok(reply::json(StatusCode::OK, &Undone { revoked, status: bulk::Status::Undone }))
}
