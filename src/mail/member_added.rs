//! The e-mail to somebody who was added at once: that they are in, where, and how they get there (S2-17).

use askama::Template;

use crate::config::Config;
use crate::domain::link::Via;
use crate::domain::password_link::PasswordLink;
use crate::error::Result;
use crate::mail::Mail;
use crate::mail::letter::{Deed, Letter, Workspaces};
use crate::store::jobs::Added;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "emails/member_added.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter<'a>,
    /// Until when they can set a password, in words; none to those who sign in.
    expires: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "emails/member_added.html", escape = "html")]
struct Html<'a> {
    letter: &'a Letter<'a>,
    /// As in the text.
    expires: Option<&'a str>,
}

/// Writes the e-mail. To somebody who can't sign in yet, with a link to set a password, which proves the mailbox; its end
/// counts from when they were added, so that a mail that is tried again is the same mail. To anybody else, with the way to
/// sign in.
///
/// # Errors
/// A template's, which no input causes.
pub fn write(config: &Config, added: &Added) -> Result<Mail> {
    let (route, expires) = if added.can_sign_in {
        (Route::SignIn, None)
    } else {
        let link = PasswordLink {
            user_id: added.user_id,
            organization_id: added.organization_id,
            ver: added.password_ver,
            via: Via::Email,
            of: None,
        };
        let expires_at = PasswordLink::ends(Via::Email, added.added_at);
        (Route::Reset(link.sign(&config.keys, expires_at)), Some(expires_at.in_words()))
    };
    let letter = Letter {
        deed: Deed { of_somebody: "added you", of_nobody: "You were added" },
        organization: &added.organization_name,
        by: added.adder_name.as_deref(),
        name: Some(&added.name),
        role: added.role,
        workspaces: Workspaces::of(added.role, &added.workspaces),
        recipient: added.email.as_str(),
        url: route.url(&config.origin),
    };
    let (letter, expires) = (&letter, expires.as_deref());
    letter.mail(config, &Text { letter, expires }, &Html { letter, expires })
}
