//! `POST /v1/me/token` and `POST /v1/tokens`: what a host product knows somebody by, without asking on each of its requests.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::authority::{Actor, Reach};
use crate::domain::hand_over::HandOver;
use crate::domain::ids::{MemberId, OrganizationId};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::{self, At, SignedIn};
use crate::store::hand_over::{self, Found};
use crate::store::members::Person;
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
pub(super) struct Token {
    /// A JWT (ES256): `/.well-known/jwks.json` has the keys to check it with.
    token: String,
    /// When it ends.
    expires_at: Timestamp,
}

impl Token {
    fn of<P: Platform>(ctx: &Context<'_, P>, me: &SignedIn, actor: &Actor) -> Self {
        let now = ctx.now();
        let expires_at = now.plus(LIFE).whole_seconds();
        Self { token: ctx.config.keys.sign_for_host(claims(me, actor), now, expires_at), expires_at }
    }
}

/// `POST`: 200 with the token, for whoever is a member of that organization and came through its second factor.
pub async fn issue<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let caller = Caller::of(request, ctx.config)?;
    let session = caller.clone().signed_in()?;
    let asked = request::json::<Body>(request)
        .and_then(|body| body.organization_id.parse::<OrganizationId>().map_err(|_| Code::NotFound.into()));
    let organization = match asked {
        Ok(organization) => organization,
        // What is wrong with a question is told only to somebody.
        Err(error) => {
            caller.somebody(ctx).await?;
            return Err(error);
        }
    };
    let (me, actor) = known(ctx, session, organization).await?;
    Ok(reply::json(StatusCode::OK, &Token::of(ctx, &me, &actor)))
}

/// The holder of a session, as the member that they are in this organization, if a host product may know them.
///
/// # Errors
/// As [`Caller::acting`]; `email_unverified` where nobody proved their mailbox: their id would stand for whoever the address
/// belongs to, wherever the host product meets it again.
pub async fn known<P: Platform>(
    ctx: &Context<'_, P>,
    session: String,
    organization: OrganizationId,
) -> Result<(SignedIn, Actor)> {
    let reads = vec![accounts::select_signed_in(&session, ctx.now())];
    let (actor, found) = Caller::Session(session).acting(ctx, At::Organization(organization), reads).await?;
    let me: Option<SignedIn> = ResultSet::row_of(found.first())?;
    let me = me.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    if me.email_verified_at.is_none() {
        let detail = "Confirm your e-mail address first: set a password by a link that is mailed to you.";
        return Err(Refusal::new(Code::EmailUnverified).because(detail).into());
    }
    Ok((me, actor))
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

#[derive(Deserialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "HandOverExchange"))]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    code: String,
    verifier: String,
}

/// Who was handed over to a host product.
#[derive(Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "HandedOverPerson"))]
pub(super) struct HandedOver {
    /// The same as `POST /v1/me/token` answers with.
    token: String,
    /// When it ends.
    expires_at: Timestamp,
    /// The member that they are.
    member_id: MemberId,
    /// Who that is.
    user: Person,
}

/// `POST /v1/tokens`: 200 with who was handed over, for a program of their organization that has the code and its verifier.
/// Everything is asked again: the session may be over by now, and the member removed.
pub async fn exchange<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    if ctx.config.product.is_none() {
        return Err(Code::NotFound.into());
    }
    let caller = Caller::of(request, ctx.config)?;
    let asked = match caller {
        Caller::Key(_) => request::json::<Exchange>(request).and_then(|body| {
            let code = HandOver::open(&ctx.config.keys, &body.code, &body.verifier, ctx.now());
            code.ok_or_else(|| Code::HandOverInvalid.into())
        }),
        _ => Err(Code::Forbidden.into()),
    };
    let code = match asked {
        Ok(code) => code,
        Err(error) => {
            caller.somebody(ctx).await?;
            return Err(error);
        }
    };
    // To another organization's key the code is none, and so is one whose session or member is gone.
    let none = |error: Error| match error {
        Error::Refused(_) => Code::HandOverInvalid.into(),
        Error::Internal(_) => error,
    };
    let reads = vec![hand_over::holder(code.session_id, code.member_id)];
    let at = At::Organization(code.organization_id);
    let (program, found) = caller.acting(ctx, at, reads).await.map_err(|error| match error.code() {
        Code::NotFound => Code::HandOverInvalid.into(),
        _ => error,
    })?;
    if !program.is(code.member_id) && !program.administers() {
        return Err(Code::Forbidden.into());
    }
    let session: Option<Found> = ResultSet::row_of(found.first())?;
    let Some(Found { id: digest, name }) = session else { return Err(Code::HandOverInvalid.into()) };
    let (me, actor) = known(ctx, digest, code.organization_id).await.map_err(none)?;
    if !actor.is(code.member_id) {
        return Err(Code::HandOverInvalid.into());
    }
    let Token { token, expires_at } = Token::of(ctx, &me, &actor);
    let user = Person { id: me.user_id, email: me.email.as_str().to_owned(), name };
    let answer = HandedOver { token, expires_at, member_id: code.member_id, user };
    Ok(reply::json(StatusCode::OK, &answer))
}
