//! Team & Clients: who is in, who is invited, and the links (S0-03, S1-07, S3-01, S4-06).
//!
//! One page a list; which one, and what of it, stands in its address, so that it can be kept, sent, and gone back to.

mod offers;
mod people;

use askama::Template;
use serde::Deserialize;

use self::offers::OfferRow;
use self::people::PersonRow;
use crate::domain::authority::Actor;
use crate::domain::role::Role;
use crate::error::{Code, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::desk::{self, Counts, MOST_COUNTED};
use crate::store::organizations::{self, Seats};
use crate::web::pages::Frame;
use crate::web::pages::desk::{Desk, Place};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many as one page of a list shows.
const ON_A_PAGE: usize = 25;

/// Which list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// Staff: owner, admins, members.
    #[default]
    Members,
    /// Clients.
    Clients,
    /// E-mail invitations.
    Invitations,
    /// Links for many.
    Links,
    /// Who was removed.
    Removed,
}

impl Tab {
    const ALL: [Self; 5] = [Self::Members, Self::Clients, Self::Invitations, Self::Links, Self::Removed];

    fn as_str(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Clients => "clients",
            Self::Invitations => "invitations",
            Self::Links => "links",
            Self::Removed => "removed",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Members => "Members",
            Self::Clients => "Clients",
            Self::Invitations => "Invitations",
            Self::Links => "Links",
            Self::Removed => "Removed",
        }
    }

    /// Whether this member may look at the list at all.
    fn is_for(self, actor: &Actor) -> bool {
        match self {
            Self::Members | Self::Clients => true,
            Self::Invitations => !actor.invitable().is_empty(),
            Self::Links => actor.may_invite(Role::Client),
            Self::Removed => actor.administers(),
        }
    }
}

/// What of the list: all of it stands in the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Query {
    tab: Tab,
    q: String,
    /// An invitation's state; pending unless said.
    status: String,
    cursor: String,
}

/// A list's tab, as it is shown.
struct ShownTab {
    label: &'static str,
    path: String,
    count: String,
    here: bool,
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
    /// Whether they may invite anybody.
    invites: bool,
    people: Vec<PersonRow>,
    offers: Vec<OfferRow>,
    /// The next page, if there is one.
    next: Option<String>,
    /// Back to the first page, on any other.
    first: Option<String>,
    /// Whether the list is empty because of what was searched for.
    searched: bool,
}

/// Seats in words and as a bar of a hundred parts.
pub(super) struct ShownSeats {
    pub words: String,
    /// How much of the bar is taken, and how much is reserved besides; none where there is no limit.
    pub bar: Option<(i64, i64)>,
}

impl ShownSeats {
    pub fn of(seats: &Seats) -> Self {
        let reserved = match seats.reserved {
            0 => String::new(),
            1 => " 1 more is reserved by an open invitation.".to_owned(),
            many => format!(" {many} more are reserved by open invitations."),
        };
        let Some(limit) = seats.seat_limit else {
            let used = if seats.used == 1 {
                "1 seat is taken".to_owned()
            } else {
                format!("{} seats are taken", seats.used)
            };
            return Self { words: format!("{used}; there is no limit.{reserved}"), bar: None };
        };
        let share = |count: i64| (count * 100 / limit.max(1)).clamp(0, 100);
        let used = share(seats.used);
        let words = format!("{} of {limit} seats are taken.{reserved}", seats.used);
        Self { words, bar: Some((used, share(seats.used + seats.reserved) - used)) }
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
    let organization = actor.organization_id;
    let reads = vec![
        desk::counts(organization, actor.invitable(), ctx.now()),
        organizations::select_seats(organization, ctx.now()),
    ];
    let found = ctx.platform.batch(reads).await?;
    let counts: Counts = ResultSet::row_of(found.first())?.unwrap_or_default();
    let seats: Option<Seats> = ResultSet::row_of(found.get(1))?;

    let (people, offers, last) = match tab {
        Tab::Members | Tab::Clients | Tab::Removed => {
            let (people, last) = people::page(ctx, &desk, tab, &query).await?;
            (people, Vec::new(), last)
        }
        Tab::Invitations | Tab::Links => {
            let (offers, last) = offers::page(ctx, &desk, tab, &query).await?;
            (Vec::new(), offers, last)
        }
    };
    let at = |cursor: Option<&str>| address(slug, &Query { tab, ..query.clone() }, cursor);
    desk.reply(&Team {
        frame: desk.frame(Place::Team),
        slug,
        tab,
        tabs: Tab::ALL
            .into_iter()
            .filter(|tab| tab.is_for(actor))
            .map(|each| ShownTab {
                label: each.label(),
                path: address(slug, &Query { tab: each, ..Query::default() }, None),
                count: counted(match each {
                    Tab::Members => counts.staff,
                    Tab::Clients => counts.clients,
                    Tab::Invitations => counts.invitations,
                    Tab::Links => counts.links,
                    Tab::Removed => None,
                }),
                here: each == tab,
            })
            .collect(),
        seats: seats.as_ref().filter(|_| actor.administers()).map(ShownSeats::of),
        invites: !actor.invitable().is_empty(),
        people,
        offers,
        next: last.as_deref().map(|cursor| at(Some(cursor))),
        first: (!query.cursor.is_empty()).then(|| at(None)),
        searched: !query.q.trim().is_empty() || !query.status.is_empty(),
        query: &query,
    })
}

/// A count as it is shown: none is not shown at all, and no more than so many.
fn counted(count: Option<u32>) -> String {
    match count {
        None => String::new(),
        Some(many) if many > MOST_COUNTED => format!("{MOST_COUNTED}+"),
        Some(some) => some.to_string(),
    }
}

/// The address of a list.
fn address(slug: &str, query: &Query, cursor: Option<&str>) -> String {
    let mut pairs = vec![("tab", query.tab.as_str())];
    for (name, value) in
        [("q", query.q.as_str()), ("status", query.status.as_str()), ("cursor", cursor.unwrap_or_default())]
    {
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    format!("{}?{query}", Route::Team(slug.to_owned()).path())
}

/// Some names in words: the first few, and how many more there are.
fn named(mut names: Vec<String>) -> String {
    const MOST: usize = 3;
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let few = names.join(", ");
    if more == 0 { few } else { format!("{few} and {more} more") }
}
