//! `POST /v1/me/token`: what a host product knows somebody by, without asking on each of its requests.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::authority::{Actor, Reach};
use crate::domain::ids::OrganizationId;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::{self, At, SignedIn};
use crate::web::guard::Caller;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request};

/// How long a token is good: for so long a host product may not know what was taken away.
const LIFE: Duration = Duration::from_mins(5);
/// Of so many workspaces a token tells: it has to fit into a header.
const MOST_WORKSPACES: usize = 50;

/// Where the token is to count.
#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "NewHostToken"))]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    #[cfg_attr(described, schemars(with = "OrganizationId"))]
    organization_id: String,
}

/// A token that says who somebody is and may do in an organization.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "HostToken"))]
pub(super) struct Issued {
    /// A JWT (ES256): `/.well-known/jwks.json` has the keys to check it with.
    token: String,
    expires_at: Timestamp,
}

/// `POST`: 200 with the token, for whoever is a member of that organization and came through its second factor.
pub async fn issue<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let session = caller.clone().signed_in()?;
    let body: Body = match request::json(request) {
        Ok(body) => body,
        // What is wrong with a question is told only to somebody.
        Err(error) => {
            caller.somebody(ctx).await?;
            return Err(error);
        }
    };
    let now = ctx.now();
    let Ok(organization) = body.organization_id.parse::<OrganizationId>() else {
        caller.somebody(ctx).await?;
        return Err(Code::NotFound.into());
    };
    let reads = vec![accounts::select_signed_in(&session, now)];
    let (actor, found) = caller.acting(ctx, At::Organization(organization), reads).await?;
    let me: Option<SignedIn> = ResultSet::row_of(found.first())?;
    let me = me.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    // Their id would stand for whoever the address belongs to, wherever the host product meets it again.
    if me.email_verified_at.is_none() {
        let detail = "Confirm your e-mail address first: set a password by a link that is mailed to you.";
        return Err(Refusal::new(Code::EmailUnverified).because(detail).into());
    }
    let ends = now.plus(LIFE).whole_seconds();
    let token = ctx.config.keys.sign_for_host(claims(&me, &actor), now, ends);
    Ok(reply::json(StatusCode::OK, &Issued { token, expires_at: ends }))
}

/// Who they are there and what they may do: in every workspace, for owner and admins; else in each that they were put in,
/// oldest first.
fn claims(me: &SignedIn, actor: &Actor) -> Map<String, Value> {
    let catalog = &actor.template.catalog;
    let (workspaces, more) = match &actor.reach {
        Reach::Everything => (Value::from("all"), false),
        Reach::Only(held) => {
            let each = held.iter().take(MOST_WORKSPACES);
            let each =
                each.map(|held| (held.workspace_id.to_string(), json!(catalog.keys(held.permissions))));
            (Value::Object(each.collect()), held.len() > MOST_WORKSPACES)
        }
    };
    let mut claims = Map::new();
    for (name, value) in [
        ("sub", json!(me.user_id)),
        ("aud", json!(actor.organization_id)),
        ("org", json!(actor.organization_id)),
        ("member", json!(actor.principal.member())),
        ("role", json!(actor.role)),
        ("workspaces", workspaces),
        ("more_workspaces", json!(more)),
    ] {
        claims.insert(name.to_owned(), value);
    }
    claims
}
