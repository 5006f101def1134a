//! What people do. What is done next is in [`choose`], how it is asked in [`request`], and what may be answered in
//! [`answer`].

mod answer;
mod choose;
mod request;

use usher::domain::ids::{InvitationId, JobId, MemberId, OrganizationId, WorkspaceId};

use super::world::Known;

/// Something that somebody does at a browser.
#[derive(Debug, Clone)]
pub enum Operation {
    Invite {
        organization: OrganizationId,
        email: String,
        role: &'static str,
        workspaces: Option<Vec<WorkspaceId>>,
        expires_in: Option<u64>,
        send_email: bool,
    },
    /// A link for many, perhaps one that gives clients a seat.
    MakeLink {
        organization: OrganizationId,
        create_posts: bool,
        max_uses: Option<usize>,
    },
    Rotate(InvitationId),
    Disable(InvitationId),
    Enable(InvitationId),
    AddMember {
        organization: OrganizationId,
        email: String,
        role: &'static str,
        notify: bool,
    },
    Remove {
        organization: OrganizationId,
        members: Vec<MemberId>,
        with_sent: bool,
    },
    Restore(MemberId),
    ChangeRole(MemberId, &'static str),
    ChangeAccess {
        workspace: WorkspaceId,
        member: MemberId,
        create_posts: bool,
    },
    Bulk {
        organization: OrganizationId,
        emails: Vec<String>,
    },
    Undo(JobId),
    Resend(InvitationId),
    Revoke(InvitationId),
    CopyLink(InvitationId),
    Read(InvitationId),
    ListInvitations(OrganizationId),
    ListMembers(OrganizationId),
    Preview(Known),
    Look(Known),
    Accept(Known),
    SignUp(Known),
    AcceptForm(Known),
    Decline(Known),
    DeclineForm(Known),
    SignIn,
    SignOut,
    Me,
    /// The operator's: no browser of anybody.
    CreateOrganization {
        owner: String,
    },
    OperatorResend(InvitationId),
}

use Operation as Op;

impl Operation {
    /// The operation's name, for the history.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap().to_owned()
    }

    /// The link that it is about.
    pub fn link(&self) -> Option<&Known> {
        match self {
            Op::Preview(known)
            | Op::Look(known)
            | Op::Accept(known)
            | Op::SignUp(known)
            | Op::AcceptForm(known)
            | Op::Decline(known)
            | Op::DeclineForm(known) => Some(known),
            _ => None,
        }
    }
}
