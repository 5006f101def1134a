//! The page of an open invitation: who invites whom, to what, as what, until when; and the form for what comes next.

use askama::Template;
use http::StatusCode;

use super::submit::Form;
use super::{Visit, inside};
use crate::domain::email_address::EmailAddress;
use crate::domain::invitation::Kind;
use crate::domain::link::Link;
use crate::domain::role::Role;
use crate::domain::standing::Next;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::platform::Platform;
use crate::store::view::View;
use crate::web::guard;
use crate::web::pages::apart::apart;
use crate::web::pages::sign_in::with_to;
use crate::web::pages::{FormKey, Frame, Problems, page, said};
use crate::web::reply::Reply;
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
    /// For whoever has an account and forgot its password, or has one with another address: from there they come back here.
    forgot: String,
    sign_in: String,
    /// Where whoever is signed in with another address asks for an invitation of their own.
    ask: String,
    /// That address, if it is proved to be theirs.
    asks_as: Option<&'a str>,
    organization: &'a str,
    inviter: Option<&'a str>,
    role: Role,
    workspaces: Vec<&'a str>,
    /// What they may do, in words; nothing for those who may do everything.
    may: Vec<String>,
    /// What accounts are called, and on how many, in words; empty for none.
    on: String,
    accounts: String,
    /// The kinds of account that they may connect, in words.
    kinds: String,
    /// Whether they come in only with a second step.
    require_mfa: bool,
    message: Option<&'a str>,
    message_by: &'a str,
    /// The invited address, masked until the person has shown that it is theirs.
    address: Option<String>,
    /// Whether they have.
    theirs: bool,
    /// Whether it is a link for many people: then each says which address is theirs, and nobody can decline.
    for_many: bool,
    /// What somebody typed as their address there.
    email: &'a str,
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

impl<P: Platform> Visit<'_, P> {
    /// The page for how things are: its status is what accepting would answer.
    pub(super) fn face(&self, link: &Link, view: &View, refused: Option<(&Form, &Error)>) -> Result<Reply> {
        let error = refused.map(|(_, error)| error);
        let now = self.ctx.now();
        let next = match view.standing().next(link, now) {
            Ok(Next::None) => {
                let told = format!("You are in {} already.", apart(view.shown_name()));
                return Ok(said::see_other(&inside(view).path(), &told));
            }
            Ok(Next::EnrolMfa) => return self.second_step(view),
            Ok(next) => next,
            Err(code) => return self.closed(code, Some(link), Some(view), None),
        };
        let code = error.map(Error::code);
        if let Some(code @ (Code::SeatLimitReached | Code::TrialEnded | Code::PlanFeatureRequired)) = code {
            return self.closed(code, Some(link), Some(view), None);
        }
        let email = view.invitation.email.as_ref();
        let for_many = view.invitation.kind == Kind::Link;
        let body = refused.map(|(body, _)| body);
        let signed_in_as = view.session_email();
        let theirs = signed_in_as.is_some() && signed_in_as == email;
        let expires = view.invitation.expires_at;
        let key = FormKey::of(self.ctx, self.request);
        let said = said::read(self.request.headers());
        let was_said = said.is_some();
        let template = guard::rules(self.ctx, &view.template, None)?.0;
        let mut reply = page(
            code.map_or(StatusCode::OK, Code::status),
            &Open {
                frame: Frame { said, ..Frame::of_invitation(view, &self.ctx.config.product_name) },
                nonce: &key.nonce,
                token: self.token,
                accept: self.path(),
                decline: self.decline_path(),
                forgot: with_to(&Route::ForgotPassword, &self.path()),
                sign_in: with_to(&Route::SignIn, &self.path()),
                ask: Route::InvitationAsk(self.token.to_owned()).path(),
                asks_as: view.proved_email().map(EmailAddress::as_str),
                organization: view.shown_name(),
                inviter: view.inviter_name.as_deref(),
                role: view.invitation.role,
                workspaces: view.workspaces.iter().map(|workspace| workspace.name.as_str()).collect(),
                may: view.may(template),
                on: text::capitalized(&template.noun().1),
                accounts: view.accounts(template),
                kinds: view.kinds(template),
                require_mfa: view.require_mfa,
                message: view.shown_message(),
                message_by: view.message_by(),
                address: email.map(|email| if theirs { email.as_str().to_owned() } else { email.masked() }),
                theirs,
                for_many,
                email: body.map_or("", |body| &body.email),
                signed_in_as: signed_in_as.map(EmailAddress::as_str),
                expires,
                until: expires.end_in_words(now),
                left: left(now, expires),
                next,
                // What a link is called is nobody's name.
                name: match body {
                    Some(body) => body.name.as_deref().unwrap_or_default(),
                    None if for_many => "",
                    None => view.name.as_deref().unwrap_or_default(),
                },
                // The page about the wrong account says all there is to say about it.
                problems: Problems::of(error.filter(|_| code != Some(Code::WrongAccount))),
            },
        )?;
        if was_said {
            said::forget(&mut reply);
        }
        Ok(key.keep(reply))
    }
}

/// They are in, and lack the second factor that they are asked for.
#[derive(Template)]
#[template(path = "pages/invitation_factor.html")]
struct SecondStep<'a> {
    frame: Frame,
    organization: &'a str,
    workspace: &'a str,
    /// Setting it up; from there they come into the workspace.
    set_up: String,
    /// The workspace, which says until then what is missing.
    later: String,
}

impl<P: Platform> Visit<'_, P> {
    /// The second of two steps, for whoever has joined: setting a second factor up, now or later (S2-06).
    fn second_step(&self, view: &View) -> Result<Reply> {
        let first = view.workspaces.first();
        let later = first.map_or_else(|| Route::Me.path(), |first| Route::WorkspacePage(first.id).path());
        page(
            StatusCode::OK,
            &SecondStep {
                frame: Frame::of_invitation(view, &self.ctx.config.product_name),
                organization: view.shown_name(),
                workspace: first.map_or_else(|| view.shown_name(), |first| &first.name),
                set_up: with_to(&Route::SecurityFactor, &later),
                later,
            },
        )
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

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
            assert_eq!(format!("{} ({})", end.end_in_words(now), left(now, end)), shown);
        }
    }
}
