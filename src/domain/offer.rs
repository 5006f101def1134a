//! What an invitation offers, whether it is one by itself or one of many.

use crate::domain::ids::WorkspaceId;
use crate::domain::role::Role;
use crate::domain::text::{Message, Name};

/// What somebody is invited to, and in which words. Its access is one that was asked for, or one that is given.
#[derive(Debug, Clone)]
pub struct Offer<A> {
    /// What the person becomes.
    pub role: Role,
    /// Where they will be; `None` is the organization's oldest workspace. Owner and admins have all.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// What they have there.
    pub access: A,
    /// What the person is called.
    pub name: Option<Name>,
    /// What only the inviter's side sees (S0-05).
    pub nickname: Option<Name>,
    /// A message to them.
    pub message: Option<Message>,
    /// What the link's page calls the organization (S0-06).
    pub branding_name: Option<Name>,
    /// What the link's page says.
    pub branding_message: Option<Message>,
    /// The language of mail and page.
    pub locale: String,
}

impl<A> Offer<A> {
    /// The same offer of another access.
    #[must_use]
    pub fn of<B>(self, access: B) -> Offer<B> {
        Offer {
            role: self.role,
            workspaces: self.workspaces,
            access,
            name: self.name,
            nickname: self.nickname,
            message: self.message,
            branding_name: self.branding_name,
            branding_message: self.branding_message,
            locale: self.locale,
        }
    }
}
