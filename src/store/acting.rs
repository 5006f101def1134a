//! Who acts, as a write asks for them again: between the read that told who they are and the write, they may have been removed,
//! or given another role or, where that counts, another access.

use serde::Deserialize;
use serde_json::json;

use crate::domain::authority::{Actor, Authority, Principal, Reach};
use crate::domain::ids::MemberId;
use crate::error::Code;
use crate::platform::{Param, Statement};
use crate::{params, sql};

/// Whether this is a program's key of the organization `o`, and still one.
macro_rules! live_key {
    ($key:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM api_keys k WHERE k.id = ",
            $key,
            " AND k.organization_id = o.id AND k.revoked_at IS NULL)"
        )
    };
}

/// Whether the actor is still, in the organization `o`, what they were: `still_acts!("?3", "?7")`, with their id and what
/// [`Acting::was`] says. The operator always is; a program is while its key was not revoked.
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
            " ->> '$.access_rev', a.access_rev)) OR EXISTS (
                SELECT 1 FROM api_keys k WHERE k.id = ",
            $was,
            " ->> '$.key' AND k.organization_id = o.id AND k.revoked_at IS NULL))"
        )
    };
}

/// Who acts: the operator, a program with a key, or a member in a role and, unless that reaches everything, with an access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting(Option<(Principal, String)>);

impl Acting {
    /// The operator, who is no member of anything.
    pub const OPERATOR: Self = Self(None);

    /// Somebody, as they were read. What those who reach everything were once given beside that counts for nothing.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        let access_rev = match actor.reach {
            Reach::Everything => None,
            Reach::Only(_) => Some(actor.access_rev),
        };
        let was = match actor.principal {
            Principal::Member(_) => json!({"role": actor.role, "access_rev": access_rev}),
            Principal::Key(id) => json!({"key": id}),
        };
        Self(Some((actor.principal, was.to_string())))
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
        self.0.as_ref().and_then(|(who, _)| who.member())
    }

    /// What whoever is nobody any more is told: a member's organization does not exist for them, a program's key is none.
    #[must_use]
    pub fn gone(&self) -> Code {
        match self.0 {
            Some((Principal::Key(_), _)) => Code::Unauthenticated,
            _ => Code::NotFound,
        }
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
            sql!(concat!(
                "SELECT ",
                still_acts!("?1", "?2"),
                " AS acts, m.role = ?2 ->> '$.role' AS in_role FROM members m JOIN organizations o ON o.id = m.organization_id
                 WHERE m.id = ?1 AND m.removed_at IS NULL
                 UNION ALL SELECT 1, 1 FROM api_keys k WHERE k.id = ?2 ->> '$.key' AND k.revoked_at IS NULL"
            )),
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
