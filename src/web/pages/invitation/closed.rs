//! The page of a link that leads nowhere: a face of its own for each reason, with one thing to do next.

use askama::Template;

use super::Visit;
use crate::domain::invitation::Kind;
use crate::domain::link::{Link, Via};
use crate::domain::time::Timestamp;
use crate::error::{Code, Refusal, Result};
use crate::platform::Platform;
use crate::store::view::View;
use crate::web::pages::{FormKey, Frame, page};
use crate::web::reply::Reply;
use crate::web::route::Route;

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
    /// Whether it is a link for many people.
    for_many: bool,
    /// The signed-in person's address, where it matters.
    address: &'a str,
    /// When it was withdrawn.
    at: Option<Timestamp>,
    next_path: String,
    next_label: &'static str,
    /// Where a new one is asked for, if that may help.
    ask: Option<String>,
    /// Whether there is nothing to be made anew, but to be waited for.
    waits: bool,
    nonce: String,
}

impl<P: Platform> Visit<'_, P> {
    /// The page that says why the link leads nowhere, under the organization's name where that is known.
    pub(super) fn closed(
        &self,
        code: Code,
        link: Option<&Link>,
        view: Option<&View>,
        ended_at: Option<Timestamp>,
    ) -> Result<Reply> {
        let refusal = Refusal::new(code);
        let product = self.ctx.config.product_name.as_str();
        let for_many = view.is_some_and(|view| view.invitation.kind == Kind::Link);
        let ended_at = ended_at.or_else(|| view.map(|view| view.invitation.expires_at));
        let title = match (code, ended_at) {
            (Code::InvitationExpired, Some(at)) if for_many => {
                format!("This link expired on {}", at.date_in_words())
            }
            (Code::InvitationExpired, Some(at)) => {
                format!("This invitation expired on {}", at.date_in_words())
            }
            (Code::InvitationReplaced, _) if for_many => "A newer link was made".to_owned(),
            (Code::PlanFeatureRequired, _) => "You can't join at the moment".to_owned(),
            (Code::SeatLimitReached, _) => "There is no free seat".to_owned(),
            (Code::TrialEnded, _) => "Nobody new can join now".to_owned(),
            (Code::AccessRemoved, _) => "Your access was removed".to_owned(),
            (Code::EmailUnverified, _) => "Confirm your address first".to_owned(),
            _ => code.title().to_owned(),
        };
        let (next, next_label) = match code {
            Code::SeatLimitReached | Code::TrialEnded | Code::PlanFeatureRequired | Code::RateLimited => {
                (self.path(), "Try again")
            }
            _ => self.elsewhere(),
        };
        let key = FormKey::of(self.ctx, self.request);
        let reply = page(
            code.status(),
            &Closed {
                frame: view
                    .map_or_else(|| Frame::product(self.ctx), |view| Frame::of_invitation(view, product)),
                code,
                title,
                detail: &refusal.detail,
                organization: view.map(View::shown_name),
                inviter: view.and_then(|view| view.inviter_name.as_deref()),
                for_many,
                address: view.and_then(View::session_email).map_or("", |email| email.as_str()),
                at: view.and_then(|view| view.invitation.revoked_at),
                next_path: next,
                next_label,
                ask: may_ask(code, link, view).then(|| Route::InvitationAsk(self.token.to_owned()).path()),
                waits: matches!(
                    code,
                    Code::SeatLimitReached | Code::TrialEnded | Code::PlanFeatureRequired | Code::RateLimited
                ),
                nonce: key.nonce.clone(),
            },
        )?;
        Ok(key.keep(reply))
    }
}

/// Whether asking for a new one may help: it was one person's, and nobody decided against it. Of a token that is over nothing
/// was read; one that was mailed was one person's.
fn may_ask(code: Code, link: Option<&Link>, view: Option<&View>) -> bool {
    let helps = matches!(
        code,
        Code::InvitationExpired
            | Code::InvitationDeclined
            | Code::InvitationReplaced
            | Code::TrialEnded
            | Code::PlanFeatureRequired
            | Code::FormExpired
    );
    let kind = view.map(|view| view.invitation.kind);
    helps && link.is_some_and(|link| kind.map_or(link.via == Via::Email, |kind| kind == Kind::Email))
}
