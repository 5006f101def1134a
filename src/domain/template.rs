//! Templates: what an organization is created from. A template is a file, `templates/<key>.json`: a catalog, a policy and a
//! default plan. No rule of one template stands in code, and adding one is adding a file.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::domain::catalog::{Catalog, PermissionSet, Written};
use crate::domain::organization::Plan;
use crate::domain::policy::{ClientDefault, Policy};
use crate::domain::role::Role;
use crate::domain::text::uncapitalized;

/// A catalog, a policy and a default plan, under a name.
#[derive(Debug)]
pub struct Template {
    /// What an organization names it by, such as `team`: the file's name.
    pub key: String,
    /// For people.
    pub label: String,
    /// The kinds of resource it knows.
    pub kinds: Vec<ResourceKind>,
    /// Who may invite whom, and what holds unless somebody says otherwise.
    pub policy: Policy,
    /// The plan of an organization for which the operator named none.
    pub plan: Plan,
    /// Its permissions.
    pub catalog: Catalog,
}

/// A kind of resource, such as `facebook` or `campaign`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceKind {
    /// What resources name it by.
    pub key: String,
    /// For people.
    pub label: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    label: String,
    kinds: Vec<ResourceKind>,
    policy: Policy,
    plan: Plan,
    permissions: Vec<Written>,
}

impl Template {
    /// What people call a resource, one and many: by its kind, where there is one kind only.
    #[must_use]
    pub fn noun(&self) -> (String, String) {
        let one = match self.kinds.as_slice() {
            [only] => uncapitalized(&only.label),
            _ => "account".to_owned(),
        };
        let many = format!("{one}s");
        (one, many)
    }

    /// So many resources in words, or all of them: "3 campaigns".
    #[must_use]
    pub fn so_many(&self, many: Option<usize>) -> String {
        let (one, more) = self.noun();
        match many {
            None => format!("All {more}, now and later"),
            Some(0) => format!("No {one}"),
            Some(1) => format!("1 {one}"),
            Some(some) => format!("{some} {more}"),
        }
    }

    /// Reads a template's file.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn read(key: &str, text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| format!("{key}: {error}"))?;
        let template = Self {
            key: key.to_owned(),
            label: file.label,
            kinds: file.kinds,
            policy: file.policy,
            plan: file.plan,
            catalog: Catalog::read(file.permissions),
        };
        match template.flaw() {
            Some(flaw) => Err(format!("{key}: {flaw}")),
            None => Ok(template),
        }
    }

    /// What a template must not say.
    fn flaw(&self) -> Option<String> {
        let leaves = self.catalog.leaves();
        if leaves.len() > crate::domain::catalog::MOST_LEAVES {
            return Some(format!("{} permissions are too many", leaves.len()));
        }
        for (place, leaf) in leaves.iter().enumerate() {
            if leaves.iter().take(place).any(|other| other.key == leaf.key) {
                return Some(format!("{} stands there twice", leaf.key));
            }
            if self.catalog.under(&leaf.key).is_none() {
                return Some(format!("{} doesn't begin with its parent's key", leaf.key));
            }
            if let Some(kind) = leaf.implies.only_kinds.iter().find(|kind| !self.knows_kind(kind)) {
                return Some(format!("{} is for {kind}, which is no kind here", leaf.key));
            }
        }
        self.policy.flaw()
    }

    /// Whether resources can be of this kind.
    #[must_use]
    pub fn knows_kind(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| known.key == kind)
    }

    /// What somebody in this role may do if nobody said.
    #[must_use]
    pub fn default_permissions(&self, role: Role) -> PermissionSet {
        match (role, self.policy.client_default) {
            (Role::Client, ClientDefault::Nothing) => PermissionSet::NONE,
            _ => self.catalog.preset(role),
        }
    }
}

/// The templates that this deployment knows. Each file is read when it is first asked for.
pub struct Templates(Vec<Entry>);

struct Entry {
    key: &'static str,
    text: &'static str,
    read: OnceLock<Option<&'static Template>>,
}

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

impl Templates {
    /// Those of `templates/`, as the build found them.
    #[must_use]
    pub fn built_in() -> Self {
        Self(Vec::new()).and(FILES)
    }

    /// These and those of more files: names and texts.
    #[must_use]
    pub fn and(mut self, files: &[(&'static str, &'static str)]) -> Self {
        self.0.extend(files.iter().map(|(key, text)| Entry { key, text, read: OnceLock::new() }));
        self
    }

    /// The template of this name.
    #[must_use]
    pub fn named(&self, key: &str) -> Option<&'static Template> {
        let entry = self.0.iter().find(|entry| entry.key == key)?;
        // Leaked once for the life of the isolate, so that nothing has to count who still reads it.
        *entry.read.get_or_init(|| Some(Box::leak(Box::new(Template::read(entry.key, entry.text).ok()?))))
    }

    /// What each of them gives a client of whom nothing was said, as JSON: keys of permissions, by the template's name.
    #[must_use]
    pub fn client_defaults(&self) -> String {
        let mut defaults = serde_json::Map::new();
        for template in self.keys().filter_map(|key| self.named(key)) {
            let default = template.catalog.keys(template.default_permissions(Role::Client));
            defaults.insert(template.key.clone(), default.into());
        }
        serde_json::Value::Object(defaults).to_string()
    }

    /// Whether each of them reminds who was invited and has not answered, as JSON, by the template's name.
    #[must_use]
    pub fn reminding(&self) -> String {
        let mut reminding = serde_json::Map::new();
        for template in self.keys().filter_map(|key| self.named(key)) {
            reminding.insert(template.key.clone(), template.policy.reminders.into());
        }
        serde_json::Value::Object(reminding).to_string()
    }

    /// The plan of each of them, as JSON, by the template's name.
    #[must_use]
    pub fn plans(&self) -> String {
        let mut plans = serde_json::Map::new();
        for template in self.keys().filter_map(|key| self.named(key)) {
            plans.insert(template.key.clone(), serde_json::json!(template.plan));
        }
        serde_json::Value::Object(plans).to_string()
    }

    /// Every template's name.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|entry| entry.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file parses, and none lets anybody invite above their own role or invite an owner (mission, silence 4).
    #[test]
    fn every_template_reads_and_lets_nobody_invite_above_themselves() {
        for (key, text) in FILES {
            let template = Template::read(key, text).unwrap();
            for inviter in Role::ALL {
                for role in template.policy.invitable_by(inviter) {
                    assert!(*role <= inviter && *role != Role::Owner, "{key}: {inviter} invites {role}");
                }
            }
            assert!(template.policy.invitable_by(Role::Client).is_empty(), "{key}: a client invites nobody");
            let all = template.catalog.preset(Role::Member);
            assert!(all.contains(template.catalog.preset(Role::Client)), "{key}: staff may what clients may");
        }
    }

    #[test]
    fn what_a_template_must_not_say_is_refused() {
        let team = FILES.iter().find(|(key, _)| *key == "team").unwrap().1;
        let wrong = |from: &str, to: &str| Template::read("team", &team.replacen(from, to, 1)).unwrap_err();
        assert!(wrong("\"label\"", "\"lable\"").contains("unknown field"));
        assert!(wrong("\"member\": []", "\"member\": [\"admin\"]").contains("above"));
    }

    /// S1-16: only an admin (or the owner) invites.
    #[test]
    fn in_a_team_a_member_invites_nobody() {
        let team = Templates::built_in().named("team").unwrap();
        assert_eq!(team.policy.invitable_by(Role::Admin), [Role::Admin, Role::Member, Role::Client]);
        assert_eq!(team.policy.invitable_by(Role::Member), []);
    }
}
