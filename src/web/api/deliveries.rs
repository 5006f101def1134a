//! How the e-mails of an invitation went: `…/deliveries`, for whoever may invite its role.

use serde::Serialize;

use crate::domain::ids::InvitationId;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::store::deliveries::{self, Mailed, Step};
use crate::web::api::Page;
use crate::web::guard::Caller;
use crate::web::reply::Reply;
use crate::web::request::Request;

/// The e-mail of one version of an invitation.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "InvitationDelivery"))]
pub(super) struct Delivery {
    /// The version: each sending has its own, and the links of older ones are dead.
    ver: i64,
    /// Its steps, the first first.
    steps: Vec<Step>,
}

/// `GET`: its e-mails, newest first.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: InvitationId) -> Result<Reply> {
    let (_, record) = Caller::of(request, ctx.config)?.over(ctx, id).await?;
    let page = Page::of(request)?;
    let found = ctx.platform.run(deliveries::page(id, page.before, page.rows())).await?;
    let mails = deliveries::read(&found, record.state.ver, record.delivery)?;
    Ok(page.reply(
        mails,
        |mailed: &Mailed| mailed.id.to_string(),
        |mailed| Delivery { ver: mailed.ver, steps: mailed.steps },
    ))
}
