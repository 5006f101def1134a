//! An import on its way: how far it is, what became of each row, and taking it back.

use askama::Template;
use serde::Deserialize;

use crate::domain::ids::JobId;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::bulk as flow;
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::At;
use crate::store::bulk::{self, Import, Standing, Status, Tally};
use crate::web::api::bulk::check_sees;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

use super::ON_A_PAGE;
use super::verdict::problem_in_words;

#[derive(Template)]
#[template(path = "pages/import_job.html")]
struct Page<'a> {
    frame: Frame,
    slug: &'a str,
    path: String,
    status: Status,
    done: i64,
    total: i64,
    tallies: Vec<(Outcome, i64)>,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
}

impl Page<'_> {
    fn on_its_way(&self) -> bool {
        matches!(self.status, Status::Waiting | Status::Running)
    }

    fn share(&self) -> i64 {
        (self.done * 100 / self.total.max(1)).clamp(0, 100)
    }
}

#[derive(Template)]
#[template(path = "pages/import_undo.html")]
struct Undo<'a> {
    frame: Frame,
    nonce: &'a str,
    problems: Problems,
    path: String,
    made: i64,
    /// How many rows it has not come to yet.
    waiting: i64,
}

/// A row, as it is shown.
struct Row {
    number: i64,
    email: Option<String>,
    role: &'static str,
    outcome: Outcome,
    problem: String,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Outcome {
    label: &'static str,
    mark: &'static str,
}

impl Outcome {
    fn of(outcome: Option<&str>) -> Self {
        let (label, mark) = match outcome {
            None => ("Waiting", ""),
            Some("created") => ("Invited", "good"),
            Some("refused") => ("Not invited", "bad"),
            Some("revoked") => ("Withdrawn", ""),
            Some(_) => ("Not invited: taken back", ""),
        };
        Self { label, mark }
    }
}

/// An import of this organization, to whoever may see it.
async fn seen<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    job: JobId,
    mut reads: Vec<Statement>,
) -> Result<(Desk, Import, Vec<ResultSet>)> {
    reads.insert(0, bulk::select(job));
    let (desk, mut found) = Desk::open(ctx, request, At::Job(job), reads).await?;
    let rest = found.split_off(1);
    let import: Option<Import> = ResultSet::row_of(found.first())?;
    let import = import.filter(|_| desk.setting.slug == slug).ok_or_else(|| Error::from(Code::NotFound))?;
    check_sees(&desk.actor, &import)?;
    Ok((desk, import, rest))
}

/// `GET /o/{slug}/team/import/{job}`: how far it is; with `?undo=1` whether to take it back.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    job: JobId,
) -> Result<Reply> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Query {
        undo: String,
        cursor: String,
    }
    let query: Query = request::query(request).unwrap_or_default();
    let after = query.cursor.parse::<u32>().map_or(0, i64::from);
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX) + 1;
    let reads = vec![bulk::tally(job), bulk::select_rows(job, after, most)];
    let (desk, import, found) = seen(ctx, request, slug, job, reads).await?;
    let path = Route::ImportJob(slug.to_owned(), job).path();
    let tallies = tallies(&found)?;
    if !query.undo.is_empty() && import.status() != Status::Undone {
        return desk.reply(&question(&desk, path, &tallies, None));
    }
    let mut rows = found.get(1).map(ResultSet::rows::<Standing>).transpose()?.unwrap_or_default();
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    let next = rows.last().filter(|_| more).map(|last| format!("{path}?cursor={}", last.row));
    desk.reply(&Page {
        frame: desk.frame(Place::Team),
        slug,
        first: (after > 0).then(|| path.clone()),
        path,
        status: import.status(),
        done: import.progress.done,
        total: import.progress.total,
        tallies: tallies.iter().map(|tally| (Outcome::of(tally.outcome.as_deref()), tally.rows)).collect(),
        rows: rows.into_iter().map(|row| shown(row, &desk)).collect::<Result<Vec<Row>>>()?,
        next,
    })
}

fn tallies(found: &[ResultSet]) -> Result<Vec<Tally>> {
    Ok(found.first().map(ResultSet::rows).transpose()?.unwrap_or_default())
}

/// Whether to take it back.
fn question<'a>(desk: &'a Desk, path: String, tallies: &[Tally], error: Option<&Error>) -> Undo<'a> {
    let many = |outcome| {
        tallies.iter().find(|tally| tally.outcome.as_deref() == outcome).map_or(0, |tally| tally.rows)
    };
    Undo {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        path,
        made: many(Some("created")),
        waiting: many(None),
    }
}

fn shown(row: Standing, desk: &Desk) -> Result<Row> {
    let problem = row.problem.as_deref().map(flow::told).transpose()?.flatten();
    let sees = row.role.is_some_and(|role| desk.actor.may_invite(role));
    Ok(Row {
        number: row.row,
        email: row.email.map(|email| if sees { email.as_str().to_owned() } else { email.masked() }),
        role: row.role.map_or("", |role| role.label()),
        outcome: Outcome::of(row.outcome.as_deref()),
        problem: problem.as_ref().map(problem_in_words).unwrap_or_default(),
    })
}

/// `POST`: takes back what it made.
pub async fn undo<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    job: JobId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, import, found) = seen(ctx, request, slug, job, vec![bulk::tally(job)]).await?;
    let path = Route::ImportJob(slug.to_owned(), job).path();
    if let Err(error) = form.fresh() {
        return desk.refused(&error, &question(&desk, path, &tallies(&found)?, Some(&error)));
    }
    if form.text("do") != "undo" {
        return Err(Code::InvalidForm.into());
    }
    let sentence = match flow::undo(ctx, &desk.actor, &import).await {
        Ok(0) => "The import is taken back. None of its invitations was open.".to_owned(),
        Ok(1) => "1 invitation is withdrawn. Its link no longer works.".to_owned(),
        Ok(many) => format!("{many} invitations are withdrawn. Their links no longer work."),
        // Who pressed twice has what they wanted.
        Err(error) if error.code() == Code::NotUndoable => "This import was taken back already.".to_owned(),
        Err(error) => return Err(error),
    };
    Ok(said::see_other(&path, &sentence))
}
