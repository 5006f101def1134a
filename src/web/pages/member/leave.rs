//! Leaving an organization, by whoever is in it: asked once more, because they come back only if somebody invites them again.

use super::open;
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::removal::remove;
use crate::platform::Platform;
use crate::web::pages::apart::apart;
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Problems, said};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// Whoever leaves.
///
/// # Errors
/// 403 for anybody but that member, 409 for the owner, who hands the organization over first.
async fn leaving<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Desk> {
    let (desk, ..) = open(ctx, request, slug, id, Vec::new()).await?;
    if desk.member != id {
        return Err(Code::Forbidden.into());
    }
    if desk.actor.role == Role::Owner { Err(Code::LastOwner.into()) } else { Ok(desk) }
}

fn question<'a>(desk: &'a Desk, error: Option<&Error>) -> Confirm<'a> {
    let back = |route: fn(String, MemberId) -> Route| route(desk.setting.slug.clone(), desk.member).path();
    Confirm {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        before: "Leave ",
        about: &desk.setting.organization_name,
        after: "?",
        follows: vec![
            "You lose your access to all of its workspaces at once. What you connected, and its data, stays."
                .to_owned(),
            "You come back only if somebody there invites you again. Your account stays as it is.".to_owned(),
        ],
        action: back(Route::MemberLeave),
        password_of: None,
        carried: Vec::new(),
        button: "Leave",
        danger: true,
        keep: "Stay",
        back: back(Route::MemberPage),
    }
}

/// `GET /o/{slug}/members/{member}/leave`: asks once more.
///
/// # Errors
/// 403 for anybody but that member, 409 for the owner.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let desk = leaving(ctx, request, slug, id).await?;
    desk.reply(&question(&desk, None))
}

/// `POST`: they are out, and shown where else they are in.
///
/// # Errors
/// As [`show`]'s. Any other refusal is the question again, with why not.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let desk = leaving(ctx, request, slug, id).await?;
    let done = match form.fresh() {
        Ok(()) => remove(ctx, &desk.actor, &[id], false).await.map(|mut fates| fates.0.pop().flatten()),
        Err(error) => Err(error),
    };
    match done {
        Ok(None) => {
            let sentence = format!("You left {}.", apart(&desk.setting.organization_name));
            Ok(said::see_other(&Route::Me.path(), &sentence))
        }
        Ok(Some(error)) | Err(error @ Error::Refused(_)) => {
            desk.refused(&error, &question(&desk, Some(&error)))
        }
        Err(error) => Err(error),
    }
}
