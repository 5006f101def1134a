//! An invitation and its state. State is timestamps; [`Invitation::status`] reads them at a moment. What the holder of its
//! link may do is in [`standing`](super::standing).

use serde::{Deserialize, Serialize};

use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{InvitationId, MemberId, OrganizationId};
use crate::domain::link::Link;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::Code;

/// For one address, or for many people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "InvitationKind"))]
pub enum Kind {
    /// Bound to one address and accepted once.
    Email,
    /// Bound to nobody and accepted by many.
    Link,
}

impl Kind {
    /// As rows and the API write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Link => "link",
        }
    }
}

/// Why somebody declines, where they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "DeclineReason"))]
pub enum Reason {
    /// They don't know who invites them: it was not meant for them.
    UnknownSender,
}

impl Reason {
    /// As rows and the API write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownSender => "unknown_sender",
        }
    }
}

/// What an invitation is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "InvitationStatus"))]
pub enum Status {
    /// Open: can be accepted.
    Pending,
    /// Somebody joined with it.
    Accepted,
    /// The invited person said no.
    Declined,
    /// Withdrawn by the organization.
    Revoked,
    /// Its time is over.
    Expired,
    /// A link that is turned off.
    Disabled,
    /// A link that let in as many as it may.
    Full,
}

impl Status {
    /// As the API and its filters write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
            Self::Full => "full",
        }
    }

    /// Whether it can be changed: until it is settled or over, a link also while it is turned off or full.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Disabled | Self::Full)
    }

    /// Why the holder of a link can't use it any more.
    #[must_use]
    pub fn refusal(self) -> Option<Code> {
        match self {
            Self::Pending => None,
            Self::Accepted => Some(Code::InvitationUsed),
            Self::Declined => Some(Code::InvitationDeclined),
            Self::Revoked => Some(Code::InvitationRevoked),
            Self::Expired => Some(Code::InvitationExpired),
            Self::Disabled => Some(Code::LinkDisabled),
            Self::Full => Some(Code::LinkFull),
        }
    }
}

/// How far the invitation's e-mail got, as the inviter sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub enum Delivery {
    /// No e-mail was asked for.
    None,
    /// Waiting to be sent.
    Queued,
    /// Taken by the mail provider.
    Sent,
    /// Taken by the recipient's mail server.
    Delivered,
    /// The recipient's mail server asks to wait.
    Delayed,
    /// The recipient's mail server refused it.
    Bounced,
    /// The recipient reported it.
    Complained,
    /// It could not be sent.
    Failed,
}

impl Delivery {
    /// As rows and the API write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Delayed => "delayed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Failed => "failed",
        }
    }

    /// Whether it did not arrive.
    #[must_use]
    pub fn is_lost(self) -> bool {
        self.is_refusal() || self == Self::Failed
    }

    /// Whether nothing more goes to that address: it takes no mail, or its reader wants none.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Bounced | Self::Complained)
    }
}

/// Why a message did not arrive, as far as its provider says. Providers have many words for it, and whole sentences of other mail
/// servers: of those nothing is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstruction {
    /// There is no such mailbox.
    NoMailbox,
    /// Their mail server is not to be found.
    NoServer,
    /// The mailbox is full.
    MailboxFull,
    /// The message is larger than their mail server takes.
    TooLarge,
    /// Their mail server does not want what it says, or whom it is from.
    Filtered,
    /// An earlier message came back or was reported, so the provider sends none there.
    Suppressed,
}

impl Obstruction {
    /// As rows and the API write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoMailbox => "no_mailbox",
            Self::NoServer => "no_server",
            Self::MailboxFull => "mailbox_full",
            Self::TooLarge => "too_large",
            Self::Filtered => "filtered",
            Self::Suppressed => "suppressed",
        }
    }

    /// In words, by the name that [`as_str`](Self::as_str) gives it; nothing for another name.
    #[must_use]
    pub fn words(name: &str) -> &'static str {
        match name {
            "no_mailbox" => "mailbox does not exist",
            "no_server" => "their mail server was not found",
            "mailbox_full" => "the mailbox is full",
            "too_large" => "the e-mail is too large for their mail server",
            "filtered" => "their mail server filtered it out",
            "suppressed" => "earlier e-mails to this address came back or were reported",
            _ => "",
        }
    }
}

/// The timestamps that make up an invitation's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// For one address or for many people.
    pub kind: Kind,
    /// What the person becomes.
    pub role: Role,
    /// The invited address; none for a link.
    pub email: Option<EmailAddress>,
    /// Raised by everything that kills the links made so far.
    pub ver: i64,
    /// Raised whenever an e-mail invitation gives something else than before, which kills the links that were copied.
    pub given: i64,
    /// Whether somebody who comes in by it takes a seat. An e-mail invitation reserves that until it is settled.
    #[serde(deserialize_with = "super::truth")]
    pub takes_seat: bool,
    /// How many may join with it; `None` is any number.
    pub max_uses: Option<i64>,
    /// How many did.
    pub uses: i64,
    /// When it ends, in whole seconds.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last offered: made, or sent again. Whoever was removed since is not brought back by it.
    pub offered_at: Timestamp,
    /// When somebody joined with it.
    pub accepted_at: Option<Timestamp>,
    /// Who did.
    pub accepted_by: Option<MemberId>,
    /// When the invited person said no.
    pub declined_at: Option<Timestamp>,
    /// When it was withdrawn.
    pub revoked_at: Option<Timestamp>,
    /// When the link was turned off.
    pub disabled_at: Option<Timestamp>,
    /// When its end was written down. Only tidies: `expires_at` is what ends it.
    pub expired_at: Option<Timestamp>,
}

impl Invitation {
    /// Whether this is one of its links that nothing since has killed.
    #[must_use]
    pub fn honours(&self, link: &Link) -> bool {
        self.ver == link.ver && link.bound_to().is_none_or(|given| given == self.given)
    }

    /// What the invitation is at this moment. What a person did outlasts the clock: an accepted invitation never expires.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        let full = self.max_uses.is_some_and(|most| self.uses >= most);
        if self.accepted_at.is_some() {
            Status::Accepted
        } else if self.declined_at.is_some() {
            Status::Declined
        } else if self.revoked_at.is_some() {
            Status::Revoked
        } else if self.expired_at.is_some() || now >= self.expires_at {
            Status::Expired
        } else if self.disabled_at.is_some() {
            Status::Disabled
        } else if full {
            Status::Full
        } else {
            Status::Pending
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;

    pub(in crate::domain) fn start() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    pub(in crate::domain) fn invitation() -> Invitation {
        Invitation {
            id: InvitationId::new(start(), [1; 10]),
            organization_id: OrganizationId::new(start(), [2; 10]),
            kind: Kind::Email,
            role: Role::Member,
            email: "ana@client.test".parse().ok(),
            ver: 2,
            given: 0,
            takes_seat: true,
            max_uses: Some(1),
            uses: 0,
            expires_at: start().plus(Duration::from_hours(1)),
            created_at: start(),
            offered_at: start(),
            accepted_at: None,
            accepted_by: None,
            declined_at: None,
            revoked_at: None,
            disabled_at: None,
            expired_at: None,
        }
    }

    #[test]
    fn what_a_person_did_outlasts_the_clock() {
        let late = start().plus(Duration::from_secs(99_999));
        assert_eq!(invitation().status(start()), Status::Pending);
        assert_eq!(invitation().status(late), Status::Expired);
        assert_eq!(invitation().status(invitation().expires_at), Status::Expired);
        for (changed, status) in [
            (Invitation { accepted_at: Some(start()), ..invitation() }, Status::Accepted),
            (Invitation { declined_at: Some(start()), ..invitation() }, Status::Declined),
            (Invitation { revoked_at: Some(start()), ..invitation() }, Status::Revoked),
        ] {
            assert_eq!(changed.status(late), status);
        }
        assert_eq!(
            Invitation { disabled_at: Some(start()), ..invitation() }.status(start()),
            Status::Disabled
        );
        assert_eq!(Invitation { uses: 1, ..invitation() }.status(start()), Status::Full);
    }
}
