//! An organization's invitations, for the inviter's side. No answer here but `…/link` ever holds a link.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::access;
use crate::domain::authority::Authority;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{self, InvitationId, MemberId, OrganizationId, WorkspaceId};
use crate::domain::invitation::{Delivery, Kind, Status};
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::domain::time::Timestamp;
use crate::error::{Code, Fields, Refusal, Result};
use crate::flow::invite::invite;
use crate::flow::{Context, change_invitation, manage};
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::At;
use crate::store::invitation_list::{self, Filter};
use crate::store::invitations::Record;
#[cfg(described)]
use crate::web::api::by_hand;
use crate::web::api::field::{self, one_of};
use crate::web::api::offer::{self, Body, ChangesBody};
use crate::web::api::{HandedOver, Page, no_fields};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// An invitation, as the API shows it.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Invitation"))]
pub(super) struct Shown {
    id: InvitationId,
    organization_id: OrganizationId,
    kind: Kind,
    role: Role,
    workspace_ids: Vec<WorkspaceId>,
    email: Option<EmailAddress>,
    name: Option<String>,
    nickname: Option<String>,
    access: access::Shown,
    message: Option<String>,
    branding: Branding,
    locale: String,
    status: Status,
    delivery: Delivery,
    /// Whether it reserves a seat.
    takes_seat: bool,
    /// How many people may come in; null is any number.
    max_uses: Option<i64>,
    /// How many did.
    uses: i64,
    expires_at: Timestamp,
    created_at: Timestamp,
    /// The member who invites; nobody where a program or the operator did.
    invited_by: Option<MemberId>,
    accepted_at: Option<Timestamp>,
    accepted_by: Option<MemberId>,
    declined_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    disabled_at: Option<Timestamp>,
}

/// What a link's page says in the place of the organization's own words.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "InvitationBranding"))]
struct Branding {
    name: Option<String>,
    message: Option<String>,
}

impl Shown {
    pub(super) fn of(record: Record, template: &'static Template, now: Timestamp) -> Self {
        let status = record.state.status(now);
        let state = record.state;
        Self {
            id: state.id,
            organization_id: state.organization_id,
            kind: state.kind,
            role: state.role,
            workspace_ids: record.workspace_ids,
            email: state.email,
            name: record.name,
            nickname: record.nickname,
            access: record.access.read(&template.catalog).shown(template, state.role),
            message: record.message,
            branding: Branding { name: record.branding_name, message: record.branding_message },
            locale: record.locale,
            status,
            delivery: record.delivery,
            takes_seat: state.takes_seat,
            max_uses: state.max_uses,
            uses: state.uses,
            expires_at: state.expires_at,
            created_at: state.created_at,
            invited_by: record.invited_by,
            accepted_at: state.accepted_at,
            accepted_by: state.accepted_by,
            declined_at: state.declined_at,
            revoked_at: state.revoked_at,
            disabled_at: state.disabled_at,
        }
    }
}

/// `POST`: invites somebody, or many people by a link. 201 with the invitation.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    let body: Body = request::json(request)?;
    let record = invite(ctx, &actor, offer::read(&actor, body)?).await?;
    Ok(reply::json(StatusCode::CREATED, &Shown::of(record, actor.template, ctx.now())))
}

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    /// How many to answer at most: 1 to 100; 25 unless said.
    #[cfg_attr(described, schemars(with = "Option<by_hand::Limit>"))]
    limit: Option<String>,
    /// Where to go on: `next_cursor` of the page before.
    #[cfg_attr(described, schemars(with = "Option<InvitationId>"))]
    cursor: Option<String>,
    /// Only those that are this now.
    #[cfg_attr(described, schemars(with = "Option<Status>"))]
    status: Option<String>,
    /// Only those of this kind.
    #[cfg_attr(described, schemars(with = "Option<Kind>"))]
    kind: Option<String>,
    /// Only those into this workspace.
    #[cfg_attr(described, schemars(with = "Option<WorkspaceId>"))]
    workspace_id: Option<String>,
    /// What the address, name or nickname begins with.
    q: Option<String>,
}

/// What a list is asked for.
struct Asked {
    page: Page<ids::Invitation>,
    status: Option<Status>,
    kind: Option<Kind>,
    workspace: Option<WorkspaceId>,
    prefix: Option<String>,
}

impl Asked {
    fn read(request: &Request) -> Result<Self> {
        let query: Query = request::query(request)?;
        let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
        let mut fields = Fields::default();
        let known = "pending, accepted, declined, revoked, expired, disabled, full";
        let status = one_of(&mut fields, "?status", query.status.as_deref(), known);
        let kind = one_of(&mut fields, "?kind", query.kind.as_deref(), "email, link");
        let workspace = query.workspace_id.and_then(|id| field::workspace(&mut fields, "?workspace_id", &id));
        fields.finish(Some(Self { page, status, kind, workspace, prefix: field::prefix(query.q) }))
    }

    /// Reads the list, of invitations of these roles.
    fn select(&self, organization: OrganizationId, roles: &[Role], now: Timestamp) -> Statement {
        let Self { page, status, kind, workspace, prefix } = self;
        let (roles, prefix) = (roles.to_vec(), prefix.clone());
        let filter = Filter {
            roles,
            status: *status,
            kind: *kind,
            workspace: *workspace,
            with_inviters: false,
            prefix,
        };
        invitation_list::page(organization, &filter, page.before, page.rows(), now)
    }
}

/// `GET`: the invitations that the caller may see, newest first.
///
/// They are read together with who is calling, as whoever may invite everybody sees them. Where something is among them that
/// this caller may not see, they are read once more.
pub async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let now = ctx.now();
    // What is wrong with the question is told only to whoever may ask one.
    let asked = Asked::read(request);
    let reads = asked.iter().map(|asked| asked.select(organization, &Role::INVITED, now)).collect();
    let (actor, found) = caller.acting(ctx, At::Organization(organization), reads).await?;
    if actor.invitable().is_empty() {
        return Err(Code::Forbidden.into());
    }
    let asked = asked?;
    let mut rows: Vec<Record> = found.first().map(ResultSet::rows).transpose()?.unwrap_or_default();
    // As with members, what is in a workspace is nothing to staff who don't come into it.
    if asked.workspace.is_some_and(|workspace| !actor.reaches(workspace)) {
        rows.clear();
    }
    if !rows.iter().all(|record| actor.may_invite(record.state.role)) {
        rows = ctx.platform.run(asked.select(organization, actor.invitable(), now)).await?.rows()?;
    }
    Ok(asked.page.reply(
        rows,
        |record: &Record| record.state.id.to_string(),
        |record| Shown::of(record, actor.template, now),
    ))
}

/// `GET` of one.
pub async fn get<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(record, by.template(), ctx.now())))
}

/// How it is sent again.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Resending"))]
#[serde(deny_unknown_fields)]
pub(super) struct ResendBody {
    /// Whether the address is right, though a mail to it came back: then mail goes there again. For the owner and admins. An
    /// address whose reader reported a mail stays closed.
    #[serde(default)]
    confirm_address: bool,
}

/// `POST …/resend`: 200 with the invitation.
pub async fn resend<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    let body: ResendBody = request::json(request)?;
    if body.confirm_address && matches!(&by, Authority::Member(actor) if !actor.administers()) {
        let detail = "Only the owner and admins say that an address is right to which mail came back. Ask one of them.";
        return Err(Refusal::new(Code::Forbidden).because(detail).into());
    }
    let record = manage::resend(ctx, &by, record, body.confirm_address).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(record, by.template(), ctx.now())))
}

/// `POST …/revoke`: 200 with the invitation.
pub async fn revoke<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    no_fields(request)?;
    let record = manage::revoke(ctx, &by, &record).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(record, by.template(), ctx.now())))
}

/// `POST …/link`: 200 with the link, to be handed over (S4-07).
pub async fn link<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    no_fields(request)?;
    let (url, expires_at) = manage::copy_link(ctx, &by, record).await?;
    Ok(reply::json(StatusCode::OK, &HandedOver { url, expires_at }))
}

/// `PATCH`: 200 with the invitation. Until it is settled or over, and only what is given.
pub async fn change<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    let body: ChangesBody = request::json(request)?;
    let changes = offer::read_changes(&by, record.state.kind, body)?;
    let record = change_invitation::change(ctx, &by, record, changes).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(record, by.template(), ctx.now())))
}
