//! `/i/{token}`: what an invitation is, and the form that accepts it. Opening it changes nothing, however often and
//! whoever or whatever opens it (a mail scanner does, with scripts on); only the form does.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;

use super::{FormKey, Frame, Problems, check_form, page, session};
use crate::domain::invitation::Next;
use crate::domain::link::{Link, Opened};
use crate::domain::password;
use crate::domain::role::Role;
use crate::domain::secret::Bearer;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Fields, Refusal, Result};
use crate::flow::accept::{Accept, SESSION, accept};
use crate::flow::{Context, decline as decline_flow, look, sign_in};
use crate::platform::Platform;
use crate::store::redeem::View;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::{self, Request, SESSION_COOKIE};
use crate::web::route::Route;

/// As many workspaces as the page names; of the others it says how many there are.
const MOST_NAMED: usize = 12;

/// The open invitation and what its holder does next.
#[derive(Template)]
#[template(path = "pages/invitation.html")]
struct Open<'a> {
    frame: Frame,
    nonce: &'a str,
    token: &'a str,
    /// Where accepting and declining are.
    accept: String,
    decline: String,
    organization: &'a str,
    inviter: Option<&'a str>,
    role: Role,
    workspaces: Vec<&'a str>,
    message: Option<&'a str>,
    /// The invited address, masked until the person has shown that it is theirs.
    address: Option<String>,
    /// Whether they have.
    theirs: bool,
    /// Who is signed in on this browser.
    signed_in_as: Option<&'a str>,
    expires: Timestamp,
    /// The same in words, and how long that is from now.
    until: String,
    left: String,
    next: Next,
    /// The name that the inviter gave; after an error what the person typed instead.
    name: &'a str,
    problems: Problems,
}

/// A link that leads nowhere any more, or never did, or not now: why, and the one thing to do next.
#[derive(Template)]
#[template(path = "pages/invitation_closed.html")]
struct Closed<'a> {
    frame: Frame,
    code: Code,
    title: String,
    detail: &'a str,
    /// Whose invitation it is, where that was read.
    organization: Option<&'a str>,
    inviter: Option<&'a str>,
    /// The signed-in person's address, where it matters.
    address: &'a str,
    /// When it was withdrawn.
    at: Option<Timestamp>,
    next_path: String,
    next_label: &'static str,
}

/// Confirming that one declines.
#[derive(Template)]
#[template(path = "pages/invitation_decline.html")]
struct Decline<'a> {
    frame: Frame,
    nonce: &'a str,
    action: String,
    back: String,
    organization: Option<&'a str>,
    inviter: Option<&'a str>,
    problems: Problems,
}

/// Declined.
#[derive(Template)]
#[template(path = "pages/invitation_declined.html")]
struct Declined<'a> {
    frame: Frame,
    organization: Option<&'a str>,
    inviter: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    nonce: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    /// Holds the address for password managers; what it says is not looked at.
    #[serde(default, rename = "username")]
    _username: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclineForm {
    nonce: String,
}

/// One request for an invitation's page.
struct Visit<'a, P> {
    ctx: &'a Context<'a, P>,
    request: &'a Request,
    token: &'a str,
    /// The digest of the session on this browser, if it has one.
    session: Option<String>,
}

/// `GET /i/{token}`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let visit = Visit::of(ctx, request, token);
    let link = match visit.open() {
        Opened::Live(link) => link,
        dead => return visit.dead(dead),
    };
    let view = match &visit.session {
        Some(session) => look::look(ctx, &link, Some(session)).await?,
        None => look::landing(ctx, &link).await?,
    };
    visit.face(&link, &view, None)
}

/// `POST /i/{token}`: makes the account and joins, or signs in and joins, or joins.
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let mut visit = Visit::of(ctx, request, token);
    if let Err(error) = guard::limit_network(ctx, request, "accept").await {
        return visit.wait(error);
    }
    let body: Form = request::form(request)?;
    let link = match visit.open() {
        Opened::Live(link) => link,
        dead => return visit.dead(dead),
    };
    if let Err(error) = check_form(ctx, request, &body.nonce) {
        return visit.again(&link, &body, error).await;
    }
    let view = look::look(ctx, &link, visit.session.as_deref()).await?;
    let mut fresh = None;
    let outcome = match view.standing().next(&link, ctx.now()) {
        Err(code) => Err(code.into()),
        Ok(Next::SignUp) => visit.join_as_new(&link, &view, &body).await,
        Ok(Next::SignIn) => match sign_in(ctx, &view, &body.password).await {
            Ok(session) => {
                // Whether or not they can join now, they have signed in: they needn't type it again.
                visit.session = Some(session.digest());
                fresh = Some(session);
                visit.join(&link).await
            }
            Err(error) => Err(error),
        },
        Ok(_) => visit.join(&link).await,
    };
    let mut reply = match outcome {
        Ok(reply) => reply,
        Err(error) => visit.again(&link, &body, error).await?,
    };
    if let Some(session) = fresh {
        keep_session(&mut reply, &session);
    }
    Ok(reply)
}

/// `GET /i/{token}/decline`: asks once more.
pub async fn show_decline<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    token: &str,
) -> Result<Reply> {
    let visit = Visit::of(ctx, request, token);
    match visit.open() {
        Opened::Live(link) => visit.ask_to_decline(&link, None).await,
        dead => visit.dead(dead),
    }
}

/// `POST /i/{token}/decline`.
pub async fn decline<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let visit = Visit::of(ctx, request, token);
    if let Err(error) = guard::limit_network(ctx, request, "decline").await {
        return visit.wait(error);
    }
    let body: DeclineForm = request::form(request)?;
    let link = match visit.open() {
        Opened::Live(link) => link,
        dead => return visit.dead(dead),
    };
    match check_form(ctx, request, &body.nonce) {
        Err(error) if error.code() == Code::FormExpired => {
            return visit.ask_to_decline(&link, Some(&error)).await;
        }
        checked => checked?,
    }
    let view = look::look(ctx, &link, visit.session.as_deref()).await?;
    match decline_flow::decline(ctx, &link, visit.session.as_deref()).await {
        Ok(()) => page(
            StatusCode::OK,
            &Declined {
                frame: Frame::of(&view.organization_name),
                organization: Some(&view.organization_name),
                inviter: view.inviter_name.as_deref(),
            },
        ),
        // As things are now: they may have changed since the page was loaded.
        Err(Error::Refused(refusal)) => {
            let view = look::look(ctx, &link, visit.session.as_deref()).await?;
            visit.closed(refusal.code, Some(&view), None)
        }
        Err(error) => Err(error),
    }
}

/// Signs in to the account of the invited address.
async fn sign_in<P: Platform>(ctx: &Context<'_, P>, view: &View, password: &str) -> Result<Bearer> {
    if password.is_empty() {
        return Err(Error::field("/password", Code::Required, "Type your password."));
    }
    let email = view.invitation.email.as_ref().ok_or_else(|| Error::from(Code::SignInRequired))?;
    sign_in::sign_in(ctx, email, password).await.map_err(|error| match error.code() {
        Code::InvalidCredentials => Error::field(
            "/password",
            Code::InvalidCredentials,
            "That password does not match this address. Check it, and try again.",
        ),
        _ => error,
    })
}

fn keep_session(reply: &mut Reply, session: &Bearer) {
    reply::set_cookie(reply, SESSION_COOKIE, session.reveal(), SESSION.as_secs().cast_signed());
}

impl<'a, P: Platform> Visit<'a, P> {
    fn of(ctx: &'a Context<'a, P>, request: &'a Request, token: &'a str) -> Self {
        Self { ctx, request, token, session: session(request) }
    }

    fn path(&self) -> String {
        Route::Invitation(self.token.to_owned()).path()
    }

    fn decline_path(&self) -> String {
        Route::InvitationDecline(self.token.to_owned()).path()
    }

    /// Reads the token, with no I/O.
    fn open(&self) -> Opened {
        Link::open(&self.ctx.config.keys, self.token, self.ctx.now())
    }

    /// The page of a token that is expired or not ours. It needs no I/O either.
    fn dead(&self, token: Opened) -> Result<Reply> {
        match token {
            Opened::Expired(at) => self.closed(Code::InvitationExpired, None, Some(at)),
            Opened::Forged | Opened::Live(_) => self.closed(Code::InvitationInvalid, None, None),
        }
    }

    async fn join(&self, link: &Link) -> Result<Reply> {
        self.accept(Accept { link: *link, session: self.session.clone(), name: None, password: None }).await
    }

    async fn join_as_new(&self, link: &Link, view: &View, body: &Form) -> Result<Reply> {
        let mut fields = Fields::default();
        // A field left empty is told what to do rather than what is wrong with it.
        let name = if body.name.trim().is_empty() {
            fields.refuse("/name", Code::Required, "Type your name.".to_owned());
            None
        } else {
            fields.take("/name", Code::InvalidValue, Name::parse(&body.name))
        };
        let invited = view.invitation.email.as_ref().map(crate::domain::email_address::EmailAddress::key);
        if body.password.is_empty() {
            fields.refuse("/password", Code::Required, "Choose a password.".to_owned());
        } else {
            let checked = password::check(&body.password, invited.as_deref().unwrap_or_default());
            fields.take("/password", Code::WeakPassword, checked);
        }
        let name = fields.finish(name)?;
        self.accept(Accept {
            link: *link,
            session: self.session.clone(),
            name: Some(name),
            password: Some(body.password.clone()),
        })
        .await
    }

    async fn accept(&self, by: Accept) -> Result<Reply> {
        let accepted = accept(self.ctx, by).await?;
        let mut reply = reply::see_other(&Route::Me.path());
        if let Some(session) = accepted.session {
            keep_session(&mut reply, &session);
        }
        Ok(reply)
    }

    /// After a refusal: what the page shows again is how things are now, since the refusal may be because they changed.
    async fn again(&self, link: &Link, body: &Form, error: Error) -> Result<Reply> {
        // Another site's form gets no form of ours in return, and what is our own fault no second try here.
        if matches!(error.code(), Code::CrossSiteRequest | Code::Internal) {
            return Err(error);
        }
        let view = look::look(self.ctx, link, self.session.as_deref()).await?;
        let mut reply = self.face(link, &view, Some((body, &error)))?;
        if let Error::Refused(refusal) = &error {
            reply::tell(&mut reply, refusal);
        }
        Ok(reply)
    }

    /// Too many tries: nothing was read, so nothing is known of the invitation but its address.
    fn wait(&self, error: Error) -> Result<Reply> {
        let Error::Refused(refusal) = error else { return Err(error) };
        let mut reply = self.closed(refusal.code, None, None)?;
        reply::tell(&mut reply, &refusal);
        Ok(reply)
    }

    async fn ask_to_decline(&self, link: &Link, error: Option<&Error>) -> Result<Reply> {
        let view = look::landing(self.ctx, link).await?;
        if let Err(code) = view.standing().next(link, self.ctx.now()) {
            return self.closed(code, Some(&view), None);
        }
        let key = FormKey::of(self.ctx, self.request);
        let reply = page(
            error.map_or(StatusCode::OK, |error| error.code().status()),
            &Decline {
                frame: Frame::of(&view.organization_name),
                nonce: &key.nonce,
                action: self.decline_path(),
                back: self.path(),
                organization: Some(&view.organization_name),
                inviter: view.inviter_name.as_deref(),
                problems: Problems::of(error),
            },
        )?;
        Ok(key.keep(reply))
    }

    /// The page that says why the link leads nowhere, under the organization's name where that is known.
    fn closed(&self, code: Code, view: Option<&View>, ended_at: Option<Timestamp>) -> Result<Reply> {
        let refusal = Refusal::new(code);
        let brand = view.map_or(self.ctx.config.product_name.as_str(), |view| &view.organization_name);
        let ended_at = ended_at.or_else(|| view.map(|view| view.invitation.expires_at));
        let title = match (code, ended_at) {
            (Code::InvitationExpired, Some(at)) => {
                format!("This invitation expired on {}", at.date_in_words())
            }
            (Code::SeatLimitReached, _) => "There is no free seat".to_owned(),
            (Code::TrialEnded, _) => "Nobody new can join now".to_owned(),
            (Code::AccessRemoved, _) => "Your access was removed".to_owned(),
            (Code::EmailUnverified, _) => "Confirm your address first".to_owned(),
            _ => code.title().to_owned(),
        };
        let (next, next_label) = match code {
            Code::SeatLimitReached | Code::TrialEnded | Code::RateLimited => (self.path(), "Try again"),
            _ if self.session.is_some() => (Route::Me.path(), "Go to your workspaces"),
            _ => (Route::SignIn.path(), "Go to sign in"),
        };
        page(
            code.status(),
            &Closed {
                frame: Frame::of(brand),
                code,
                title,
                detail: &refusal.detail,
                organization: view.map(|view| view.organization_name.as_str()),
                inviter: view.and_then(|view| view.inviter_name.as_deref()),
                address: view.and_then(View::session_email).map_or("", |email| email.as_str()),
                at: view.and_then(|view| view.invitation.revoked_at),
                next_path: next,
                next_label,
            },
        )
    }

    /// The page for how things are: its status is what accepting would answer.
    fn face(&self, link: &Link, view: &View, refused: Option<(&Form, &Error)>) -> Result<Reply> {
        let error = refused.map(|(_, error)| error);
        let now = self.ctx.now();
        let next = match view.standing().next(link, now) {
            Ok(Next::None) => return Ok(reply::see_other(&Route::Me.path())),
            Ok(next) => next,
            Err(code) => return self.closed(code, Some(view), None),
        };
        let code = error.map(Error::code);
        if let Some(code @ (Code::SeatLimitReached | Code::TrialEnded)) = code {
            return self.closed(code, Some(view), None);
        }
        let email = view.invitation.email.as_ref();
        let signed_in_as = view.session_email();
        let theirs = signed_in_as.is_some() && signed_in_as == email;
        let expires = view.invitation.expires_at;
        let key = FormKey::of(self.ctx, self.request);
        let reply = page(
            code.map_or(StatusCode::OK, Code::status),
            &Open {
                frame: Frame::of(&view.organization_name),
                nonce: &key.nonce,
                token: self.token,
                accept: self.path(),
                decline: self.decline_path(),
                organization: &view.organization_name,
                inviter: view.inviter_name.as_deref(),
                role: view.invitation.role,
                workspaces: view.workspaces.iter().map(|workspace| workspace.name.as_str()).collect(),
                message: view.message.as_deref(),
                address: email.map(|email| if theirs { email.as_str().to_owned() } else { email.masked() }),
                theirs,
                signed_in_as: signed_in_as.map(crate::domain::email_address::EmailAddress::as_str),
                expires,
                until: until(now, expires),
                left: left(now, expires),
                next,
                name: refused.map_or(view.name.as_deref().unwrap_or_default(), |(body, _)| &body.name),
                // The page about the wrong account says all there is to say about it.
                problems: Problems::of(error.filter(|_| code != Some(Code::WrongAccount))),
            },
        )?;
        Ok(key.keep(reply))
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// When it ends: the date, and the time as well where the date alone would leave a doubt.
fn until(now: Timestamp, end: Timestamp) -> String {
    if end.seconds() - now.seconds() >= 2 * DAY { end.date_in_words() } else { end.in_words() }
}

/// How long that is from now, to the nearest of the unit.
fn left(now: Timestamp, end: Timestamp) -> String {
    match end.seconds() - now.seconds() {
        left if left >= 2 * DAY => format!("in {} days", (left + DAY / 2) / DAY),
        left if left >= 2 * HOUR => format!("in {} hours", (left + HOUR / 2) / HOUR),
        left if left >= 2 * MINUTE => format!("in {} minutes", (left + MINUTE / 2) / MINUTE),
        _ => "in a minute".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_end_that_is_near_is_told_to_the_minute() {
        let now = Timestamp::from_seconds(1_795_298_400);
        for (seconds, shown) in [
            (7 * DAY, "28 November 2026 (in 7 days)"),
            (7 * DAY - 5, "28 November 2026 (in 7 days)"),
            (2 * DAY, "23 November 2026 (in 2 days)"),
            (2 * DAY - 1, "23 November 2026, 21:59 UTC (in 48 hours)"),
            (2 * HOUR, "22 November 2026, 00:00 UTC (in 2 hours)"),
            (2 * HOUR - 1, "21 November 2026, 23:59 UTC (in 120 minutes)"),
            (30, "21 November 2026, 22:00 UTC (in a minute)"),
        ] {
            let end = now.plus(Duration::from_secs(seconds.unsigned_abs()));
            assert_eq!(format!("{} ({})", until(now, end), left(now, end)), shown);
        }
    }
}
