//! What the holder of a link does: look, accept, decline. The token comes in the body, never in a query.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, MemberId, OrganizationId, WorkspaceId};
#[cfg(described)]
use crate::domain::invitation::Reason;
use crate::domain::invitation::{Kind, Status};
use crate::domain::link::Link;
#[cfg(described)]
use crate::domain::organization::Accent;
use crate::domain::role::Role;
use crate::domain::standing::Next;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::error::{Code, Fields, Result};
use crate::flow::accept::{Accept, accept as redeem};
use crate::flow::{Context, decline as flow, look, vouch};
use crate::platform::Platform;
use crate::store::identities::Vouched;
use crate::store::redeem::Joined;
use crate::web::api::field::{self, optional};
use crate::web::guard::{Caller, check_browser_origin, limit_network};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// A link's token.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "InvitationToken"))]
#[serde(deny_unknown_fields)]
pub(super) struct TokenBody {
    token: String,
}

/// What the holder of a link is offered.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Preview"))]
pub(super) struct Offered<'a> {
    invitation_id: InvitationId,
    kind: Kind,
    role: Role,
    organization: Whose<'a>,
    brand: Brand<'a>,
    workspaces: Vec<Named<'a>>,
    /// Who invites, where that is somebody.
    invited_by: Option<Named<'a>>,
    message: Option<&'a str>,
    /// The invited address, not in full: `a••@client.test`.
    email_hint: Option<String>,
    /// Whether a second factor is asked for.
    require_mfa: bool,
    status: Status,
    expires_at: Timestamp,
    /// What they do next.
    next: Next,
}

/// Who invites them somewhere.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "PreviewOrganization"))]
struct Whose<'a> {
    name: &'a str,
    logo_url: Option<String>,
    #[cfg_attr(described, schemars(with = "Option<Accent>"))]
    accent: Option<&'a str>,
}

/// What heads its page.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "PreviewBrand"))]
struct Brand<'a> {
    name: &'a str,
    /// Whether that is the product's name, for want of a brand.
    is_product: bool,
}

/// Somebody or something by name.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Named"))]
struct Named<'a> {
    name: &'a str,
}

/// `POST …/preview`: what the link's holder is offered, and what they do next. No address in full, no token.
pub async fn preview<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let caller = limited(ctx, request, "preview").await?;
    let body: TokenBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    caller.speaks_in(ctx, link.organization_id).await?;
    let session = caller.session();
    let view = look::look(ctx, &link, session.as_deref(), None).await?;
    let now = ctx.now();
    // What became of the invitation is in `status`; that this link is an old one is nowhere else.
    let next = match view.standing().next(&link, now) {
        Err(Code::InvitationReplaced) => return Err(Code::InvitationReplaced.into()),
        next => next.unwrap_or(Next::None),
    };
    let invitation = &view.invitation;
    let logo_url = view
        .logo_hash
        .clone()
        .map(|hash| Route::Brand(invitation.organization_id, hash).url(&ctx.config.origin));
    // Without a brand it is the product's page, unless the plan keeps its name from it.
    let unbranded = if view.hides_product { &view.organization_name } else { &ctx.config.product_name };
    let offered = Offered {
        invitation_id: invitation.id,
        kind: invitation.kind,
        role: invitation.role,
        organization: Whose { name: view.shown_name(), logo_url, accent: view.branding_accent.as_deref() },
        brand: Brand {
            name: view.brand().unwrap_or(unbranded),
            is_product: view.brand().is_none() && !view.hides_product,
        },
        workspaces: view.workspaces.iter().map(|workspace| Named { name: &workspace.name }).collect(),
        invited_by: view.inviter_name.as_deref().map(|name| Named { name }),
        message: view.shown_message(),
        email_hint: invitation.email.as_ref().map(EmailAddress::masked),
        require_mfa: view.require_mfa,
        status: invitation.status(now),
        expires_at: invitation.expires_at,
        next,
    };
    Ok(reply::json(StatusCode::OK, &offered))
}

/// Who accepts: whoever is signed in; or somebody new, with `name` and `password`, and with `email` where the link is for many;
/// or, from a program, one of the host product's own users.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Acceptance"))]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptBody {
    token: String,
    #[cfg_attr(described, schemars(with = "Option<EmailAddress>"))]
    email: Option<String>,
    #[cfg_attr(described, schemars(with = "Option<Name>"))]
    name: Option<String>,
    password: Option<String>,
    user: Option<UserBody>,
}

/// The member that somebody is now.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Accepted"))]
pub(super) struct Shown<'a> {
    member_id: MemberId,
    organization_id: OrganizationId,
    workspace_ids: &'a [WorkspaceId],
    role: Role,
    /// `enrol_mfa` where they may do nothing yet for want of a second factor; else `none`.
    next: Next,
}

/// A host product's own user.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "HostUser"))]
#[serde(deny_unknown_fields)]
struct UserBody {
    /// The host product's own id of them: 1 to 255 characters.
    subject: String,
    #[cfg_attr(described, schemars(with = "EmailAddress"))]
    email: String,
    #[cfg_attr(described, schemars(with = "Name"))]
    name: String,
    /// Whether they proved to the host product that the address is theirs. Nobody comes in with one that they did not prove.
    email_verified: bool,
}

/// `POST …/accept`: 200 with the member; with a new account also its session's cookie. A program says in `user` for whom of its
/// own users it accepts.
pub async fn accept<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    check_browser_origin(request.headers(), ctx.config)?;
    let caller = limited(ctx, request, "accept").await?;
    let body: AcceptBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    let mut fields = Fields::default();
    if let Some(actor) = caller.speaks_in(ctx, link.organization_id).await? {
        let user = vouched(ctx, &mut fields, body, actor.makes_admins);
        let user = fields.finish(user)?;
        let joined = vouch::accept(ctx, &link, &user).await?;
        return Ok(reply::json(StatusCode::OK, &shown(&joined, &link)));
    }
    if body.user.is_some() {
        let detail = "Only a program with an API key says who its users are. Leave this out.";
        fields.refuse("/user", Code::InvalidValue, detail);
    }
    let session = caller.session();
    let name = optional(&mut fields, "/name", body.name.as_deref(), Name::parse);
    let email = body.email.as_deref().and_then(|email| field::email(&mut fields, "/email", email));
    fields.finish(Some(()))?;
    let accepted = redeem(ctx, Accept { link, session, email, name, password: body.password }).await?;
    let mut reply = reply::json(StatusCode::OK, &shown(&accepted.joined, &link));
    if let Some(session) = accepted.session {
        reply::keep_session(&mut reply, &session);
    }
    Ok(reply)
}

fn shown<'a>(joined: &'a Joined, link: &Link) -> Shown<'a> {
    Shown {
        member_id: joined.member_id,
        organization_id: link.organization_id,
        workspace_ids: &joined.workspace_ids,
        role: joined.role,
        next: if joined.lacks_factor { Next::EnrolMfa } else { Next::None },
    }
}

/// Reads for whom a program accepts. Their address counts only if the host product knows that it is theirs (V24).
fn vouched<P: Platform>(
    ctx: &Context<'_, P>,
    fields: &mut Fields,
    body: AcceptBody,
    makes_admins: bool,
) -> Option<Vouched> {
    for (pointer, said) in [
        ("/email", body.email.is_some()),
        ("/name", body.name.is_some()),
        ("/password", body.password.is_some()),
    ] {
        if said {
            fields.refuse(
                pointer,
                Code::InvalidValue,
                "A program says in `user` who accepts. Leave this out.",
            );
        }
    }
    let user = fields.required("/user", body.user)?;
    let email = field::email(fields, "/user/email", &user.email);
    let name = fields.take("/user/name", Code::InvalidValue, Name::parse(&user.name));
    let plain = !user.subject.chars().any(char::is_control) && !user.subject.trim().is_empty();
    let subject = if plain && user.subject.chars().count() <= 255 {
        Ok(user.subject)
    } else {
        Err("Use your own id of this user: 1 to 255 characters.")
    };
    let subject = fields.take("/user/subject", Code::InvalidValue, subject);
    if !user.email_verified {
        let detail =
            "Let them prove their address to you first: whoever only says that it is theirs may be anybody.";
        fields.refuse("/user/email_verified", Code::EmailUnverified, detail);
    }
    let ((email, name), subject) = email.zip(name).zip(subject)?;
    Some(Vouched { subject, email, name, user_id: ctx.user_id(), makes_admins })
}

/// Who calls. Whoever is no program is limited by their network: a host product's users all come from its own.
async fn limited<P: Platform>(ctx: &Context<'_, P>, request: &Request, what: &str) -> Result<Caller> {
    let caller = Caller::of(request, ctx.config);
    if !matches!(caller, Ok(Caller::Key(_))) {
        limit_network(ctx, request, what).await?;
    }
    caller
}

/// Whoever declines.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Decline"))]
#[serde(deny_unknown_fields)]
pub(super) struct DeclineBody {
    token: String,
    /// `unknown_sender` from whoever it was not meant for: the inviter is told.
    #[cfg_attr(described, schemars(with = "Option<Reason>"))]
    reason: Option<String>,
}

/// `POST …/decline`: 204. `reason` is `unknown_sender` from whoever it was not meant for.
pub async fn decline<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    check_browser_origin(request.headers(), ctx.config)?;
    let caller = limited(ctx, request, "decline").await?;
    let body: DeclineBody = request::json(request)?;
    let link = look::open(ctx, &body.token)?;
    caller.speaks_in(ctx, link.organization_id).await?;
    let session = caller.session();
    let mut fields = Fields::default();
    let reason = field::one_of(&mut fields, "/reason", body.reason.as_deref(), "unknown_sender");
    fields.finish(Some(()))?;
    flow::decline(ctx, &link, reason, session.as_deref()).await?;
    Ok(reply::no_content())
}
