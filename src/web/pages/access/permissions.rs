//! The part that says what somebody may do: the default, one by one, or as somebody else (S3-12 to S3-19); and whether they need
//! a second factor.

use askama::Template;

use super::tree::{Group, groups};
use super::{Chosen, Mode, words, wrong};
use crate::domain::authority::Actor;
use crate::domain::ids::WorkspaceId;
use crate::domain::order;
use crate::domain::role::Role;
use crate::error::Code;
use crate::store::choices::{Person, Plan};
use crate::web::pages::Problems;

/// The fields `permissions`, `permission`, `clone_of` and `require_mfa`.
#[derive(Template)]
#[template(path = "pages/access_permissions.html")]
pub struct Permissions {
    mode: Mode,
    default: String,
    /// Why the permissions can't be chosen one by one, if they can't (S3-15).
    gate: Option<&'static str>,
    /// What stays though the plan has it no longer: the keys, for somebody who has permissions of their own.
    kept: Vec<String>,
    groups: Vec<Group>,
    /// Whom they can be copied from, by name.
    people: Vec<Person>,
    /// Whether there are more of them than are listed.
    more: bool,
    clone_of: String,
    /// What they are looked through for.
    find: String,
    require_mfa: bool,
    /// What it means for the seats, where they are told.
    seats: Option<String>,
    /// What these people are: "client".
    one: &'static str,
    /// What they work on, where there is such a thing: "campaigns".
    many: Option<String>,
    wrong: Option<String>,
    wrong_clone: Option<String>,
}

/// As many people to copy from as one list shows.
pub const MOST_PEOPLE: usize = 100;

impl Permissions {
    /// For somebody in this role in these workspaces, with what is chosen. `people` are those whose permissions can be
    /// copied; `may_customize` says whether the plan has a list of their own for clients.
    #[must_use]
    pub fn of(
        actor: &Actor,
        role: Role,
        workspaces: &[WorkspaceId],
        chosen: &Chosen,
        people: Vec<Person>,
        may_customize: bool,
        problems: &Problems,
    ) -> Self {
        let more = people.len() > MOST_PEOPLE;
        let newest = order::by(people, |person| person.id.to_string()).into_iter().rev();
        let (mut people, others): (Vec<_>, Vec<_>) =
            newest.partition(|person| person.id.to_string() == chosen.clone_of);
        people.extend(others);
        people.truncate(MOST_PEOPLE);
        let people = order::by(people, |person| person.name.to_lowercase());
        let open = may_customize || role != Role::Client;
        let on = chosen.switched_on(actor.template, role);
        Self {
            mode: if chosen.mode == Mode::Customize && !open { Mode::Default } else { chosen.mode },
            default: words::default_of(actor.template, role),
            gate: (!open).then(|| Code::PlanFeatureRequired.detail()),
            kept: Vec::new(),
            groups: if open { groups(actor, role, workspaces, on) } else { Vec::new() },
            people,
            more,
            clone_of: chosen.clone_of.clone(),
            find: String::new(),
            require_mfa: chosen.require_mfa,
            seats: None,
            one: role.as_str(),
            many: (!actor.template.kinds.is_empty()).then(|| actor.template.noun().1),
            wrong: wrong(problems, "access/permissions"),
            wrong_clone: wrong(problems, "access/permissions/clone_of"),
        }
    }

    /// The same, where those to copy from were looked for by how their names begin.
    #[must_use]
    pub fn finding(mut self, find: &str) -> Self {
        find.clone_into(&mut self.find);
        self
    }

    /// The same, with how many seats there are while one may be taken (S0-13).
    #[must_use]
    pub fn counting(mut self, role: Role, plan: &Plan) -> Self {
        let who = match role {
            Role::Client if self.groups.is_empty() => "A client uses a seat by what they may do.".to_owned(),
            Role::Client => "A client uses a seat by a permission that says so.".to_owned(),
            _ => format!("Every {} uses a seat.", role.as_str()),
        };
        self.seats = plan.seats_in_words().map(|seats| format!("{who} {seats}"));
        self
    }

    /// The same for somebody who has permissions of their own already (`keys`): where they can no longer be chosen, they can
    /// still stay as they are.
    #[must_use]
    pub fn keeping(mut self, chosen: Mode, keys: Vec<String>) -> Self {
        if self.gate.is_some() && !keys.is_empty() {
            self.mode = chosen;
            self.kept = keys;
        }
        self
    }
}
