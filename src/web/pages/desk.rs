//! The pages of an organization, for those who are in it: whose page it is, who has it open, and the ways from it.

use std::sync::{Arc, OnceLock};

use http::StatusCode;

use super::{FormKey, Frame, Markup, Undo, page, said, session};
use crate::domain::authority::Actor;
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
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

/// How many results [`Desk::reads`] has.
pub const READS: usize = 2;

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
    /// What was just done, and what of it can be undone.
    said: (Option<String>, Option<said::Removal>),
}

/// Whose page a request turned out to be for: a refusal bears the same brand and menu, and reads nothing for them again. It
/// travels with the request.
#[derive(Clone, Default)]
pub struct Whose(Arc<OnceLock<Option<Known>>>);

/// An organization, and what the person is there; no role for somebody who does nothing there yet, for want of a second
/// factor.
type Known = (Setting, Option<Role>);

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
    /// How many notifications they have not read, as it is shown beside the way to them; empty for none.
    pub unread: String,
    /// Whether their name says that it leads to their workspaces: on that list it is where one is.
    pub switch: bool,
    /// For the button that signs out.
    pub nonce: String,
}

/// A count of notifications as it is shown.
#[must_use]
pub fn unread_in_words(unread: u32) -> String {
    match unread {
        0 => String::new(),
        more if more > MOST_COUNTED => format!("{MOST_COUNTED}+"),
        some => some.to_string(),
    }
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
        let mut batch = Self::reads(&digest, at, now);
        batch.extend(reads);
        batch.push(sessions::used(&digest, now));
        let mut results = ctx.platform.batch(batch).await?;
        results.pop();
        let found = results.split_off(READS);
        Ok((Self::of(ctx, request, &results)?, found))
    }

    /// What opening one reads, for whoever reads more in the same round trip.
    #[must_use]
    pub fn reads(digest: &str, at: At<'_>, now: Timestamp) -> Vec<Statement> {
        vec![accounts::seen(digest, at, now), desk::select(digest, at, now)]
    }

    /// The desk of what [`Desk::reads`] found.
    ///
    /// # Errors
    /// As [`Desk::open`].
    pub fn of<P: Platform>(ctx: &Context<'_, P>, request: &Request, results: &[ResultSet]) -> Result<Self> {
        let actor = guard::actor(ctx, ResultSet::row_of::<Seen>(results.first())?);
        let setting: Option<Setting> = ResultSet::row_of(results.get(1))?;
        if let Some(Whose(whose)) = request.extensions().get() {
            let role = match &actor {
                Ok(actor) => Some(Some(actor.role)),
                // Only somebody who is in is asked for it.
                Err(error) => (error.code() == Code::MfaRequired).then_some(None),
            };
            let _ = whose.set(setting.clone().zip(role));
        }
        let (actor, setting) = (actor?, setting.ok_or_else(|| Error::from(Code::NotFound))?);
        let member = actor.principal.member().ok_or_else(|| Error::from(Code::NotFound))?;
        let key = FormKey::of(ctx, request);
        Ok(Self { actor, member, setting, key, said: said::read_all(request.headers()) })
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
        self.frame_at(Some(place))
    }

    /// The frame of a page that is at none of the places.
    #[must_use]
    pub fn frame_at(&self, place: Option<Place>) -> Frame {
        let frame = frame(&self.setting, Some(self.actor.role), place, &self.key.nonce);
        let (said, removal) = self.said.clone();
        Frame { said, undo: removal.map(|removal| self.undo(removal)), ..frame }
    }

    /// The form that undoes a removal.
    #[must_use]
    pub fn undo(&self, removal: said::Removal) -> Undo {
        let path = Route::TeamRestore(self.setting.slug.clone()).path();
        Undo { path, nonce: self.key.nonce.clone(), removal, back: String::new() }
    }

    /// A page of this organization as a reply.
    pub fn reply(&self, template: &dyn Markup) -> Result<Reply> {
        self.reply_with(StatusCode::OK, template)
    }

    /// The same, with another status.
    pub fn reply_with(&self, status: StatusCode, template: &dyn Markup) -> Result<Reply> {
        let mut reply = page(status, template)?;
        if self.said.0.is_some() {
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

/// The frame of an organization's page, for somebody in it.
fn frame(setting: &Setting, role: Option<Role>, place: Option<Place>, nonce: &str) -> Frame {
    let slug = || setting.slug.clone();
    let mut ways = Vec::new();
    let mut way = |label, at, route: Route| {
        ways.push(Way { label, path: route.path(), here: place == Some(at) });
    };
    if role.is_some_and(|role| role != Role::Client) {
        way("Team & Clients", Place::Team, Route::Team(slug()));
    }
    if role.is_some() {
        way("Workspaces", Place::Workspaces, Route::WorkspacesPage(slug()));
    }
    if role.is_some_and(|role| role >= Role::Admin) {
        way("Activity", Place::Activity, Route::ActivityPage(slug()));
        way("Settings", Place::Settings, Route::SettingsPage(slug()));
    }
    let nav = Nav {
        ways,
        person: setting.user_name.clone(),
        unread: unread_in_words(setting.unread),
        switch: true,
        nonce: nonce.to_owned(),
    };
    let Setting { organization_id, organization_name, accent, logo_hash, .. } = setting;
    let frame =
        Frame::of_organization(*organization_id, organization_name, accent.as_ref(), logo_hash.as_deref());
    Frame { nav: Some(nav), ..frame }
}

/// The frame of a refusal: the organization's, for somebody who is in it. Nobody else learns that it is there. Where the refusal
/// came before any page of the organization was opened (the address is none of its pages, or a form was too old), it is read now;
/// but for nothing that another site sent.
pub async fn frame_of_refusal<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    error: &Error,
    nonce: &str,
) -> Option<Frame> {
    let Whose(whose) = request.extensions().get()?;
    let ours = error.code() != Code::CrossSiteRequest && !error.code().status().is_server_error();
    let mut parts = request.uri().path().split('/').skip(1);
    let at = match (parts.next()?, parts.next()?) {
        ("o", slug) => At::Slug(slug),
        // Which workspaces there are is not everybody's to know who is in the organization.
        ("w", id) if error.code() != Code::NotFound => At::Workspace(id.parse().ok()?),
        _ => return None,
    };
    if whose.get().is_none() && ours {
        // Whatever comes of it, it is known then.
        let _ = Desk::open(ctx, request, at, Vec::new()).await;
    }
    let (setting, role) = whose.get()?.as_ref()?;
    if let At::Slug(slug) = at
        && slug != setting.slug
    {
        return None;
    }
    Some(frame(setting, *role, None, nonce))
}
