//! Handing the organization over, by the owner alone: asked once more, because only the new owner can give it back.

use super::open;
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::transfer::transfer;
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::{self, SignedIn};
use crate::store::members::{Member, Status};
use crate::web::pages::apart::apart;
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::{Form, asked_of};
use crate::web::pages::{Problems, said, session};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// What the owner is about to do.
struct Handing {
    desk: Desk,
    /// Whom they would hand it to.
    member: Member,
    /// Their own address, if they are asked for their password: whoever found a browser that was left open is not to take the
    /// organization over.
    asks: Option<String>,
}

/// Whom the owner would hand it to.
///
/// # Errors
/// 403 for anybody but the owner.
async fn heir<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Handing> {
    let session = session(request).unwrap_or_default();
    let reads = vec![accounts::select_signed_in(&session, ctx.now())];
    let (desk, member, found) = open(ctx, request, slug, id, reads).await?;
    if desk.actor.role != Role::Owner {
        return Err(Code::Forbidden.into());
    }
    let me: Option<SignedIn> = ResultSet::row_of(found.first())?;
    let me = me.ok_or_else(|| Error::from(Code::Unauthenticated))?;
    let asks = asked_of(ctx, &me);
    Ok(Handing { desk, member, asks })
}

fn question<'a>(handing: &'a Handing, error: Option<&Error>) -> Confirm<'a> {
    let Handing { desk, member, asks } = handing;
    let name = &member.user.name;
    let mut follows = vec![format!(
        "{} is theirs from then on: its plan, its people and everything in it.",
        apart(&desk.setting.organization_name)
    )];
    if member.role == Role::Client {
        follows
            .push("They are a client now. As the owner they see all of your other clients, too.".to_owned());
    }
    follows.push("You become an admin, which takes a seat. Only the new owner can hand it back.".to_owned());
    let back = |route: fn(String, MemberId) -> Route| route(desk.setting.slug.clone(), member.id).path();
    Confirm {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        before: "Make ",
        about: name,
        after: " the owner?",
        follows,
        action: back(Route::MemberOwner),
        password_of: asks.as_deref(),
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
    let handing = heir(ctx, request, slug, id).await?;
    let Handing { desk, member, .. } = &handing;
    // Who has it already, or is gone, is nobody to hand it to.
    if desk.actor.is(member.id) || member.status == Status::Removed {
        return Err(Code::NotFound.into());
    }
    desk.reply(&question(&handing, None))
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
    let handing = heir(ctx, request, slug, id).await?;
    match hand_over(ctx, request, &handing, &form).await {
        Ok(owner) => Ok(said::see_other(
            &Route::MemberPage(slug.to_owned(), id).path(),
            &format!("{} is the owner now. You are an admin.", apart(&owner.user.name)),
        )),
        Err(error @ Error::Refused(_)) => handing.desk.refused(&error, &question(&handing, Some(&error))),
        Err(error) => Err(error),
    }
}

async fn hand_over<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    handing: &Handing,
    form: &Form,
) -> Result<Member> {
    form.fresh()?;
    form.proved(ctx, request).await?;
    transfer(ctx, &handing.desk.actor, handing.member.id).await
}
