//! Removing people: whom, once more, with what follows; then what came of each (S0-28 to S0-31).

use askama::Template;
use http::StatusCode;

use super::way_back::came_from;
use super::{Query, Tab, address};
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::domain::text::list as list_of;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::removal;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::removal::{Named, select_named};
use crate::web::api::members::MOST_REMOVED;
use crate::web::pages::apart::apart;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, Undo, said};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many names as one sentence says.
const MOST_SAID: usize = 5;
/// As many as are removed at the press of a button; of more the number is typed.
const MOST_UNTYPED: usize = 20;

#[derive(Template)]
#[template(path = "pages/team_remove.html")]
struct Ask<'a> {
    frame: Frame,
    nonce: &'a str,
    slug: &'a str,
    people: &'a [&'a Named],
    /// Who was chosen and stays, each with why.
    staying: &'a [(&'a Named, &'static str)],
    /// How many seats become free.
    seats: usize,
    /// How many open invitations they sent.
    sent: u32,
    /// Whether these are to go too.
    with_sent: bool,
    /// Whether they are so many that their number is typed once more.
    types: bool,
    problems: Problems,
    back: String,
}

#[derive(Template)]
#[template(path = "pages/team_removed.html")]
struct Told<'a> {
    frame: Frame,
    removed: Vec<&'a str>,
    /// Who is still in, each with why.
    refused: Vec<(&'a str, String)>,
    undo: Option<Undo>,
    back: String,
}

/// Those whom a form or an address names, each once.
fn chosen<'a>(values: impl Iterator<Item = &'a str>) -> Vec<MemberId> {
    let mut ids: Vec<MemberId> = Vec::new();
    for id in values.filter_map(|value| value.parse().ok()).take(MOST_REMOVED) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

async fn open<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    ids: &[MemberId],
) -> Result<(Desk, Vec<Named>)> {
    let (desk, found) =
        Desk::open(ctx, request, At::Slug(slug), vec![select_named(slug, ids, ctx.now())]).await?;
    let desk = desk.administered()?;
    let named = found.first().map(ResultSet::rows::<Named>).transpose()?;
    Ok((desk, named.unwrap_or_default()))
}

/// The list that they were chosen in, as it was searched; else the one that they are in.
fn list(slug: &str, named: &[Named], form: &Form) -> String {
    if let Some(back) = came_from(form, slug) {
        return back;
    }
    let clients = !named.is_empty() && named.iter().all(|person| person.role == Role::Client);
    let tab = if clients { Tab::Clients } else { Tab::Members };
    address(slug, &Query { tab, ..Query::default() }, None)
}

/// `GET /o/{slug}/team/remove?member=…&member=…`: asks once more.
///
/// # Errors
/// 403 for whoever doesn't run the organization, 404 where nobody of these is in it.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::of(request::query(request)?);
    let ids = chosen(form.all("member"));
    let (desk, named) = open(ctx, request, slug, &ids).await?;
    if named.is_empty() && !ids.is_empty() {
        return Err(Code::NotFound.into());
    }
    ask(&desk, slug, &named, &form, None)
}

/// Asks once more; again, with what is wrong, if that was refused.
fn ask(desk: &Desk, slug: &str, named: &[Named], form: &Form, refused: Option<&Error>) -> Result<Reply> {
    let why_stays = |person: &Named| {
        let removable = desk.actor.removable().contains(&person.role);
        match person.role {
            _ if !person.active => Some("They were removed already."),
            Role::Owner => Some("The owner stays until ownership is handed over."),
            _ if desk.actor.is(person.id) => Some("That is you."),
            _ if !removable => Some("Only the owner may remove them."),
            _ => None,
        }
    };
    let (staying, people): (Vec<_>, Vec<_>) =
        named.iter().map(|person| (person, why_stays(person))).partition(|(_, why)| why.is_some());
    let people: Vec<&Named> = people.into_iter().map(|(person, _)| person).collect();
    let staying: Vec<_> = staying.into_iter().filter_map(|(person, why)| Some((person, why?))).collect();
    let page = Ask {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        slug,
        seats: people.iter().filter(|person| person.takes_seat).count(),
        sent: people.iter().map(|person| person.sent).sum(),
        with_sent: refused.is_some() && form.has("sent"),
        types: people.len() > MOST_UNTYPED,
        problems: Problems::of(refused),
        people: &people,
        staying: &staying,
        back: list(slug, named, form),
    };
    match refused {
        Some(error) => desk.refused(error, &page),
        None => desk.reply(&page),
    }
}

/// `POST`: removes them. Where somebody stays, a page says why.
///
/// # Errors
/// Those of [`Form::read`], and 403 for whoever doesn't run the organization.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let ids = chosen(form.all("member"));
    let (desk, named) = open(ctx, request, slug, &ids).await?;
    if let Err(error) = form.fresh() {
        return ask(&desk, slug, &named, &form, Some(&error));
    }
    if ids.is_empty() {
        return Ok(said::see_other(&list(slug, &named, &form), "Nobody was chosen, so nobody was removed."));
    }
    if ids.len() > MOST_UNTYPED && form.text("typed").trim() != ids.len().to_string() {
        let detail = format!("Type {} here: that many people lose their access.", ids.len());
        let error = Error::field("/typed", Code::Required, detail);
        return ask(&desk, slug, &named, &form, Some(&error));
    }
    let (fates, at) = removal::remove(ctx, &desk.actor, &ids, form.has("sent")).await?;
    let (mut removed, mut refused, mut first) = (Vec::new(), Vec::new(), None);
    for (id, fate) in ids.iter().zip(fates) {
        // Who was never here has no name.
        let known = named.iter().find(|person| person.id == *id);
        let name = known.map_or("Somebody who is not here", |person| person.name.as_str());
        match fate {
            None => removed.push(name),
            Some(why) => {
                refused.push((name, why.detail().into_owned()));
                first.get_or_insert(why);
            }
        }
    }
    let back = list(slug, &named, &form);
    let removal = said::Removal { at, request: ctx.request_id.clone() };
    if refused.is_empty() {
        let clients = named.iter().all(|person| person.role == Role::Client);
        return Ok(said::undoable(&back, &sentence(&removed, clients), &removal));
    }
    let status = first
        .as_ref()
        .filter(|_| removed.is_empty())
        .map_or(StatusCode::OK, |why: &Error| why.code().status());
    let undo = (!removed.is_empty()).then(|| Undo { back: back.clone(), ..desk.undo(removal) });
    desk.reply_with(status, &Told { frame: desk.frame(Place::Team), removed, refused, undo, back })
}

/// Who was removed, in words.
fn sentence(removed: &[&str], clients: bool) -> String {
    let whom = if removed.len() <= MOST_SAID {
        list_of(&removed.iter().map(|name| apart(name)).collect::<Vec<_>>())
    } else {
        format!("{} {}", removed.len(), if clients { "clients" } else { "people" })
    };
    format!("Removed {whom}. They have no access any more.")
}
