//! The e-mail to somebody who was added at once: that they are in, where, and how they get there (S2-17).

use crate::config::Config;
use crate::domain::link::Via;
use crate::domain::password_link::PasswordLink;
use crate::error::Result;
use crate::mail::Mail;
use crate::mail::letter::{Letter, Word, entered, named, places};
use crate::store::jobs::Added;
use crate::web::route::Route;

/// Writes the e-mail. To somebody who can't sign in yet, with a link to set a password, which proves the mailbox; its end
/// counts from when they were added, so that a mail that is tried again is the same mail. To anybody else, with the way to
/// sign in.
///
/// # Errors
/// A template's, which no input causes.
pub fn write(config: &Config, added: &Added) -> Result<Mail> {
    let (organization, email) = (&*added.organization_name, added.email.as_str());
    let as_what = added.role.with_article();
    let mut preview = format!("You are in as {as_what}.");
    let (words, route, terms) = if added.can_sign_in {
        preview.push_str(" There is nothing to accept.");
        ("Sign in", Route::SignIn, format!("Sign in with {}.", named(email)))
    } else {
        let link = PasswordLink {
            user_id: added.user_id,
            organization_id: added.organization_id,
            ver: added.password_ver,
            via: Via::Email,
            of: None,
        };
        let expires_at = PasswordLink::ends(Via::Email, added.added_at);
        let until = expires_at.in_words();
        preview.push_str(" Set your password until ");
        preview.push_str(&until);
        preview.push('.');
        let terms = format!(
            "Only for {}, until {until}. Please do not forward it. The link works once, and signs you in.",
            named(email)
        );
        ("Set your password", Route::Reset(link.sign(&config.keys, expires_at)), terms)
    };
    let mut heading = match added.adder_name.as_deref() {
        Some(by) => vec![Word::Name(by), Word::Is(" added you to ")],
        None => vec![Word::Is("You were added to ")],
    };
    heading.push(Word::Name(organization));
    let letter = Letter {
        to: email,
        sender: Some(organization),
        accent: added.branding_accent.as_deref(),
        above: named(organization),
        heading,
        preview,
        said: vec![
            format!("Hello {},", named(&added.name)),
            format!("You are in {} now, as {as_what}. {}", named(organization), added.role.may()),
        ],
        places: places(added.role, &added.workspaces),
        action: Some((words, route.url(&config.origin))),
        terms,
        why: format!(
            "{} If you did not expect it, do nothing, or ask {} to remove you.",
            entered(added.adder_name.as_deref(), organization),
            named(organization)
        ),
        ..Letter::default()
    };
    letter.mail(config)
}
