//! An organization's catalog: what can be granted in it.

use http::StatusCode;
use serde_json::{Map, json};

use crate::domain::ids::OrganizationId;
use crate::error::Result;
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;

/// `GET`: the template, the kinds of resource with what people call them, and the whole tree of permissions. For everybody who
/// is in: it says what can be granted, not to whom.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: OrganizationId) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.member_of(ctx, id).await?;
    let kinds: Vec<&str> = actor.template.kinds.iter().map(|kind| kind.key.as_str()).collect();
    let mut labels = Map::new();
    for kind in &actor.template.kinds {
        labels.insert(kind.key.clone(), kind.label.as_str().into());
    }
    let shown = json!({
        "template": actor.template.key,
        "label": actor.template.label,
        "kinds": kinds,
        "kind_labels": labels,
        "permissions": actor.template.catalog.tree(),
    });
    Ok(reply::json(StatusCode::OK, &shown))
}
