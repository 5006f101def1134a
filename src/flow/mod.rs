//! The use cases, one a file: checked input in, an outcome out. What they write is one batch each.

pub mod accept;
pub mod access;
pub mod add_member;
pub mod again;
pub mod api_keys;
pub mod ask;
pub mod bulk;
pub mod change_email;
pub mod change_invitation;
pub mod change_organization;
pub mod change_password;
pub mod create_organization;
pub mod decline;
pub mod invite;
pub mod links;
pub mod logo;
pub mod look;
pub mod manage;
pub mod members;
pub mod memberships;
pub mod mfa_reset;
pub mod notification_choices;
pub mod password_link;
pub mod removal;
pub mod reset_password;
pub mod resources;
pub mod restore;
pub mod second_factor;
pub mod set_password;
pub mod sign_in;
pub mod transfer;
pub mod vouch;
pub mod webhooks;
pub mod workspaces;

use crate::config::Config;
use crate::domain::authority::Actor;
use crate::domain::ids::{EventId, Id, JobId, Kind, UserId};
use crate::domain::password;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal, Result};
use crate::platform::{Platform, ResultSet};
use crate::store::acting::{Acting, Now};
use crate::store::api_keys::acted;
use crate::store::audit;
use crate::store::idempotency::Once;
use crate::store::invitations::Record;

/// What every use case needs: the world, the settings, and which request this is.
pub struct Context<'a, P> {
    /// The world.
    pub platform: &'a P,
    /// The settings.
    pub config: &'a Config,
    /// Which request this is, in logs, audit and problems.
    pub request_id: String,
    /// What it was sent with, in words: what a session that it begins is listed as.
    pub device: String,
    /// The key under which its sender may repeat it, if it has one.
    pub once: Option<Once>,
}

impl<P: Platform> Context<'_, P> {
    /// Now. Asked again after anything slow.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.platform.now()
    }

    /// A new id.
    #[must_use]
    pub fn id<K: Kind>(&self) -> Id<K> {
        Id::new(self.platform.now(), self.platform.random())
    }

    /// A new user's id. Its time is made up: whoever adds an address is told its account's id, and a real time would tell
    /// that the address had an account before.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        // 40 bits of milliseconds: some moment of the epoch's first 35 years.
        let made_up = i64::from_be_bytes(self.platform.random()) & 0xff_ffff_ffff;
        Id::new(Timestamp::from_millis(made_up), self.platform.random())
    }

    /// The same for what its sender may repeat under this key.
    #[must_use]
    pub fn under(&self, once: Option<Once>) -> Self {
        let Self { platform, config, request_id, device, .. } = self;
        Self { platform: *platform, config, request_id: request_id.clone(), device: device.clone(), once }
    }

    /// The request is done once one of these entries of the audit log is written; until then, it may be tried again under its
    /// key.
    pub fn is_done_with(&self, events: &[EventId]) {
        let meter = self.platform.meter();
        if let Some(key) = meter.key.get() {
            meter.told.replace(Some(acted(key, &self.request_id, events)));
        }
        // What a request does in several batches is done with the first of them.
        if let Some(once) = self.once.as_ref().filter(|_| !meter.rode.get()) {
            meter.rider.replace(Some(once.done(events)));
        }
    }

    /// The request is done once this mail of it is in the outbox: for what is written in no organization's log.
    pub fn is_done_with_mail(&self, job: JobId) {
        if let Some(once) = &self.once {
            self.platform.meter().rider.replace(Some(once.sent(job)));
        }
    }

    /// What whoever runs the organization does, or the operator where it is nobody of it: its entry, and who acts.
    #[must_use]
    pub fn acting(&self, actor: Option<&Actor>) -> (audit::Entry, Acting) {
        match actor {
            Some(actor) => (self.entry(&actor.principal), Acting::of(actor)),
            None => (self.entry(&"operator"), Acting::OPERATOR),
        }
    }

    /// A new entry of the audit log, with which the request is done.
    pub fn entry(&self, actor: &impl ToString) -> audit::Entry {
        let id = self.id();
        self.is_done_with(&[id]);
        audit::Entry { id, at: self.now(), actor: actor.to_string(), request_id: self.request_id.clone() }
    }
}

/// Checks a password that somebody chose, of whom this is known, see [`password::check`].
///
/// # Errors
/// `weak_password`, `password_too_common`, with the pointer of `/password`.
fn check_password(password: &str, known: &[impl AsRef<str>]) -> Result<()> {
    password::check(password, known).map_err(|why| Error::field("/password", why.code(), why.to_string()))
}

/// Hashes a password that was [checked](check_password).
fn hash_password<P: Platform>(ctx: &Context<'_, P>, password: &str) -> Result<String> {
    password::hash(password, ctx.platform.random())
        .map_err(|error| Error::Internal(format!("password hash: {error}")))
}

/// What came of a write that is claimed for an invitation as it was read.
enum Attempt<T> {
    /// It is done.
    Done(T),
    /// Somebody else changed it in between; this is how it is now.
    Overtaken(Box<Record>),
}

/// Says, when a claim was refused, whether that is because the actor is no longer who they were: what they would be told if
/// they asked again. `read` is what the same batch read of them last.
///
/// # Errors
/// 404 for whoever is no member any more, 401 for a key that was revoked, 403 for whoever has another role or another access.
fn check_still_acts(by: &Acting, read: &ResultSet) -> Result<()> {
    if *by == Acting::OPERATOR {
        return Ok(());
    }
    let now: Now = read.first()?.ok_or_else(|| Error::from(by.gone()))?;
    if now.acts {
        return Ok(());
    }
    if !now.in_role {
        return Err(Code::Forbidden.into());
    }
    let detail = "What you have here was changed in the meantime. Look at what you have now, and try again.";
    Err(Refusal::new(Code::BeyondYourAccess).because(detail).into())
}
