//! The fields of each step.

use askama::Template;

use super::{How, Known, Open, Step, Who, check};
use crate::domain::invitation::Kind;
use crate::domain::policy::Lifetime;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::Platform;
use crate::web::api::offer::LOCALES;
use crate::web::pages::Problems;
use crate::web::pages::access::{Credentials, MOST_AT_A_GLANCE, Mode, Permissions, Resources};
use crate::web::route::Route;

/// Whose address it is already, and where they are.
pub struct Duplicate {
    pub email: String,
    pub words: &'static str,
    pub link: &'static str,
    /// Their page, for whoever may see it.
    pub path: Option<String>,
}

impl Duplicate {
    /// Of a refusal that says so.
    pub fn of(error: &Error, open: &Open, known: &Known) -> Option<Self> {
        let slug = || open.desk.setting.slug.clone();
        let invitation = known.taken.as_ref().and_then(|refusal| refusal.invitation_id);
        let (words, link, path) = match error.code() {
            Code::AlreadyInvited => (
                "has an open invitation.",
                "Send it again or change it",
                invitation.map(|id| Route::OfferPage(slug(), id).path()),
            ),
            Code::AlreadyMember => (
                "is in the organization already.",
                "Look at who it is",
                known.member_id.map(|id| Route::MemberPage(slug(), id).path()),
            ),
            _ => return None,
        };
        Some(Self { email: open.answers.text("email").trim().to_owned(), words, link, path })
    }
}

#[derive(Template)]
#[template(path = "pages/invite_who.html")]
struct WhoFields {
    who: Option<Who>,
    staff: bool,
    clients: bool,
    /// What was known before.
    known: Vec<(String, String)>,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/invite_person.html")]
struct PersonFields<'a> {
    open: &'a Open,
    problems: &'a Problems,
    /// What was known before, where this is the first step.
    known: Vec<(String, String)>,
    /// The other first step, for whoever is not asked whom they invite.
    other: Option<(&'static str, String)>,
    /// The roles to choose from; none where there is one only.
    roles: Vec<Role>,
    role: Role,
    how: How,
    lives: Vec<(u64, &'static str, bool)>,
}

impl PersonFields<'_> {
    fn text(&self, name: &str) -> &str {
        self.open.answers.text(name)
    }

    fn is_link(&self) -> bool {
        self.open.answers.is_link()
    }
}

#[derive(Template)]
#[template(path = "pages/invite_workspaces.html")]
struct WorkspaceFields {
    /// Id, name, and whether it is chosen.
    places: Vec<(String, String, bool)>,
    /// Whether there are more, and what they are looked through for.
    more: bool,
    find: String,
    wrong: Option<String>,
}

impl Open {
    /// A step's fields as HTML, and what the button says that goes on.
    pub(super) fn fields<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        step: Step,
        known: &Known,
        problems: &Problems,
    ) -> Result<(String, String)> {
        let (actor, answers, role) = (&self.desk.actor, &self.answers, self.answers.role());
        let (places, chosen) = (known.places(self), self.answers.chosen());
        let fields = match step {
            Step::Who => WhoFields {
                who: answers.who(),
                staff: actor.may_invite(Role::Member) || actor.may_invite(Role::Admin),
                clients: actor.may_invite(Role::Client),
                known: self.known_before(Step::Who),
                wrong: problems.at("who").map(str::to_owned),
            }
            .render()?,
            Step::Person => self.person(problems).render()?,
            Step::Workspaces => {
                let place = |place: &crate::store::choices::Workspace| {
                    (place.id.to_string(), place.name.clone(), places.contains(&place.id))
                };
                WorkspaceFields {
                    places: known.workspaces.iter().map(place).collect(),
                    more: known.more_workspaces,
                    find: known.find.clone(),
                    wrong: problems.at("workspace_ids").map(str::to_owned),
                }
                .render()?
            }
            Step::Accounts => {
                Resources::of(actor, role, &places, &chosen, known.resources.clone(), problems).render()?
            }
            Step::Permissions => {
                let (people, may) = (known.people.clone(), known.plan.may_customize);
                // What an invitation gave one by one stays, though the plan has that no longer.
                let kept = if self.answers.changes().is_some() && chosen.mode == Mode::Customize {
                    chosen.keys.clone()
                } else {
                    Vec::new()
                };
                Permissions::of(actor, role, &places, &chosen, people, may, problems)
                    .keeping(chosen.mode, kept)
                    .finding(&known.find)
                    .counting(role, &known.plan)
                    .render()?
            }
            Step::Credentials => Credentials::of(
                actor.template,
                &chosen,
                &known.resources.chosen,
                &known.resources.listing.find,
            )
            .render()?,
            Step::Check => return check::fields(self, known, ctx.now()),
        };
        Ok((fields, "Continue".to_owned()))
    }

    /// What the first form carries along, besides its own fields.
    fn known_before(&self, step: Step) -> Vec<(String, String)> {
        let mut known = if self.id.is_none() { self.answers.data() } else { Vec::new() };
        known.retain(|(name, _)| !step.has(name));
        known
    }

    fn person<'a>(&'a self, problems: &'a Problems) -> PersonFields<'a> {
        let (actor, answers) = (&self.desk.actor, &self.answers);
        let roles: Vec<Role> =
            [Role::Member, Role::Admin].into_iter().filter(|role| actor.may_invite(*role)).collect();
        let other = |who, words| {
            (words, format!("{}?who={who}", Route::InviteStart(self.desk.setting.slug.clone()).path()))
        };
        let kind = if answers.is_link() { Kind::Link } else { Kind::Email };
        let life = if kind == Kind::Link { actor.policy.link_lifetime } else { actor.policy.email_lifetime };
        PersonFields {
            open: self,
            problems,
            known: self.known_before(Step::Person),
            other: self.id.is_none().then(|| match kind {
                Kind::Link => other("client", "Invite one client instead"),
                Kind::Email => other("link", "Make a link for many clients instead"),
            }),
            roles: if answers.who() == Some(Who::Staff) && roles.len() > 1 { roles } else { Vec::new() },
            role: answers.role(),
            how: answers.how(actor),
            lives: lives(life, answers.text("expires_in")),
        }
    }
}

/// How long it can live, in seconds and in words, and which of them is chosen: what the policy allows of what people ask for.
fn lives(life: Lifetime, chosen: &str) -> Vec<(u64, &'static str, bool)> {
    const DAY: u64 = 24 * 60 * 60;
    let chosen = chosen.parse().unwrap_or(life.default);
    [
        (DAY, "1 day"),
        (3 * DAY, "3 days"),
        (7 * DAY, "7 days"),
        (14 * DAY, "14 days"),
        (30 * DAY, "30 days"),
        (90 * DAY, "90 days"),
        (365 * DAY, "1 year"),
    ]
    .into_iter()
    .filter(|(seconds, _)| (life.shortest..=life.longest).contains(seconds))
    .map(|(seconds, words)| (seconds, words, seconds == chosen))
    .collect()
}
