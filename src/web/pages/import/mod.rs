//! Inviting many people with a spreadsheet: it is read and looked through first, and nothing is sent; then a [job](job) sends it.
//!
//! What was looked through is kept nowhere but in the page: who is in it is nobody's business before they are invited.

mod job;
mod verdict;

use std::collections::BTreeSet;

use askama::Template;
use http::StatusCode;

pub use self::job::{show as job, undo};
use self::verdict::{Verdict, problem_in_words};
use crate::domain::access::Resources;
use crate::domain::authority::Actor;
use crate::domain::role::Role;
use crate::domain::secret;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::flow::bulk::{self as flow, Foreseen};
use crate::flow::invite::Invite;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::choices::{self, Sought, Workspace};
use crate::web::api::bulk::{Line, sheet};
use crate::web::api::spreadsheet;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said};
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// As many rows as one page shows.
const ON_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "pages/import.html")]
struct Upload<'a> {
    frame: Frame,
    nonce: &'a str,
    slug: &'a str,
    /// What was typed.
    text: &'a str,
    /// The roles there are to invite.
    roles: Vec<&'static str>,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "pages/import_check.html")]
struct Checked<'a> {
    frame: Frame,
    nonce: &'a str,
    slug: &'a str,
    text: &'a str,
    /// How many there are of each, and whether it is they that are shown.
    tallies: Vec<(Verdict, usize, bool)>,
    /// Which of them are shown; none is all.
    of: Option<Verdict>,
    rows: Vec<Row>,
    /// How many there are of these, and the first and last that are shown.
    many: usize,
    shown: (usize, usize),
    ready: usize,
    /// Which list that is, and which of its rows are ready: nothing else is sent.
    seen: (String, String),
    /// How many can't be sent as they are.
    to_mend: usize,
    problems: Problems,
}

/// A row, as it is shown.
struct Row {
    line: u64,
    email: String,
    verdict: Verdict,
    /// What is wrong with it, or to know of it.
    problem: String,
}

/// `GET /o/{slug}/team/import`, for whoever may invite anybody.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let desk = open(ctx, request, slug).await?;
    page(&desk, "", None)
}

/// `GET …/example.csv`: a spreadsheet to begin with.
pub async fn example<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let desk = open(ctx, request, slug).await?;
    let first = choices::workspaces(&desk.actor, Sought { find: "", most: 1 });
    let first: Option<Workspace> = ctx.platform.run(first).await?.first()?;
    let mut text = "email,role,name,nickname,message,workspaces,accounts\r\n".to_owned();
    for role in roles(&desk.actor) {
        text.push_str(role);
        text.push_str("@example.com,");
        text.push_str(role);
        text.push_str(",Their name,What your team calls them,A word to them");
        // Whoever runs the organization has everything anyway.
        let place = first.as_ref().filter(|_| role != Role::Admin.as_str());
        spreadsheet::put(&mut text, place.map_or("", |place| place.name.as_str()));
        let accounts = if place.is_some() && !desk.actor.template.kinds.is_empty() { "all" } else { "" };
        spreadsheet::put(&mut text, accounts);
        text.push_str("\r\n");
    }
    Ok(reply::with_body(StatusCode::OK, reply::CSV, text))
}

async fn open<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Desk> {
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    if desk.actor.invitable().is_empty() { Err(Code::Forbidden.into()) } else { Ok(desk) }
}

fn roles(actor: &Actor) -> Vec<&'static str> {
    actor.invitable().iter().map(|role| role.as_str()).collect()
}

fn page(desk: &Desk, text: &str, refused: Option<&Error>) -> Result<Reply> {
    let page = Upload {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        slug: &desk.setting.slug,
        text,
        roles: roles(&desk.actor),
        problems: Problems::of(refused),
    };
    match refused {
        Some(error) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// `POST`: looks a list through, or sends what of it is ready.
pub async fn check<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let (form, file) = Form::read_with_file(ctx, request, "file").await?;
    let desk = open(ctx, request, slug).await?;
    let given = file.as_deref().unwrap_or(form.text("rows").as_bytes());
    let text = String::from_utf8_lossy(given);
    // A file is named where it is wrong, unless it was typed.
    let field = if file.is_some() { "/file" } else { "/rows" };
    if let Err(error) = form.fresh() {
        return page(&desk, &text, Some(&error));
    }
    let lines = match lines(ctx, &desk.actor, given).await {
        Ok(lines) => lines,
        Err(Error::Refused(refusal)) => {
            let typed = if file.is_some() { form.text("rows") } else { text.as_ref() };
            let detail =
                refusal.errors.first().map_or(refusal.detail.to_string(), |first| first.detail.clone());
            return page(&desk, typed, Some(&Error::field(field, refusal.code, detail)));
        }
        Err(error) => return Err(error),
    };
    let rows = look_through(ctx, &desk.actor, lines).await?;
    let ready: Vec<bool> = rows.iter().map(|row| row.verdict == Verdict::Ready).collect();
    let count = ready.iter().filter(|ready| **ready).count();
    if form.text("do") == "mend" {
        let wrong = rows.iter().filter(|row| row.verdict != Verdict::Ready);
        let wrong: Vec<(u64, &str)> = wrong.map(|row| (row.line, row.problem.as_str())).collect();
        return Ok(reply::file(reply::CSV, "rows-to-correct.csv", spreadsheet::to_mend(given, &wrong)?));
    }
    if form.text("do") != "send" {
        return checked(&desk, &form, &text, rows, None);
    }
    // What is sent is what was shown: if that has changed since, it is shown again.
    let detail = if form.text("list") != digest(&text) {
        Some("You changed the list since it was checked. Look at what would become of it now, then send it.")
    } else if count == 0 || form.text("ready") != readiness(&rows) {
        Some(
            "This has changed since you looked: somebody joined, or was invited. Look at it again, then send it.",
        )
    } else {
        None
    };
    if let Some(detail) = detail {
        let error = Refusal::new(Code::InvalidRequest).because(detail).into();
        return checked(&desk, &form, &text, rows, Some(&error));
    }
    let again = self::lines(ctx, &desk.actor, given).await?.into_iter().zip(ready);
    let invites = again.filter(|(_, ready)| *ready).map(|(line, _)| line.invite).collect();
    let job = flow::start(ctx, &desk.actor, invites).await?;
    let path = Route::ImportJob(desk.setting.slug.clone(), job).path();
    let many = if count == 1 { "invitation is" } else { "invitations are" };
    Ok(said::see_other(&path, &format!("{count} {many} on the way.")))
}

/// What tells one list from another. A browser sends line ends of its own.
fn digest(text: &str) -> String {
    secret::digest(text.replace('\r', "").trim().as_bytes())
}

/// What tells which of its rows are ready.
fn readiness(rows: &[Row]) -> String {
    let ready: Vec<u8> = rows.iter().map(|row| u8::from(row.verdict == Verdict::Ready)).collect();
    secret::digest(&ready)
}

async fn lines<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, given: &[u8]) -> Result<Vec<Line>> {
    if given.trim_ascii().is_empty() {
        return Err(Error::field("/rows", Code::Required, "Choose a file, or paste the rows."));
    }
    sheet(ctx, actor, given).await
}

/// What would become of each row. Writes nothing.
async fn look_through<P: Platform>(
    ctx: &Context<'_, P>,
    actor: &Actor,
    lines: Vec<Line>,
) -> Result<Vec<Row>> {
    let told =
        |line: &Line| line.invite.as_ref().map_or_else(|_| String::new(), |invite| to_know(actor, invite));
    let (places, invites): (Vec<_>, Vec<_>) =
        lines.into_iter().map(|line| ((line.number, told(&line), line.email), line.invite)).unzip();
    let foreseen = flow::foresee(ctx, actor, invites).await?;
    let mut earlier = BTreeSet::new();
    let row = |((line, told, email), foreseen): ((_, _, String), _)| {
        let is_first = earlier.insert(email.to_lowercase());
        match foreseen {
            Foreseen::Created => Row { line, email, verdict: Verdict::Ready, problem: told },
            Foreseen::Refused { problem, .. } => {
                let verdict = match Verdict::of(&problem) {
                    Verdict::Invited if !is_first => Verdict::Twice,
                    verdict => verdict,
                };
                Row { line, email, verdict, problem: problem_in_words(&problem) }
            }
        }
    };
    Ok(places.into_iter().zip(foreseen).map(row).collect())
}

/// What is better known of a row that can be sent: as the wizard's review says it.
fn to_know(actor: &Actor, invite: &Invite) -> String {
    let offer = &invite.offer;
    let given = match &offer.access.resources {
        Some(Resources::All) => true,
        Some(Resources::Listed(grants)) => !grants.is_empty(),
        None => false,
    };
    if given || actor.template.kinds.is_empty() || offer.role.reaches_every_workspace() {
        return String::new();
    }
    let (one, _) = actor.template.noun();
    format!("Nothing has to be done. It gives no {one}: until they are given one, they see nothing.")
}

/// The list as it was looked through: the rows of one kind, or all, from one of them on.
fn checked(desk: &Desk, form: &Form, text: &str, rows: Vec<Row>, refused: Option<&Error>) -> Result<Reply> {
    let of = form.filled("show").or(form.filled("of")).and_then(Verdict::read);
    let from: usize = form.text("from").parse().unwrap_or_default();
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let tallies: Vec<(Verdict, usize, bool)> = Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict, count(verdict), of == Some(verdict)))
        .filter(|(_, count, _)| *count > 0)
        .collect();
    let ready = count(Verdict::Ready);
    let seen = (digest(text), readiness(&rows));
    let to_mend = rows.len() - ready;
    let of_these: Vec<Row> = rows.into_iter().filter(|row| of.is_none_or(|of| of == row.verdict)).collect();
    let many = of_these.len();
    let from = if from < many { from } else { 0 };
    let rows: Vec<Row> = of_these.into_iter().skip(from).take(ON_A_PAGE).collect();
    let page = Checked {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        slug: &desk.setting.slug,
        text,
        tallies,
        of,
        many,
        shown: (from, from + rows.len()),
        rows,
        ready,
        seen,
        to_mend,
        problems: Problems::of(refused),
    };
    match refused {
        Some(error) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}
