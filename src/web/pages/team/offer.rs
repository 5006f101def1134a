//! The page of an invitation or a link: what it offers, how its e-mail went, who came in, and the form that changes it.

use askama::Template;

use super::offers::{self, Told, told};
use super::progress::{Sending, advice, sendings};
use super::typed::Typed;
use super::{ONE_MORE, Query, Tab, address, named};
use crate::domain::access::{Access, Resources};
use crate::domain::authority::{Actor, Authority};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, MemberId};
use crate::domain::invitation::{Delivery, Kind, Status};
use crate::domain::role::Role;
use crate::domain::text::list;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, change_invitation};
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::At;
use crate::store::deliveries;
use crate::store::invitations::{self, Record};
use crate::store::links::{self, Redemption};
use crate::store::members::Status as MemberStatus;
use crate::store::offer_page::{self, Around};
use crate::web::api::offer::{ChangesBody, read_changes};
use crate::web::pages::access::words;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said, words};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// Opens an invitation's page, and reads what else is asked for, in one round trip.
///
/// # Errors
/// 404 where the invitation is none of this organization, 403 for whoever may not invite its role.
pub(in crate::web::pages) async fn open<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: InvitationId,
    reads: Vec<Statement>,
) -> Result<(Desk, Record, Vec<ResultSet>)> {
    let mut batch = vec![invitations::select(id)];
    batch.extend(reads);
    let (desk, mut found) = Desk::open(ctx, request, At::Invitation(id), batch).await?;
    let rest = found.split_off(1);
    let record: Option<Record> = ResultSet::row_of(found.first())?;
    let record = record.filter(|_| desk.setting.slug == slug).ok_or_else(|| Error::from(Code::NotFound))?;
    if desk.actor.may_invite(record.state.role) {
        Ok((desk, record, rest))
    } else {
        Err(Code::Forbidden.into())
    }
}

/// As many of its e-mails as the page tells of: the newest.
const MOST_SENDINGS: i64 = 5;

/// What stands where a link has no name: "Turn off the link without a name?"
const NAMELESS: &str = "without a name";

/// What an invitation or a link is called where it stands in a sentence.
pub(super) fn title(record: &Record) -> &str {
    let Record { state, name, nickname, .. } = record;
    let names = match state.kind {
        Kind::Link => [nickname, name],
        Kind::Email => [name, nickname],
    };
    let address = || state.email.as_ref().map(EmailAddress::as_str);
    let given = names.into_iter().flatten().next().map(String::as_str);
    given.or_else(address).unwrap_or(NAMELESS)
}

/// The same where it stands by itself.
pub(super) fn heading(record: &Record) -> &str {
    match title(record) {
        NAMELESS => "A link without a name",
        title => title,
    }
}

#[derive(Template)]
#[template(path = "pages/team_offer.html")]
struct Shown<'a> {
    frame: Frame,
    nonce: &'a str,
    slug: &'a str,
    problems: Problems,
    record: &'a Record,
    is_link: bool,
    title: &'a str,
    status: Told,
    /// What the state means for whoever waits.
    advice: String,
    /// What can be done where no mail arrives.
    remedy: bool,
    /// How its e-mails went, the newest first.
    mails: Vec<Sending>,
    around: &'a Around,
    workspaces: String,
    /// What those are called that it lets somebody in on; empty where the organization has none of them.
    accounts: String,
    resources: String,
    /// On which of them they approve.
    approves: String,
    /// Which kinds a client may add.
    kinds: String,
    permissions: String,
    second_factor: bool,
    state: Status,
    /// What a draft of it is for, where there can be one.
    anew: Option<&'static str>,
    typed: Typed,
    roles: Vec<Role>,
    /// How long it may live from now, in seconds and in words.
    lives: Vec<(String, String)>,
    redemptions: Vec<Redemption>,
    next: Option<String>,
    first: Option<String>,
    list: String,
    /// What happened with it, for whoever runs the organization.
    activity: Option<String>,
}

impl Shown<'_> {
    /// Whether it can be sent again.
    fn sendable(&self) -> bool {
        offers::sendable(self.record.state.kind, self.state, self.record.delivery)
    }

    /// The path of something about this invitation.
    fn at(&self, route: fn(String, InvitationId) -> Route) -> String {
        route(self.slug.to_owned(), self.record.state.id).path()
    }

    /// Somebody's page.
    fn member(&self, id: &MemberId) -> String {
        Route::MemberPage(self.slug.to_owned(), *id).path()
    }
}

/// `GET /o/{slug}/invitations/{invitation}`, with `?cursor=` where the list of who came in goes on.
///
/// # Errors
/// Those of [`open`].
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: InvitationId,
) -> Result<Reply> {
    let query: Query = request::query(request).unwrap_or_default();
    let (desk, record, found) = open(ctx, request, slug, id, reads(id, &query.cursor)).await?;
    reply(ctx, &desk, &record, &found, &query.cursor, None)
}

/// `POST`: changes it, as `PATCH` of the API does.
///
/// # Errors
/// Those of [`Form::read`] and [`open`]. Any other refusal is the page again, with what was typed.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: InvitationId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, record, found) = open(ctx, request, slug, id, reads(id, "")).await?;
    let by = Authority::Member(desk.actor.clone());
    let typed = Typed::read(&form);
    let body = typed.changes(&record);
    if body.is_empty() && form.fresh().is_ok() {
        return Ok(said::see_other(request.uri().path(), "Nothing was changed."));
    }
    let changes = form
        .fresh()
        .and_then(|()| request::part(body))
        .and_then(|body: ChangesBody| read_changes(&by, record.state.kind, body));
    let outcome = match changes {
        Ok(changes) => change_invitation::change(ctx, &by, record.clone(), changes).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(after) => Ok(said::see_other(request.uri().path(), saved(&record, &after))),
        Err(error @ Error::Refused(_)) => reply(ctx, &desk, &record, &found, "", Some((typed, &error))),
        Err(error) => Err(error),
    }
}

/// What became of the links when it was changed.
pub(in crate::web::pages) fn saved(before: &Record, after: &Record) -> &'static str {
    match after.delivery {
        _ if after.state.ver == before.state.ver && after.state.given == before.state.given => "Saved.",
        Delivery::None if after.state.ver == before.state.ver => {
            "Saved. A link that you copied before stopped working: copy it again, and give them the new one."
        }
        _ if after.state.ver == before.state.ver => {
            "Saved. The link in the e-mail still works. One that you copied before stopped working."
        }
        Delivery::Queued => "Saved. A new e-mail is on its way, and the older links stopped working.",
        _ => "Saved. The older links stopped working: copy the new one.",
    }
}

/// What the page reads besides the invitation: what stands around it, a page of who came in, and its newest e-mails.
fn reads(id: InvitationId, cursor: &str) -> Vec<Statement> {
    vec![
        offer_page::around(id),
        links::redemptions(id, cursor.parse().ok(), ONE_MORE),
        deliveries::page(id, None, MOST_SENDINGS),
    ]
}

fn reply<P: Platform>(
    ctx: &Context<'_, P>,
    desk: &Desk,
    record: &Record,
    found: &[ResultSet],
    cursor: &str,
    refused: Option<(Typed, &Error)>,
) -> Result<Reply> {
    let (actor, state, slug) = (&desk.actor, &record.state, desk.setting.slug.as_str());
    let around: Option<Around> = ResultSet::row_of(found.first())?;
    let around = around.ok_or_else(|| Error::from(Code::NotFound))?;
    let mut redemptions: Vec<Redemption> = found.get(1).map(ResultSet::rows).transpose()?.unwrap_or_default();
    let mails = match found.get(2) {
        Some(found) => deliveries::read(found, state.ver, record.delivery)?,
        None => Vec::new(),
    };
    let mails = sendings(record, mails, ctx.now());
    let next = super::cut(&mut redemptions, |redemption| redemption.id.to_string());
    let status = state.status(ctx.now());
    let is_link = state.kind == Kind::Link;
    let access = record.access.clone().of(actor.template, state.role);
    let path = Route::OfferPage(slug.to_owned(), state.id).path();
    let settled = offers::is_settled(state.kind, status, record.delivery);
    let error = refused.as_ref().map(|(_, error)| *error);
    let shown = Shown {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        slug,
        problems: Problems::of(error),
        record,
        is_link,
        title: heading(record),
        status: told(state.kind, status, record.delivery),
        advice: advice(record, status, &mails, &desk.setting.organization_name),
        remedy: status == Status::Pending && record.delivery.is_lost(),
        mails,
        workspaces: if state.role.reaches_every_workspace() {
            "Every workspace".to_owned()
        } else {
            let seen = around.workspaces.iter().filter(|place| actor.reaches(place.id));
            named(seen.map(|place| place.name.clone()).collect())
        },
        accounts: match actor.template.kinds.as_slice() {
            [] => String::new(),
            _ => words(&actor.template.noun().1),
        },
        resources: resources(actor, &access, &around),
        approves: approves(actor, &access, &around),
        kinds: kinds(actor, state.role, &access),
        permissions: words::of(actor.template, state.role, &access),
        second_factor: access.require_mfa,
        state: status,
        anew: match (settled || (is_link && !status.is_open()), is_link) {
            // An admin has everything.
            _ if status.is_open() && !state.role.reaches_every_workspace() => Some("Change what it gives"),
            (true, true) => Some("Make one like it"),
            (true, false) => Some("Invite again"),
            (false, _) => None,
        },
        typed: refused.map_or_else(|| Typed::of(record), |(typed, _)| typed),
        roles: actor.invitable().to_vec(),
        lives: lives(actor, state.kind),
        next: next.map(|cursor| format!("{path}?cursor={cursor}")),
        first: (!cursor.is_empty()).then_some(path),
        list: address(
            slug,
            &Query { tab: if is_link { Tab::Links } else { Tab::Invitations }, ..Query::default() },
            None,
        ),
        redemptions,
        activity: actor
            .administers()
            .then(|| format!("{}?subject={}", Route::ActivityPage(slug.to_owned()).path(), state.id)),
        around: &around,
    };
    match error {
        None => desk.reply(&shown),
        Some(error) => desk.refused(error, &shown),
    }
}

/// On what they are let in, as far as whoever looks sees it.
fn resources(actor: &Actor, access: &Access, around: &Around) -> String {
    match &access.resources {
        Resources::All => "All, now and later".to_owned(),
        Resources::Listed(grants) if grants.is_empty() => "None".to_owned(),
        Resources::Listed(_) => {
            let seen = around.resources.iter().filter(|given| actor.is_given(given.workspace_id, given.id));
            named(seen.map(|given| given.name.clone()).collect())
        }
    }
}

/// On which of them they approve, as far as whoever looks sees it (S2-12).
fn approves(actor: &Actor, access: &Access, around: &Around) -> String {
    let Resources::Listed(grants) = &access.resources else { return String::new() };
    let given =
        |id| around.resources.iter().find(|given| given.id == id && actor.is_given(given.workspace_id, id));
    named(
        grants
            .iter()
            .filter(|grant| grant.approve)
            .filter_map(|grant| Some(given(grant.id)?.name.clone()))
            .collect(),
    )
}

/// Which kinds of accounts a client may add (S0-15); nothing where there are none to add.
fn kinds(actor: &Actor, role: Role, access: &Access) -> String {
    let template = actor.template;
    if role != Role::Client || template.kinds.is_empty() {
        return String::new();
    }
    let kinds = template.kinds.iter().filter(|kind| access.addable_kinds.contains(&kind.key));
    let kinds: Vec<String> = kinds.map(|kind| kind.label.clone()).collect();
    if kinds.is_empty() { "None".to_owned() } else { list(&kinds) }
}

/// How long it may be made to live from now.
fn lives(actor: &Actor, kind: Kind) -> Vec<(String, String)> {
    const DAY: u64 = 86_400;
    let life = match kind {
        Kind::Link => actor.policy.link_lifetime,
        Kind::Email => actor.policy.email_lifetime,
    };
    let days = [1, 3, 7, 14, 30, 90, 180, 365];
    let fitting = days.into_iter().filter(|days| (life.shortest..=life.longest).contains(&(days * DAY)));
    let words =
        |days: u64| if days == 1 { "1 day from now".to_owned() } else { format!("{days} days from now") };
    fitting.map(|days| ((days * DAY).to_string(), words(days))).collect()
}
