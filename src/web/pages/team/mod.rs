//! Team & Clients: who is in, who is invited, and the links (S0-03, S1-07, S3-01, S4-06).
//!
//! One page a list; which one, and what of it, stands in its address, so that it can be kept, sent, and gone back to.

pub mod acts;
pub mod export;
pub mod offer;
mod offers;
mod people;
mod progress;
pub mod remove;
pub mod restore;
mod seats;
mod tabs;
mod typed;
mod way_back;

use askama::Template;
use serde::Deserialize;

use self::offers::OfferRow;
use self::people::PersonRow;
pub use self::seats::ShownSeats;
use self::tabs::{ShownTab, Tab};
use self::way_back::back_to;
use crate::domain::ids::InvitationId;
use crate::domain::invitation::Status;
use crate::domain::order;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::desk::{self, Counts};
use crate::store::organizations::{self, Seats};
use crate::store::workspaces::{self, Workspace};
use crate::web::api::field;
use crate::web::pages::Frame;
use crate::web::pages::desk::{Desk, Place};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many as one page of a list shows.
const ON_A_PAGE: usize = 25;
/// One more is read: it tells that there is a next page.
const ONE_MORE: i64 = 26;
/// As many workspaces as the filter offers.
const MOST_OFFERED: usize = 100;
const ONE_MORE_OFFERED: i64 = 101;
/// Who is no client.
const STAFF: [Role; 3] = [Role::Owner, Role::Admin, Role::Member];

/// What of the list: all of it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Query {
    tab: Tab,
    q: String,
    /// An invitation's state; pending unless said.
    status: String,
    /// In this role only.
    role: String,
    /// In this workspace only.
    workspace: String,
    cursor: String,
    /// `all` where everybody on the page is chosen to begin with.
    chosen: String,
}

impl Query {
    /// The role that is asked for. What is none asks for nothing.
    fn role(&self) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == self.role)
    }

    fn prefix(&self) -> Option<String> {
        field::prefix(Some(self.q.clone()))
    }

    /// Whether it leaves anything out.
    fn narrows(&self) -> bool {
        [&self.q, &self.status, &self.role, &self.workspace].iter().any(|text| !text.trim().is_empty())
    }
}

#[derive(Template)]
#[template(path = "pages/team.html")]
struct Team<'a> {
    frame: Frame,
    slug: &'a str,
    tab: Tab,
    tabs: Vec<ShownTab>,
    seats: Option<ShownSeats>,
    query: &'a Query,
    /// This list as a file.
    export: String,
    /// For the rows' forms.
    nonce: &'a str,
    /// The address of this very list, to come back to.
    here: String,
    /// The roles that it may be narrowed to, where there is more than one.
    roles: Vec<Role>,
    /// The workspaces that it may be narrowed to, where there is more than one.
    workspaces: Vec<Workspace>,
    /// Whether there are more of these.
    more_workspaces: bool,
    /// The states that it may be narrowed to, with their words.
    states: &'static [(&'static str, &'static str)],
    /// Where they invite somebody, if they may.
    invite: Option<String>,
    /// How many here can be removed by whoever looks.
    removes: usize,
    /// Whether all of them are chosen; and where this list is with all of them chosen.
    all_chosen: bool,
    choose_all: String,
    people: Vec<PersonRow>,
    offers: Vec<OfferRow>,
    /// The next page, if there is one.
    next: Option<String>,
    /// Back to the first page, on any other.
    first: Option<String>,
    /// Whether the list is empty because of what was searched for.
    searched: bool,
}

impl Team<'_> {
    /// Whether it is told who has a second factor.
    fn factors(&self) -> bool {
        self.tab == Tab::Members && self.people.iter().any(|person| person.second_factor.is_some())
    }

    /// How many were found by what was asked for, on a search's first page.
    fn tally(&self) -> String {
        let found = self.people.len() + self.offers.len();
        match found {
            _ if !self.searched || self.first.is_some() => String::new(),
            _ if self.next.is_some() => format!("More than {found} found, the newest first."),
            0 => "None found.".to_owned(),
            _ => format!("{found} found."),
        }
    }

    /// The path of something about an invitation.
    fn at(&self, route: fn(String, InvitationId) -> Route, offer: &OfferRow) -> String {
        route(self.slug.to_owned(), offer.id).path()
    }

    /// The same on a page that asks first, and from which one comes back to this very list.
    fn asking(&self, route: fn(String, InvitationId) -> Route, offer: &OfferRow) -> String {
        format!("{}?{}", self.at(route, offer), back_to(&self.here))
    }

    /// Where somebody is invited again.
    fn invite(&self, email: &str) -> String {
        invite_path(self.slug, Some(email))
    }
}

/// `GET /o/{slug}/team`.
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
    let (organization, now) = (actor.organization_id, ctx.now());
    let only_of = (!actor.administers()).then_some(desk.member);
    let of_people = matches!(tab, Tab::Members | Tab::Clients | Tab::Removed);
    let reads = vec![
        desk::counts(organization, actor.invitable(), now),
        organizations::select_seats(organization, now),
        workspaces::page(organization, only_of, None, ONE_MORE_OFFERED),
        if of_people {
            people::select(&desk, tab, &query)
        } else {
            offers::select(&desk, tab, &query, ONE_MORE, now)
        },
    ];
    let found = ctx.platform.batch(reads).await?;
    let [counts, seats, workspaces, list] = found.as_slice() else {
        return Err(Error::Internal("four results".to_owned()));
    };
    let counts: Counts = counts.first()?.unwrap_or_default();
    let seats: Option<Seats> = seats.first()?;
    let mut workspaces: Vec<Workspace> = workspaces.rows()?;
    let more_workspaces = workspaces.len() > MOST_OFFERED;
    workspaces.truncate(MOST_OFFERED);
    let workspaces = order::by(workspaces, |each| each.name.to_lowercase());
    let at = |cursor: Option<&str>| address(slug, &Query { tab, ..query.clone() }, cursor);
    let here = at(Some(&query.cursor));
    // Who is in a workspace is nothing to staff who don't come into it.
    let elsewhere = query.workspace.parse().is_ok_and(|workspace| !actor.reaches(workspace));
    let (people, offers, cursor) = match of_people {
        _ if elsewhere => (Vec::new(), Vec::new(), None),
        true => {
            let (mut people, cursor) = people::rows(list, &desk, now)?;
            for remove in people.iter_mut().filter_map(|person| person.remove.as_mut()) {
                *remove = format!("{remove}&{}", back_to(&here));
            }
            (people, Vec::new(), cursor)
        }
        false => {
            let (offers, cursor) = offers::rows(list, actor.template, now)?;
            (Vec::new(), offers, cursor)
        }
    };
    let mut frame = desk.frame(Place::Team);
    if let Some(undo) = &mut frame.undo {
        undo.back.clone_from(&here);
    }
    desk.reply(&Team {
        frame,
        slug,
        tab,
        tabs: tabs::of(actor, slug, tab, &counts),
        seats: seats.as_ref().filter(|_| actor.administers()).map(ShownSeats::of),
        export: Route::TeamExport(slug.to_owned()).path(),
        nonce: &desk.key.nonce,
        roles: match tab {
            Tab::Members => STAFF.to_vec(),
            Tab::Removed => Role::ALL.into_iter().rev().collect(),
            Tab::Invitations if actor.invitable().len() > 1 => actor.invitable().to_vec(),
            _ => Vec::new(),
        },
        more_workspaces,
        workspaces: if workspaces.len() > 1 { workspaces } else { Vec::new() },
        states: tab.states(),
        invite: (!actor.invitable().is_empty()).then(|| invite_path(slug, None)),
        removes: people.iter().filter(|person| person.remove.is_some()).count(),
        all_chosen: query.chosen == "all",
        choose_all: format!("{here}&chosen=all#people"),
        here,
        people,
        offers,
        next: cursor.as_deref().map(|cursor| at(Some(cursor))),
        first: (!query.cursor.is_empty()).then(|| at(None)),
        searched: query.narrows(),
        query: &query,
    })
}

/// The address of a list.
fn address(slug: &str, query: &Query, cursor: Option<&str>) -> String {
    address_at(&Route::Team(slug.to_owned()), query, cursor)
}

/// The same question at another address.
fn address_at(route: &Route, query: &Query, cursor: Option<&str>) -> String {
    let mut pairs = vec![("tab", query.tab.as_str())];
    for (name, value) in [
        ("q", query.q.as_str()),
        ("status", query.status.as_str()),
        ("role", query.role.as_str()),
        ("workspace", query.workspace.as_str()),
        ("cursor", cursor.unwrap_or_default()),
    ] {
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    format!("{}?{query}", route.path())
}

/// The list that somebody is in.
pub(super) fn list_of(slug: &str, role: Role, removed: bool) -> String {
    let tab = match role {
        _ if removed => Tab::Removed,
        Role::Client => Tab::Clients,
        _ => Tab::Members,
    };
    address(slug, &Query { tab, ..Query::default() }, None)
}

/// Where people are invited: somebody, if their address is known.
pub(super) fn invite_path(slug: &str, email: Option<&str>) -> String {
    let path = Route::InviteStart(slug.to_owned()).path();
    let query = email.and_then(|email| serde_urlencoded::to_string([("email", email)]).ok());
    query.map_or(path.clone(), |query| format!("{path}?{query}"))
}

/// Takes away the row that only tells that there is a next page, and answers that page's cursor.
fn cut<T>(rows: &mut Vec<T>, id: impl Fn(&T) -> String) -> Option<String> {
    let more = rows.len() > ON_A_PAGE;
    rows.truncate(ON_A_PAGE);
    rows.last().filter(|_| more).map(id)
}

/// Some names in words: the first few, and how many more there are.
fn named(mut names: Vec<String>) -> String {
    const MOST: usize = 3;
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let few = names.join(", ");
    if more == 0 { few } else { format!("{few} and {more} more") }
}
