//! Every refusal Usher can give: a stable code, its status, and a sentence that says what to do next.
//!
//! Programs read `code`; people read `detail`. Nothing here holds what a caller sent, a token, or an address. What is
//! our own fault is [`Error::Internal`]: logged once, at the boundary, and answered without its reason.

use std::borrow::Cow;

use http::StatusCode;
use serde::Serialize;

use crate::domain::ids::{InvitationId, ResourceId};
use crate::domain::time::Timestamp;

/// What can stop a request.
#[derive(Debug)]
pub enum Error {
    /// The request is refused; nothing was written.
    Refused(Box<Refusal>),
    /// Something of ours failed. The text is for the log.
    Internal(String),
}

/// A result that stops with a refusal or an internal error.
pub type Result<T> = std::result::Result<T, Error>;

/// A refusal, as `application/problem+json` (RFC 9457) or a page tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What programs read.
    pub code: Code,
    /// What people read; the code's own sentence unless a better one is known.
    pub detail: Cow<'static, str>,
    /// What is wrong with which field.
    pub errors: Vec<FieldError>,
    /// With `already_invited`: the invitation that is open.
    pub invitation_id: Option<InvitationId>,
    /// With `resource_exists`: the resource that is there, for those who may see it.
    pub resource_id: Option<ResourceId>,
    /// With `rate_limited`: seconds to wait.
    pub retry_after: Option<u32>,
    /// With `method_not_allowed`: the methods that are.
    pub allow: Option<String>,
}

/// One field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct FieldError {
    /// A JSON pointer into the body (RFC 6901), or `?name` for a query parameter.
    pub pointer: String,
    /// What programs read.
    pub code: &'static str,
    /// What people read.
    pub detail: String,
}

macro_rules! codes {
    ($($variant:ident $code:literal $status:literal $title:literal $detail:literal)*) => {
        /// Why a request is refused. The variants' sentences are what people read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {$(
            #[doc = concat!("`", $code, "` (", stringify!($status), "): ", $detail)]
            $variant,
        )*}

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name that programs read.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                let status: u16 = match self { $(Self::$variant => $status,)* };
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            /// A few words for the whole class of problem.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What to do about it, as a sentence.
            #[must_use]
            pub fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail,)* }
            }
        }
    };
}

codes! {
    InvalidJson "invalid_json" 400 "Malformed JSON" "The body is not JSON. Send one JSON object in UTF-8."
    InvalidForm "invalid_form" 400 "Malformed form" "The form could not be read. Go back and send it again."
    InvalidRequest "invalid_request" 422 "Invalid request" "Some fields can't be used as they are. `errors` says which, and why."
    UnknownField "unknown_field" 422 "Unknown field" "The request has a field that this route doesn't know. Check its spelling, or leave it out."
    InvalidType "invalid_type" 422 "Wrong type" "A field has a value of the wrong type. `errors` says which."
    Required "required" 422 "Missing field" "A field that is needed is missing. `errors` says which."
    InvalidValue "invalid_value" 422 "Invalid value" "A field has a value that can't be used. `errors` says which, and why."
    InvalidEmail "invalid_email" 422 "Not an e-mail address" "This is not an e-mail address. Write it like ana@example.com, with nothing before or after it."
    WeakPassword "weak_password" 422 "Weak password" "Choose another password: at least 12 characters. A sentence works well."
    PasswordTooCommon "password_too_common" 422 "Common password" "Many people use this password, so it is tried first. Choose another, or make it longer; a sentence works well."
    LinkHasNoRecipient "link_has_no_recipient" 422 "No recipient" "A link for many people has nobody to send it to. Copy the link instead."
    PayloadTooLarge "payload_too_large" 413 "Too large" "This is too much at once. Send at most 64 KiB."
    UnsupportedMediaType "unsupported_media_type" 415 "Unsupported content type" "Send the body as application/json."
    NotALogo "not_a_logo" 415 "Not a logo" "This is no PNG, JPEG or WebP. Save the picture as one of these, and send that."
    MethodNotAllowed "method_not_allowed" 405 "Method not allowed" "This address doesn't take that method. `Allow` lists those it takes."
    NotFound "not_found" 404 "Not found" "There is nothing here. Check the address or the id."
    Unauthenticated "unauthenticated" 401 "Not signed in" "Sign in first, or send a valid key."
    InvalidCredentials "invalid_credentials" 401 "Sign-in failed" "That e-mail address and password do not match. Check both, and try again."
    Forbidden "forbidden" 403 "Not allowed" "You may not do this. Ask an admin of the organization."
    InsufficientScope "insufficient_scope" 403 "Key not made for this" "This key was not made for that. Use one with the scope that it needs."
    UnknownActor "unknown_actor" 403 "Nobody to act for" "`Usher-Actor` names nobody who is in this key's organization. Use the id of an active member, or leave it out."
    CrossSiteRequest "cross_site_request" 403 "Sent from another site" "This request came from another site. Open the page here and try again."
    FormExpired "form_expired" 403 "The page is too old" "This page had been open for too long, or cookies are off. Look it over and send it again."
    RoleNotAllowed "role_not_allowed" 403 "Role not allowed" "You may not invite somebody in this role. Choose another role, or ask an admin."
    BeyondYourAccess "beyond_your_access" 403 "More than you have" "You can only give what you have yourself. Choose fewer permissions, accounts or workspaces, or ask an admin."
    PlanFeatureRequired "plan_feature_required" 403 "Not in this plan" "Choosing a client's permissions one by one is not part of this plan. Use the default, or choose a larger plan."
    KindNotAllowed "kind_not_allowed" 403 "Kind not allowed" "You may not add this kind of account here. Ask an admin to allow it."
    ClientsCannotDelete "clients_cannot_delete" 403 "Clients can't delete" "Deleting loses all of its data, so only the owner or an admin can. You can disconnect it."
    CredentialsNotApplicable "credentials_not_applicable" 422 "Credentials not applicable" "Credentials are asked for only with a permission that works with them. Leave them out, or give such a permission too."
    TrialEnded "trial_ended" 403 "Trial ended" "The trial has ended, so nobody can take a new seat. Choose a plan to go on."
    AlreadyInvited "already_invited" 409 "Already invited" "This address has an open invitation. Send that one again, or withdraw it first."
    AlreadyMember "already_member" 409 "Already a member" "This address belongs to somebody who is already in the organization. Change their role or their access instead."
    SeatLimitReached "seat_limit_reached" 409 "No free seat" "Every seat is taken or reserved. Free a seat, withdraw an open invitation, or choose a larger plan."
    LastOwner "last_owner" 409 "Last owner" "An organization always has an owner. Make somebody else the owner first."
    MemberNotActive "member_not_active" 409 "Not an active member" "This person has not come in yet, or was removed. Invite them first."
    MembershipExists "membership_exists" 409 "Already in the workspace" "This person is in the workspace already. Change their access instead."
    TooManyResources "too_many_resources" 409 "Too many accounts" "This workspace has as many accounts as one may have: 1,000. Delete those that nobody needs, or use another workspace."
    ResourceExists "resource_exists" 409 "Already registered" "The workspace has this already. Use the one that is there, or reconnect it."
    PasswordAlreadySet "password_already_set" 409 "Password already set" "This person has a password or has confirmed their address, so they sign in by themselves. If they forgot it, they can reset it."
    NotALink "not_a_link" 409 "Not a link" "This invitation is for one address, so there is no link for many to change. Send it again, or withdraw it."
    TooManyWebhooks "too_many_webhooks" 409 "Too many webhooks" "This organization has as many webhooks as one may have: 20. Delete one that nobody needs, or let one receiver pass events on."
    WebhookDisabled "webhook_disabled" 409 "Turned off" "This webhook is turned off, so nothing is delivered to it. Turn it on first."
    NotReplayable "not_replayable" 409 "Nothing to deliver again" "There is no such delivery to this webhook any more. Look at its deliveries."
    NotUndoable "not_undoable" 409 "Nothing to undo" "This was undone already. Look at the job to see what became of each row."
    IdempotencyConflict "idempotency_conflict" 409 "Another request under this key" "This Idempotency-Key was used for another request. Use a new key for each thing you want done."
    IdempotencyInProgress "idempotency_in_progress" 409 "No answer yet" "The first request under this Idempotency-Key is still being answered, or its answer was lost. Ask again in a moment; if that stays so, look whether it was done before you send it under a new key."
    NotPending "not_pending" 409 "Not pending" "This invitation is no longer open. Load it again to see what became of it."
    Undeliverable "undeliverable" 409 "Takes no mail" "Mail to this address came back, or was reported as unwanted, so nothing more is sent there. Correct the address, or copy the link and hand it over."
    SlugTaken "slug_taken" 409 "Slug taken" "Another organization has this slug. Choose another."
    InvitationInvalid "invitation_invalid" 404 "This link does not work" "It may be incomplete. Check that you copied all of it, or ask for a new one."
    InvitationExpired "invitation_expired" 410 "This invitation expired" "Ask the person who invited you to send a new one."
    InvitationReplaced "invitation_replaced" 410 "A newer invitation was sent" "Use the most recent link you were sent."
    InvitationRevoked "invitation_revoked" 410 "This invitation was withdrawn" "If you still need access, ask the person who invited you."
    InvitationUsed "invitation_used" 410 "This invitation was already used" "If it was you, sign in. If not, ask the person who invited you."
    InvitationDeclined "invitation_declined" 410 "This invitation was declined" "If you changed your mind, ask the person who invited you for a new one."
    PasswordLinkInvalid "password_link_invalid" 404 "This link does not work" "It may be incomplete. Check that you copied all of it, or ask for a new one."
    PasswordLinkExpired "password_link_expired" 410 "This link expired" "If you have set your password already, sign in with it. If not, ask whoever added you for a new link."
    PasswordLinkUsed "password_link_used" 410 "This link was already used" "Your password was set since this link was made, or your access was changed or removed. Sign in, or ask whoever added you."
    EmailLinkInvalid "email_link_invalid" 404 "This link does not work" "It may be incomplete. Check that you copied all of it, or open it from the message again."
    EmailChangeOver "email_change_over" 410 "This change is over" "It was made, stopped, or took too long, or the new address can't be used. Sign in to see your address, and begin again if it is not the one you want."
    HandOverInvalid "hand_over_invalid" 404 "Not handed over" "This code is none, or it is over: each works for a minute, with its own verifier, while the session that it came from lasts. Send the person to sign in again."
    LinkDisabled "link_disabled" 410 "This link is turned off" "Ask whoever gave it to you for a new one."
    LinkFull "link_full" 410 "This link has reached its limit" "Ask whoever gave it to you for a new one."
    SignInRequired "sign_in_required" 401 "Sign in to accept" "There is an account with the invited address. Sign in to it, then accept."
    WrongAccount "wrong_account" 403 "Another account is signed in" "This invitation is for another address than the one that is signed in. Sign out and open the link again."
    EmailUnverified "email_unverified" 403 "Address not confirmed" "Confirm your e-mail address first: ask for the invitation to be sent to you by e-mail, and open it from there."
    AccessRemoved "access_removed" 403 "Access removed" "Your access was removed after this invitation was made. Ask for a new one."
    MfaRequired "mfa_required" 403 "Two-step sign-in needed" "Two-step sign-in is required here. Set it up for your account, then come back."
    MfaAlreadyEnabled "mfa_already_enabled" 409 "Two-step sign-in is on" "Your account has two-step sign-in already. Turn it off first to set it up anew."
    MfaNotEnabled "mfa_not_enabled" 409 "Two-step sign-in is off" "Your account has no two-step sign-in. Set it up first."
    ReauthenticationRequired "reauthentication_required" 403 "Password needed" "You signed in a while ago. Type your password once more."
    MfaNotBegun "mfa_not_begun" 409 "Nothing to confirm" "Begin to set up two-step sign-in first, and confirm it within an hour."
    InvalidCode "invalid_code" 422 "This code does not match" "Type the code that your app shows now. Each works once."
    RateLimited "rate_limited" 429 "Too many tries" "Too many tries. Wait a minute, then try again."
    DailyLimit "daily_limit" 429 "Enough for today" "As many invitations as one day allows were sent, by your organization or to this address. Send the rest tomorrow."
    Misconfigured "misconfigured" 503 "Not set up" "This service is not set up yet. Its operator finds the reason in the log."
    Internal "internal" 500 "Something went wrong" "Something went wrong on our side. Try again. If it happens once more, tell whoever runs this service the request id."
}

impl Refusal {
    /// A refusal with the code's own sentence.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: Cow::Borrowed(code.detail()),
            errors: Vec::new(),
            invitation_id: None,
            resource_id: None,
            retry_after: None,
            allow: None,
        }
    }

    /// With a sentence that says more than the code's own.
    #[must_use]
    pub fn because(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }
}

impl Error {
    /// One field is refused, for a reason that is also the whole request's.
    #[must_use]
    pub fn field(pointer: impl Into<String>, code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let errors =
            vec![FieldError { pointer: pointer.into(), code: code.as_str(), detail: detail.clone() }];
        Self::from(Refusal { errors, ..Refusal::new(code).because(detail) })
    }

    /// Too many tries: wait for as long as the limits count (a minute).
    #[must_use]
    pub fn slow_down() -> Self {
        Refusal { retry_after: Some(60), ..Refusal::new(Code::RateLimited) }.into()
    }

    /// Too many tries: the next one is looked at then.
    #[must_use]
    pub fn slow_down_until(next: Timestamp, now: Timestamp) -> Self {
        // Rounded up: who waits so long is let through.
        let seconds = (next.millis() - now.millis() + 999).div_euclid(1000).max(1);
        Refusal {
            retry_after: u32::try_from(seconds).ok(),
            ..Refusal::new(Code::RateLimited).because(
                "Too many tries. Wait a while, longer each time, or ask for a link to choose a new password.",
            )
        }
        .into()
    }

    /// The sentence for a person.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Refused(refusal) => refusal.detail.clone(),
            Self::Internal(_) => Cow::Borrowed(Code::Internal.detail()),
        }
    }

    /// The code to answer with.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Internal(_) => Code::Internal,
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Refusal::new(code).into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// What is said of a field that nobody asked for.
pub const UNKNOWN_FIELD: &str = "This field is not known here. Check its spelling.";

/// A field's place below another, as a JSON pointer (RFC 6901).
#[must_use]
pub fn below(pointer: &str, field: &str) -> String {
    format!("{pointer}/{}", field.replace('~', "~0").replace('/', "~1"))
}

/// The most errors that one answer tells. Whoever mends these is told of the next: an answer stays small, however much is
/// wrong with what it answers.
pub const MOST_ERRORS: usize = 20;

/// The fields of one request, checked one after another so that a person is told of all that is wrong at once, up to
/// [`MOST_ERRORS`].
#[derive(Debug, Default)]
pub struct Fields {
    errors: Vec<(Code, FieldError)>,
}

impl Fields {
    /// Takes a checked value, or notes why there is none.
    pub fn take<T, E: std::fmt::Display>(
        &mut self,
        pointer: &str,
        code: Code,
        value: std::result::Result<T, E>,
    ) -> Option<T> {
        value.map_err(|why| self.refuse(pointer, code, why.to_string())).ok()
    }

    /// Takes a value that must be there.
    pub fn required<T>(&mut self, pointer: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.refuse(pointer, Code::Required, "This is needed.".to_owned());
        }
        value
    }

    /// Notes what is wrong with a field. Beyond [`MOST_ERRORS`] nothing is noted any more.
    pub fn refuse(&mut self, pointer: &str, code: Code, detail: impl Into<String>) {
        if self.errors.len() == MOST_ERRORS {
            return;
        }
        let (pointer, detail) = (pointer.to_owned(), detail.into());
        self.errors.push((code, FieldError { pointer, code: code.as_str(), detail }));
    }

    /// Notes a field that nobody asked for.
    pub fn refuse_unknown(&mut self, pointer: &str) {
        self.refuse(pointer, Code::UnknownField, UNKNOWN_FIELD);
    }

    /// Whether anything was refused so far.
    #[must_use]
    pub fn any_refused(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The refusal of all that is wrong: under the fields' own code if they have one in common.
    #[must_use]
    pub fn refusal(self) -> Error {
        let mut codes = self.errors.iter().map(|(code, _)| *code);
        let first = codes.next().unwrap_or(Code::InvalidRequest);
        let code = if codes.all(|code| code == first) { first } else { Code::InvalidRequest };
        let mut refusal = Refusal::new(code);
        if let [(_, only)] = self.errors.as_slice() {
            refusal = refusal.because(only.detail.clone());
        }
        refusal.errors = self.errors.into_iter().map(|(_, error)| error).collect();
        refusal.into()
    }

    /// The checked value, if nothing was refused.
    ///
    /// # Errors
    /// The refusal of all that is wrong.
    pub fn finish<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(self.refusal()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own_and_tells_what_to_do() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.detail().ends_with('.'), "{}: {}", code.as_str(), code.detail());
            assert!((400..=503).contains(&code.status().as_u16()), "{}", code.as_str());
        }
    }

    #[test]
    fn fields_that_are_wrong_in_one_way_give_that_code_and_in_several_the_general_one() {
        let mut fields = Fields::default();
        fields.refuse("/email", Code::InvalidEmail, "Not one.".to_owned());
        assert_eq!(fields.finish::<()>(None).unwrap_err().code(), Code::InvalidEmail);

        let mut fields = Fields::default();
        fields.refuse("/email", Code::InvalidEmail, "Not one.".to_owned());
        fields.refuse("/role", Code::Required, "This is needed.".to_owned());
        assert_eq!(fields.finish(Some(())).unwrap_err().code(), Code::InvalidRequest);
    }

    #[test]
    fn an_answer_stays_small_however_much_is_wrong() {
        let mut fields = Fields::default();
        for place in 0..1000 {
            fields.refuse(&format!("/list/{place}"), Code::InvalidValue, "Not one.");
        }
        let Error::Refused(refusal) = fields.refusal() else { panic!("not refused") };
        assert_eq!(refusal.errors.len(), MOST_ERRORS);
        assert_eq!(refusal.errors[0].pointer, "/list/0", "the first ones are told");
    }
}
