//! What is done with a webhook once and for all: another secret, and deleting it. Each is asked once more.

use super::{opened, path, secret_once};
use crate::domain::ids::WebhookId;
use crate::domain::webhook::place;
use crate::error::{Code, Error, Result};
use crate::flow::{Context, webhooks as flow};
use crate::platform::Platform;
use crate::store::webhooks::{self, Shown};
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Problems, said, sent_once};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It gets another secret.
    Rotate,
    /// It is deleted.
    Delete,
}

/// A webhook of this organization, for owner and admins.
async fn one<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
) -> Result<(Desk, Shown)> {
    let desk = opened(ctx, request, slug).await?;
    let found = ctx.platform.run(webhooks::select(desk.actor.organization_id, id, ctx.now())).await?;
    Ok((desk, found.first()?.ok_or_else(|| Error::from(Code::NotFound))?))
}

/// `GET …/secret` and `GET …/delete`: says what follows.
///
/// # Errors
/// 403 for whoever doesn't run the organization, 404 for a webhook that is not its own.
pub async fn ask<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
    act: Act,
) -> Result<Reply> {
    let (desk, webhook) = one(ctx, request, slug, id).await?;
    desk.reply(&question(&desk, &webhook, act, None))
}

/// `POST`: the new secret, on a page that nothing keeps; or back to the list, which says that it is deleted.
///
/// # Errors
/// As [`ask`].
pub async fn done<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    id: WebhookId,
    act: Act,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, webhook) = one(ctx, request, slug, id).await?;
    let (organization, by) = (desk.actor.organization_id, Some(&desk.actor));
    let done = match (form.fresh(), act) {
        (Err(error), _) => Err(error),
        (Ok(()), Act::Rotate) => {
            let made = async |once: &Context<'_, P>| flow::rotate(once, organization, by, id).await;
            match sent_once::once(ctx, request, &form, made).await {
                Ok(Some((webhook, secret))) => return secret_once(&desk, &webhook, &secret),
                Ok(None) => {
                    let sentence = "The secret was replaced already, and the new one shown once. If you don’t have it, replace it again.";
                    return Ok(said::see_other(&path(&desk, id), sentence));
                }
                Err(error) => Err(error),
            }
        }
        (Ok(()), Act::Delete) => flow::delete(ctx, organization, by, id).await,
    };
    match done {
        Ok(()) => {
            let list = Route::WebhooksPage(desk.setting.slug.clone()).path();
            Ok(said::see_other(&list, "The webhook is deleted. It is told nothing from now on."))
        }
        Err(error @ Error::Refused(_)) => desk.refused(&error, &question(&desk, &webhook, act, Some(&error))),
        Err(error) => Err(error),
    }
}

fn question<'a>(desk: &'a Desk, webhook: &'a Shown, act: Act, error: Option<&Error>) -> Confirm<'a> {
    let slug = desk.setting.slug.clone();
    let (before, button, route, follows) = match act {
        Act::Rotate => (
            "Replace the signing secret of ",
            "Replace the secret",
            Route::WebhookSecret(slug, webhook.id),
            what_a_new_secret_does(webhook),
        ),
        Act::Delete => (
            "Delete the webhook to ",
            "Delete the webhook",
            Route::WebhookDelete(slug, webhook.id),
            vec![
                "Its program is told nothing any more. What still waits to be delivered is given up.".to_owned(),
                "This can’t be taken back: its secret and its deliveries are gone. To stop it for a while, turn it \
                 off instead."
                    .to_owned(),
            ],
        ),
    };
    Confirm {
        frame: desk.frame(Place::Settings),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        before,
        about: place(&webhook.url),
        after: "?",
        follows,
        action: route.path(),
        password_of: None,
        carried: Vec::new(),
        button,
        danger: act == Act::Delete,
        keep: "Keep it",
        back: path(desk, webhook.id),
    }
}

fn what_a_new_secret_does(webhook: &Shown) -> Vec<String> {
    let mut follows = vec![
        "You get a new one, shown once. The old secret works for 24 more hours: deliveries are signed with both, \
         so your receiver never has to stop."
            .to_owned(),
    ];
    if webhook.old_secret_until.is_some() {
        follows.push(
            "It was replaced not long ago: the one before works until its own 24 hours are over, too."
                .to_owned(),
        );
    }
    follows
}
