//! Which scope a program's key needs for which route.

use http::Method;

use crate::domain::api_key::Scope;
use crate::web::route::Route;

impl Route {
    /// The scope that a key needs to call this route with this method; with none it may not, whatever scopes it has: a
    /// person's own account, the organization's keys and its ownership are for people, and pages are for browsers.
    /// What lets admins in takes a scope besides: that is asked where the role is known, see
    /// [`check_scope`](crate::flow::access::check_scope).
    #[must_use]
    pub fn scope(&self, method: &Method) -> Option<Scope> {
        let reads = method.is_safe();
        let either = |read, write| Some(if reads { read } else { write });
        match self {
            Self::Organization(_) | Self::Logo(_) => {
                either(Scope::OrganizationsRead, Scope::OrganizationsWrite)
            }
            Self::Seats(_) | Self::SeatHolders(_) | Self::Catalog(_) => Some(Scope::OrganizationsRead),
            Self::Audit(_) => Some(Scope::AuditRead),
            Self::Webhooks(_)
            | Self::Webhook(..)
            | Self::WebhookRotate(..)
            | Self::WebhookTest(..)
            | Self::Deliveries(..)
            | Self::ReplayFailed(..)
            | Self::Replay(..) => either(Scope::WebhooksRead, Scope::WebhooksWrite),
            Self::Invitations(_)
            | Self::BulkInvitations(_)
            | Self::InvitationRecord(_)
            | Self::Resend(_)
            | Self::Revoke(_)
            | Self::CopyLink(_)
            | Self::Rotate(_)
            | Self::Disable(_)
            | Self::Enable(_)
            | Self::Redemptions(_)
            | Self::MailDeliveries(_)
            | Self::Job(_)
            | Self::UndoJob(_) => either(Scope::InvitationsRead, Scope::InvitationsWrite),
            Self::Preview | Self::Accept | Self::Decline => Some(Scope::InvitationsAccept),
            Self::Members(_)
            | Self::RemoveMembers(_)
            | Self::RestoreMember(_)
            | Self::Member(_)
            | Self::PasswordLink(_)
            | Self::WorkspaceMembers(_)
            | Self::Membership(..)
            | Self::MembershipAccess(..) => either(Scope::MembersRead, Scope::MembersWrite),
            Self::Workspaces(_) | Self::Workspace(_) => either(Scope::WorkspacesRead, Scope::WorkspacesWrite),
            Self::Resources(_) | Self::Resource(_) | Self::Disconnect(_) | Self::Reconnect(_) => {
                either(Scope::ResourcesRead, Scope::ResourcesWrite)
            }
            Self::Check => Some(Scope::AccessCheck),
            Self::Tokens => Some(Scope::TokensIssue),
            _ => None,
        }
    }
}
