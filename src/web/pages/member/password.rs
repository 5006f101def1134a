//! A link with which somebody who was added without an e-mail sets their password, for whoever hands it over (S3-09). It is
//! shown once: nothing keeps it.

use askama::Template;

use super::open;
use crate::domain::ids::MemberId;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, password_link};
use crate::platform::{Platform, ResultSet};
use crate::store::members::Member;
use crate::store::passwords::{self, Version};
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, said, sent_once};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

#[derive(Template)]
#[template(path = "pages/member_password.html")]
struct Link<'a> {
    frame: Frame,
    name: &'a str,
    url: String,
    until: String,
    back: String,
}

/// Who gets one, and which of theirs it is.
///
/// # Errors
/// 403 for whoever may not invite somebody in their role.
async fn receiver<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<(Desk, Member, Version)> {
    let (desk, member, found) = open(ctx, request, slug, id, vec![passwords::version(id)]).await?;
    if !desk.actor.may_invite(member.role) || desk.actor.is(id) {
        return Err(Code::Forbidden.into());
    }
    let version: Option<Version> = ResultSet::row_of(found.first())?;
    Ok((desk, member, version.ok_or_else(|| Error::from(Code::NotFound))?))
}

fn back(desk: &Desk, member: &Member) -> String {
    Route::MemberPage(desk.setting.slug.clone(), member.id).path()
}

fn question<'a>(desk: &'a Desk, member: &'a Member, error: Option<&Error>) -> Confirm<'a> {
    Confirm {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        before: "Make a password link for ",
        about: &member.user.name,
        after: "?",
        follows: vec![
            "Whoever opens it sets the password and is signed in as them. Hand it over yourself, to them alone.".to_owned(),
            "It is shown once, and works until a password is set with it.".to_owned(),
        ],
        action: Route::MemberPassword(desk.setting.slug.clone(), member.id).path(),
        password_of: None,
        carried: Vec::new(),
        button: "Make the link",
        danger: false,
        keep: "Back",
        back: back(desk, member),
    }
}

/// `GET /o/{slug}/members/{member}/password`: says what it is.
///
/// # Errors
/// 403 for whoever may not invite somebody in their role, 404 where nobody is.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let (desk, member, _) = receiver(ctx, request, slug, id).await?;
    desk.reply(&question(&desk, &member, None))
}

/// `POST`: the link, on a page that nothing keeps.
///
/// # Errors
/// Those of [`Form::read`] and 403. Any other refusal is the question again, with why not.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: MemberId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, member, version) = receiver(ctx, request, slug, id).await?;
    let made = async |once: &Context<'_, P>| make(once, &form, &desk, member.clone(), version).await;
    match sent_once::once(ctx, request, &form, made).await {
        Ok(Some((url, until))) => desk.reply(&Link {
            frame: desk.frame(Place::Team),
            name: &member.user.name,
            url,
            until: until.in_words(),
            back: back(&desk, &member),
        }),
        Ok(None) => Ok(said::see_other(
            &back(&desk, &member),
            "That link was made already, and shown once. If you don’t have it, make another one.",
        )),
        Err(error @ Error::Refused(_)) => desk.refused(&error, &question(&desk, &member, Some(&error))),
        Err(error) => Err(error),
    }
}

async fn make<P: Platform>(
    ctx: &Context<'_, P>,
    form: &Form,
    desk: &Desk,
    member: Member,
    version: Version,
) -> Result<(String, Timestamp)> {
    form.fresh()?;
    password_link::copy(ctx, &desk.actor, member, version).await
}
