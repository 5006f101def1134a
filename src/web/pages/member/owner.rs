//! Handing the organization over, by the owner alone: asked once more, because only the new owner can give it back.

use super::open;
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::transfer::transfer;
use crate::platform::Platform;
use crate::store::members::{Member, Status};
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Problems, said};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// Whom the owner would hand it to.
///
/// # Errors
/// 403 for anybody but the owner.
async fn heir<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<(Desk, Member)> {
    let (desk, member, _) = open(ctx, request, slug, id, Vec::new()).await?;
    if desk.actor.role == Role::Owner { Ok((desk, member)) } else { Err(Code::Forbidden.into()) }
}

fn question<'a>(desk: &'a Desk, member: &'a Member, error: Option<&Error>) -> Confirm<'a> {
    let name = &member.user.name;
    let back = |route: fn(String, MemberId) -> Route| route(desk.setting.slug.clone(), member.id).path();
    Confirm {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        before: "Make ",
        about: name,
        after: " the owner?",
        follows: vec![
            format!(
                "{} is theirs from then on: its plan, its people and everything in it.",
                desk.setting.organization_name
            ),
            "You become an admin, which takes a seat. Only the new owner can hand it back.".to_owned(),
        ],
        action: back(Route::MemberOwner),
        carried: Vec::new(),
        button: "Hand it over",
        danger: true,
        keep: "Stay the owner",
        back: back(Route::MemberPage),
    }
}

/// `GET /o/{slug}/members/{member}/owner`: asks once more.
///
/// # Errors
/// 403 for anybody but the owner, 404 where nobody is.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let (desk, member) = heir(ctx, request, slug, id).await?;
    // Who has it already, or is gone, is nobody to hand it to.
    if desk.actor.is(member.id) || member.status == Status::Removed {
        return Err(Code::NotFound.into());
    }
    desk.reply(&question(&desk, &member, None))
}

/// `POST`: hands it over.
///
/// # Errors
/// Those of [`Form::read`], and 403 for anybody but the owner. Any other refusal is the page again.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, member) = heir(ctx, request, slug, id).await?;
    let done = match form.fresh() {
        Ok(()) => transfer(ctx, &desk.actor, id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(owner) => Ok(said::see_other(
            &Route::MemberPage(slug.to_owned(), id).path(),
            &format!("{} is the owner now. You are an admin.", owner.user.name),
        )),
        Err(error @ Error::Refused(_)) => desk.refused(&error, &question(&desk, &member, Some(&error))),
        Err(error) => Err(error),
    }
}
