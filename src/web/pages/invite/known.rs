//! What a step needs to know besides what was typed, read in one round trip together with what it keeps.

use std::collections::BTreeSet;

use super::{Open, Step};
use crate::domain::authority::Authority;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{MemberId, ResourceId, WorkspaceId};
use crate::domain::order;
use crate::error::{Code, Error, Refusal, Result};
use crate::flow::Context;
use crate::flow::invite::taken;
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::access::{CloneSource, Placed, select_clone_sources};
use crate::store::choices::{self, Listed, Person, Plan, Sought, Workspace};
use crate::store::obstacles::{self, Asked, Obstacles};
use crate::web::pages::access::{Found, Listing, MOST_PEOPLE};
use crate::web::pages::form::Form;

/// As many workspaces as one invitation names.
const MOST_WORKSPACES: usize = 100;

/// All of it.
pub struct Known {
    /// Where the writer can put somebody, oldest first: as many as are listed, and those that are chosen.
    pub workspaces: Vec<Workspace>,
    /// Whether there are more of them.
    pub more_workspaces: bool,
    /// What a list is looked through for.
    pub find: String,
    /// Who has the address already.
    pub member_id: Option<MemberId>,
    /// What the plan lets them give.
    pub plan: Plan,
    /// Whom permissions are copied from, if they are.
    pub source: Option<CloneSource>,
    /// Why the address can't be invited, if it can't.
    pub taken: Option<Refusal>,
    /// What became of what was written.
    pub written: Vec<ResultSet>,
    /// What can be given there, as far as it is chosen or listed; read for a step that shows it.
    pub resources: Found,
    /// Who can be copied from; read for a step that shows it.
    pub people: Vec<Person>,
}

impl Known {
    /// Writes this, and reads what the answers ask for and what a step shows.
    pub async fn read<P: Platform>(
        ctx: &Context<'_, P>,
        open: &Open,
        mut batch: Vec<Statement>,
        shown: Option<Step>,
        asked: &Form,
    ) -> Result<Self> {
        let find = asked.text("find").trim();
        let (actor, answers) = (&open.desk.actor, &open.answers);
        let writes = batch.len();
        let meant = actor.workspaces_meant(answers.workspaces());
        let places = meant.as_deref();
        let source = answers.chosen().clone_of.parse().ok().map(|source| (source, meant.clone()));
        let sources: Vec<_> = source.into_iter().collect();
        let email: Option<EmailAddress> = answers.text("email").trim().parse().ok();
        let email = email.filter(|_| !answers.is_link());
        let most =
            |most, here: &[Step]| if shown.is_some_and(|step| here.contains(&step)) { most } else { 0 };
        let listing = Listing::typed(asked, &answers.chosen());
        let named = if most(1, &[Step::Accounts, Step::Credentials, Step::Check]) > 0 {
            answers.chosen().ids()
        } else {
            BTreeSet::new()
        };
        let people = most(MOST_PEOPLE + 1, &[Step::Permissions, Step::Check]);
        let sought = |step, most| Sought { find: if shown == Some(step) { find } else { "" }, most };
        let copied = answers.chosen().clone_of.parse().ok();
        let listed = Listed { most: most(listing.listed().most, &[Step::Accounts]), ..listing.listed() };
        batch.extend([
            choices::workspaces(actor, sought(Step::Workspaces, MOST_WORKSPACES + 1)),
            choices::workspaces_named(actor, answers.workspaces().as_deref().unwrap_or_default()),
            choices::plan(actor, ctx.now()),
            select_clone_sources(&sources, actor.organization_id),
            obstacles::select(&Asked {
                organization: actor.organization_id,
                email: email.as_ref(),
                workspaces: None,
                grants: "[]",
                mailed: None,
                quota: ctx.config.quota,
                now: ctx.now(),
                except: answers.changes(),
                unless: None,
            }),
            choices::resources_named(actor, places, &named),
            choices::resources(actor, places, listed),
            choices::people(actor, answers.role(), None, copied, sought(Step::Permissions, people)),
        ]);
        let mut written = ctx.platform.batch(batch).await?;
        let found = written.split_off(writes);
        let [workspaces, chosen, plan, source, obstacles, named, listed, people] = found.as_slice() else {
            return Err(Error::Internal("eight results".to_owned()));
        };
        let obstacles: Option<Obstacles> = obstacles.first()?;
        let by = Authority::Member(actor.clone());
        let source: Option<Placed> = source.first()?;
        let mut workspaces: Vec<Workspace> = workspaces.rows()?;
        let more_workspaces = workspaces.len() > MOST_WORKSPACES;
        workspaces.truncate(MOST_WORKSPACES);
        let chosen: Vec<Workspace> = chosen.rows()?;
        workspaces.extend(chosen);
        let mut workspaces = order::by(workspaces, |place| place.id.to_string());
        workspaces.dedup_by_key(|place| place.id);
        Ok(Self {
            workspaces,
            more_workspaces,
            find: find.to_owned(),
            member_id: obstacles.as_ref().and_then(|obstacles| obstacles.member_id),
            plan: ResultSet::row_of(Some(plan))?.ok_or_else(|| Error::from(Code::NotFound))?,
            source: source.map(|placed| placed.source).filter(|source| source.role == answers.role()),
            written,
            taken: obstacles.filter(|_| email.is_some()).and_then(|obstacles| taken(&obstacles, &by)),
            resources: Found { chosen: named.rows()?, listed: listed.rows()?, listing },
            people: people.rows()?,
        })
    }

    /// The workspaces that the answers mean: those that were named, else the oldest.
    #[must_use]
    pub fn places(&self, open: &Open) -> Vec<WorkspaceId> {
        let meant = open.desk.actor.workspaces_meant(open.answers.workspaces());
        // Of what was looked for, none is the oldest.
        meant.unwrap_or_else(|| {
            self.workspaces.iter().take(usize::from(self.find.is_empty())).map(|place| place.id).collect()
        })
    }

    /// What an account that is chosen is called; nothing where whoever looks may not see it.
    #[must_use]
    pub fn name_of(&self, id: ResourceId) -> String {
        let found = self.resources.chosen.iter().find(|resource| resource.id == id);
        found.map_or_else(String::new, |resource| resource.name.clone())
    }
}
