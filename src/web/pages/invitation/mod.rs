//! `/i/{token}`: what an invitation is, and the form that accepts it. Opening it changes nothing, however often and
//! whoever or whatever opens it (a mail scanner does, with scripts on); only the forms do.

mod ask;
mod closed;
mod decline;
mod face;
mod submit;

pub use ask::ask;
pub use decline::{decline, show_decline};
pub use submit::submit;

use super::session;
use crate::domain::keys::Opened;
use crate::domain::link::Link;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, look};
use crate::platform::Platform;
use crate::store::view::View;
use crate::web::reply::{self, Reply};
use crate::web::request::Request;
use crate::web::route::Route;

/// One request for an invitation's page.
struct Visit<'a, P> {
    ctx: &'a Context<'a, P>,
    request: &'a Request,
    token: &'a str,
    /// The digest of the session on this browser, if it has one.
    session: Option<String>,
}

/// Where whoever just joined as this finds what they were invited to, under the organization's brand.
fn landing(view: &View, role: Role) -> Route {
    match view.workspaces.as_slice() {
        _ if role.reaches_every_workspace() => Route::Team(view.organization_slug.clone()),
        [only] => Route::WorkspacePage(only.id),
        _ => inside(view),
    }
}

/// Where whoever is in finds what they reach now, whatever they were given or lost since.
fn inside(view: &View) -> Route {
    Route::WorkspacesPage(view.organization_slug.clone())
}

/// `GET /i/{token}`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, token: &str) -> Result<Reply> {
    let visit = Visit::of(ctx, request, token);
    let link = match visit.open() {
        Opened::Live(link) => link,
        dead => return visit.dead(dead),
    };
    let view = match &visit.session {
        Some(session) => look::look(ctx, &link, Some(session), None).await?,
        None => look::landing(ctx, &link).await?,
    };
    visit.face(&link, &view, None)
}

impl<'a, P: Platform> Visit<'a, P> {
    fn of(ctx: &'a Context<'a, P>, request: &'a Request, token: &'a str) -> Self {
        Self { ctx, request, token, session: session(request) }
    }

    fn path(&self) -> String {
        Route::Invitation(self.token.to_owned()).path()
    }

    fn decline_path(&self) -> String {
        Route::InvitationDecline(self.token.to_owned()).path()
    }

    /// Reads the token, with no I/O.
    fn open(&self) -> Opened<Link> {
        Link::open(&self.ctx.config.keys, self.token, self.ctx.now())
    }

    /// The page of a token that is expired or not ours. It needs no I/O either.
    fn dead(&self, token: Opened<Link>) -> Result<Reply> {
        match token {
            Opened::Expired(link, at) => self.closed(Code::InvitationExpired, Some(&link), None, Some(at)),
            Opened::Forged | Opened::Live(_) => self.closed(Code::InvitationInvalid, None, None, None),
        }
    }

    /// Where there is something, if not here.
    fn elsewhere(&self) -> (String, &'static str) {
        match self.session {
            Some(_) => (Route::Me.path(), "Go to your workspaces"),
            None => (Route::SignIn.path(), "Go to sign in"),
        }
    }

    /// Too many tries: nothing was read, so nothing is known of the invitation but its address.
    fn wait(&self, error: Error) -> Result<Reply> {
        let Error::Refused(refusal) = error else { return Err(error) };
        let mut reply = self.closed(refusal.code, None, None, None)?;
        reply::tell(&mut reply, &refusal);
        Ok(reply)
    }
}
