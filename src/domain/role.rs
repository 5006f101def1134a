//! The four roles, and which stands above which.

use serde::{Deserialize, Serialize};

/// What a member is in an organization. Ordered: a later role stands above an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub enum Role {
    /// Somebody outside: sees and does only what they were granted.
    Client,
    /// Staff.
    Member,
    /// Everything but what is the owner's alone.
    Admin,
    /// The organization's own; exactly one can't be removed: the last.
    Owner,
}

impl Role {
    /// Every role, lowest first.
    pub const ALL: [Self; 4] = [Self::Client, Self::Member, Self::Admin, Self::Owner];

    /// Every role that a policy may let somebody invite: ownership is transferred.
    pub const INVITED: [Self; 3] = [Self::Client, Self::Member, Self::Admin];

    /// As rows and the API write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// As a list shows it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Member => "Member",
            Self::Admin => "Admin",
            Self::Owner => "Owner",
        }
    }

    /// As a person reads it, with its article: "as **an admin**".
    #[must_use]
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Client => "a client",
            Self::Member => "a member",
            Self::Admin => "an admin",
            Self::Owner => "the owner",
        }
    }

    /// What the role may do, to somebody who is about to have it.
    #[must_use]
    pub fn may(self) -> &'static str {
        match self {
            Self::Client => "You see and do only what is shared with you.",
            Self::Member => "You work as part of the team, in the workspaces that you are given.",
            Self::Admin => "You reach every workspace, and you can invite and manage people.",
            Self::Owner => "The organization is yours: you reach every workspace and manage everybody in it.",
        }
    }

    /// Whether this role takes a seat by itself: an admin or member does, the owner never, and a client only through a
    /// permission (S0-13, S0-14).
    #[must_use]
    pub fn takes_seat(self) -> bool {
        matches!(self, Self::Admin | Self::Member)
    }

    /// Whether this role reaches every workspace of its organization without a membership in each.
    #[must_use]
    pub fn reaches_every_workspace(self) -> bool {
        matches!(self, Self::Admin | Self::Owner)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
