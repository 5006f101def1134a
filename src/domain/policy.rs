//! An organization's policy: who may invite whom, and what holds unless somebody says otherwise. Its template's, but for
//! what the organization has changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::role::Role;

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Policy {
    /// Who may invite whom. Nobody may invite an owner: ownership is transferred.
    invites: BTreeMap<String, Vec<Role>>,
    /// What a client may do if nobody says.
    pub client_default: ClientDefault,
    /// Whether a client who was given no resource stays outside (S3-10).
    pub clients_need_resource: bool,
    /// Whether an e-mail goes out if nobody says.
    pub send_email: bool,
    /// Whether somebody who was invited by e-mail and has not answered is reminded, once.
    pub reminders: bool,
    /// How long an e-mail invitation lives.
    pub email_lifetime: Lifetime,
    /// How long a link for many lives.
    pub link_lifetime: Lifetime,
}

/// What a client may do if nobody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub enum ClientDefault {
    /// What the catalog marks for clients.
    Preset,
    /// Nothing.
    Nothing,
}

/// How long something lives, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub struct Lifetime {
    /// Unless said.
    pub default: u64,
    /// No less.
    pub shortest: u64,
    /// No more.
    pub longest: u64,
}

/// What an organization may change of its template's policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Who may invite whom; roles that aren't named keep the template's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invites: Option<BTreeMap<String, Vec<Role>>>,
    /// Whether a client who was given no resource stays outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients_need_resource: Option<bool>,
    /// Whether an e-mail goes out if nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_email: Option<bool>,
    /// Whether somebody who was invited by e-mail and has not answered is reminded, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminders: Option<bool>,
}

impl Changes {
    /// Whether they say whom somebody with this role may invite.
    #[must_use]
    pub fn names(&self, inviter: Role) -> bool {
        self.invites.as_ref().is_some_and(|invites| invites.contains_key(inviter.as_str()))
    }
}

impl Policy {
    /// The roles that somebody with this role may invite, and so whose invitations they may see.
    #[must_use]
    pub fn invitable_by(&self, inviter: Role) -> &[Role] {
        self.invites.get(inviter.as_str()).map_or(&[], Vec::as_slice)
    }

    /// This policy with an organization's changes.
    #[must_use]
    pub fn with(&self, changes: Changes) -> Self {
        let mut policy = self.clone();
        policy.invites.extend(changes.invites.unwrap_or_default());
        policy.clients_need_resource = changes.clients_need_resource.unwrap_or(policy.clients_need_resource);
        policy.send_email = changes.send_email.unwrap_or(policy.send_email);
        policy.reminders = changes.reminders.unwrap_or(policy.reminders);
        policy
    }

    /// What a policy must not say: that somebody invites above their own role, or an owner, or that a client invites.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        for (inviter, invited) in &self.invites {
            let Some(inviter) = Role::ALL.into_iter().find(|role| role.as_str() == inviter) else {
                return Some(format!("There is no role {inviter}."));
            };
            if let Some(role) = invited.iter().find(|role| **role > inviter || **role == Role::Owner) {
                return Some(format!("{role} is above what {inviter} may invite."));
            }
            if inviter == Role::Client && !invited.is_empty() {
                return Some("A client invites nobody.".to_owned());
            }
        }
        let lives = [self.email_lifetime, self.link_lifetime];
        let possible = |life: &Lifetime| life.shortest <= life.default && life.default <= life.longest;
        (!lives.iter().all(possible)).then(|| "A default lifetime is out of its own bounds.".to_owned())
    }
}
