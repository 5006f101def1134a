//! What is done with a webhook once and for all: another secret, and deleting it. Each is asked once more.

use super::{path, secret_once};
use crate::domain::ids::WebhookId;
use crate::domain::webhook::place;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, webhooks as flow};
use crate::platform::Platform;
use crate::store::accounts::At;
use crate::store::webhooks::{self, Shown};
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Problems, said};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// A webhook of this organization, for owner and admins.
async fn one<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
) -> Result<(Desk, Shown)> {
    let (desk, _) = Desk::open(ctx, request, At::Slug(slug), Vec::new()).await?;
    let desk = desk.administered()?;
    let found = ctx.platform.run(webhooks::select(desk.actor.organization_id, id, ctx.now())).await?;
    Ok((desk, found.first()?.ok_or_else(|| Error::from(Code::NotFound))?))
}

/// `GET …/secret`: says what follows.
///
/// # Errors
/// 403 for whoever doesn't run the organization, 404 for a webhook that is not its own.
pub async fn ask_rotate<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
) -> Result<Reply> {
    let (desk, webhook) = one(ctx, request, slug, id).await?;
    desk.reply(&about_secret(&desk, &webhook, None))
}

/// `POST`: the new secret, on a page that nothing keeps.
///
/// # Errors
/// As [`ask_rotate`].
pub async fn rotate<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, webhook) = one(ctx, request, slug, id).await?;
    let done = match form.fresh() {
        Ok(()) => flow::rotate(ctx, desk.actor.organization_id, Some(&desk.actor), id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok((webhook, secret)) => secret_once(&desk, &webhook, &secret, webhook.old_secret_until),
        Err(error @ Error::Refused(_)) => desk.refused(&error, &about_secret(&desk, &webhook, Some(&error))),
        Err(error) => Err(error),
    }
}

/// `GET …/delete`: says what follows.
///
/// # Errors
/// As [`ask_rotate`].
pub async fn ask_delete<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
) -> Result<Reply> {
    let (desk, webhook) = one(ctx, request, slug, id).await?;
    desk.reply(&about_deleting(&desk, &webhook, None))
}

/// `POST`: deletes it, and back to the list that says so.
///
/// # Errors
/// As [`ask_rotate`].
pub async fn delete<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, webhook) = one(ctx, request, slug, id).await?;
    let done = match form.fresh() {
        Ok(()) => flow::delete(ctx, desk.actor.organization_id, Some(&desk.actor), id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let list = Route::WebhooksPage(desk.setting.slug.clone()).path();
            Ok(said::see_other(&list, "The webhook is deleted. It is told nothing from now on."))
        }
        Err(error @ Error::Refused(_)) => {
            desk.refused(&error, &about_deleting(&desk, &webhook, Some(&error)))
        }
        Err(error) => Err(error),
    }
}

fn about_secret<'a>(desk: &'a Desk, webhook: &'a Shown, error: Option<&Error>) -> Confirm<'a> {
    let mut follows = vec![
        "You get a new one, shown once. The old secret works for 24 more hours: deliveries are signed with both, \
         so your receiver never has to stop."
            .to_owned(),
    ];
    if let Some(until) = webhook.old_secret_until {
        follows.push(format!(
            "It was replaced not long ago: the one before, which counts until {}, stops counting at once.",
            until.in_words()
        ));
    }
    let route = Route::WebhookSecret(desk.setting.slug.clone(), webhook.id);
    let question = ("Replace the signing secret of ", "Replace the secret", false);
    confirm(desk, webhook, error, question, follows, &route)
}

fn about_deleting<'a>(desk: &'a Desk, webhook: &'a Shown, error: Option<&Error>) -> Confirm<'a> {
    let follows = vec![
        "Its program is told nothing any more. What still waits to be delivered is given up.".to_owned(),
        "This can’t be taken back: its secret and its deliveries are gone. To stop it for a while, turn it off instead."
            .to_owned(),
    ];
    let route = Route::WebhookDelete(desk.setting.slug.clone(), webhook.id);
    confirm(desk, webhook, error, ("Delete the webhook to ", "Delete the webhook", true), follows, &route)
}

/// The question before the webhook's place, the button, and whether that can't be taken back.
fn confirm<'a>(
    desk: &'a Desk,
    webhook: &'a Shown,
    error: Option<&Error>,
    (before, button, danger): (&'static str, &'static str, bool),
    follows: Vec<String>,
    route: &Route,
) -> Confirm<'a> {
    Confirm {
        frame: desk.frame(Place::Settings),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        before,
        about: place(&webhook.url),
        after: "?",
        follows,
        action: route.path(),
        carried: Vec::new(),
        button,
        danger,
        keep: "Keep it",
        back: path(desk, webhook.id),
    }
}
