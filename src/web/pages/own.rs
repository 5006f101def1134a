//! The pages of whoever is signed in, which are of no organization: who has them open, and the ways between them.

use http::StatusCode;

use super::desk::{Nav, Way, unread_in_words};
use super::{FormKey, Frame, Markup, page, said, session};
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::platform::{Platform, ResultSet, Statement};
use crate::store::accounts::{self, SignedIn};
use crate::store::desk;
use crate::store::sessions;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// A page of one's own.
pub struct Own {
    /// Who has it open.
    pub me: SignedIn,
    /// For its forms.
    pub key: FormKey,
    whose: desk::Own,
    said: Option<String>,
}

/// Which of the ways somebody is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The workspaces they reach.
    Workspaces,
    /// What happened that concerns them.
    Notifications,
    /// How they sign in, and where they are signed in.
    Security,
}

/// The ways between one's own pages.
#[must_use]
pub fn nav(place: Option<Place>, person: &str, unread: u32, nonce: &str) -> Nav {
    let way = |label, at, route: &Route| Way { label, path: route.path(), here: Some(at) == place };
    Nav {
        ways: vec![
            way("Workspaces", Place::Workspaces, &Route::Me),
            way("Notifications", Place::Notifications, &Route::NotificationsPage),
            way("Security", Place::Security, &Route::Security),
        ],
        person: person.to_owned(),
        unread: unread_in_words(unread),
        switch: false,
        nonce: nonce.to_owned(),
    }
}

impl Own {
    /// Opens one, and reads what else is asked for of the session with this digest, in one round trip.
    ///
    /// # Errors
    /// 401 for whoever is not signed in, which [`web`](crate::web) answers with the way to sign in.
    pub async fn open<P: Platform>(
        ctx: &Context<'_, P>,
        request: &Request,
        reads: impl FnOnce(&str) -> Vec<Statement>,
    ) -> Result<(Self, Vec<ResultSet>)> {
        let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
        let now = ctx.now();
        let mut batch = vec![
            accounts::select_signed_in(&session, now),
            sessions::used(&session, now),
            desk::own(&session, now),
        ];
        batch.extend(reads(&session));
        Self::opened(ctx, request, batch).await
    }

    /// The same, however it was asked for: code that is not made anew for each page.
    async fn opened<P: Platform>(
        ctx: &Context<'_, P>,
        request: &Request,
        batch: Vec<Statement>,
    ) -> Result<(Self, Vec<ResultSet>)> {
        let mut results = ctx.platform.batch(batch).await?;
        let found = results.split_off(3);
        let me: Option<SignedIn> = ResultSet::row_of(results.first())?;
        let me = me.ok_or_else(|| Error::from(Code::Unauthenticated))?;
        let whose: desk::Own = ResultSet::row_of(results.get(2))?.unwrap_or_default();
        let own = Self { me, key: FormKey::of(ctx, request), whose, said: said::read(request.headers()) };
        Ok((own, found))
    }

    /// The frame of a page at this place.
    #[must_use]
    pub fn frame<P>(&self, ctx: &Context<'_, P>, place: Place) -> Frame {
        self.frame_at(ctx, Some(place))
    }

    /// The frame of a page that is at none of the places: of the organization, for whoever is in one alone.
    #[must_use]
    pub fn frame_at<P>(&self, ctx: &Context<'_, P>, place: Option<Place>) -> Frame {
        let desk::Own { unread, organization_id, organization_name, accent, logo_hash } = &self.whose;
        let frame = match (organization_id, organization_name) {
            (Some(id), Some(name)) => {
                Frame::of_organization(*id, name, accent.as_ref(), logo_hash.as_deref())
            }
            _ => Frame::product(ctx),
        };
        let nav = Some(nav(place, &self.me.name, *unread, &self.key.nonce));
        Frame { nav, said: self.said.clone(), ..frame }
    }

    /// A page as a reply.
    pub fn reply(&self, template: &dyn Markup) -> Result<Reply> {
        self.reply_with(StatusCode::OK, template)
    }

    fn reply_with(&self, status: StatusCode, template: &dyn Markup) -> Result<Reply> {
        let mut reply = page(status, template)?;
        if self.said.is_some() {
            said::forget(&mut reply);
        }
        Ok(self.key.keep(reply))
    }

    /// A form: its status is that of the refusal it comes back after, if there was one.
    pub fn form(&self, error: Option<&Error>, template: &dyn Markup) -> Result<Reply> {
        let Some(error) = error else { return self.reply(template) };
        let mut reply = self.reply_with(error.code().status(), template)?;
        if let Error::Refused(refusal) = error {
            reply::tell(&mut reply, refusal);
        }
        Ok(reply)
    }
}

/// Whether a form is not to be shown again after this: another site gets none in return, nobody signs in first, and what is
/// our own fault is no mistake of theirs.
#[must_use]
pub fn ends(error: &Error) -> bool {
    matches!(error.code(), Code::CrossSiteRequest | Code::Internal | Code::Unauthenticated)
}
