//! Access: what a membership gives in one workspace. The permissions, the resources they count on, the kinds of resource
//! the person may add, and whether a second factor is asked for.

use serde::{Deserialize, Serialize};

use crate::domain::catalog::{Catalog, PermissionSet};
use crate::domain::ids::ResourceId;
use crate::domain::order;
use crate::domain::role::Role;
use crate::domain::template::Template;

/// What a membership gives. The default is what a person gets of whom nothing was said: the template's permissions, and
/// no resource at all (S3-07).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// What they may do.
    pub permissions: Permissions,
    /// On what.
    pub resources: Resources,
    /// The kinds of resource they may add (S0-15).
    pub addable_kinds: Vec<String>,
    /// Whether they come in only with a second factor (S2-06).
    pub require_mfa: bool,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Permissions {
    /// What the template gives their role, now and later.
    #[default]
    Default,
    /// Exactly these.
    Custom(PermissionSet),
}

/// What resources somebody was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resources {
    /// Every one of the workspace, now and later.
    All,
    /// These.
    Listed(Vec<Grant>),
}

impl Default for Resources {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

/// One resource given to one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Grant"))]
pub struct Grant {
    /// Which.
    pub id: ResourceId,
    /// Whether they may approve on it (S2-12).
    #[serde(default, deserialize_with = "super::truth")]
    pub approve: bool,
    /// Whose credentials reach it, where their permissions need any (S2-13).
    #[serde(default)]
    pub credentials: Option<Credentials>,
}

/// Whose credentials reach a resource, and so who has to renew them (S2-14, S2-15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(described, derive(schemars::JsonSchema))]
pub enum Credentials {
    /// The owner's.
    Owner,
    /// The member's own.
    Member,
}

impl Permissions {
    /// What they come to, for somebody in this role.
    #[must_use]
    pub fn effective(self, template: &Template, role: Role) -> PermissionSet {
        match self {
            _ if role.reaches_every_workspace() => template.catalog.all(),
            Self::Default => template.default_permissions(role),
            Self::Custom(set) => set,
        }
    }

    /// As rows hold them: nothing for the default, else the keys as JSON.
    #[must_use]
    pub fn to_row(self, catalog: &Catalog) -> Option<String> {
        match self {
            Self::Default => None,
            Self::Custom(set) => Some(serde_json::Value::from(catalog.keys(set)).to_string()),
        }
    }

    /// From a row. Keys that the catalog has no longer grant nothing.
    #[must_use]
    pub fn from_row(row: Option<&[String]>, catalog: &Catalog) -> Self {
        row.map_or(Self::Default, |keys| Self::Custom(catalog.read_keys(keys)))
    }
}

impl Access {
    /// What the owner and admins have in every workspace, without being put in it.
    #[must_use]
    pub fn everything(template: &Template) -> Self {
        Self {
            permissions: Permissions::Default,
            resources: Resources::All,
            addable_kinds: template.kinds.iter().map(|kind| kind.key.clone()).collect(),
            require_mfa: false,
        }
    }

    /// What is left to somebody who was removed.
    #[must_use]
    pub fn nothing() -> Self {
        Self { permissions: Permissions::Custom(PermissionSet::NONE), ..Self::default() }
    }

    /// The same, its resources and kinds in the one order that they have wherever it is compared or shown: lists that name the
    /// same give the same.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        if let Resources::Listed(grants) = &mut self.resources {
            *grants = order::by(std::mem::take(grants), |grant| grant.id.to_string());
        }
        self.addable_kinds = order::by(self.addable_kinds, Clone::clone);
        self
    }

    /// What comes with the resources that it gives, whatever else it allows (S2-07, S2-09).
    #[must_use]
    pub fn follows(&self, template: &Template) -> PermissionSet {
        match &self.resources {
            Resources::Listed(grants) if grants.is_empty() => PermissionSet::NONE,
            Resources::Listed(grants) => {
                template.catalog.from_grant(grants.iter().any(|grant| grant.approve))
            }
            Resources::All => template.catalog.from_grant(false),
        }
    }

    /// Whether this access makes a client take a seat (S0-13).
    #[must_use]
    pub fn takes_seat(&self, template: &Template) -> bool {
        template.catalog.takes_seat(self.permissions.effective(template, Role::Client))
    }

    /// Whether this access is one that the plan's feature `custom_client_permissions` is needed for, for this role (S3-15).
    #[must_use]
    pub fn is_custom_for(&self, role: Role) -> bool {
        role == Role::Client && matches!(self.permissions, Permissions::Custom(_))
    }

    /// Brings the grants' credentials in line with the permissions: where these need none there are none (S2-13), and where
    /// nobody said whose, they are the owner's.
    pub fn settle_credentials(&mut self, template: &Template, role: Role) {
        let needed = template.catalog.needs_credentials(self.permissions.effective(template, role));
        if let Resources::Listed(grants) = &mut self.resources {
            for grant in grants {
                grant.credentials = needed.then(|| grant.credentials.unwrap_or(Credentials::Owner));
            }
        }
    }
}

/// The columns of an access, wherever it stands in a row: `permissions`, `all_resources`, `addable_kinds`, `require_mfa` and
/// `grants` (a JSON array of [`Grant`]).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessRow {
    /// Null for the default.
    #[serde(deserialize_with = "json_text_or_null")]
    permissions: Option<Vec<String>>,
    #[serde(deserialize_with = "super::truth")]
    all_resources: bool,
    #[serde(deserialize_with = "json_text")]
    addable_kinds: Vec<String>,
    #[serde(deserialize_with = "super::truth")]
    require_mfa: bool,
    #[serde(deserialize_with = "json_text")]
    grants: Vec<Grant>,
}

impl AccessRow {
    /// The access, with the permissions of this catalog.
    #[must_use]
    pub fn read(self, catalog: &Catalog) -> Access {
        Access {
            permissions: Permissions::from_row(self.permissions.as_deref(), catalog),
            resources: if self.all_resources { Resources::All } else { Resources::Listed(self.grants) },
            addable_kinds: self.addable_kinds,
            require_mfa: self.require_mfa,
        }
        .in_order()
    }

    /// What somebody in this role has with it: the owner and admins have everything, whatever stands there.
    #[must_use]
    pub fn of(self, template: &Template, role: Role) -> Access {
        if role.reaches_every_workspace() {
            Access::everything(template)
        } else {
            self.read(&template.catalog)
        }
    }
}

fn json_text<'de, D: serde::Deserializer<'de>, T: serde::de::DeserializeOwned>(d: D) -> Result<T, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
    serde_json::from_str(&text).map_err(serde::de::Error::custom)
}

fn json_text_or_null<'de, D: serde::Deserializer<'de>, T: serde::de::DeserializeOwned>(
    d: D,
) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(d)?;
    text.map(|text| crate::json::row(&text).map_err(serde::de::Error::custom)).transpose()
}

/// An access as the API shows it: `permissions` is `{mode, keys}`, `keys` holding every leaf that it comes to.
#[derive(Debug, Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Access"))]
pub struct Shown {
    permissions: ShownPermissions,
    resources: ShownResources,
    addable_kinds: Vec<String>,
    require_mfa: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Permissions"))]
struct ShownPermissions {
    #[cfg_attr(described, schemars(extend("enum" = ["default", "custom"])))]
    mode: &'static str,
    keys: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
#[cfg_attr(described, derive(schemars::JsonSchema), schemars(rename = "Resources"))]
enum ShownResources {
    #[cfg_attr(described, schemars(extend("const" = "all")))]
    All(&'static str),
    Listed(Vec<Grant>),
}

impl Access {
    /// As the API shows it, for somebody in this role.
    #[must_use]
    pub fn shown(self, template: &'static Template, role: Role) -> Shown {
        let set = self.permissions.effective(template, role);
        let mode = match self.permissions {
            Permissions::Default => "default",
            Permissions::Custom(_) => "custom",
        };
        Shown {
            permissions: ShownPermissions { mode, keys: template.catalog.keys(set) },
            resources: match self.resources {
                Resources::All => ShownResources::All("all"),
                Resources::Listed(grants) => ShownResources::Listed(grants),
            },
            addable_kinds: self.addable_kinds,
            require_mfa: self.require_mfa,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{Id, ResourceId};
    use crate::domain::template::Templates;
    use crate::domain::time::Timestamp;

    fn template(key: &str) -> &'static Template {
        Templates::built_in().named(key).unwrap()
    }

    fn custom(template: &Template, keys: &[&str]) -> Permissions {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        Permissions::from_row(Some(&keys), &template.catalog)
    }

    fn grant(credentials: Option<Credentials>) -> Grant {
        let id: ResourceId = Id::new(Timestamp::from_millis(1), [1; 10]);
        Grant { id, approve: false, credentials }
    }

    #[test]
    fn an_access_reads_back_from_its_row() {
        let links = template("client-links");
        let row = |permissions: &str| {
            let text = format!(
                r#"{{"permissions": {permissions}, "all_resources": 0, "addable_kinds": "[\"facebook\"]",
                     "require_mfa": 1, "grants": "[{{\"id\": \"{}\", \"approve\": 1, \"credentials\": null}}]"}}"#,
                grant(None).id
            );
            serde_json::from_str::<AccessRow>(&text).unwrap().read(&links.catalog)
        };
        let access = row(r#""[\"posts.edit\", \"posts.gone\"]""#);
        assert_eq!(access.permissions, custom(links, &["posts.edit"]), "a key that is gone grants nothing");
        assert_eq!(access.resources, Resources::Listed(vec![Grant { approve: true, ..grant(None) }]));
        assert!(access.require_mfa);
        assert_eq!(access.addable_kinds, ["facebook"]);
        assert_eq!(row("null").permissions, Permissions::Default);
    }

    /// S0-13: only a permission that is marked so makes a client take a seat.
    #[test]
    fn a_client_takes_a_seat_exactly_with_a_permission_that_takes_one() {
        let links = template("client-links");
        let takes = |permissions| Access { permissions, ..Access::default() }.takes_seat(links);
        assert!(!takes(Permissions::Default));
        assert!(takes(custom(links, &["posts.create"])) && takes(custom(links, &["posts"])));
        assert!(!takes(custom(links, &["posts.edit", "analytics", "inbox"])));
    }

    /// S2-13: whose credentials is asked exactly where the permissions work with some, and is the owner's unless said.
    #[test]
    fn credentials_stand_exactly_where_the_permissions_need_some() {
        let publishing = template("publishing");
        let settled = |keys: &[&str], credentials, role| {
            let mut access = Access {
                permissions: custom(publishing, keys),
                resources: Resources::Listed(vec![grant(credentials)]),
                ..Access::default()
            };
            access.settle_credentials(publishing, role);
            match access.resources {
                Resources::Listed(grants) => grants[0].credentials,
                Resources::All => None,
            }
        };
        let (owner, member) = (Some(Credentials::Owner), Some(Credentials::Member));
        assert_eq!(settled(&["posts.write.edit"], None, Role::Client), owner);
        assert_eq!(settled(&["posts.write"], member, Role::Client), member);
        assert_eq!(settled(&["posts.view"], member, Role::Client), None);
        assert_eq!(settled(&[], owner, Role::Member), None);
    }

    /// S2-01: owner and admins have everything, whatever a row says; whoever was removed has nothing.
    #[test]
    fn everything_is_every_leaf_resource_and_kind_and_nothing_is_none() {
        let publishing = template("publishing");
        let row = r#"{"permissions": "[]", "all_resources": 0, "addable_kinds": "[]", "require_mfa": 1, "grants": "[]"}"#;
        let row: AccessRow = serde_json::from_str(row).unwrap();
        for role in [Role::Owner, Role::Admin] {
            let access = row.clone().of(publishing, role);
            assert_eq!(access.permissions.effective(publishing, role), publishing.catalog.all());
            assert_eq!((access.resources, access.require_mfa), (Resources::All, false));
            assert_eq!(access.addable_kinds.len(), publishing.kinds.len());
        }
        assert!(row.of(publishing, Role::Member).require_mfa);
        let nothing = Access::nothing();
        assert!(nothing.permissions.effective(publishing, Role::Member).is_empty());
        assert_eq!(nothing.resources, Resources::Listed(Vec::new()));
    }
}
