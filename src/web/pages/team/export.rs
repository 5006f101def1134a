//! The list that is shown, as a file: the same people, found in the same way, by whoever may see them.
//!
//! It is gathered in parts, so that no answer of the database is large, and ends at [`MOST_ROWS`] or [`LARGEST`]: a file of
//! fewer than there are says so by its name. No link is in it.

use super::offers;
use super::people;
use super::{Query, Tab};
use crate::domain::authority::Reach;
use crate::domain::ids::WorkspaceId;
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::At;
use crate::store::invitations::Record;
use crate::store::members::{self, Line};
use crate::web::api::spreadsheet;
use crate::web::pages::desk::Desk;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The most rows of a file.
pub const MOST_ROWS: usize = 10_000;
/// So many are read at a time.
pub const PART: usize = 500;
/// A file that is larger than this ends, whatever there is more: a Worker's memory holds it several times over.
pub const LARGEST: usize = 8 << 20;

/// A file that grows line by line.
pub struct File {
    text: String,
    rows: usize,
    most: usize,
    /// Whether there was more than it takes.
    pub cut: bool,
}

impl File {
    /// With these columns, for at most so many rows.
    #[must_use]
    pub fn new(columns: &[&str], most: usize) -> Self {
        let mut text = String::new();
        spreadsheet::line(&mut text, columns.iter().copied());
        Self { text, rows: 0, most, cut: false }
    }

    /// One more row, if it still takes one.
    pub fn put<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        self.cut |= self.rows == self.most || self.text.len() > LARGEST;
        if !self.cut {
            spreadsheet::line(&mut self.text, cells);
            self.rows += 1;
        }
    }

    /// As a reply: a file of that name, which says so if it is not all.
    #[must_use]
    pub fn reply(self, name: &str) -> Reply {
        let newest = if self.cut { format!("-newest-{}", self.rows) } else { String::new() };
        reply::file(reply::CSV, &format!("{name}{newest}.csv"), self.text)
    }
}

/// `GET /o/{slug}/team/export.csv`, with the question of the page.
///
/// # Errors
/// 403 for a client: who else is here is not theirs to see.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let actor = &desk.actor;
    if actor.role == Role::Client {
        return Err(Code::Forbidden.into());
    }
    let query: Query = request::query(request).unwrap_or_default();
    let tab = if query.tab.is_for(actor) { query.tab } else { Tab::Members };
    let name = format!("{slug}-{}", tab.as_str());
    let of_people = matches!(tab, Tab::Members | Tab::Clients | Tab::Removed);
    let columns: &[&str] = if of_people { &members::COLUMNS } else { &offers::COLUMNS };
    let mut file = File::new(columns, MOST_ROWS);
    if query.workspace.parse().is_ok_and(|workspace| !actor.reaches(workspace)) {
        return Ok(file.reply(&name));
    }
    let reach: Option<Vec<WorkspaceId>> = match &actor.reach {
        Reach::Everything => None,
        Reach::Only(held) => Some(held.iter().map(|holding| holding.workspace_id).collect()),
    };
    let most = i64::try_from(PART).unwrap_or(i64::MAX);
    let mut question = Query { cursor: String::new(), ..query };
    loop {
        let statement: Statement = if of_people {
            let (filter, before) = people::filter(tab, &question);
            members::lines(actor.organization_id, &filter, before, most, reach.as_deref())
        } else {
            offers::select(&desk, tab, &question, most, ctx.now())
        };
        let found: ResultSet = ctx.platform.run(statement).await?;
        let (rows, last) = if of_people {
            put_people(&mut file, &found)?
        } else {
            put_offers(ctx, actor.template, &mut file, &found)?
        };
        match last {
            Some(last) if rows == PART && !file.cut => question.cursor = last,
            _ => return Ok(file.reply(&name)),
        }
    }
}

fn put_people(file: &mut File, found: &ResultSet) -> Result<(usize, Option<String>)> {
    let lines: Vec<Line> = found.rows()?;
    for line in &lines {
        file.put(line.cells.iter().map(|cell| cell.as_deref().unwrap_or_default()));
    }
    Ok((lines.len(), lines.last().map(|line| line.id.to_string())))
}

fn put_offers<P: Platform>(
    ctx: &Context<'_, P>,
    template: &'static Template,
    file: &mut File,
    found: &ResultSet,
) -> Result<(usize, Option<String>)> {
    let records: Vec<Record> = found.rows()?;
    let (rows, last) = (records.len(), records.last().map(|record| record.state.id.to_string()));
    for record in records {
        let cells = offers::cells(record, template, ctx.now());
        file.put(cells.iter().map(String::as_str));
    }
    Ok((rows, last))
}
