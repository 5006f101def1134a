//! The keys that an organization's programs call with.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use crate::domain::api_key::Scope;
use crate::domain::ids::{ApiKeyId, OrganizationId};
use crate::domain::order;
use crate::domain::text::Name;
use crate::error::{Code, Fields, Result};
use crate::flow::Context;
use crate::flow::api_keys::{self as flow, Wanted};
use crate::platform::Platform;
use crate::store::api_keys::{self, Shown};
use crate::web::api::{Page, told};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// What a key may live, in seconds: an hour to five years.
const LIVES: RangeInclusive<u64> = 3600..=5 * 365 * 86400;

/// A key as a request asks for it.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewApiKey"))]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// What people call it.
    #[cfg_attr(described, schemars(with = "Name"))]
    pub name: String,
    /// What it may do.
    #[cfg_attr(described, schemars(with = "Vec<Scope>", length(min = 1)))]
    pub scopes: Vec<String>,
    /// After how many seconds it ends by itself: an hour to five years; never unless said.
    #[cfg_attr(described, schemars(range(min = 3600, max = 157_680_000)))]
    pub expires_in: Option<u64>,
    /// The password of whoever makes it, unless they typed it within five minutes.
    pub password: Option<String>,
}

/// Checks what a key is to be.
///
/// # Errors
/// What is wrong with which field.
pub fn wanted(body: &Body) -> Result<Wanted> {
    let mut fields = Fields::default();
    let name = fields.take("/name", Code::InvalidValue, Name::parse(&body.name));
    let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let mut scopes = Vec::new();
    for (place, scope) in body.scopes.iter().enumerate() {
        let scope = Scope::named(scope).ok_or_else(|| format!("Use some of {}.", known.join(", ")));
        scopes.extend(fields.take(&format!("/scopes/{place}"), Code::InvalidValue, scope));
    }
    if body.scopes.is_empty() {
        let detail = "Say what the key may do: without a scope it could do nothing.";
        fields.refuse("/scopes", Code::InvalidValue, detail);
    }
    if body.expires_in.is_some_and(|seconds| !LIVES.contains(&seconds)) {
        fields.refuse(
            "/expires_in",
            Code::InvalidValue,
            "Use an hour to five years, in seconds; or leave it out.",
        );
    }
    let lifetime = body.expires_in.map(Duration::from_secs);
    fields.finish(name.map(|name| Wanted { name, scopes: order::once(scopes), lifetime }))
}

/// `POST`: a new key, in `secret` this once. A person types their password unless they did within five minutes: a key
/// outlives the session that made it.
pub async fn create<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let actor = caller.running(ctx, id).await?;
    let mut body: Body = request::json(request)?;
    let password = body.password.take();
    let wanted = wanted(&body)?;
    caller.prove(ctx, password.as_deref()).await?;
    let (shown, key) = flow::create(ctx, id, actor.as_ref(), wanted).await?;
    let mut body = told::value(&shown);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("secret".to_owned(), key.reveal().into());
    }
    Ok(reply::json(StatusCode::CREATED, &body))
}

/// `GET`: the organization's keys, newest first, those that were revoked among them; never a key itself.
pub async fn list<P: Platform>(ctx: &Context<'_, P>, request: &Request, id: OrganizationId) -> Result<Reply> {
    Caller::of(request, ctx.config)?.running(ctx, id).await?;
    let page = Page::of(request)?;
    let rows = ctx.platform.run(api_keys::page(id, page.before, page.rows())).await?.rows()?;
    Ok(page.reply(rows, |key: &Shown| key.id.to_string(), |key| key))
}

/// `DELETE`: 204. Whoever calls with it is nobody from now on.
pub async fn revoke<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: OrganizationId,
    key: ApiKeyId,
) -> Result<Reply> {
    let actor = Caller::of(request, ctx.config)?.running(ctx, id).await?;
    flow::revoke(ctx, id, actor.as_ref(), key).await?;
    Ok(reply::no_content())
}
