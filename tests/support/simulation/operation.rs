//! What people do. What is done next is in [`choose`], how it is asked in [`request`], and what may be answered in
//! [`answer`].

mod answer;
mod choose;
pub mod mails;
pub mod meetings;
pub mod places;
pub mod plan;
mod request;
pub mod standing;
pub mod webhooks;

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
    Standing(standing::Op),
    Place(places::Op),
    Webhook(webhooks::Op),
    Plan(plan::Op),
    Mail(mails::Op),
}

/// Whose word a request is.
pub enum Caller<'a> {
    /// Somebody's at a browser, or a program's.
    Person,
    Operator,
    Stripe,
    /// The mail provider's, under its own id of what it tells.
    MailProvider(&'a str),
}

use Operation as Op;

impl Operation {
    /// The operation's name, for the history.
    pub fn name(&self) -> String {
        let text = match self {
            Op::Standing(op) => format!("{op:?}"),
            Op::Place(op) => format!("Place{op:?}"),
            Op::Webhook(op) => format!("Webhook{op:?}"),
            Op::Plan(op) => format!("Plan{op:?}"),
            Op::Mail(_) => "MailTold".to_owned(),
            _ => format!("{self:?}"),
        };
        text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap().to_owned()
    }

    /// Whose word it is.
    pub fn caller(&self) -> Caller<'_> {
        match self {
            Op::CreateOrganization { .. } | Op::OperatorResend(_) | Op::Plan(plan::Op::Set { .. }) => {
                Caller::Operator
            }
            Op::Plan(plan::Op::Told(_)) => Caller::Stripe,
            Op::Mail(told) => Caller::MailProvider(&told.event),
            _ => Caller::Person,
        }
    }

    /// Whether programs do it too: not what is about a person's own account, nor what is answered to the holder of a link.
    pub fn is_for_programs(&self) -> bool {
        match self {
            Op::SignIn | Op::SignOut | Op::Me => false,
            Op::Standing(op) => matches!(op, standing::Op::Restore(_)),
            _ => matches!(self.caller(), Caller::Person) && self.link().is_none(),
        }
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
