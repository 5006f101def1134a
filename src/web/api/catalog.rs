//! An organization's catalog: what can be granted in it.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Serialize;

use crate::domain::catalog::Node;
use crate::domain::ids::OrganizationId;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;

/// What can be granted in an organization.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Catalog"))]
pub(super) struct Shown<'a> {
    /// The template's key.
    template: &'a str,
    /// What people call it.
    label: &'a str,
    /// The kinds of resource.
    kinds: Vec<&'a str>,
    /// What people call each of them.
    kind_labels: BTreeMap<&'a str, &'a str>,
    permissions: &'a [Node],
}

/// `GET`: the template, the kinds of resource with what people call them, and the whole tree of permissions. For everybody who
/// is in: it says what can be granted, not to whom.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: OrganizationId) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, id).await?;
    let kinds = &actor.template.kinds;
    let shown = Shown {
        template: &actor.template.key,
        label: &actor.template.label,
        kinds: kinds.iter().map(|kind| kind.key.as_str()).collect(),
        kind_labels: kinds.iter().map(|kind| (kind.key.as_str(), kind.label.as_str())).collect(),
        permissions: actor.template.catalog.tree(),
    };
    Ok(reply::json(StatusCode::OK, &shown))
}
