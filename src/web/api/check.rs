//! `POST /v1/check`: may this member do this? What a host product asks on each of its own requests, so it costs one round
//! trip.
//!
//! A resource that is disconnected is answered as any other. It keeps its history and everybody's grants until it is connected
//! again (S0-28), and what was done on it stays to be seen; that nothing can be sent through it is the host product's to know.
//! Only one that is deleted is unknown.

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::domain::decision::{Reason, decide};
use crate::domain::ids::{MemberId, ResourceId, WorkspaceId};
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::question::{self, Question};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// A question.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Question"))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[cfg_attr(described, schemars(with = "MemberId"))]
    member_id: String,
    #[cfg_attr(described, schemars(with = "WorkspaceId"))]
    workspace_id: String,
    /// A key of the catalog. One that it has not is not allowed.
    permission: String,
    /// On which resource; on none in particular unless said.
    #[cfg_attr(described, schemars(with = "Option<ResourceId>"))]
    resource_id: Option<String>,
}

/// Its answer.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Answer"))]
pub(super) struct Decided {
    allowed: bool,
    reason: Reason,
}

/// `POST`: 200 with `{allowed, reason}`. For those who run the organization, of anybody in it, and for everybody of
/// themself.
pub async fn check<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let asked = request::json::<Body>(request).and_then(|body| {
        let ids = body.member_id.parse::<MemberId>().ok().zip(body.workspace_id.parse::<WorkspaceId>().ok());
        ids.map(|ids| (body, ids)).ok_or_else(|| Code::NotFound.into())
    });
    let (body, (member, workspace)) = match asked {
        Ok(asked) => asked,
        // What is wrong with a question is told only to somebody.
        Err(error) => {
            caller.somebody(ctx).await?;
            return Err(error);
        }
    };
    // What is no resource's id is an unknown resource, as any other.
    let resource = body.resource_id.as_deref().and_then(|id| id.parse::<ResourceId>().ok());
    let reads = vec![question::select(workspace, member, resource)];
    let (actor, found) = caller.looking_at(ctx, At::Workspace(workspace), Some(member), reads).await?;
    let asked = ResultSet::row_of::<Question>(found.first())?;
    let asked = asked.ok_or_else(|| Error::from(Code::NotFound))?;
    if !actor.is(member) && !actor.administers() {
        return Err(Code::Forbidden.into());
    }
    let reason = decide(
        actor.template,
        actor.policy.clients_need_resource,
        &asked.subject(actor.template),
        &body.permission,
        &asked.about(body.resource_id.is_some()),
    );
    Ok(reply::json(StatusCode::OK, &Decided { allowed: reason.allows(), reason }))
}
