//! What is chosen in the form of an access: read from a form or from an access, written as the API's `access`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::domain::access::{Access, Credentials, Permissions, Resources};
use crate::domain::catalog::PermissionSet;
use crate::domain::ids::ResourceId;
use crate::domain::order;
use crate::domain::role::Role;
use crate::domain::template::Template;
use crate::error::Fields;
use crate::flow::access::Wanted;
use crate::web::api::access;
use crate::web::pages::form::Form;

/// How the permissions are said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// What the template gives, now and later (S3-12).
    #[default]
    Default,
    /// One by one (S3-13).
    Customize,
    /// As somebody else has them now (S3-14).
    Clone,
}

impl Mode {
    /// As the form says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Customize => "customize",
            Self::Clone => "clone",
        }
    }
}

/// An access as it stands in a form. Nothing of it is checked yet: ids and keys are whatever was sent.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Whether every resource is given, now and later.
    pub all: bool,
    /// The resources that are given else.
    pub grants: Vec<Given>,
    /// The kinds of resource that they may add (S0-15).
    pub kinds: Vec<String>,
    /// How the permissions are said.
    pub mode: Mode,
    /// The permissions, one by one; they stay while another way is chosen.
    pub keys: Vec<String>,
    /// Whose permissions are copied.
    pub clone_of: String,
    /// Whether they come in only with a second factor (S2-06).
    pub require_mfa: bool,
}

/// A resource that is given.
#[derive(Debug, Clone)]
pub struct Given {
    /// Its id.
    pub id: String,
    /// Whether they approve on it (S2-12).
    pub approve: bool,
    /// Whose credentials reach it, if it was said (S2-13): `owner` or `member`.
    pub credentials: Option<String>,
}

/// The field that carries the resources that are given and not listed.
pub const CARRIED: &str = "given";

impl Given {
    /// What is said of it in a field of many: `a` if they approve, `o` or `m` for the credentials.
    fn flags(&self) -> String {
        let approve = if self.approve { "a" } else { "" };
        let whose = match self.credentials.as_deref() {
            Some("owner") => "o",
            Some("member") => "m",
            _ => "",
        };
        format!("-{approve}{whose}")
    }

    /// Those in such a field: ids without what all of them begin with, behind what is said of them.
    fn in_field(text: &str) -> Vec<Self> {
        let (mut flags, mut given) = ("", Vec::new());
        for word in text.split_ascii_whitespace() {
            if let Some(said) = word.strip_prefix('-') {
                flags = said;
                continue;
            }
            let whose = [('o', "owner"), ('m', "member")].into_iter().find(|(flag, _)| flags.contains(*flag));
            given.push(Self {
                id: format!("{PREFIX}{word}"),
                approve: flags.contains('a'),
                credentials: whose.map(|(_, whose)| whose.to_owned()),
            });
        }
        given
    }
}

/// What the id of a resource begins with.
const PREFIX: &str = "res_";

impl Chosen {
    /// What a form says. Which fields it has is its own matter: of one that isn't there nothing was chosen.
    #[must_use]
    pub fn typed(form: &Form) -> Self {
        let approved: Vec<&str> = form.all("approve").collect();
        let credentials = |id: &str| form.filled(&format!("credentials/{id}")).map(str::to_owned);
        let given = |id: &str| Given {
            id: id.to_owned(),
            approve: approved.contains(&id),
            credentials: credentials(id),
        };
        let mut grants: Vec<Given> = form.all("resource").map(given).collect();
        let listed = order::set(grants.iter().map(|given| given.id.clone()));
        let others = form.filled("others");
        for mut carried in form.all(CARRIED).flat_map(Given::in_field) {
            if !listed.contains(&carried.id) {
                let whose = credentials(&carried.id).or(others.map(str::to_owned));
                carried.credentials = whose.or(carried.credentials.take());
                grants.push(carried);
            }
        }
        let owned = |name| form.all(name).map(str::to_owned).collect();
        Self {
            all: form.text("resources") == "all",
            grants,
            kinds: owned("addable_kinds"),
            mode: match form.text("permissions") {
                "customize" => Mode::Customize,
                "clone" => Mode::Clone,
                _ => Mode::Default,
            },
            keys: owned("permission"),
            clone_of: form.text("clone_of").to_owned(),
            require_mfa: form.has("require_mfa"),
        }
    }

    /// What somebody has.
    #[must_use]
    pub fn of(access: &Access, template: &Template) -> Self {
        let (all, grants) = match &access.resources {
            Resources::All => (true, Vec::new()),
            Resources::Listed(grants) => (false, grants.clone()),
        };
        let (mode, keys) = match access.permissions {
            Permissions::Default => (Mode::Default, Vec::new()),
            Permissions::Custom(set) => {
                let keys = template.catalog.keys(set);
                (Mode::Customize, keys.into_iter().map(str::to_owned).collect())
            }
        };
        let word = |credentials| match credentials {
            Credentials::Owner => "owner".to_owned(),
            Credentials::Member => "member".to_owned(),
        };
        Self {
            all,
            grants: grants
                .into_iter()
                .map(|grant| Given {
                    id: grant.id.to_string(),
                    approve: grant.approve,
                    credentials: grant.credentials.map(word),
                })
                .collect(),
            kinds: access.addable_kinds.clone(),
            mode,
            keys,
            clone_of: String::new(),
            require_mfa: access.require_mfa,
        }
    }

    /// As fields of a form that only carries it on.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, String)> {
        let mut fields = vec![
            ("resources".to_owned(), if self.all { "all" } else { "listed" }.to_owned()),
            ("permissions".to_owned(), self.mode.as_str().to_owned()),
        ];
        let mut add = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        if !self.grants.is_empty() {
            add(CARRIED, &self.carried(|_| true));
        }
        for kind in &self.kinds {
            add("addable_kinds", kind);
        }
        for key in &self.keys {
            add("permission", key);
        }
        if !self.clone_of.is_empty() {
            add("clone_of", &self.clone_of);
        }
        if self.require_mfa {
            add("require_mfa", "yes");
        }
        fields
    }

    /// Those of the resources that a form carries on without listing them, in one field: five hundred of them are as many as
    /// an access gives, and a page of them all would be long.
    #[must_use]
    pub fn carried(&self, which: impl Fn(&Given) -> bool) -> String {
        let (mut text, mut said) = (String::new(), String::new());
        for given in self.grants.iter().filter(|given| which(given)) {
            let flags = given.flags();
            if flags != said {
                text.push_str(&flags);
                text.push(' ');
                said = flags;
            }
            text.push_str(given.id.strip_prefix(PREFIX).unwrap_or_default());
            text.push(' ');
        }
        text.trim_end().to_owned()
    }

    /// Gives these too, or none of them, as a button of the form says.
    pub fn choose(&mut self, form: &Form, ids: impl Iterator<Item = ResourceId>) {
        let gives = form.text("all") != "no";
        for id in ids.map(|id| id.to_string()) {
            if !gives {
                self.grants.retain(|given| given.id != id);
            } else if !self.grants.iter().any(|given| given.id == id) {
                self.grants.push(Given { id, approve: false, credentials: None });
            }
        }
    }

    /// Whether it permits what they have already.
    #[must_use]
    pub fn permits_as(&self, template: &Template, before: &Access) -> bool {
        match (before.permissions, self.mode) {
            (Permissions::Custom(set), Mode::Customize) => set == template.catalog.read_keys(&self.keys),
            (now, mode) => now == Permissions::Default && mode == Mode::Default,
        }
    }

    /// The ids of the resources that are given, as far as they are some.
    #[must_use]
    pub fn ids(&self) -> BTreeSet<ResourceId> {
        order::set(self.grants.iter().filter_map(|given| given.id.parse().ok()))
    }

    /// The permissions that the switches show: those chosen one by one, else what the role has by default, to begin from.
    #[must_use]
    pub fn switched_on(&self, template: &Template, role: Role) -> PermissionSet {
        if self.mode == Mode::Customize || !self.keys.is_empty() {
            template.catalog.read_keys(&self.keys)
        } else {
            template.default_permissions(role)
        }
    }

    /// As the API's body says it. Credentials stand there only `with_credentials`: where the permissions need none, the API
    /// takes none (S2-13), and a choice that was made before stays in the form.
    #[must_use]
    pub fn body(&self, with_credentials: bool) -> Value {
        let grant = |given: &Given| match given.credentials.as_deref().filter(|_| with_credentials) {
            Some(whose) => json!({"id": given.id, "approve": given.approve, "credentials": whose}),
            None => json!({"id": given.id, "approve": given.approve}),
        };
        json!({
            "permissions": match self.mode {
                Mode::Default => json!("default"),
                Mode::Customize => json!(self.keys),
                Mode::Clone => json!({"clone_of": self.clone_of}),
            },
            "resources": if self.all {
                json!("all")
            } else {
                Value::from(self.grants.iter().map(grant).collect::<Vec<_>>())
            },
            "addable_kinds": self.kinds,
            "require_mfa": self.require_mfa,
        })
    }

    /// What is asked for, read by the API's own reader. What is wrong is noted, with its place.
    pub fn wanted(&self, fields: &mut Fields, template: &Template, with_credentials: bool) -> Wanted {
        access::read(fields, template, Some(&self.body(with_credentials)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::Templates;
    use crate::error::Code;
    use crate::flow::access::WantedPermissions;

    const RESOURCE: &str = "res_01h455vb4pex5vsknk084sn02q";

    fn form(fields: &[(&str, &str)]) -> Form {
        Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn publishing() -> &'static Template {
        Templates::built_in().named("publishing").unwrap()
    }

    /// S2-12, S2-13, S2-06, S0-15: what is chosen in the form is what the API's reader reads.
    #[test]
    fn a_form_is_read_as_the_api_reads_a_body() {
        let credentials = format!("credentials/{RESOURCE}");
        let chosen = Chosen::typed(&form(&[
            ("resources", "listed"),
            ("resource", RESOURCE),
            ("approve", RESOURCE),
            (&credentials, "member"),
            ("addable_kinds", "facebook"),
            ("permissions", "customize"),
            ("permission", "posts.write.edit"),
            ("require_mfa", "yes"),
        ]));
        let template = publishing();
        let mut fields = Fields::default();
        let wanted = chosen.wanted(&mut fields, template, true);
        assert!(!fields.any_refused());
        let Some(Resources::Listed(grants)) = wanted.resources else { panic!("listed") };
        assert_eq!(grants[0].id.to_string(), RESOURCE);
        assert!(grants[0].approve);
        assert_eq!(grants[0].credentials, Some(Credentials::Member));
        assert_eq!(wanted.addable_kinds.unwrap(), ["facebook"]);
        assert_eq!(wanted.require_mfa, Some(true));
        assert!(matches!(wanted.permissions, Some(WantedPermissions::These(set))
            if template.catalog.keys(set) == ["posts.write.edit"]));
        // Where nothing works with credentials, none are asked for, whatever was chosen before.
        assert!(!chosen.body(false).to_string().contains("credentials"));
    }

    /// S3-07, S3-12: who chooses nothing gives the default, on nothing.
    #[test]
    fn an_empty_form_is_the_default_on_nothing() {
        let wanted = Chosen::typed(&form(&[])).wanted(&mut Fields::default(), publishing(), false);
        assert!(matches!(wanted.permissions, Some(WantedPermissions::Default)));
        assert_eq!(wanted.resources, Some(Resources::Listed(Vec::new())));
        assert_eq!(wanted.require_mfa, Some(false));
    }

    #[test]
    fn what_nobody_could_choose_is_refused_by_the_api_s_reader() {
        for (name, value, code) in [
            ("resource", "res_1", Code::InvalidValue),
            ("addable_kinds", "myspace", Code::InvalidValue),
            ("permission", "posts.burn", Code::InvalidValue),
        ] {
            let chosen = Chosen::typed(&form(&[("permissions", "customize"), (name, value)]));
            let mut fields = Fields::default();
            chosen.wanted(&mut fields, publishing(), false);
            assert_eq!(fields.refusal().code(), code, "{name}");
        }
    }

    #[test]
    fn what_a_form_carries_on_is_read_as_what_was_typed() {
        let credentials = format!("credentials/{RESOURCE}");
        let typed = Chosen::typed(&form(&[
            ("resources", "listed"),
            ("resource", RESOURCE),
            ("approve", RESOURCE),
            (&credentials, "member"),
            ("addable_kinds", "facebook"),
            ("permissions", "clone"),
            ("permission", "posts.write.edit"),
            ("clone_of", "mbr_01h455vb4pex5vsknk084sn02q"),
            ("require_mfa", "yes"),
        ]));
        let carried = Chosen::typed(&Form::of(typed.fields()));
        assert_eq!(carried.body(true), typed.body(true));
        assert_eq!(carried.keys, typed.keys, "though they are not what is asked for");
        // What a form asks itself counts, not what it carries; and what it asks of the others.
        for (name, value) in [(credentials.as_str(), "owner"), ("others", "owner")] {
            let mut fields = typed.fields();
            fields.push((name.to_owned(), value.to_owned()));
            let asked = Chosen::typed(&Form::of(fields));
            assert_eq!(asked.grants[0].credentials.as_deref(), Some("owner"), "{name}");
            assert!(asked.grants[0].approve);
        }
    }

    #[test]
    fn what_somebody_has_comes_back_as_it_was() {
        let template = publishing();
        let access = Access {
            permissions: Permissions::Custom(template.catalog.under("posts.write").unwrap()),
            resources: Resources::All,
            addable_kinds: vec!["linkedin".to_owned()],
            require_mfa: true,
        };
        let mut fields = Fields::default();
        let wanted = Chosen::of(&access, template).wanted(&mut fields, template, false);
        assert_eq!(wanted.resources, Some(Resources::All));
        assert!(matches!(wanted.permissions, Some(WantedPermissions::These(set))
            if Permissions::Custom(set) == access.permissions));
        assert_eq!(wanted.addable_kinds, Some(access.addable_kinds));
        assert_eq!(wanted.require_mfa, Some(true));
    }
}
