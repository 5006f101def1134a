//! Templates: what an organization is created from. They are data; no rule of one template stands in code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::organization::Plan;
use crate::domain::role::Role;

/// A catalog, a policy and a default plan, under a name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What an organization names it by, such as `team`.
    pub key: String,
    /// For people.
    pub label: String,
    /// Who may invite whom. Nobody may invite an owner: ownership is transferred.
    invites: BTreeMap<String, Vec<Role>>,
    /// How long an e-mail invitation lives.
    pub email_lifetime: Lifetime,
    /// The plan of an organization for which the operator named none.
    pub plan: Plan,
}

/// How long something lives, in seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifetime {
    /// Unless said.
    pub default: u64,
    /// No less.
    pub shortest: u64,
    /// No more.
    pub longest: u64,
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    [include_str!("templates/team.json")]
        .into_iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect()
});

impl Template {
    /// Every template.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &TEMPLATES
    }

    /// The template of this name.
    #[must_use]
    pub fn named(key: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.key == key)
    }

    /// The roles that somebody with this role may invite, and so whose invitations they may see.
    #[must_use]
    pub fn invitable_by(&self, inviter: Role) -> &[Role] {
        self.invites.get(inviter.as_str()).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file parses, and none lets anybody invite above their own role or invite an owner (mission, silence 4).
    #[test]
    fn no_template_lets_anybody_invite_above_themselves() {
        assert_eq!(Template::all().len(), 1, "each template's file parses");
        for template in Template::all() {
            for inviter in Role::ALL {
                for role in template.invitable_by(inviter) {
                    assert!(
                        *role <= inviter && *role != Role::Owner,
                        "{}: {inviter} invites {role}",
                        template.key
                    );
                }
            }
            assert!(
                template.invitable_by(Role::Client).is_empty(),
                "{}: a client invites nobody",
                template.key
            );
            let life = template.email_lifetime;
            assert!(life.shortest <= life.default && life.default <= life.longest);
        }
    }

    /// S1-16: only an admin (or the owner) invites.
    #[test]
    fn in_a_team_a_member_invites_nobody() {
        let team = Template::named("team").unwrap();
        assert_eq!(team.invitable_by(Role::Admin), [Role::Admin, Role::Member, Role::Client]);
        assert_eq!(team.invitable_by(Role::Member), []);
    }
}
