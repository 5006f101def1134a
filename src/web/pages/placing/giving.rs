//! What somebody is given in a workspace, as two pages ask it: chosen in a form, then read once more before it counts.
//!
//! A page that asks once more carries what was chosen as it came out: who was to be copied is copied by then (S3-14), so that
//! what is read is what is written.

use super::difference::Difference;
use crate::domain::access::{Access, Permissions as Given, Resources as Listed};
use crate::domain::authority::Actor;
use crate::domain::catalog::PermissionSet;
use crate::domain::decision::HeldResources;
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::domain::role::Role;
use crate::error::{Code, Error, Fields, Result};
use crate::flow::Context;
use crate::flow::access::{Wanted, resolve};
use crate::platform::{Platform, ResultSet};
use crate::store::choices::{self, Person, Plan, Sought};
use crate::store::members::Member;
use crate::web::pages::Problems;
use crate::web::pages::access::{
    Chosen, Credentials, FIELDS, Found, Listing, MOST_PEOPLE, Mode, Permissions, Resources, words,
};
use crate::web::pages::apart::apart;
use crate::web::pages::form::Form;

/// Whom it is given to, where.
pub struct To<'a> {
    /// Who gives it.
    pub actor: &'a Actor,
    /// Where.
    pub workspace: WorkspaceId,
    /// To whom.
    pub member: &'a Member,
    /// What they have there; nothing for whoever is to be added.
    pub before: Option<Access>,
}

/// What can be chosen from.
pub struct Choices {
    /// The workspace's accounts, as far as whoever gives them has them: those that are given or chosen, and a page of all.
    pub resources: Found,
    people: Vec<Person>,
    /// What they were looked through for.
    find: String,
    plan: Plan,
}

impl Choices {
    /// Reads them in one round trip: with whoever is chosen, and whose names begin as is sought in the form.
    pub async fn read<P: Platform>(
        ctx: &Context<'_, P>,
        to: &To<'_>,
        chosen: &Chosen,
        form: &Form,
    ) -> Result<Self> {
        let sought = Sought { find: form.text("find").trim(), most: MOST_PEOPLE + 1 };
        let copied = chosen.clone_of.parse().ok();
        let listing = Listing::typed(form, chosen);
        let mut named = chosen.ids();
        if let Some(Access { resources: Listed::Listed(grants), .. }) = &to.before {
            named.extend(grants.iter().map(|grant| grant.id));
        }
        let here = [to.workspace];
        let here = Some(here.as_slice());
        let reads = vec![
            choices::resources_named(to.actor, here, &named),
            choices::resources(to.actor, here, listing.listed()),
            choices::people(to.actor, to.member.role, Some(to.member.id), copied, sought),
            choices::plan(to.actor, ctx.now()),
        ];
        let found = ctx.platform.batch(reads).await?;
        let list = |place: usize| found.get(place);
        let rows = |place: usize| list(place).map(ResultSet::rows).transpose().map(Option::unwrap_or_default);
        Ok(Self {
            resources: Found { chosen: rows(0)?, listed: rows(1)?, listing },
            people: list(2).map(ResultSet::rows).transpose()?.unwrap_or_default(),
            find: sought.find.to_owned(),
            plan: ResultSet::row_of(list(3))?.ok_or_else(|| Error::from(Code::NotFound))?,
        })
    }
}

impl Choices {
    /// Chooses what the page lists, or none of it, if that is asked for.
    pub fn choose_shown(&self, chosen: &mut Chosen, form: &Form) {
        if form.has("all") {
            chosen.choose(form, self.resources.page().map(|resource| resource.id));
        }
    }
}

/// The parts of the form.
pub struct Parts {
    /// On what.
    pub resources: Resources,
    /// What they may do.
    pub permissions: Permissions,
}

impl To<'_> {
    fn role(&self) -> Role {
        self.member.role
    }

    /// The form, with what is chosen.
    #[must_use]
    pub fn parts(&self, chosen: &Chosen, choices: Choices, problems: &Problems) -> Parts {
        let Choices { resources, people, plan, find } = choices;
        let (actor, role, there) = (self.actor, self.role(), [self.workspace]);
        let kept = match self.before.as_ref().map(|before| before.permissions) {
            Some(Given::Custom(set)) => keys(actor, set),
            _ => Vec::new(),
        };
        Parts {
            permissions: Permissions::of(actor, role, &there, chosen, people, plan.may_customize, problems)
                .keeping(chosen.mode, kept)
                .finding(&find),
            resources: Resources::of(actor, role, &there, chosen, resources, problems),
        }
    }

    /// What is wrong with it, at its fields.
    #[must_use]
    pub fn problems(error: Option<&Error>) -> Problems {
        Problems::of(error).gathered(&FIELDS)
    }

    /// What is asked for. Permissions that they have already are not asked for again: the plan may have them no longer.
    ///
    /// # Errors
    /// 422 for what can't be read.
    pub fn wanted(&self, chosen: &Chosen) -> Result<Wanted> {
        let template = self.actor.template;
        let effective = match chosen.mode {
            Mode::Customize => template.catalog.read_keys(&chosen.keys),
            Mode::Default => template.default_permissions(self.role()),
            Mode::Clone => PermissionSet::NONE,
        };
        let mut fields = Fields::default();
        let wanted = chosen.wanted(&mut fields, template, template.catalog.needs_credentials(effective));
        let mut wanted = fields.finish(Some(wanted))?;
        if self.before.as_ref().is_some_and(|before| chosen.permits_as(template, before)) {
            wanted.permissions = None;
        }
        Ok(wanted)
    }

    /// What comes of it, to be read once more.
    ///
    /// # Errors
    /// 422 for what can't be read, 403 for more than whoever gives it has.
    pub async fn reviewed<P: Platform>(
        &self,
        ctx: &Context<'_, P>,
        chosen: &Chosen,
        choices: &Choices,
        find: &str,
    ) -> Result<Review> {
        let (actor, role) = (self.actor, self.role());
        let (template, before) = (actor.template, self.before.clone().unwrap_or_default());
        let wanted = self.wanted(chosen)?;
        let after = resolve(ctx, actor, role, Some(&[self.workspace]), before, wanted).await?;
        let effective = after.permissions.effective(template, role);
        // As it came out, but for whose credentials were chosen before.
        let mut settled = Chosen::of(&after, template);
        for given in &mut settled.grants {
            let typed = chosen.grants.iter().find(|typed| typed.id == given.id);
            given.credentials =
                typed.and_then(|typed| typed.credentials.clone()).or(given.credentials.take());
        }
        let asks = template.catalog.needs_credentials(effective);
        let credentials = Credentials::of(template, &settled, &choices.resources.chosen, find);
        let credentials = Some(credentials).filter(|part| asks && !part.is_empty());
        Ok(Review {
            may: words::of(template, role, &after),
            difference: Difference::between(self, &after, &choices.resources.chosen),
            seat: self.seat(&after, &choices.plan),
            warnings: self.warnings(&after),
            fields: settled.fields(),
            credentials,
        })
    }

    /// What it does to the organization's seats, as a sentence (S0-13). Of a client only: the others' is their role's.
    fn seat(&self, after: &Access, plan: &Plan) -> String {
        if self.role() != Role::Client {
            return String::new();
        }
        let template = self.actor.template;
        let elsewhere = self.member.workspaces.iter().any(|place| {
            place.id != self.workspace && place.access.clone().read(&template.catalog).takes_seat(template)
        });
        let taken = match plan.seat_limit {
            Some(limit) => format!(" {} of {limit} are taken now.", plan.seats_taken),
            None => String::new(),
        };
        match (self.member.takes_seat, after.takes_seat(template) || elsewhere) {
            (true, true) => "They keep the seat that they take.".to_owned(),
            (false, true) => format!("They take 1 seat.{taken}"),
            (true, false) => "Their seat becomes free.".to_owned(),
            (false, false) => "They take no seat.".to_owned(),
        }
    }

    /// What keeps them outside in spite of it (S3-10, S2-06).
    fn warnings(&self, after: &Access) -> Vec<String> {
        let (name, policy) = (apart(&self.member.user.name), &self.actor.policy);
        let mut warnings = Vec::new();
        let has_none = HeldResources::of(&after.resources) == HeldResources::None;
        let template = self.actor.template;
        let are_some = policy.clients_need_resource || !template.kinds.is_empty();
        if self.role() == Role::Client && are_some && has_none {
            let (one, _) = template.noun();
            warnings
                .push(format!("No {one} is chosen. {name} will be able to sign in but will see nothing."));
        }
        if after.require_mfa && !self.member.second_factor {
            warnings.push(format!("{name} has not set up two-step sign-in yet, and comes in only with it."));
        }
        warnings
    }
}

fn keys(actor: &Actor, set: PermissionSet) -> Vec<String> {
    actor.template.catalog.keys(set).into_iter().map(str::to_owned).collect()
}

/// What comes of what was chosen.
pub struct Review {
    /// What they may do then.
    pub may: String,
    /// What is different from what they have.
    pub difference: Difference,
    /// What it does to the seats; nothing where it does nothing.
    pub seat: String,
    /// What is to be known besides.
    pub warnings: Vec<String>,
    /// Carried on to where it is written.
    pub fields: Vec<(String, String)>,
    /// Whose credentials are used, where that is a question (S2-13 to S2-15).
    pub credentials: Option<Credentials>,
}

/// Whether whoever looks may see what somebody was given in a workspace, as `GET …/access` of the API asks it.
#[must_use]
pub fn may_see(actor: &Actor, workspace: WorkspaceId, member: MemberId, role: Role) -> bool {
    actor.is(member) || actor.administers() || (actor.reaches(workspace) && actor.may_invite(role))
}
