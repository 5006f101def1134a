//! An organization's invitations, for the inviter's side. No answer here but `…/link` ever holds a link.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, MemberId, OrganizationId, WorkspaceId};
use crate::domain::invitation::{Delivery, Kind, Status};
use crate::domain::role::Role;
use crate::domain::text::{Message, Name};
use crate::domain::time::Timestamp;
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::flow::invite::{Invite, invite};
use crate::flow::manage;
use crate::platform::Platform;
use crate::store::invitations::{self, Filter, Record};
use crate::web::api::{Page, no_fields, one_of};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// The most workspaces that one invitation names.
const MOST_WORKSPACES: usize = 100;
/// The languages Usher writes in.
const LOCALES: [&str; 1] = ["en"];

/// An invitation, as the API shows it.
#[derive(Serialize)]
struct Shown {
    id: InvitationId,
    organization_id: OrganizationId,
    kind: Kind,
    role: Role,
    workspace_ids: Vec<WorkspaceId>,
    email: Option<EmailAddress>,
    name: Option<String>,
    nickname: Option<String>,
    message: Option<String>,
    locale: String,
    status: Status,
    delivery: Delivery,
    takes_seat: bool,
    max_uses: Option<i64>,
    uses: i64,
    expires_at: Timestamp,
    created_at: Timestamp,
    invited_by: Option<MemberId>,
    accepted_at: Option<Timestamp>,
    accepted_by: Option<MemberId>,
    declined_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    disabled_at: Option<Timestamp>,
}

impl Shown {
    fn of(record: Record, now: Timestamp) -> Self {
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
            message: record.message,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kind: String,
    role: String,
    email: Option<String>,
    workspace_ids: Option<Vec<String>>,
    name: Option<String>,
    nickname: Option<String>,
    message: Option<String>,
    locale: Option<String>,
    expires_in: Option<u64>,
    send_email: Option<bool>,
}

/// `POST`: invites somebody. 201 with the invitation.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    let body: Body = request::json(request)?;
    let mut fields = Fields::default();
    if body.kind != Kind::Email.as_str() {
        fields.refuse("/kind", Code::InvalidValue, "Use email.".to_owned());
    }
    let role = one_of(&mut fields, "/role", Some(&body.role), "admin, member, client");
    let email = fields.required("/email", body.email);
    let email =
        email.and_then(|email| fields.take("/email", Code::InvalidEmail, email.parse::<EmailAddress>()));
    let workspaces = body.workspace_ids.and_then(|ids| workspaces(&mut fields, &ids));
    let name = optional(&mut fields, "/name", body.name.as_deref(), Name::parse);
    let nickname = optional(&mut fields, "/nickname", body.nickname.as_deref(), Name::parse);
    let message = optional(&mut fields, "/message", body.message.as_deref(), Message::parse);
    let locale = body.locale.unwrap_or_else(|| "en".to_owned());
    if !LOCALES.contains(&locale.as_str()) {
        fields.refuse("/locale", Code::InvalidValue, format!("Use one of {}.", LOCALES.join(", ")));
    }
    let life = actor.template.email_lifetime;
    if body.expires_in.is_some_and(|seconds| !(life.shortest..=life.longest).contains(&seconds)) {
        let detail = format!("Use {} to {} seconds.", life.shortest, life.longest);
        fields.refuse("/expires_in", Code::InvalidValue, detail);
    }
    let (email, role) = fields.finish(email.zip(role))?;
    let record = invite(
        ctx,
        &actor,
        Invite {
            email,
            role,
            workspaces,
            name,
            nickname,
            message,
            locale,
            lifetime: body.expires_in.map(Duration::from_secs),
            send_email: body.send_email.unwrap_or(true),
        },
    )
    .await?;
    Ok(reply::json(StatusCode::CREATED, &Shown::of(record, ctx.now())))
}

fn optional<T, E: std::fmt::Display>(
    fields: &mut Fields,
    pointer: &str,
    text: Option<&str>,
    parse: impl Fn(&str) -> std::result::Result<T, E>,
) -> Option<T> {
    text.and_then(|text| fields.take(pointer, Code::InvalidValue, parse(text)))
}

fn workspaces(fields: &mut Fields, ids: &[String]) -> Option<Vec<WorkspaceId>> {
    if ids.is_empty() || ids.len() > MOST_WORKSPACES {
        fields.refuse(
            "/workspace_ids",
            Code::InvalidValue,
            "Name 1 to 100 workspaces, or leave this out.".to_owned(),
        );
        return None;
    }
    let mut known = Vec::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        let id = id.parse::<WorkspaceId>().map_err(|_| "This is not a workspace's id.");
        known.extend(fields.take(&format!("/workspace_ids/{place}"), Code::InvalidValue, id));
    }
    Some(known)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
    status: Option<String>,
    kind: Option<String>,
    workspace_id: Option<String>,
    q: Option<String>,
}

/// `GET`: the invitations that the caller may see, newest first.
pub async fn list<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    organization: OrganizationId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, organization).await?;
    if actor.invitable().is_empty() {
        return Err(Code::Forbidden.into());
    }
    let query: Query = request::query(request)?;
    let page = Page::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let mut fields = Fields::default();
    let known = "pending, accepted, declined, revoked, expired, disabled, full";
    let status = one_of(&mut fields, "?status", query.status.as_deref(), known);
    let kind = one_of(&mut fields, "?kind", query.kind.as_deref(), "email, link");
    let workspace = query.workspace_id.and_then(|id| {
        let id = id.parse::<WorkspaceId>().map_err(|_| "This is not a workspace's id.");
        fields.take("?workspace_id", Code::InvalidValue, id)
    });
    fields.finish(Some(()))?;
    let filter = Filter {
        roles: actor.invitable().to_vec(),
        status,
        kind,
        workspace,
        prefix: query.q.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty()),
    };
    let now = ctx.now();
    let rows = invitations::page(ctx.platform, organization, &filter, page.before, page.rows(), now).await?;
    Ok(page.reply(rows, |record| record.state.id.to_string(), |record| Shown::of(record, now)))
}

/// `GET` of one.
pub async fn get<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (_, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(record, ctx.now())))
}

/// `POST …/resend`: 200 with the invitation.
pub async fn resend<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    no_fields(request)?;
    let record = manage::resend(ctx, &by, &record).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(record, ctx.now())))
}

/// `POST …/revoke`: 200 with the invitation.
pub async fn revoke<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    no_fields(request)?;
    let record = manage::revoke(ctx, &by, &record).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(record, ctx.now())))
}

/// `POST …/link`: 200 with the link, to be handed over (S4-07).
pub async fn link<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    no_fields(request)?;
    let (url, expires_at) = manage::copy_link(ctx, &by, &record).await?;
    Ok(reply::json(StatusCode::OK, &serde_json::json!({"url": url, "expires_at": expires_at})))
}
