//! Links for many: `…/rotate`, `…/disable`, `…/enable`, and who came in by one. For whoever may invite its role.

use http::StatusCode;

use crate::domain::ids::InvitationId;
use crate::error::Result;
use crate::flow::{Context, links as flow};
use crate::platform::Platform;
use crate::store::links::{self, Action, Redemption};
use crate::web::api::invitations::Shown;
use crate::web::api::{Page, no_fields};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;

/// `POST …/rotate`: 200 with the invitation. Its new URL is at `…/link`; the older ones are dead.
pub async fn rotate<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    change(ctx, request, id, Action::Rotated).await
}

/// `POST …/disable`: 200 with the invitation. Doing it twice is no error.
pub async fn disable<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: InvitationId,
) -> Result<Reply> {
    change(ctx, request, id, Action::Disabled).await
}

/// `POST …/enable`: 200 with the invitation. Doing it twice is no error.
pub async fn enable<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    change(ctx, request, id, Action::Enabled).await
}

async fn change<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: InvitationId,
    action: Action,
) -> Result<Reply> {
    let (by, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    no_fields(request)?;
    let record = flow::change(ctx, &by, record, action).await?;
    Ok(reply::json(StatusCode::OK, &Shown::of(record, by.template(), ctx.now())))
}

/// `GET …/redemptions`: who came in by the invitation, newest first.
pub async fn redemptions<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: InvitationId,
) -> Result<Reply> {
    Caller::of(request, ctx.config)?.over(ctx, id).await?;
    let page = Page::of(request)?;
    let rows = ctx.platform.run(links::redemptions(id, page.before, page.rows())).await?.rows()?;
    Ok(page.reply(rows, |redemption: &Redemption| redemption.id.to_string(), |redemption| redemption))
}
