//! Who acts, as a write asks for them again: between the read that told who they are and the write, they may have been removed,
//! or given another role, or taken out of a workspace.

use serde::Deserialize;
use serde_json::json;

use crate::domain::authority::{Actor, Authority, Reach};
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::params;
use crate::platform::{Param, Statement};

/// Whether the actor is still, in the organization `o`, what they were: `still_acts!("?3", "?7")`, with their id and what
/// [`Acting::was`] says. The operator always is.
macro_rules! still_acts {
    ($actor:literal, $was:literal) => {
        concat!(
            "(",
            $was,
            " IS NULL OR (EXISTS (SELECT 1 FROM members a WHERE a.id = ",
            $actor,
            " AND a.organization_id = o.id AND a.role = ",
            $was,
            " ->> '$.role' AND a.removed_at IS NULL)
              AND NOT EXISTS (SELECT 1 FROM json_each(",
            $was,
            ", '$.workspaces') there WHERE NOT EXISTS (
                SELECT 1 FROM memberships h WHERE h.member_id = ",
            $actor,
            " AND h.workspace_id = there.value))))"
        )
    };
}

/// Who acts: the operator, or a member in a role and, as far as a write gives access there, in workspaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting(Option<(MemberId, String)>);

impl Acting {
    /// The operator, who is no member of anything.
    pub const OPERATOR: Self = Self(None);

    /// A member, in their role.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        Self::giving(actor, None)
    }

    /// A member who gives access to these workspaces. Those who reach every one need to be in none.
    #[must_use]
    pub fn giving(actor: &Actor, workspaces: Option<&[WorkspaceId]>) -> Self {
        let there = match actor.reach {
            Reach::Everything => &[],
            Reach::Only(_) => workspaces.unwrap_or_default(),
        };
        let was = json!({"role": actor.role, "workspaces": there}).to_string();
        Self(Some((actor.member_id, was)))
    }

    /// Whoever has authority over an invitation.
    #[must_use]
    pub fn by(authority: &Authority) -> Self {
        Self::by_giving(authority, None)
    }

    /// The same, giving access to these workspaces.
    #[must_use]
    pub fn by_giving(authority: &Authority, workspaces: Option<&[WorkspaceId]>) -> Self {
        match authority {
            Authority::Operator(_) => Self::OPERATOR,
            Authority::Member(actor) => Self::giving(actor, workspaces),
        }
    }

    /// The member.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        self.0.as_ref().map(|(member, _)| *member)
    }

    /// What they were, for `still_acts!`; null for the operator.
    #[must_use]
    pub fn was(&self) -> Param {
        self.0.as_ref().map(|(_, was)| was).into()
    }

    /// Reads what they are now: read last in a batch whose claim asks it. Nothing if they are no member any more, nor for the
    /// operator.
    #[must_use]
    pub fn select(&self) -> Statement {
        Statement::new(
            concat!(
                "SELECT ",
                still_acts!("?1", "?2"),
                " AS acts FROM members m JOIN organizations o ON o.id = m.organization_id
                 WHERE m.id = ?1 AND m.removed_at IS NULL"
            ),
            params![self.member(), self.was()],
        )
    }
}

/// What [`Acting::select`] answers.
#[derive(Debug, Deserialize)]
pub struct Now {
    /// Whether they are what they were.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub acts: bool,
}
