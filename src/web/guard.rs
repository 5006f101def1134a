//! Who is calling, and what they may do. One function turns a request into a caller, and one a caller into an authority
//! over an organization; an id of another organization is answered as if it did not exist.

use http::HeaderMap;

use crate::config::Config;
use crate::domain::access::{Credentials, Permissions};
use crate::domain::api_key::{ApiKey, Scope};
use crate::domain::authority::{Actor, Authority, Holding, Principal, Reach};
use crate::domain::ids::{InvitationId, MemberId, OrganizationId};
use crate::domain::policy::Policy;
use crate::domain::secret;
use crate::domain::template::Template;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::access::lacks;
use crate::flow::{Context, again};
use crate::json::row;
use crate::platform::{Limit, Platform, ResultSet, Statement};
use crate::store::accounts::{self, At, Seen};
use crate::store::api_keys;
use crate::store::guesses::Guesser;
use crate::store::invitations::{self, Record};
use crate::store::organizations::{self, Of};
use crate::store::sessions;
use crate::web::request::{self, DEVICE_COOKIE, Request, SESSION_COOKIE};
use crate::web::route::Route;

/// How a request says who it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// With the operator's key.
    Operator,
    /// With a session's cookie; this is its digest.
    Session(String),
    /// With an organization's API key.
    Key(Key),
    /// Not at all.
    Nobody,
}

/// A program, as its request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key's digest.
    digest: String,
    /// The scope that the route asks for.
    scope: Scope,
    /// The member it acts for (`Usher-Actor`).
    member: Option<MemberId>,
}

impl std::fmt::Display for Key {
    /// As what its requests are kept under: whom it acts for is part of who calls.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.member {
            Some(member) => write!(f, "key {} {member}", self.digest),
            None => write!(f, "key {}", self.digest),
        }
    }
}

impl Key {
    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Reads the key of a request. What isn't in the shape of one is none.
    ///
    /// # Errors
    /// 403 where no key may call, or for no member's id.
    fn of(request: &Request, key: &str) -> Result<Option<Self>> {
        let Some(key) = ApiKey::parse(key) else { return Ok(None) };
        let route = Route::parse(request.uri().path());
        let scope = route.and_then(|route| route.scope(request.method())).ok_or_else(|| {
            let detail = "No API key may do this. It is for a person who is signed in, or for the operator.";
            Error::from(Refusal::new(Code::Forbidden).because(detail))
        })?;
        // A header that is there and names nobody is never as good as none: without it the key is more than any member.
        let member = match request.headers().get("usher-actor") {
            None => None,
            Some(actor) => {
                let actor = actor.to_str().ok().and_then(|actor| actor.parse::<MemberId>().ok());
                Some(actor.ok_or_else(|| Error::from(Code::UnknownActor))?)
            }
        };
        Ok(Some(Self { digest: key.digest(), scope, member }))
    }

    /// The key's program, in this organization.
    fn actor<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        seen: Option<Seen>,
        about: Option<MemberId>,
    ) -> Result<Actor> {
        let seen = seen.ok_or_else(|| Error::from(Code::Unauthenticated))?;
        if !seen.scopes.as_deref().is_some_and(|scopes| holds(scopes, self.scope)) {
            return Err(lacks(self.scope));
        }
        if seen.organization_id.is_some() && self.member != seen.member_id {
            return Err(Code::UnknownActor.into());
        }
        // The log names the member: which program it was is told beside it.
        ctx.platform.meter().key.set(self.member.and(seen.key_id));
        actor_about(ctx, Some(seen), about)
    }
}

impl Caller {
    /// Reads who is calling. A cookie counts only for a request from our own pages: what changes something must carry our
    /// own origin.
    ///
    /// # Errors
    /// 401 for a bearer key nobody has, 403 for another site's request, and for an API key where none may call.
    pub fn of(request: &Request, config: &Config) -> Result<Self> {
        if let Some(authorization) = request::header(request.headers(), "authorization") {
            let (scheme, key) = authorization.split_once(' ').unwrap_or_default();
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(Code::Unauthenticated.into());
            }
            return match Key::of(request, key)? {
                Some(key) => Ok(Self::Key(key)),
                None if secret::same(key, &config.operator_key) => Ok(Self::Operator),
                None => Err(Code::Unauthenticated.into()),
            };
        }
        match request::cookie(request.headers(), SESSION_COOKIE) {
            None => Ok(Self::Nobody),
            Some(session) => {
                if !request.method().is_safe() {
                    check_same_origin(request.headers(), config)?;
                }
                Ok(Self::Session(session.digest()))
            }
        }
    }

    /// The digest of the caller's session, if they have one.
    #[must_use]
    pub fn session(self) -> Option<String> {
        match self {
            Self::Session(digest) => Some(digest),
            Self::Operator | Self::Key(_) | Self::Nobody => None,
        }
    }

    /// The digest of the session of somebody who is somebody: the operator and programs have keys, but no account.
    pub fn signed_in(self) -> Result<String> {
        match self {
            Self::Session(digest) => Ok(digest),
            Self::Operator | Self::Key(_) => Err(Code::Forbidden.into()),
            Self::Nobody => Err(Code::Unauthenticated.into()),
        }
    }

    /// The operator, or nobody.
    pub fn operator(&self) -> Result<()> {
        match self {
            Self::Operator => Ok(()),
            Self::Session(_) | Self::Key(_) => Err(Refusal::new(Code::Forbidden)
                .because("Only the operator of this service may do this. Ask them.")
                .into()),
            Self::Nobody => Err(Code::Unauthenticated.into()),
        }
    }

    /// The member that the caller is in this organization.
    pub async fn member_of<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        organization: OrganizationId,
    ) -> Result<Actor> {
        self.acting(ctx, At::Organization(organization), Vec::new()).await.map(|(actor, _)| actor)
    }

    /// A person shows again who they are, with their password unless they typed it within five minutes, before what outlives
    /// their session: it is not for whoever found a browser that was left open. A program has nothing else to show.
    ///
    /// # Errors
    /// Those of [`again::unless_fresh`].
    pub async fn prove<P: Platform>(&self, ctx: &Context<'_, P>, password: Option<&str>) -> Result<()> {
        match self {
            Self::Session(session) => again::unless_fresh(ctx, session, password).await.map(|_| ()),
            _ => Ok(()),
        }
    }

    /// The owner or admin that the caller is in this organization.
    pub async fn administrator_of<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        organization: OrganizationId,
    ) -> Result<Actor> {
        let actor = self.member_of(ctx, organization).await?;
        if actor.administers() { Ok(actor) } else { Err(Code::Forbidden.into()) }
    }

    /// Whoever runs this organization; nobody of it for the operator, who may what they may.
    pub async fn running<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        organization: OrganizationId,
    ) -> Result<Option<Actor>> {
        match self {
            Self::Operator => Ok(None),
            _ => self.administrator_of(ctx, organization).await.map(Some),
        }
    }

    /// The member that the caller is in the organization of something, and what else is to be read of it, in one round
    /// trip.
    pub async fn acting<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        at: At<'_>,
        reads: Vec<Statement>,
    ) -> Result<(Actor, Vec<ResultSet>)> {
        self.looking_at(ctx, at, None, reads).await
    }

    /// The same, for what only looks at this member: whoever holds nothing for want of a second factor still looks at
    /// themself.
    pub async fn looking_at<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        at: At<'_>,
        member: Option<MemberId>,
        reads: Vec<Statement>,
    ) -> Result<(Actor, Vec<ResultSet>)> {
        let now = ctx.now();
        let (seen, used) = match self {
            Self::Operator => return Err(Code::Forbidden.into()),
            Self::Nobody => return Err(Code::Unauthenticated.into()),
            Self::Session(digest) => (accounts::seen(digest, at, now), sessions::used(digest, now)),
            Self::Key(key) => {
                (accounts::program(&key.digest, at, key.member, now), api_keys::used(&key.digest, now))
            }
        };
        let mut batch = vec![seen];
        batch.extend(reads);
        batch.push(used);
        let mut results = ctx.platform.batch(batch).await?;
        results.pop();
        let found = results.split_off(1);
        let seen = ResultSet::row_of::<Seen>(results.first())?;
        let actor = match self {
            Self::Key(key) => key.actor(ctx, seen, member)?,
            _ => actor_about(ctx, seen, member)?,
        };
        Ok((actor, found))
    }

    /// Lets a program speak for the holder of a link in its own organization; whoever else holds a link needs nobody's leave.
    /// Answers who it is then.
    ///
    /// # Errors
    /// Of a key, what [`Caller::acting`] answers; to another organization's, the link is none.
    pub async fn speaks_in<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        organization: OrganizationId,
    ) -> Result<Option<Actor>> {
        let Self::Key(_) = self else { return Ok(None) };
        match self.acting(ctx, At::Organization(organization), Vec::new()).await {
            Ok((actor, _)) => Ok(Some(actor)),
            Err(error) if error.code() == Code::NotFound => Err(Code::InvitationInvalid.into()),
            Err(error) => Err(error),
        }
    }

    /// Refuses whoever is nobody, for what is wrong with a question is told only to somebody.
    ///
    /// # Errors
    /// 401 for a session that is over or a key that was revoked; 403 for the operator.
    pub async fn somebody<P: Platform>(self, ctx: &Context<'_, P>) -> Result<()> {
        if let Self::Key(_) = self {
            // Of no organization it is nothing, but it is a key.
            return match self.acting(ctx, At::Slug(""), Vec::new()).await {
                Err(error) if error.code() != Code::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let session = self.signed_in()?;
        let me = accounts::signed_in(ctx.platform, &session, ctx.now()).await?;
        me.map(|_| ()).ok_or_else(|| Code::Unauthenticated.into())
    }

    /// The caller's authority over this invitation, and the invitation.
    pub async fn over<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        invitation: InvitationId,
    ) -> Result<(Authority, Record)> {
        let (authority, record) = if *self == Self::Operator {
            let batch = vec![organizations::template_of(invitation), invitations::select(invitation)];
            let results = ctx.platform.batch(batch).await?;
            let [of, record] = results.as_slice() else {
                return Err(Error::Internal("two results".to_owned()));
            };
            let of: Of = of.first()?.ok_or_else(|| Error::from(Code::NotFound))?;
            (Authority::Operator(template(ctx, &of.template)?), record.first()?)
        } else {
            let reads = vec![invitations::select(invitation)];
            let (actor, found) = self.acting(ctx, At::Invitation(invitation), reads).await?;
            let record = ResultSet::row_of(found.first())?;
            (Authority::Member(actor), record)
        };
        let record: Record = record.ok_or_else(|| Error::from(Code::NotFound))?;
        if authority.covers(record.state.role) {
            Ok((authority, record))
        } else {
            Err(Code::Forbidden.into())
        }
    }
}

fn template<P>(ctx: &Context<'_, P>, key: &str) -> Result<&'static Template> {
    ctx.config.templates.named(key).ok_or_else(|| Error::Internal(format!("no template is named {key}")))
}

/// An organization's template by its name, and its policy: the template's with its own changes, which are JSON.
pub fn rules<P>(
    ctx: &Context<'_, P>,
    template: &str,
    changes: Option<&str>,
) -> Result<(&'static Template, Policy)> {
    let template = self::template(ctx, template)?;
    let policy = match changes {
        None => template.policy.clone(),
        Some(changes) => template.policy.with(read(changes)?),
    };
    Ok((template, policy))
}

/// The member that a session's holder is in the organization that was asked about.
///
/// # Errors
/// 401 where there is no such session, 404 where they are nobody, 403 where they hold nothing until they have a second
/// factor.
pub fn actor<P>(ctx: &Context<'_, P>, seen: Option<Seen>) -> Result<Actor> {
    actor_about(ctx, seen, None)
}

/// Whether a key's scopes, which are JSON, hold this one.
fn holds(scopes: &str, scope: Scope) -> bool {
    scopes.contains(&format!("\"{}\"", scope.as_str()))
}

/// The same, for what is about this member: that everybody may see of themself.
fn actor_about<P>(ctx: &Context<'_, P>, seen: Option<Seen>, about: Option<MemberId>) -> Result<Actor> {
    let seen = seen.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let member = seen.member_id.map(Principal::Member);
    let (Some(principal), Some(role), Some(organization_id), Some(template), Some(access_rev)) = (
        member.or(seen.key_id.map(Principal::Key)),
        seen.role,
        seen.organization_id,
        seen.template,
        seen.access_rev,
    ) else {
        return Err(Code::NotFound.into());
    };
    if seen.lacks_factor && about != seen.member_id {
        return Err(Code::MfaRequired.into());
    }
    let (template, policy) = rules(ctx, &template, seen.policy.as_deref())?;
    let holding = |held: accounts::Holding| Holding {
        workspace_id: held.workspace_id,
        permissions: Permissions::from_row(held.permissions.as_deref(), &template.catalog)
            .effective(template, role),
        approves: held.resources.iter().filter(|(_, approve, _)| *approve == 1).map(|(id, ..)| *id).collect(),
        own_credentials: held
            .resources
            .iter()
            .filter(|(.., whose)| *whose == Some(Credentials::Member))
            .map(|(id, ..)| *id)
            .collect(),
        resources: (!held.all_resources).then(|| held.resources.into_iter().map(|(id, ..)| id).collect()),
    };
    let reach = match seen.holdings {
        None => Reach::Everything,
        Some(held) => Reach::Only(read::<Vec<_>>(&held)?.into_iter().map(holding).collect()),
    };
    // Whoever has no scopes is a person.
    let makes_admins = seen.scopes.as_deref().is_none_or(|scopes| holds(scopes, Scope::AdminsWrite));
    Ok(Actor { principal, role, organization_id, template, policy, reach, access_rev, makes_admins })
}

fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T> {
    row(json).map_err(|error| Error::Internal(format!("unexpected row: {error}")))
}

/// Checks that a browser sent this from a page of ours. Pages with `no-referrer` send `Origin: null`; then the browser's
/// own word on where it came from decides. `Host` is never looked at.
pub fn check_same_origin(headers: &HeaderMap, config: &Config) -> Result<()> {
    let same = match request::header(headers, "origin") {
        None | Some("null") => request::header(headers, "sec-fetch-site") == Some("same-origin"),
        Some(origin) => origin == config.origin,
    };
    if same { Ok(()) } else { Err(Code::CrossSiteRequest.into()) }
}

/// What signs a browser in asks for our own origin even without a cookie, wherever a browser tells one: signing somebody
/// else's browser in is an attack of its own. Programs tell none.
pub fn check_browser_origin(headers: &HeaderMap, config: &Config) -> Result<()> {
    let is_browser = headers.contains_key("origin") || headers.contains_key("sec-fetch-site");
    if is_browser { check_same_origin(headers, config) } else { Ok(()) }
}

/// Who types a password: from which network, and with a browser that had which session.
#[must_use]
pub fn guesser(request: &Request) -> Guesser {
    let device = request::cookie(request.headers(), DEVICE_COOKIE).map(|session| session.digest());
    Guesser { network: request::network(request.headers()), device }
}

/// Limits what one network may do: sign in, open, accept.
pub async fn limit_network<P: Platform>(ctx: &Context<'_, P>, request: &Request, what: &str) -> Result<()> {
    let key = format!("{what}:{}", request::network(request.headers()));
    if !ctx.config.limits || ctx.platform.allows(Limit::Network, &key).await {
        Ok(())
    } else {
        Err(Error::slow_down())
    }
}
