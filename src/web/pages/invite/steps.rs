//! The steps of an invitation, in their order, and the fields that each of them has.

use std::fmt;
use std::str::FromStr;

use crate::web::pages::access::CARRIED;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Staff, a client, or a link for many clients (S3-04).
    Who,
    /// Who it is, and how they are told.
    Person,
    /// In which workspaces they will be.
    Workspaces,
    /// Which accounts they are given (S2-11, S3-06).
    Accounts,
    /// What they may do.
    Permissions,
    /// Whose credentials reach the accounts, where that is a question (S2-13).
    Credentials,
    /// Everything once more, and the button that sends it.
    Check,
}

impl Step {
    /// Every step, in the order they come.
    pub const ALL: [Self; 7] = [
        Self::Who,
        Self::Person,
        Self::Workspaces,
        Self::Accounts,
        Self::Permissions,
        Self::Credentials,
        Self::Check,
    ];

    /// As its address has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::Person => "person",
            Self::Workspaces => "workspaces",
            Self::Accounts => "accounts",
            Self::Permissions => "permissions",
            Self::Credentials => "credentials",
            Self::Check => "check",
        }
    }

    /// Whether a form's field is one of this step's.
    pub(super) fn has(self, field: &str) -> bool {
        let fields: &[&str] = match self {
            Self::Who => &["who"],
            Self::Person => &[
                "role",
                "email",
                "name",
                "nickname",
                "message",
                "locale",
                "how",
                "notify",
                "expires_in",
                "max_uses",
                "branding/name",
                "branding/message",
            ],
            Self::Workspaces => &["workspace_ids"],
            Self::Accounts => &["resources", CARRIED, "addable_kinds"],
            Self::Permissions => &["permissions", "permission", "clone_of", "require_mfa"],
            // What is answered here is kept with the accounts.
            Self::Credentials | Self::Check => &[],
        };
        fields.contains(&field)
    }

    /// The ids that what is wrong on its page can be said at.
    pub(super) fn places(self) -> &'static [&'static str] {
        match self {
            Self::Who => &["who"],
            Self::Person => &[
                "role",
                "email",
                "name",
                "nickname",
                "message",
                "locale",
                "expires_in",
                "max_uses",
                "branding/name",
                "branding/message",
            ],
            Self::Workspaces => &["workspace_ids"],
            Self::Accounts => &["access/resources", "access/addable_kinds"],
            Self::Permissions => &["access/permissions/clone_of", "access/permissions"],
            Self::Credentials | Self::Check => &[],
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Step {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or(())
    }
}
