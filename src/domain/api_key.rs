//! The keys that programs call with: what one looks like, and what it may be allowed.
//!
//! A key acts as an admin of its organization would, or as the member that a request names, and within its scopes only: what
//! it may do is what both allow.

use crate::domain::secret::Bearer;

/// What every key begins with, so that people and scanners of repositories know one when they see it.
const PREFIX: &str = "usher_";

/// A key, as its holder has it. Never stored and never logged: it has no `Debug` or `Display`.
pub struct ApiKey(Bearer);

impl ApiKey {
    /// From entropy.
    #[must_use]
    pub fn new(entropy: [u8; 32]) -> Self {
        Self(Bearer::new(entropy))
    }

    /// As it came in a request. `None` if no key of ours can look like it, so that garbage costs no lookup.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(PREFIX).and_then(Bearer::parse).map(Self)
    }

    /// What its holder is told, once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", self.0.reveal())
    }

    /// What is stored.
    #[must_use]
    pub fn digest(&self) -> String {
        self.0.digest()
    }

    /// Its last four letters: they tell two keys apart, and open nothing.
    #[must_use]
    pub fn hint(&self) -> String {
        let letters: Vec<char> = self.0.reveal().chars().collect();
        letters.iter().skip(letters.len().saturating_sub(4)).collect()
    }
}

macro_rules! scopes {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal;)*) => {
        /// Something that a key may be allowed. What no scope names, no key may.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Scope {$($(#[doc = $doc])* $variant,)*}

        impl Scope {
            /// Every scope there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// What it is for, in words.
            #[must_use]
            pub fn told(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii_start(),)* }
            }

            /// Its name, as keys are given it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

scopes! {
    /// To read the organization, its catalog, and its seats.
    OrganizationsRead "organizations:read";
    /// To change its name, brand and policy.
    OrganizationsWrite "organizations:write";
    /// To read invitations and the jobs that make many.
    InvitationsRead "invitations:read";
    /// To make, change, send and withdraw invitations, and to get their links.
    InvitationsWrite "invitations:write";
    /// To accept and decline invitations for the host product's own users.
    InvitationsAccept "invitations:accept";
    /// To read members and what each was given.
    MembersRead "members:read";
    /// To add, change and remove members, and to give and take access.
    MembersWrite "members:write";
    /// To let admins in: with it what invites and adds people does so for this role too, and the links of such people are given out.
    AdminsWrite "admins:write";
    /// To read workspaces.
    WorkspacesRead "workspaces:read";
    /// To make and change workspaces.
    WorkspacesWrite "workspaces:write";
    /// To read resources.
    ResourcesRead "resources:read";
    /// To register, connect, disconnect and delete resources.
    ResourcesWrite "resources:write";
    /// To ask whether a member may do something.
    AccessCheck "access:check";
    /// To sign people in to the host product who are signed in here.
    TokensIssue "tokens:issue";
    /// To read who changed what.
    AuditRead "audit:read";
    /// To read webhooks and what was delivered to them.
    WebhooksRead "webhooks:read";
    /// To make, change, test and delete webhooks, and to have events delivered again: what it is told so is all that happens.
    WebhooksWrite "webhooks:write";
}

impl Scope {
    /// The scope of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_nothing_else_is_one() {
        let key = ApiKey::new([7; 32]);
        let shown = key.reveal();
        assert!(shown.starts_with("usher_") && shown.ends_with(&key.hint()) && key.hint().len() == 4);
        assert_eq!(ApiKey::parse(&shown).unwrap().digest(), key.digest());
        let rest = shown.strip_prefix("usher_").unwrap();
        for wrong in
            ["", "usher_", rest, &format!("USHER_{rest}"), &format!("{shown}="), &format!(" {shown}")]
        {
            assert!(ApiKey::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn every_scope_has_a_name_of_its_own() {
        for scope in Scope::ALL {
            assert_eq!(Scope::named(scope.as_str()), Some(*scope));
        }
        assert_eq!(Scope::named("organizations:everything"), None);
    }
}
