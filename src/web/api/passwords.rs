//! Setting a password with a link. The token comes in the body, never in a query.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::error::Result;
use crate::flow::Context;
use crate::flow::accept::SESSION;
use crate::flow::set_password::{look, set_password};
use crate::platform::Platform;
use crate::web::api::me;
use crate::web::guard::{check_browser_origin, limit_network};
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request, SESSION_COOKIE};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    token: String,
    password: String,
}

/// `POST …/redeem`: 200 with the account and the cookie.
pub async fn redeem<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    check_browser_origin(request.headers(), ctx.config)?;
    limit_network(ctx, request, "password").await?;
    let body: Body = request::json(request)?;
    let (link, view) = look(ctx, &body.token).await?;
    let (me, session) = set_password(ctx, &link, &view, &body.password).await?;
    let mut reply = reply::json(StatusCode::OK, &json!({"user": me::shown(&me)}));
    reply::set_cookie(&mut reply, SESSION_COOKIE, session.reveal(), SESSION.as_secs().cast_signed());
    Ok(reply)
}
