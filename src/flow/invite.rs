//! Inviting somebody by e-mail: the invitation, its reservation of a seat and its e-mail's job, in one batch.

use std::time::Duration;

use crate::domain::authority::{Actor, Authority};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::WorkspaceId;
use crate::domain::role::Role;
use crate::domain::text::{Message, Name};
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::jobs::lost_at;
use crate::platform::Platform;
use crate::store::invitations::{New, Obstacles, Record};
use crate::store::{audit, invitations, jobs};

/// What the inviter said.
#[derive(Debug)]
pub struct Invite {
    /// Whom.
    pub email: EmailAddress,
    /// As what.
    pub role: Role,
    /// Into which workspaces; `None` is the oldest.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// What the person is called.
    pub name: Option<Name>,
    /// What only the inviter's side sees (S0-05).
    pub nickname: Option<Name>,
    /// A message to them.
    pub message: Option<Message>,
    /// The language of mail and page.
    pub locale: String,
    /// How long it lives, if not the template's default.
    pub lifetime: Option<Duration>,
    /// Whether an e-mail goes out (S3-08).
    pub send_email: bool,
}

/// Invites somebody. Refuses a role the actor may not invite, an address that has an open invitation or is a member's, a
/// foreign workspace, and one person more than there are seats.
pub async fn invite<P: Platform>(ctx: &Context<'_, P>, actor: &Actor, invite: Invite) -> Result<Record> {
    if !actor.invitable().contains(&invite.role) {
        return Err(Code::RoleNotAllowed.into());
    }
    let now = ctx.now();
    let lifetime = invite.lifetime.unwrap_or(Duration::from_secs(actor.template.email_lifetime.default));
    let new = New {
        id: ctx.id(),
        organization_id: actor.organization_id,
        role: invite.role,
        email: invite.email,
        name: invite.name,
        nickname: invite.nickname,
        message: invite.message,
        locale: invite.locale,
        takes_seat: invite.role.takes_seat(),
        queued: invite.send_email,
        expires_at: now.plus(lifetime).whole_seconds(),
        invited_by: Some(actor.member_id),
        workspaces: invite.workspaces,
    };
    let job = ctx.id();
    let wanted = new.workspaces.as_deref().unwrap_or_default();
    let results = ctx
        .platform
        .batch(vec![
            invitations::stamp_lapsed_of(new.organization_id, &new.email, now),
            invitations::insert(&new, now),
            invitations::insert_workspaces(&new),
            jobs::insert_invitation_email(job, new.id, now, lost_at(now)),
            audit::of_invitation(ctx.entry(&actor.member_id), new.id, audit::Change::Created),
            invitations::select(new.id),
            invitations::select_obstacles(new.organization_id, &new.email, wanted, Some(new.id)),
        ])
        .await?;
    let [.., record, obstacles] = results.as_slice() else {
        return Err(Error::Internal("seven results".to_owned()));
    };
    match record.first::<Record>()? {
        Some(record) => {
            if new.queued {
                ctx.platform.enqueue(job);
            }
            Ok(record)
        }
        None => Err(match obstacles.first::<Obstacles>()? {
            Some(obstacles) => refusal_of(&obstacles, &Authority::Member(actor.clone()), now),
            None => Code::NotFound.into(),
        }),
    }
}

/// Says which guard refused an invitation, from what was read in the same batch.
pub(super) fn refusal_of(obstacles: &Obstacles, by: &Authority, now: Timestamp) -> Error {
    if obstacles.foreign_workspaces > 0 {
        return Error::field(
            "/workspace_ids",
            Code::InvalidValue,
            "One of these workspaces is not in this organization.",
        );
    }
    if obstacles.member_id.is_some() {
        return Code::AlreadyMember.into();
    }
    if let Some(open) = obstacles.open_id {
        // Its id only for those who may see it.
        let visible = obstacles.open_role.is_some_and(|role| by.covers(role));
        return Refusal { invitation_id: visible.then_some(open), ..Refusal::new(Code::AlreadyInvited) }
            .into();
    }
    if obstacles.trial_ends_at.is_some_and(|end| end <= now) {
        return Code::TrialEnded.into();
    }
    Code::SeatLimitReached.into()
}
