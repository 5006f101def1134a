//! The link of an invitation: `{ORIGIN}/i/{token}`.
//!
//! No link is stored. It is derived again from the invitation whenever the e-mail is sent or the link is copied, so a
//! copy of the database opens nothing; and it names the invitation's version, so raising that version kills every older
//! link at once. A forged or expired token is known as such here, with no I/O.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{InvitationId, OrganizationId};
use crate::domain::invitation::Invitation;
use crate::domain::keys::{KeyRing, Opened, Purpose};
use crate::domain::time::Timestamp;

/// How the link reached its holder. A mailed link proves the mailbox; a copied one proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Sent by Usher to the invitation's address.
    Email,
    /// Copied by somebody who may, and handed over in some other way.
    Copy,
}

impl Via {
    /// As tokens and statements write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Copy => "copy",
        }
    }
}

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The invitation.
    #[serde(rename = "sub")]
    pub invitation_id: InvitationId,
    /// Its organization.
    #[serde(rename = "org")]
    pub organization_id: OrganizationId,
    /// The invitation's version when the link was made.
    pub ver: i64,
    /// How it was handed over.
    pub via: Via,
    /// What the invitation gave when the link was made, see [`Invitation::given`]: a copied link is good for nothing else.
    #[serde(default)]
    pub given: i64,
}

impl Link {
    /// The link of an invitation as it is now.
    #[must_use]
    pub fn to(invitation: &Invitation, via: Via) -> Self {
        Self {
            invitation_id: invitation.id,
            organization_id: invitation.organization_id,
            ver: invitation.ver,
            via,
            given: invitation.given,
        }
    }

    /// What the invitation must still give for this link to be good; of a mailed one that is the mailbox's owner's affair.
    #[must_use]
    pub fn bound_to(&self) -> Option<i64> {
        (self.via == Via::Copy).then_some(self.given)
    }

    /// The token for a link that ends at `expires_at` (whole seconds).
    #[must_use]
    pub fn sign(self, keys: &KeyRing, expires_at: Timestamp) -> String {
        keys.sign(Purpose::Invitation, self, expires_at)
    }

    /// Reads a token, with no I/O.
    #[must_use]
    pub fn open(keys: &KeyRing, token: &str, now: Timestamp) -> Opened<Self> {
        keys.open(Purpose::Invitation, token, now)
    }
}
