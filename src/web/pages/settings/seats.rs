//! What an organization has paid for, how many of its seats are taken, and who holds each, and why.

use askama::Template;
use serde::Deserialize;

use super::{Tab, tabs};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::organizations::{self, Organization, Seats};
use crate::store::seat_holders::{self, Before, Holder, Reason};
use crate::web::pages::desk::{Desk, Place, Way};
use crate::web::pages::team::ShownSeats;
use crate::web::pages::{Frame, words};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many as one page of the list shows.
const ON_A_PAGE: usize = 25;

#[derive(Template)]
#[template(path = "pages/seats.html")]
struct Page {
    frame: Frame,
    tabs: Vec<Way>,
    plan: String,
    seats: ShownSeats,
    /// How many are neither taken nor reserved; nothing where there is no limit.
    free: Option<i64>,
    trial: Option<Trial>,
    features: Vec<(bool, String)>,
    /// What makes a client take one.
    taking: String,
    holders: Vec<Holder>,
    next: Option<String>,
    first: Option<String>,
}

/// A trial, and whether it is over.
struct Trial {
    ends_at: Timestamp,
    over: bool,
}

impl Page {
    /// What somebody holds a seat by.
    fn why(&self, holder: &Holder) -> String {
        match holder.reason {
            Reason::Role => "Every admin and member takes one.".to_owned(),
            Reason::Permission => format!("Takes one: {}.", self.taking),
        }
    }
}

/// A feature in words, and whether the plan has it: those that Usher knows whether or not it does, others as they are called.
fn features(of_plan: &[String]) -> Vec<(bool, String)> {
    const KNOWN: [(&str, &str); 2] = [
        ("custom_client_permissions", "Choose what a client may do, one permission at a time"),
        ("hide_product_name", "Leave the product's name out of the pages of your invitations"),
    ];
    let has = |key: &str| of_plan.iter().any(|feature| feature == key);
    let mut told: Vec<_> = KNOWN.iter().map(|(key, told)| (has(key), (*told).to_owned())).collect();
    let others = of_plan.iter().filter(|feature| KNOWN.iter().all(|(key, _)| key != feature));
    told.extend(others.map(|feature| (true, words(feature))));
    told
}

/// `GET /o/{slug}/settings/seats`, for owner and admins.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Query {
        cursor: String,
    }
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    let Query { cursor } = request::query(request).unwrap_or_default();
    let before = Before { invitation: cursor.parse().ok(), member: cursor.parse().ok() };
    let most = i64::try_from(ON_A_PAGE).unwrap_or(i64::MAX) + 1;
    let (organization, now) = (desk.actor.organization_id, ctx.now());
    let reads = vec![
        organizations::select(organization),
        organizations::select_seats(organization, now),
        seat_holders::select(organization, before, most, now),
    ];
    let found = ctx.platform.batch(reads).await?;
    let gone = || Error::from(Code::NotFound);
    let plan = ResultSet::row_of::<Organization>(found.first())?.ok_or_else(gone)?.plan;
    let seats: Seats = ResultSet::row_of(found.get(1))?.ok_or_else(gone)?;
    let mut holders = found.get(2).map(ResultSet::rows::<Holder>).transpose()?.unwrap_or_default();
    let more = holders.len() > ON_A_PAGE;
    holders.truncate(ON_A_PAGE);
    let catalog = &desk.actor.template.catalog;
    let path = Route::SeatsPage(desk.setting.slug.clone()).path();
    desk.reply(&Page {
        frame: desk.frame(Place::Settings),
        tabs: tabs(&desk.setting.slug, Tab::Seats),
        seats: ShownSeats::of(&seats),
        free: seats.seat_limit.map(|limit| (limit - seats.used - seats.reserved).max(0)),
        trial: plan.trial_ends_at.map(|ends_at| Trial { ends_at, over: ends_at <= now }),
        features: features(&plan.features),
        taking: catalog.in_words(catalog.taking_seats()).join(" or "),
        plan: words(&plan.key),
        next: holders.last().filter(|_| more).map(|last| format!("{path}?cursor={}", last.cursor())),
        first: (!cursor.is_empty()).then_some(path),
        holders,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S3-15: a plan without the feature says so.
    #[test]
    fn what_a_plan_has_is_told_in_words() {
        let told = |features: &[&str]| {
            super::features(&features.iter().map(|feature| (*feature).to_owned()).collect::<Vec<_>>())
        };
        let chosen = || "Choose what a client may do, one permission at a time".to_owned();
        let hidden = || "Leave the product's name out of the pages of your invitations".to_owned();
        assert_eq!(told(&[]), [(false, chosen()), (false, hidden())]);
        assert_eq!(
            told(&["priority_support", "custom_client_permissions"]),
            [(true, chosen()), (false, hidden()), (true, "Priority support".to_owned())]
        );
        assert_eq!(told(&["hide_product_name"]), [(false, chosen()), (true, hidden())]);
        assert_eq!(words(""), "");
    }
}
