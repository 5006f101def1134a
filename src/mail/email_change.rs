//! The mails of a change of address: to each side the link that proves it, and to both that it was made.
//!
//! The new address may be anybody's, mistyped: what is sent there names nobody. The old one is the account's, and is told
//! where the account is to go.

use crate::config::Config;
use crate::domain::email_link::{EmailLink, Side};
use crate::error::Result;
use crate::mail::Mail;
use crate::mail::letter::{Letter, Word, named};
use crate::store::account_mails::{ToAccount, ToSide};
use crate::web::route::Route;

/// What of these messages differs.
struct Told<'a> {
    preview: &'a str,
    said: String,
    otherwise: &'a str,
    action: &'a str,
    terms: &'a str,
}

fn mail(config: &Config, to: &ToSide, heading: &str, url: String, told: Told<'_>) -> Result<Mail> {
    let letter = Letter {
        to: to.recipient().as_str(),
        above: named(&config.product_name),
        heading: vec![Word::Is(heading)],
        preview: told.preview.to_owned(),
        said: vec![told.said, told.otherwise.to_owned()],
        action: Some((told.action, url)),
        terms: told.terms.to_owned(),
        why: "You are always told of what matters for the security of your account.".to_owned(),
        ..Letter::default()
    };
    letter.mail(config)
}

/// Writes the e-mail that asks one side for its proof. Whoever has an account with the new address already is told that
/// instead.
///
/// # Errors
/// A template's, which no input causes.
pub fn asked(config: &Config, to: &ToSide) -> Result<Mail> {
    if to.side == Side::New && to.taken {
        let told = Told {
            preview: "Sign in to the account that you have.",
            said: "Somebody, hopefully you, wants to use this address for another account. It has an account already, and an address belongs to one only.".to_owned(),
            otherwise: "If this was you, sign in with this address, or choose another for the other account. If not, there is nothing to do: your account stays as it is.",
            action: "Sign in",
            terms: "If you forgot your password, the page has a way to a new one.",
        };
        let url = Route::SignIn.url(&config.origin);
        return mail(config, to, "You have an account with this address", url, told);
    }
    let token = EmailLink { change: to.change_id, side: to.side }.sign(&config.keys, to.expires_at);
    let url = Route::EmailLink(token).url(&config.origin);
    let expires = to.expires_at.in_words();
    let terms = format!(
        "The link works until {expires}. The page also has a button that stops the change; opening the page does nothing."
    );
    let told = match to.side {
        Side::Old => Told {
            preview: "If this was not you, stop it.",
            said: format!("Somebody, hopefully you, wants to sign in to your account with another address: {}. Until both addresses have confirmed that, nothing changes.", named(to.new_email.as_str())),
            otherwise: "If this was not you, open the page and stop the change; then choose a new password, because whoever asked for this has typed yours.",
            action: "Confirm or stop the change",
            terms: &terms,
        },
        Side::New => Told {
            preview: "Confirm that this address is yours.",
            said: "Somebody, hopefully you, wants to sign in with this address from now on. Until you have confirmed that it is yours, and the old address has agreed, nothing changes.".to_owned(),
            otherwise: "If this was not you, do nothing: somebody has mistyped their address.",
            action: "Confirm this address",
            terms: &terms,
        },
    };
    let heading = match to.side {
        Side::Old => "Confirm that your e-mail address changes",
        Side::New => "Confirm your new e-mail address",
    };
    mail(config, to, heading, url, told)
}

/// Writes the e-mail that tells one side that the change was made.
///
/// # Errors
/// A template's, which no input causes.
pub fn made(config: &Config, about: &ToAccount, to: &ToSide) -> Result<Mail> {
    let told = Told {
        preview: "If this was not you, act now.",
        said: format!(
            "You sign in to your account with another address from now on: {}. This happened on {}. Everywhere else you are signed out, and links that were sent to the old address no longer work.",
            named(to.new_email.as_str()),
            about.at.in_words()
        ),
        otherwise: match to.side {
            Side::Old => {
                "If this was you, there is nothing to do. If not, somebody has read your mail: change the password of this mailbox, and tell an admin of your organization."
            }
            Side::New => {
                "If this was you, there is nothing to do. If not, choose a new password now: that signs everybody else out."
            }
        },
        action: "Sign in",
        terms: "If you forgot your password, the page has a way to a new one.",
    };
    mail(config, to, "Your e-mail address was changed", Route::SignIn.url(&config.origin), told)
}
