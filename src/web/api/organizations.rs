//! `/v1/organizations`: the operator makes and lists them and sets their plans; those who run one change how it shows itself
//! and its policy.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::Config;
use crate::domain::authority::Actor;
use crate::domain::change::Change;
#[cfg(described)]
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, OrganizationId};
use crate::domain::organization::{Accent, Branding, Plan, Slug};
use crate::domain::policy::Policy;
use crate::domain::text::{Message, Name};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::Context;
use crate::flow::change_organization as flow;
use crate::flow::create_organization::{New, create_organization};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::organizations::{self, Difference, Organization};
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::field::{self, changed, changed_name};
use crate::web::api::{Page, policy};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The most features of a plan.
const MOST_FEATURES: usize = 100;

/// An organization, as the API shows it to those who run it and to the operator.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Organization"))]
pub(super) struct Shown {
    id: OrganizationId,
    name: String,
    /// What it is called in the paths of its pages.
    slug: String,
    /// What its permissions, kinds and policy are of.
    template: String,
    plan: Plan,
    branding: Branding,
    /// Whether it asks everybody for a second factor.
    require_mfa: bool,
    /// The template's, with the organization's own changes. Nothing if this deployment has lost the template.
    policy: Option<Policy>,
    /// The invitation that its first owner got.
    owner_invitation_id: Option<InvitationId>,
    created_at: Timestamp,
}

/// An organization, as the API shows it to everybody else who is in.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "OrganizationInBrief"))]
pub(super) struct Brief {
    id: OrganizationId,
    name: String,
    slug: String,
    branding: Branding,
}

impl Shown {
    pub(super) fn of(config: &Config, organization: Organization) -> Self {
        let template = config.templates.named(&organization.template);
        Self {
            id: organization.id,
            name: organization.name,
            slug: organization.slug,
            template: organization.template,
            plan: organization.plan,
            branding: organization.branding,
            require_mfa: organization.require_mfa,
            policy: template.map(|template| template.policy.with(organization.policy.unwrap_or_default())),
            owner_invitation_id: organization.owner_invitation_id,
            created_at: organization.created_at,
        }
    }
}

/// A new organization.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewOrganization"))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[cfg_attr(described, schemars(with = "Name"))]
    name: String,
    /// One of those of this deployment, such as `team`.
    #[cfg_attr(described, schemars(with = "by_hand::TemplateKey"))]
    template: String,
    owner: Owner,
    /// What its pages' paths call it; made of the name unless said.
    #[cfg_attr(described, schemars(with = "Option<Slug>"))]
    slug: Option<String>,
    /// The template's own unless said.
    plan: Option<PlanBody>,
}

/// Who is invited to own it.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewOrganizationOwner"))]
#[serde(deny_unknown_fields)]
struct Owner {
    #[cfg_attr(described, schemars(with = "EmailAddress"))]
    email: String,
    #[cfg_attr(described, schemars(with = "Name"))]
    name: String,
}

/// A plan as the operator writes it: its time is RFC 3339, like every time of the API.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewPlan", extend("required" = ["key", "seat_limit"])))]
#[serde(deny_unknown_fields)]
pub(super) struct PlanBody {
    /// The plan's name with whoever sells it.
    #[cfg_attr(described, schemars(with = "Name"))]
    key: String,
    /// How many seats it has, 0 to 1,000,000; null is any number.
    // Said outright, null being any number: nobody is to have a plan without end by leaving a word out.
    #[serde(default)]
    seat_limit: Change<i64>,
    // The operator's own words; those that Usher asks for are in docs/templates.md.
    /// Features, such as `custom_client_permissions`; at most 100.
    #[serde(default)]
    features: Vec<String>,
    /// When the trial ends. An ended trial lets people work and refuses new seats.
    #[cfg_attr(described, schemars(with = "Option<Timestamp>"))]
    trial_ends_at: Option<String>,
}

/// `POST`: makes an organization and invites its owner. 201 with the organization.
pub async fn create<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    Caller::of(request, ctx.config)?.operator()?;
    let body: Body = request::json(request)?;
    let owner = body.owner;
    let mut fields = Fields::default();
    let name = fields.take("/name", Code::InvalidValue, Name::parse(&body.name));
    let template = ctx.config.templates.named(&body.template);
    if template.is_none() {
        let known: Vec<&str> = ctx.config.templates.keys().collect();
        fields.refuse("/template", Code::InvalidValue, format!("Use one of {}.", known.join(", ")));
    }
    let owner_email = field::email(&mut fields, "/owner/email", &owner.email);
    let owner_name = fields.take("/owner/name", Code::InvalidValue, Name::parse(&owner.name));
    let slug = body.slug.as_deref().map(|slug| {
        Slug::parse(slug).ok_or("Use 2 to 40 lower-case letters, digits and hyphens, such as example-studio.")
    });
    let slug = slug.and_then(|slug| fields.take("/slug", Code::InvalidValue, slug));
    let plan = body.plan.map(|body| plan(&mut fields, "/plan", body));
    let checked = name.zip(template).zip(owner_email.zip(owner_name));
    let ((name, template), (owner_email, owner_name)) = fields.finish(checked)?;
    let new = New { name, template, owner_email, owner_name, slug, plan };
    let organization = create_organization(ctx, new).await?;
    Ok(reply::json(StatusCode::CREATED, &Shown::of(ctx.config, organization)))
}

/// Checks a plan. What is wrong is noted; then nobody looks at the answer.
fn plan(fields: &mut Fields, at: &str, body: PlanBody) -> Plan {
    let mut word = |pointer: String, text: &str| {
        let word = fields.take(&pointer, Code::InvalidValue, Name::parse(text));
        word.map_or_else(String::new, |word| word.as_str().to_owned())
    };
    let key = word(format!("{at}/key"), &body.key);
    let listed = body.features.iter().take(MOST_FEATURES).enumerate();
    let features: Vec<String> =
        listed.map(|(place, feature)| word(format!("{at}/features/{place}"), feature)).collect();
    if body.features.len() > MOST_FEATURES {
        let detail = format!("List at most {MOST_FEATURES}.");
        fields.refuse(&format!("{at}/features"), Code::InvalidValue, detail);
    }
    let limit_at = format!("{at}/seat_limit");
    if !body.seat_limit.is_said() {
        fields.refuse(&limit_at, Code::Required, "Say how many seats it has, or null for any number.");
    }
    let seat_limit = body.seat_limit.of(None);
    if seat_limit.is_some_and(|limit| !(0..=1_000_000).contains(&limit)) {
        fields.refuse(&limit_at, Code::InvalidValue, "Use 0 to 1,000,000, or null for any number.");
    }
    let trial_ends_at = body.trial_ends_at;
    let trial_ends_at =
        trial_ends_at.and_then(|text| field::time(fields, &format!("{at}/trial_ends_at"), &text));
    Plan { key, seat_limit, features, trial_ends_at }
}

/// `GET`: every organization, newest first.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    Caller::of(request, ctx.config)?.operator()?;
    let page = Page::of(request)?;
    let rows = organizations::page(ctx.platform, page.before, page.rows()).await?;
    Ok(page.reply(
        rows,
        |organization| organization.id.to_string(),
        |organization| Shown::of(ctx.config, organization),
    ))
}

/// `GET` of one: all of it to those who run it and to the operator, its name and brand to everybody else who is in.
pub async fn get<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: OrganizationId) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let (sees_all, found) = if caller == Caller::Operator {
        (true, vec![ctx.platform.run(organizations::select(id)).await?])
    } else {
        let reads = vec![organizations::select(id)];
        let (actor, found) = caller.acting(ctx, At::Organization(id), reads).await?;
        (actor.administers(), found)
    };
    let organization = ResultSet::row_of::<Organization>(found.first())?;
    let organization = organization.ok_or_else(|| Error::from(Code::NotFound))?;
    Ok(if sees_all {
        reply::json(StatusCode::OK, &Shown::of(ctx.config, organization))
    } else {
        let Organization { id, name, slug, branding, .. } = organization;
        reply::json(StatusCode::OK, &Brief { id, name, slug, branding })
    })
}

/// What changes of an organization.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "OrganizationChanges"))]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Name"))]
    name: Change<String>,
    #[serde(default)]
    branding: Change<ChangedBranding>,
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Change<by_hand::PolicyChanges>"))]
    policy: Change<Map<String, Value>>,
    /// Whether it asks everybody for a second factor.
    #[serde(default)]
    require_mfa: Change<bool>,
}

/// What changes of its brand.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "BrandingChanges"))]
#[serde(deny_unknown_fields)]
struct ChangedBranding {
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Change<Name>"))]
    name: Change<String>,
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Change<Accent>"))]
    accent: Change<String>,
    #[serde(default)]
    #[cfg_attr(described, schemars(with = "Change<Message>"))]
    message: Change<String>,
}

/// `PATCH`: name, brand and policy, as far as they are given. 200 with the organization.
pub async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.administrator_of(ctx, id).await?;
    let to = difference(&actor, request::json(request)?)?;
    let organization = flow::change(ctx, &actor, &to).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(ctx.config, organization)))
}

/// Reads what a change says, as the body of a PATCH.
///
/// # Errors
/// 422 with a pointer for each field that can't be used.
pub fn read_change(actor: &Actor, body: Map<String, Value>) -> Result<Difference> {
    difference(actor, request::part(body)?)
}

fn difference(actor: &Actor, body: Changed) -> Result<Difference> {
    let mut fields = Fields::default();
    let mut to = Difference { name: changed_name(&mut fields, body.name), ..Difference::default() };
    match body.branding {
        Change::Keep => {}
        Change::Clear => {
            to.branding_name = Change::Clear;
            to.accent = Change::Clear;
            to.message = Change::Clear;
        }
        Change::Set(branding) => {
            to.branding_name = changed(&mut fields, "/branding/name", branding.name, Name::parse);
            to.accent = changed(&mut fields, "/branding/accent", branding.accent, |text| {
                Accent::parse(text).ok_or("Write a colour such as #0a7cff.")
            });
            to.message = changed(&mut fields, "/branding/message", branding.message, Message::parse);
        }
    }
    to.of_admins = policy::of_admins(&body.policy);
    to.policy = body.policy.and_then(|changes| {
        policy::check(&mut fields, &actor.template.policy, &changes);
        Some(Value::Object(changes).to_string())
    });
    to.require_mfa = said(body.require_mfa);
    fields.finish(Some(to))
}

/// Whether everybody is asked for a second factor, if anything was said; null is what it is where nobody said.
pub(super) fn said(asks: Change<bool>) -> Option<bool> {
    match asks {
        Change::Keep => None,
        Change::Clear => Some(false),
        Change::Set(asks) => Some(asks),
    }
}

/// `PUT …/plan`: what the organization has paid for from now on. 200 with the organization.
pub async fn set_plan<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    if let Err(refused) = caller.operator() {
        // To somebody of another organization there is none.
        caller.member_of(ctx, id).await?;
        return Err(refused);
    }
    let body: PlanBody = request::json(request)?;
    let mut fields = Fields::default();
    let plan = plan(&mut fields, "", body);
    let organization = flow::set_plan(ctx, id, &fields.finish(Some(plan))?).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(ctx.config, organization)))
}
