//! The invitation's e-mail: what it is, who asks, what clicking does, until when, and what to do if it was not expected.

use askama::Template;

use crate::config::Config;
use crate::domain::link::{Link, Via};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::mail::Mail;
use crate::mail::letter::{Deed, Letter, Workspaces};
use crate::store::jobs::Content;
use crate::web::route::Route;

/// What only this message tells.
struct Facts<'a> {
    /// The inviter's message.
    message: Option<&'a str>,
    /// Until when, in words.
    expires: String,
    /// Where it is declined.
    decline_url: String,
}

#[derive(Template)]
#[template(path = "emails/invitation.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter<'a>,
    facts: &'a Facts<'a>,
}

#[derive(Template)]
#[template(path = "emails/invitation.html", escape = "html")]
struct Html<'a> {
    letter: &'a Letter<'a>,
    facts: &'a Facts<'a>,
}

/// Writes the e-mail of an invitation, with a link that proves the mailbox.
///
/// # Errors
/// The invitation has no address.
pub fn write(config: &Config, content: &Content) -> Result<Mail> {
    let invitation = &content.invitation;
    let recipient = invitation.email.as_ref().ok_or_else(|| Error::Internal("no recipient".to_owned()))?;
    let token = Link::to(invitation, Via::Email).sign(&config.keys, invitation.expires_at);
    let facts = Facts {
        message: content.message.as_deref(),
        expires: Timestamp::in_words(invitation.expires_at),
        decline_url: Route::InvitationDecline(token.clone()).url(&config.origin),
    };
    let letter = Letter {
        deed: Deed { of_somebody: "invited you", of_nobody: "You are invited" },
        organization: &content.organization_name,
        by: content.inviter_name.as_deref(),
        name: content.name.as_deref(),
        role: invitation.role,
        workspaces: Workspaces::of(invitation.role, &content.workspaces),
        recipient: recipient.as_str(),
        url: Route::Invitation(token).url(&config.origin),
    };
    let (letter, facts) = (&letter, &facts);
    letter.mail(config, &Text { letter, facts }, &Html { letter, facts })
}
