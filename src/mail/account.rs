//! The mails about an account, which are of no organization: the link for a forgotten password, and what its holder is told
//! because it matters for the account's security. Nobody can turn these off.

use crate::config::Config;
use crate::domain::reset_link::ResetLink;
use crate::error::Result;
use crate::mail::Mail;
use crate::mail::letter::{Letter, Word, named};
use crate::store::account_mails::{Notice, ToAccount};
use crate::web::route::Route;

/// Writes the e-mail with the link for a forgotten password. Its end counts from when it was asked for, so that a mail that is
/// tried again is the same mail.
///
/// # Errors
/// A template's, which no input causes.
pub fn reset(config: &Config, to: &ToAccount) -> Result<Mail> {
    let expires_at = ResetLink::ends(to.at);
    let token = ResetLink { user_id: to.user_id, ver: to.password_ver }.sign(&config.keys, expires_at);
    let (until, email) = (expires_at.in_words(), to.email.as_str());
    let letter = Letter {
        to: email,
        above: named(&config.product_name),
        heading: vec![Word::Is("Reset your password for "), Word::Name(&config.product_name)],
        preview: format!("The link works until {until}."),
        said: vec![format!(
            "Somebody, hopefully you, asked for a new password for the account of {}.",
            named(email)
        )],
        action: Some(("Choose a new password", Route::Reset(token).url(&config.origin))),
        terms: format!(
            "Only for {}, until {until}. Please do not forward it. The link works once, and everybody who is signed in to \
             the account is signed out by it.",
            named(email)
        ),
        why: "If you did not ask for this, do nothing: your password stays as it is.".to_owned(),
        ..Letter::default()
    };
    letter.mail(config)
}

/// Writes the e-mail that tells an account's holder what was done to it.
///
/// # Errors
/// A template's, which no input causes.
pub fn notice(config: &Config, to: &ToAccount, notice: Notice) -> Result<Mail> {
    // "A program on Linux" is no beginning here.
    let device = to.device.as_deref().unwrap_or("a new device").replace("A program", "a program");
    let from_there =
        format!("Somebody signed in from {device}, which this account was not used with before.");
    let (heading, said) = match notice {
        Notice::PasswordChanged => (
            "Your password was changed",
            "Your password was changed, and everybody else who was signed in was signed out.",
        ),
        Notice::FactorAdded => {
            ("Two-step sign-in was turned on", "Signing in asks for a code of your app from now on.")
        }
        Notice::FactorRemoved if !to.has_password => (
            "Two-step sign-in was turned off",
            "Whoever runs this service turned it off, as is done for somebody who lost their phone and their recovery codes. \
             Everybody was signed out, and your old password opens nothing any more.",
        ),
        Notice::FactorRemoved => {
            ("Two-step sign-in was turned off", "Signing in asks for your password only from now on.")
        }
        Notice::RecoveryCodeUsed => (
            "A recovery code was used",
            "Somebody signed in with one of your recovery codes, which is used up now.",
        ),
        Notice::NewSignIn => ("New sign-in from ", &*from_there),
        Notice::RecoveryCodesRenewed => (
            "Your recovery codes were renewed",
            "There are new recovery codes, and of the old ones none works any more.",
        ),
        Notice::EmailChanged => {
            ("Your e-mail address was changed", "You sign in with this address from now on.")
        }
    };
    let (when, email) = (to.at.in_words(), to.email.as_str());
    let mut line = vec![Word::Is(heading)];
    if notice == Notice::NewSignIn {
        line.push(Word::Is(&device));
    }
    let letter = Letter {
        to: email,
        above: named(&config.product_name),
        heading: line,
        preview: if to.has_password {
            format!("{when}. If this was not you, act now.")
        } else {
            "Choose a new password to sign in.".to_owned()
        },
        said: vec![
            format!("{said} This happened on {when}, for the account of {}.", named(email)),
            if to.has_password {
                "If this was you, there is nothing to do. If not, choose a new password now: that signs everybody else out."
            } else {
                "To sign in, choose a new password. Then turn two-step sign-in on again."
            }
            .to_owned(),
        ],
        action: Some(("Choose a new password", Route::ForgotPassword.url(&config.origin))),
        terms: "The page asks for your e-mail address and sends you a link.".to_owned(),
        why: "You are always told of what matters for the security of your account.".to_owned(),
        ..Letter::default()
    };
    letter.mail(config)
}
