//! The pages of an organization, for those who are in it: whose page it is, who has it open, and the ways from it.

use http::StatusCode;

use super::{FormKey, Frame, Markup, page, said, session};
use crate::domain::authority::Actor;
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::{self, At, Seen};
use crate::store::desk::{self, MOST_COUNTED, Setting};
use crate::store::sessions;
use crate::web::guard;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// An organization's page: who acts on it, and its frame.
pub struct Desk {
    /// Who has it open, as what.
    pub actor: Actor,
    /// The member they are: programs open no pages.
    pub member: MemberId,
    /// Whose page it is, and who that person is elsewhere.
    pub setting: Setting,
    /// For its forms.
    pub key: FormKey,
    /// What was just done.
    said: Option<String>,
}

/// Which of the ways in the navigation somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Team & Clients, with the pages of each invitation and member.
    Team,
    /// The workspaces.
    Workspaces,
    /// What happened.
    Activity,
    /// How the organization shows itself, its plan, its rules.
    Settings,
}

/// The ways from a page.
#[derive(Debug, Clone)]
pub struct Nav {
    /// The organization's own.
    pub ways: Vec<Way>,
    /// Who is signed in.
    pub person: String,
    /// How many notifications they have not read, as it is shown; empty for none.
    pub unread: String,
    /// Whether the way to other workspaces is shown: on their list it is where one is.
    pub switch: bool,
    /// For the button that signs out.
    pub nonce: String,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Way {
    /// Its words.
    pub label: &'static str,
    /// Where it leads.
    pub path: String,
    /// Whether that is where one is.
    pub here: bool,
}

impl Desk {
    /// Opens a page of an organization, and reads what else is asked for, in one round trip.
    ///
    /// # Errors
    /// 401 for whoever is not signed in, which [`web`](crate::web) answers with the way to sign in; 404 for whoever is not
    /// in that organization.
    pub async fn open<P: Platform>(
        ctx: &Context<'_, P>,
        request: &Request,
        at: At<'_>,
        reads: Vec<Statement>,
    ) -> Result<(Self, Vec<ResultSet>)> {
        let digest = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
        let now = ctx.now();
        let mut batch = vec![accounts::seen(&digest, at, now), desk::select(&digest, at, now)];
        batch.extend(reads);
        batch.push(sessions::used(&digest, now));
        let mut results = ctx.platform.batch(batch).await?;
        results.pop();
        let found = results.split_off(2);
        let actor = guard::actor(ctx, ResultSet::row_of::<Seen>(results.first())?)?;
        let setting: Option<Setting> = ResultSet::row_of(results.get(1))?;
        let setting = setting.ok_or_else(|| Error::from(Code::NotFound))?;
        let member = actor.principal.member().ok_or_else(|| Error::from(Code::NotFound))?;
        let key = FormKey::of(ctx, request);
        let desk = Self { actor, member, setting, key, said: said::read(request.headers()) };
        Ok((desk, found))
    }

    /// The same, for those alone who run the organization.
    ///
    /// # Errors
    /// 403 besides.
    pub fn administered(self) -> Result<Self> {
        if self.actor.administers() { Ok(self) } else { Err(Code::Forbidden.into()) }
    }

    /// The frame of a page at this place.
    #[must_use]
    pub fn frame(&self, place: Place) -> Frame {
        let setting = &self.setting;
        let slug = || setting.slug.clone();
        let mut ways = Vec::new();
        let mut way = |label, at, route: Route| {
            ways.push(Way { label, path: route.path(), here: at == place });
        };
        if self.actor.role != Role::Client {
            way("Team & Clients", Place::Team, Route::Team(slug()));
        }
        way("Workspaces", Place::Workspaces, Route::WorkspacesPage(slug()));
        if self.actor.administers() {
            way("Activity", Place::Activity, Route::ActivityPage(slug()));
            way("Settings", Place::Settings, Route::SettingsPage(slug()));
        }
        let unread = match setting.unread {
            0 => String::new(),
            more if more > MOST_COUNTED => format!("{MOST_COUNTED}+"),
            some => some.to_string(),
        };
        let nav = Nav {
            ways,
            person: setting.user_name.clone(),
            unread,
            switch: true,
            nonce: self.key.nonce.clone(),
        };
        Frame {
            logo: setting.logo_hash.clone().map(|hash| Route::Brand(setting.organization_id, hash).path()),
            accent: setting.accent.as_ref().map(|accent| super::brand::path(setting.organization_id, accent)),
            nav: Some(nav),
            said: self.said.clone(),
            ..Frame::of(&setting.organization_name)
        }
    }

    /// A page of this organization as a reply.
    pub fn reply(&self, template: &dyn Markup) -> Result<Reply> {
        self.reply_with(StatusCode::OK, template)
    }

    /// The same, with another status.
    pub fn reply_with(&self, status: StatusCode, template: &dyn Markup) -> Result<Reply> {
        let mut reply = page(status, template)?;
        if self.said.is_some() {
            said::forget(&mut reply);
        }
        Ok(self.key.keep(reply))
    }

    /// Back to a form that was refused: its status is the refusal's.
    pub fn refused(&self, error: &Error, template: &dyn Markup) -> Result<Reply> {
        let mut reply = self.reply_with(error.code().status(), template)?;
        if let Error::Refused(refusal) = error {
            reply::tell(&mut reply, refusal);
        }
        Ok(reply)
    }
}
