//! Adding somebody at once, and handing over the link with which they set their password.

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::domain::authority::Actor;
#[cfg(described)]
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{MemberId, OrganizationId};
use crate::domain::text::Name;
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::flow::add_member::{AddMember, add_member};
use crate::flow::password_link;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::members::{self, Member};
use crate::store::passwords::{self, Version};
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::field::{self, one_of};
use crate::web::api::members::Shown;
use crate::web::api::{HandedOver, access, no_fields, offer};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The body of `POST …/members`.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewMember"))]
#[serde(deny_unknown_fields)]
pub struct Body {
    #[cfg_attr(described, schemars(with = "EmailAddress"))]
    email: String,
    #[cfg_attr(described, schemars(with = "Name"))]
    name: String,
    /// Nobody is added as the owner.
    #[cfg_attr(described, schemars(with = "by_hand::GivenRole"))]
    role: String,
    /// The oldest workspace unless said; at most 100.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Workspaces>"))]
    workspace_ids: Option<Vec<String>>,
    #[cfg_attr(described, schemars(with = "Option<by_hand::AccessBody>"))]
    access: Option<Value>,
    /// Whether they are mailed, with a link to set a password if they have none.
    notify: bool,
}

/// `POST …/members`: 201 with the member.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    let body: Body = request::json(request)?;
    let (member, _) = add_member(ctx, &actor, read(&actor, body)?).await?;
    Ok(reply::json(StatusCode::CREATED, &Shown::of(member, &actor)))
}

/// Reads whom to add.
pub fn read(actor: &Actor, body: Body) -> Result<AddMember> {
    let mut fields = Fields::default();
    let add = added(&mut fields, actor, body);
    fields.finish(add)
}

/// What is wrong is noted; then there is nobody.
fn added(fields: &mut Fields, actor: &Actor, body: Body) -> Option<AddMember> {
    let email = field::email(fields, "/email", &body.email);
    let name = fields.take("/name", Code::InvalidValue, Name::parse(&body.name));
    let role = one_of(fields, "/role", Some(&body.role), "admin, member, client");
    let workspaces = body.workspace_ids.and_then(|ids| offer::workspaces(fields, &ids));
    let access = access::read(fields, actor.template, body.access.as_ref());
    Some(AddMember { email: email?, name: name?, role: role?, workspaces, access, notify: body.notify })
}

/// `POST /v1/members/{member}/password-link`: 200 with the link, to be handed over (S3-09).
pub async fn password_link<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    member: MemberId,
) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let reads = vec![members::select(member), passwords::version(member)];
    let (actor, found) = caller.acting(ctx, At::Member(member), reads).await?;
    let (member, version): (Option<Member>, Option<Version>) =
        (ResultSet::row_of(found.first())?, ResultSet::row_of(found.last())?);
    let (Some(member), Some(version)) = (member, version) else { return Err(Code::NotFound.into()) };
    no_fields(request)?;
    let (url, expires_at) = password_link::copy(ctx, &actor, member, version).await?;
    Ok(reply::json(StatusCode::OK, &HandedOver { url, expires_at }))
}
