//! The last step: what will be, in words, from the same code that decides it later. What is wrong comes first.

use askama::Template;

use super::{How, Known, Open, Step, Who};
use crate::domain::access::{Access, Credentials, Resources};
use crate::domain::catalog::PermissionSet;
use crate::domain::decision::{About, Held, HeldResources, State, Subject, decide};
use crate::domain::role::Role;
use crate::domain::text;
use crate::domain::time::Timestamp;
use crate::error::{Code, Fields, Result};
use crate::flow::access::settle;
use crate::web::pages::access::{Mode, words};
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/invite_check.html")]
struct Checked {
    warnings: Vec<String>,
    /// Where it shows who holds a seat, for whoever may free one and has to.
    seats: Option<String>,
    rows: Vec<Row>,
    seat: String,
    may: String,
}

/// A fact, and where it is changed.
struct Row {
    label: &'static str,
    value: String,
    /// More of it, on lines of their own.
    more: Vec<String>,
    path: String,
}

/// As many names as one line tells.
const MOST_NAMES: usize = 5;

/// The page's fields, and what its button says.
pub(super) fn fields(open: &Open, known: &Known, now: Timestamp) -> Result<(String, String)> {
    let (actor, answers, role) = (&open.desk.actor, &open.answers, open.answers.role());
    let mut telling = Telling { open, known, warnings: Vec::new(), seats: None, rows: Vec::new() };
    let access = telling.access();
    telling.person(now);
    if !role.reaches_every_workspace() {
        telling.places();
        telling.access_rows(&access);
    }
    let may = telling.may(&access);
    let seat = telling.seat(&access, now);
    let name = || answers.filled("name").or_else(|| answers.filled("email")).unwrap_or_default();
    let go = match (answers.is_link(), answers.how(actor)) {
        _ if answers.changes().is_some() => "Save the changes".to_owned(),
        (true, _) => "Make the link".to_owned(),
        (false, How::Mail) => format!("Send invitation to {}", answers.text("email").trim()),
        (false, How::HandedOver) => "Make the invitation".to_owned(),
        (false, How::Added) => format!("Add {}", name()),
    };
    let Telling { warnings, seats, rows, .. } = telling;
    Ok((Checked { warnings, seats, rows, seat, may }.render()?, go))
}

struct Telling<'a> {
    open: &'a Open,
    known: &'a Known,
    warnings: Vec<String>,
    seats: Option<String>,
    rows: Vec<Row>,
}

impl Telling<'_> {
    /// The access that will be given, settled as it will be. Where it would be refused, that is a warning.
    fn access(&mut self) -> Access {
        let (actor, answers) = (&self.open.desk.actor, &self.open.answers);
        let role = answers.role();
        if role.reaches_every_workspace() {
            return Access::everything(actor.template);
        }
        let source = self.known.source.as_ref();
        let mut fields = Fields::default();
        let credentials = answers.asks_for_credentials(actor.template, source);
        let wanted = answers.chosen().wanted(&mut fields, actor.template, credentials);
        let read = fields.finish(Some(wanted)).and_then(|wanted| {
            settle(actor, role, Some(&self.known.places(self.open)), Access::default(), wanted, source)
        });
        read.unwrap_or_else(|error| {
            self.warnings.push(error.detail().into_owned());
            Access::nothing()
        })
    }

    fn row(&mut self, step: Step, label: &'static str, value: impl Into<String>) {
        self.list(step, label, value, Vec::new());
    }

    fn list(&mut self, step: Step, label: &'static str, value: impl Into<String>, more: Vec<String>) {
        // What is settled is changed on the invitation's own page: from here the way there would lose what was chosen.
        let path = if self.open.is_settled(step) {
            String::new()
        } else {
            format!("{}?change", self.open.path(step))
        };
        self.rows.push(Row { label, value: value.into(), more, path });
    }

    fn filled(&mut self, label: &'static str, field: &str) {
        let text = self.open.answers.filled(field).map(str::to_owned);
        if let Some(text) = text {
            self.row(Step::Person, label, text);
        }
    }

    fn person(&mut self, now: Timestamp) {
        let (actor, answers) = (&self.open.desk.actor, &self.open.answers);
        let who = match answers.who() {
            Some(Who::Link) => "Many clients, by one link",
            _ => answers.role().label(),
        };
        let asked = if super::only_clients(&self.open.desk) { Step::Person } else { Step::Who };
        let how = answers.how(actor);
        self.row(asked, "Who", who);
        if !answers.is_link() {
            let email = answers.text("email").trim().to_owned();
            self.row(Step::Person, "E-mail address", email);
        }
        if answers.changes().is_some() {
            return;
        }
        self.filled("Name", "name");
        if how != How::Added || answers.is_link() {
            self.filled("Nickname", "nickname");
        }
        self.filled("Name on the page", "branding/name");
        self.filled("Words on the page", "branding/message");
        if answers.is_link() {
            let most = answers.filled("max_uses").unwrap_or("Any number").to_owned();
            self.row(Step::Person, "How many may join", most);
        } else {
            let told = match (how, answers.has("notify")) {
                (How::Mail, _) => "By an e-mail with a link",
                (How::HandedOver, _) => "No e-mail: you give them the link yourself",
                (How::Added, true) => "They are a member at once, and told by e-mail",
                (How::Added, false) => "They are a member at once; no e-mail: you tell them yourself",
            };
            self.row(Step::Person, "How they come in", told);
        }
        if how != How::Added {
            self.filled("Message", "message");
        }
        if answers.is_link() || how != How::Added {
            let life =
                if answers.is_link() { actor.policy.link_lifetime } else { actor.policy.email_lifetime };
            let seconds = answers.filled("expires_in").and_then(|text| text.parse().ok());
            let end = now.plus(std::time::Duration::from_secs(seconds.unwrap_or(life.default)));
            self.row(Step::Person, "Works until", end.end_in_words(now));
        }
    }

    fn places(&mut self) {
        let places = self.known.places(self.open);
        let chosen = self.known.workspaces.iter().filter(|place| places.contains(&place.id));
        let names: Vec<String> = chosen.map(|place| place.name.clone()).collect();
        if self.known.workspaces.len() > 1 {
            self.row(Step::Workspaces, "Workspaces", short(names));
        }
    }

    fn access_rows(&mut self, access: &Access) {
        let (template, role) = (self.open.desk.actor.template, self.open.answers.role());
        let known = self.known;
        let chosen = self.open.answers.chosen();
        let (_, many) = template.noun();
        let label = if many == "campaigns" { "Campaigns" } else { "Accounts" };
        if !template.kinds.is_empty() {
            match &access.resources {
                Resources::All => self.row(Step::Accounts, label, format!("All {many}, now and later")),
                Resources::Listed(grants) if grants.is_empty() => self.row(Step::Accounts, label, "None"),
                Resources::Listed(grants) => {
                    // Of those that somebody else gave, some may be nobody's to see here.
                    let called = |approved: bool| -> Vec<String> {
                        let which = grants.iter().filter(|grant| grant.approve || !approved);
                        which.map(|grant| known.name_of(grant.id)).filter(|name| !name.is_empty()).collect()
                    };
                    let (names, approve) = (called(false), called(true));
                    let more = if approve.is_empty() {
                        Vec::new()
                    } else {
                        vec![format!("They approve on {}.", short(approve))]
                    };
                    let names =
                        if names.is_empty() { "Some that you do not see".to_owned() } else { short(names) };
                    self.list(Step::Accounts, label, names, more);
                }
            }
            if role == Role::Client {
                let kinds = template.kinds.iter().filter(|kind| access.addable_kinds.contains(&kind.key));
                let kinds: Vec<String> = kinds.map(|kind| kind.label.clone()).collect();
                let kinds = if kinds.is_empty() { "None".to_owned() } else { text::list(&kinds) };
                self.row(Step::Accounts, "What they may add", kinds);
            }
        }
        let how = match chosen.mode {
            Mode::Default => "Default".to_owned(),
            Mode::Customize => "Customized".to_owned(),
            Mode::Clone => {
                let source = known.people.iter().find(|person| person.id.to_string() == chosen.clone_of);
                source.map_or_else(|| "Copied".to_owned(), |person| format!("Copied from {}", person.name))
            }
        };
        self.list(Step::Permissions, "Permissions", how, self.difference(access));
        self.credentials(access);
        if access.require_mfa {
            self.row(Step::Permissions, "Two-step sign-in", "They come in only with it");
        }
    }

    /// Whose credentials reach the accounts, where that was asked (S2-13).
    fn credentials(&mut self, access: &Access) {
        let Resources::Listed(grants) = &access.resources else { return };
        let asked = || grants.iter().filter(|grant| grant.credentials.is_some());
        let own = || asked().filter(|grant| grant.credentials == Some(Credentials::Member));
        let whose = match (own().count(), asked().count()) {
            (_, 0) => return,
            (0, _) => "The owner’s".to_owned(),
            (own, all) if own == all => "Their own".to_owned(),
            _ => {
                let names = own().map(|grant| self.known.name_of(grant.id)).filter(|name| !name.is_empty());
                format!("Their own on {}; elsewhere the owner’s", short(names.collect()))
            }
        };
        self.row(Step::Credentials, "Credentials", whose);
    }

    /// What is other than by default.
    fn difference(&self, access: &Access) -> Vec<String> {
        let (template, role) = (self.open.desk.actor.template, self.open.answers.role());
        let follows = access.follows(template);
        let set = access.permissions.effective(template, role) | follows;
        let default = template.default_permissions(role) | follows;
        [("More than by default", set.without(default)), ("Less than by default", default.without(set))]
            .into_iter()
            .filter(|(_, set)| !set.is_empty())
            .map(|(words, set)| format!("{words}: {}.", text::list(&template.catalog.in_words(set))))
            .collect()
    }

    /// What they will see and may do, as it will be decided; and what keeps them from it.
    fn may(&mut self, access: &Access) -> String {
        let (actor, role) = (&self.open.desk.actor, self.open.answers.role());
        let template = actor.template;
        let (one, _) = template.noun();
        if role.reaches_every_workspace() {
            return "Everything, in every workspace.".to_owned();
        }
        let subject = Subject {
            role,
            active: true,
            held: Some(Held {
                permissions: access.permissions.effective(template, role),
                resources: HeldResources::of(&access.resources),
                require_mfa: access.require_mfa,
            }),
            second_factor: true,
            asked_of_all: false,
        };
        let need = actor.policy.clients_need_resource;
        let nothing = HeldResources::of(&access.resources) == HeldResources::None;
        if subject.state(need) == State::NoResources {
            self.warnings.push(format!(
                "No {one} is selected: they can sign in, but will see nothing until they are given one."
            ));
            return format!("Nothing, until they are given a {one}.");
        }
        if nothing && !template.kinds.is_empty() {
            self.warnings.push(format!("No {one} is selected: they can sign in but will see nothing."));
        }
        let allowed: Vec<String> = template
            .catalog
            .leaves()
            .iter()
            .filter(|leaf| decide(template, need, &subject, &leaf.key, &About::Nothing).allows())
            .map(|leaf| leaf.key.clone())
            .collect();
        words::sentence(template, template.catalog.read_keys(&allowed) | access.follows(template))
    }

    /// What seat it takes, and how many would be taken (S0-13).
    fn seat(&mut self, access: &Access, now: Timestamp) -> String {
        let (actor, answers) = (&self.open.desk.actor, &self.open.answers);
        let (role, plan, template) = (answers.role(), &self.known.plan, actor.template);
        let why = if role.takes_seat() {
            format!("every {} does", role.as_str())
        } else if access.takes_seat(template) {
            let effective = access.permissions.effective(template, role);
            let counted: PermissionSet = template
                .catalog
                .members(effective)
                .filter(|leaf| leaf.implies.takes_seat)
                .filter_map(|leaf| template.catalog.under(&leaf.key))
                .fold(PermissionSet::NONE, std::ops::BitOr::bitor);
            format!("they may {}", text::list(&template.catalog.in_words(counted)))
        } else {
            return "Uses no seat.".to_owned();
        };
        if answers.changes().is_some() {
            return format!("Uses 1 seat: {why}.");
        }
        if plan.trial_ends_at.is_some_and(|end| end <= now) {
            self.warnings.push(Code::TrialEnded.detail().to_owned());
        } else if plan.seat_limit.is_some_and(|limit| plan.seats_taken >= limit) {
            self.warnings.push(Code::SeatLimitReached.detail().to_owned());
            self.seats =
                actor.administers().then(|| Route::SeatsPage(self.open.desk.setting.slug.clone()).path());
        }
        let taken = plan.seats_taken;
        let whose = if answers.is_link() { "Each who joins uses a seat" } else { "Uses 1 seat" };
        let count = match plan.seat_limit {
            None => "There is no limit.".to_owned(),
            Some(limit) if answers.is_link() || taken >= limit => {
                format!("{taken} of {limit} are taken or reserved now.")
            }
            Some(limit) => format!("{} of {limit} would be taken or reserved.", taken + 1),
        };
        format!("{whose}: {why}. {count}")
    }
}

/// The first few, and how many more there are.
fn short(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    if more == 0 {
        return text::list(&names);
    }
    names.truncate(MOST_NAMES);
    format!("{} and {more} more", names.join(", "))
}
