//! `/v1/organizations`: the operator makes and lists them.

use http::StatusCode;
use serde::Deserialize;

use crate::domain::email_address::EmailAddress;
use crate::domain::organization::{Plan, Slug};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::flow::create_organization::{New, create_organization};
use crate::platform::Platform;
use crate::store::organizations;
use crate::web::api::{Page, PageQuery};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    template: String,
    owner: Owner,
    slug: Option<String>,
    plan: Option<PlanBody>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    email: String,
    name: String,
}

/// A plan as the operator writes it: its time is RFC 3339, like every time of the API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanBody {
    key: String,
    seat_limit: Option<i64>,
    #[serde(default)]
    features: Vec<String>,
    trial_ends_at: Option<String>,
}

/// `POST`: makes an organization and invites its owner. 201 with the organization.
pub async fn create<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    Caller::of(request, ctx.config)?.operator()?;
    let body: Body = request::json(request)?;
    let mut fields = Fields::default();
    let name = fields.take("/name", Code::InvalidValue, Name::parse(&body.name));
    let template = ctx.config.templates.named(&body.template);
    if template.is_none() {
        let known: Vec<&str> = ctx.config.templates.keys().collect();
        fields.refuse("/template", Code::InvalidValue, format!("Use one of {}.", known.join(", ")));
    }
    let owner_email =
        fields.take("/owner/email", Code::InvalidEmail, body.owner.email.parse::<EmailAddress>());
    let owner_name = fields.take("/owner/name", Code::InvalidValue, Name::parse(&body.owner.name));
    let slug = body.slug.as_deref().map(|slug| {
        Slug::parse(slug).ok_or("Use 2 to 40 lower-case letters, digits and hyphens, such as example-studio.")
    });
    let slug = slug.and_then(|slug| fields.take("/slug", Code::InvalidValue, slug));
    let plan = body.plan.map(|body| plan(&mut fields, body));
    let checked = name.zip(template).zip(owner_email.zip(owner_name));
    let ((name, template), (owner_email, owner_name)) = fields.finish(checked)?;
    let new = New { name, template, owner_email, owner_name, slug, plan };
    let organization = create_organization(ctx, new).await?;
    Ok(reply::json(StatusCode::CREATED, &organization))
}

/// Checks a plan. What is wrong is noted; then nobody looks at the answer.
fn plan(fields: &mut Fields, body: PlanBody) -> Plan {
    if let Err(why) = Name::parse(&body.key) {
        fields.refuse("/plan/key", Code::InvalidValue, why.to_string());
    }
    if body.seat_limit.is_some_and(|limit| !(0..=1_000_000).contains(&limit)) {
        fields.refuse(
            "/plan/seat_limit",
            Code::InvalidValue,
            "Use 0 to 1,000,000, or null for any number.".to_owned(),
        );
    }
    let trial_ends_at = body.trial_ends_at.and_then(|text| {
        let time = Timestamp::parse(&text).ok_or("Write a time such as 2026-11-21T22:00:00Z.");
        fields.take("/plan/trial_ends_at", Code::InvalidValue, time)
    });
    Plan { key: body.key, seat_limit: body.seat_limit, features: body.features, trial_ends_at }
}

/// `GET`: every organization, newest first.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    Caller::of(request, ctx.config)?.operator()?;
    let query: PageQuery = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let rows = organizations::page(ctx.platform, page.before, page.rows()).await?;
    Ok(page.reply(rows, |organization| organization.id.to_string(), |organization| organization))
}

/// To be written.
pub async fn get<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::OrganizationId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

/// To be written.
pub async fn change<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::OrganizationId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}

/// To be written.
pub async fn set_plan<P: Platform>(
    _ctx: &Context<'_, P>,
    _request: &Request,
    _0: crate::domain::ids::OrganizationId,
) -> Result<Reply> {
    Err(crate::error::Code::NotFound.into())
}
