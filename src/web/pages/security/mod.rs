//! `/me/security`: how somebody signs in, and where they are signed in.

mod codes;
mod email;
mod factor;
mod password;

pub use codes::{show as show_codes, submit as submit_codes};
pub use email::{show as show_email, submit as submit_email};
pub use factor::{show as show_factor, show_off, submit as submit_factor, submit_off};
pub use password::{show as show_password, submit as submit_password};

use askama::Template;

use super::form::Form;
use super::own::{Own, Place};
use super::{Frame, Problems, said, session};
use crate::domain::ids::SessionId;
use crate::domain::second_factor::RECOVERY_CODES;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, sign_in};
use crate::platform::{Platform, ResultSet};
use crate::store::second_factors::{self, Recovery};
use crate::store::sessions::{self, Open};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// So many recovery codes are few: it is time for others.
const FEW_LEFT: usize = 3;
/// As many sessions as the page shows: the newest.
const MOST_SHOWN: i64 = 50;

#[derive(Template)]
#[template(path = "pages/security.html")]
struct Security<'a> {
    frame: Frame,
    nonce: &'a str,
    email: &'a str,
    /// Since when they have a second factor, in words.
    factor_since: Option<String>,
    /// How many recovery codes they have left, of how many; and whether these are few.
    recovery: (usize, usize),
    few: bool,
    sessions: Vec<Open>,
    problems: Problems,
}

/// `GET /me/security`.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    page(ctx, request, None).await
}

async fn page<P: Platform>(ctx: &Context<'_, P>, request: &Request, error: Option<&Error>) -> Result<Reply> {
    let now = ctx.now();
    let reads = |session: &str| {
        vec![sessions::list(session, None, MOST_SHOWN, now), second_factors::count_recovery(session, now)]
    };
    let (own, found) = Own::open(ctx, request, reads).await?;
    let sessions = found.first().map(ResultSet::rows::<Open>).transpose()?.unwrap_or_default();
    let left = ResultSet::row_of::<Recovery>(found.get(1))?.unwrap_or_default().recovery_left;
    let page = Security {
        frame: own.frame(ctx, Place::Security),
        nonce: &own.key.nonce,
        email: own.me.email.as_str(),
        factor_since: own.me.mfa_enabled_at.map(Timestamp::date_in_words),
        recovery: (left, RECOVERY_CODES),
        few: left <= FEW_LEFT,
        problems: Problems::of(error),
        sessions,
    };
    own.form(error, &page)
}

/// `POST /me/security/sessions`: signs out of one, or of all the others, and back to the list.
pub async fn end_sessions<P: Platform>(ctx: &Context<'_, P>, request: &Request) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    if let Err(error) = form.fresh() {
        return page(ctx, request, Some(&error)).await;
    }
    let session = session(request).ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let said = match form.filled("session") {
        None => {
            sign_in::sign_out_elsewhere(ctx, &session).await?;
            "You are signed out everywhere but here."
        }
        Some(id) => {
            let id: SessionId = id.parse().map_err(|_| Error::from(Code::InvalidForm))?;
            match sign_in::sign_out_of(ctx, &session, id).await {
                Ok(()) => "That session is signed out.",
                // What they want is so already.
                Err(error) if error.code() == Code::NotFound => "That session was signed out already.",
                Err(error) => return Err(error),
            }
        }
    };
    Ok(said::see_other(&Route::Security.path(), said))
}
