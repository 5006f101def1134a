//! Whoever is signed in, and how they come in.

use http::Method;

use super::operation::By::{Everybody, Operator};
use super::operation::Operation;
use crate::error::Code;
use crate::web::api::{Listed, Taken, email_change, host_token, me, passwords, second_factor, sessions};
use crate::web::api::{notification_settings, notifications};

/// What a password or a code is refused with.
const PROVING: &[Code] = &[Code::InvalidCredentials, Code::InvalidCode, Code::RateLimited];

/// What the link of a change of address is refused with.
const LINK: &[Code] = &[Code::EmailLinkInvalid, Code::EmailChangeOver, Code::RateLimited];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "/v1/me", "getMe", "Look at one's account")
            .answers::<me::Me<'_>>(200, "The account."),
        Operation::new(Method::GET, "/v1/me/workspaces", "listMyWorkspaces", "List the workspaces that one reaches")
            .told("In every organization.")
            .paged()
            .answers::<Listed<me::Place>>(200, "A page of them."),
        Operation::new(Method::POST, "/v1/me/token", "createHostToken", "Get a token for the host product")
            .told("It says who one is and may do in an organization, for five minutes.")
            .body::<host_token::Body>()
            .answers::<host_token::Token>(200, "The token.")
            .refuses(&[Code::NotFound, Code::MfaRequired, Code::EmailUnverified]),
        Operation::new(
            Method::POST,
            "/v1/tokens",
            "exchangeHandOver",
            "Learn who was handed over by a code",
        )
        .told("What the host product was sent with its `state`, within a minute.")
        .body::<host_token::Exchange>()
        .answers::<host_token::HandedOver>(200, "Who they are, with a token.")
        .refuses(&[Code::HandOverInvalid, Code::NotFound]),
        Operation::new(Method::GET, "/v1/me/notification-settings", "getNotificationSettings", "Look at what one is told of, and how")
            .told("In each organization that one is in.")
            .paged()
            .answers::<Listed<notification_settings::Settings<'_>>>(200, "A page of organizations."),
        Operation::new(Method::PATCH, "/v1/me/notification-settings", "changeNotificationSettings", "Change what one is told of, and how")
            .body::<notification_settings::Change>()
            .answers::<notification_settings::Settings<'_>>(200, "The settings of that organization.")
            .refuses(&[Code::NotFound]),
        Operation::new(Method::GET, "/v1/me/notifications", "listNotifications", "List what happened")
            .query::<notifications::Query>()
            .answers::<Listed<notifications::Shown>>(200, "A page of notifications."),
        Operation::new(Method::POST, "/v1/me/notifications/read", "readNotifications", "Note notifications as read")
            .maybe_body::<notifications::ReadBody>()
            .done(),
        Operation::new(Method::PUT, "/v1/me/password", "changePassword", "Change one's password")
            .told("Every other session is over.")
            .body::<passwords::Change>()
            .done()
            .refuses(PROVING)
            .refuses(&[Code::WeakPassword, Code::PasswordTooCommon]),
        Operation::new(Method::POST, "/v1/me/email", "changeEmail", "Begin to change one's address")
            .told("Both mailboxes prove it. One answer for every address.")
            .body::<email_change::Change>()
            .answers::<Taken>(202, "Taken in.")
            .refuses(PROVING)
            .refuses(&[Code::InvalidEmail, Code::EmailUnverified, Code::DailyLimit]),
        Operation::new(Method::DELETE, "/v1/me/email", "cancelMyEmailChange", "Stop the change of one's address").done().refuses(&[Code::NotFound]),
        Operation::new(Method::POST, "/v1/email-changes/confirm", "confirmEmailChange", "Prove one of the two mailboxes")
            .by(&[Everybody])
            .body::<email_change::Link>()
            .answers::<email_change::Confirmed>(200, "How far the change is.")
            .refuses(LINK),
        Operation::new(Method::POST, "/v1/email-changes/cancel", "cancelEmailChange", "Stop a change of address by its link")
            .by(&[Everybody])
            .body::<email_change::Link>()
            .done()
            .refuses(LINK),
        Operation::new(Method::POST, "/v1/me/mfa/totp", "beginSecondFactor", "Begin to set a second factor up")
            .maybe_body::<second_factor::BeginBody>()
            .answers::<second_factor::Begun>(201, "The secret for an app.")
            .refuses(PROVING)
            .refuses(&[Code::ReauthenticationRequired, Code::MfaAlreadyEnabled]),
        Operation::new(Method::POST, "/v1/me/mfa/totp/confirm", "confirmSecondFactor", "Turn one's second factor on")
            .told("Every other session is over.")
            .body::<second_factor::CodeBody>()
            .answers::<second_factor::Codes>(200, "The recovery codes, this once.")
            .refuses(PROVING)
            .refuses(&[Code::MfaAlreadyEnabled, Code::MfaNotBegun]),
        Operation::new(Method::DELETE, "/v1/me/mfa/totp", "removeSecondFactor", "Turn one's second factor off")
            .body::<second_factor::CodeBody>()
            .done()
            .refuses(PROVING)
            .refuses(&[Code::MfaNotEnabled]),
        Operation::new(Method::POST, "/v1/me/mfa/recovery-codes", "renewRecoveryCodes", "Get other recovery codes")
            .body::<second_factor::RenewBody>()
            .answers::<second_factor::Codes>(200, "The recovery codes, this once.")
            .refuses(PROVING)
            .refuses(&[Code::MfaNotEnabled]),
        Operation::new(Method::POST, "/v1/mfa-resets", "resetSecondFactor", "Take the second factor off somebody's account")
            .told("For somebody who lost theirs. Their password is gone with it.")
            .by(&[Operator])
            .body::<second_factor::WhoseBody>()
            .answers::<second_factor::TakenOff>(200, "The account.")
            .refuses(&[Code::NotFound, Code::InvalidEmail, Code::MfaNotEnabled]),
        Operation::new(Method::POST, "/v1/password-resets", "askPasswordReset", "Ask for a link to set a password")
            .told("One answer for every address: whether there is an account is told to its mailbox alone.")
            .by(&[Everybody])
            .body::<passwords::Asking>()
            .answers::<Taken>(202, "Taken in.")
            .refuses(&[Code::InvalidEmail, Code::RateLimited]),
        Operation::new(Method::POST, "/v1/password-resets/redeem", "setPassword", "Set a password with a link")
            .told("The answer sets the session's cookie.")
            .by(&[Everybody])
            .body::<passwords::Body>()
            .answers::<sessions::Entered<'_>>(200, "The account, or that its second factor is asked for.")
            .refuses(&[
                Code::PasswordLinkInvalid,
                Code::PasswordLinkExpired,
                Code::PasswordLinkUsed,
                Code::WeakPassword,
                Code::PasswordTooCommon,
                Code::RateLimited,
            ]),
        Operation::new(Method::POST, "/v1/sessions", "signIn", "Sign in")
            .told("The answer sets the session's cookie. One answer for every address and password that don't match.")
            .by(&[Everybody])
            .body::<sessions::Body>()
            .answers::<sessions::Entered<'_>>(201, "The account, or that its second factor is asked for.")
            .refuses(&[Code::InvalidCredentials, Code::RateLimited]),
        Operation::new(Method::POST, "/v1/sessions/mfa", "passSecondFactor", "Show one's second factor after the password")
            .body::<sessions::CodeBody>()
            .answers::<sessions::Entered<'_>>(201, "The account.")
            .refuses(PROVING),
        Operation::new(Method::GET, "/v1/sessions", "listSessions", "List where one is signed in")
            .paged()
            .answers::<Listed<sessions::Shown>>(200, "A page of sessions."),
        Operation::new(Method::DELETE, "/v1/sessions", "endOtherSessions", "Sign out everywhere else").done(),
        Operation::new(Method::DELETE, "/v1/sessions/{session}", "endSession", "Sign out somewhere else").done(),
        Operation::new(Method::DELETE, "/v1/sessions/current", "signOut", "Sign out").done(),
    ]
}
