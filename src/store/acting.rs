//! Who acts, as a write asks for them again: between the read that told who they are and the write, they may have been removed,
//! or given another role or, where that counts, another access.

use serde::Deserialize;
use serde_json::json;

use crate::domain::authority::{Actor, Authority, Reach};
use crate::domain::ids::MemberId;
use crate::params;
use crate::platform::{Param, Statement};

/// Whether the actor is still, in the organization `o`, what they were: `still_acts!("?3", "?7")`, with their id and what
/// [`Acting::was`] says. The operator always is.
macro_rules! still_acts {
    ($actor:literal, $was:literal) => {
        concat!(
            "(",
            $was,
            " IS NULL OR EXISTS (SELECT 1 FROM members a WHERE a.id = ",
            $actor,
            " AND a.organization_id = o.id AND a.role = ",
            $was,
            " ->> '$.role' AND a.removed_at IS NULL
                  AND a.access_rev = coalesce(",
            $was,
            " ->> '$.access_rev', a.access_rev)))"
        )
    };
}

/// Who acts: the operator, or a member in a role and, unless that reaches everything, with an access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting(Option<(MemberId, String)>);

impl Acting {
    /// The operator, who is no member of anything.
    pub const OPERATOR: Self = Self(None);

    /// A member, as they were read. What those who reach everything were once given beside that counts for nothing.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        let access_rev = match actor.reach {
            Reach::Everything => None,
            Reach::Only(_) => Some(actor.access_rev),
        };
        let was = json!({"role": actor.role, "access_rev": access_rev}).to_string();
        Self(Some((actor.member_id, was)))
    }

    /// Whoever has authority over an invitation.
    #[must_use]
    pub fn by(authority: &Authority) -> Self {
        match authority {
            Authority::Operator(_) => Self::OPERATOR,
            Authority::Member(actor) => Self::of(actor),
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
                " AS acts, m.role = ?2 ->> '$.role' AS in_role FROM members m JOIN organizations o ON o.id = m.organization_id
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
    /// Whether they have the role that they had.
    #[serde(deserialize_with = "crate::domain::truth")]
    pub in_role: bool,
}
