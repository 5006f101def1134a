//! The mails about an account, which are of no organization: the link for a forgotten password, and what its holder is told
//! because it matters for the account's security.

use askama::Template;

use crate::config::Config;
use crate::domain::reset_link::ResetLink;
use crate::error::Result;
use crate::mail::Mail;
use crate::mail::letter::fold;
use crate::store::account_mails::{Notice, ToAccount};
use crate::web::route::Route;

/// What the frame of these messages is written from.
pub(super) struct Letter<'a> {
    /// The first line, which is the subject too.
    pub(super) heading: String,
    /// What stands where an organization's name does: the product's.
    pub(super) organization: &'a str,
    /// Whom it is for: an address.
    pub(super) recipient: &'a str,
    /// What its button opens.
    pub(super) url: String,
}

impl Letter<'_> {
    pub(super) fn heading(&self) -> &str {
        &self.heading
    }

    pub(super) fn mail(&self, config: &Config, text: &impl Template, html: &impl Template) -> Result<Mail> {
        Ok(Mail {
            from: config.own_sender(),
            to: self.recipient.to_owned(),
            subject: self.heading.clone(),
            text: fold(&text.render()?),
            html: html.render()?,
        })
    }
}

#[derive(Template)]
#[template(path = "emails/password_reset.txt", escape = "none")]
struct ResetText<'a> {
    letter: &'a Letter<'a>,
    expires: &'a str,
}

#[derive(Template)]
#[template(path = "emails/password_reset.html", escape = "html")]
struct ResetHtml<'a> {
    letter: &'a Letter<'a>,
    expires: &'a str,
}

/// Writes the e-mail with the link for a forgotten password. Its end counts from when it was asked for, so that a mail that is
/// tried again is the same mail.
///
/// # Errors
/// A template's, which no input causes.
pub fn reset(config: &Config, to: &ToAccount) -> Result<Mail> {
    let expires_at = ResetLink::ends(to.at);
    let token = ResetLink { user_id: to.user_id, ver: to.password_ver }.sign(&config.keys, expires_at);
    let letter = Letter {
        heading: format!("Reset your password for {}", config.product_name),
        organization: &config.product_name,
        recipient: to.email.as_str(),
        url: Route::Reset(token).url(&config.origin),
    };
    let (letter, expires) = (&letter, &*expires_at.in_words());
    letter.mail(config, &ResetText { letter, expires }, &ResetHtml { letter, expires })
}

#[derive(Template)]
#[template(path = "emails/account_notice.txt", escape = "none")]
struct NoticeText<'a> {
    letter: &'a Letter<'a>,
    said: &'a str,
    when: &'a str,
}

#[derive(Template)]
#[template(path = "emails/account_notice.html", escape = "html")]
struct NoticeHtml<'a> {
    letter: &'a Letter<'a>,
    said: &'a str,
    when: &'a str,
}

/// Writes the e-mail that tells an account's holder what was done to it.
///
/// # Errors
/// A template's, which no input causes.
pub fn notice(config: &Config, to: &ToAccount, notice: Notice) -> Result<Mail> {
    let (heading, said) = match notice {
        Notice::PasswordChanged => (
            "Your password was changed",
            "Your password was changed, and everybody else who was signed in was signed out.",
        ),
        Notice::FactorAdded => {
            ("Two-step sign-in was turned on", "Signing in asks for a code of your app from now on.")
        }
        Notice::FactorRemoved => {
            ("Two-step sign-in was turned off", "Signing in asks for your password only from now on.")
        }
        Notice::RecoveryCodeUsed => (
            "A recovery code was used",
            "Somebody signed in with one of your recovery codes, which is used up now.",
        ),
        Notice::RecoveryCodesRenewed => (
            "Your recovery codes were renewed",
            "There are new recovery codes, and of the old ones none works any more.",
        ),
        Notice::EmailChanged => {
            ("Your e-mail address was changed", "You sign in with this address from now on.")
        }
    };
    let letter = Letter {
        heading: heading.to_owned(),
        organization: &config.product_name,
        recipient: to.email.as_str(),
        url: Route::ForgotPassword.url(&config.origin),
    };
    let (letter, when) = (&letter, &*to.at.in_words());
    letter.mail(config, &NoticeText { letter, said, when }, &NoticeHtml { letter, said, when })
}
