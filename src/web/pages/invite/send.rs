//! Sending: what the last step's button does, once.

use askama::Template;

use super::{Duplicate, How, Known, Open, Step, gone, with_status};
use crate::domain::authority::Authority;
use crate::domain::ids::DraftId;
use crate::domain::invitation::Delivery;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::add_member::add_member;
use crate::flow::invite::invite;
use crate::flow::{manage, password_link};
use crate::jobs::LEASE;
use crate::platform::{Platform, ResultSet};
use crate::store::drafts;
use crate::store::passwords::{self, Version};
use crate::web::pages::apart::apart;
use crate::web::pages::desk::Place;
use crate::web::pages::form::Form;
use crate::web::pages::{Frame, Problems, qr, said};
use crate::web::reply::Reply;
use crate::web::route::Route;

/// What came of it, with the link to hand over.
#[derive(Template)]
#[template(path = "pages/invite_link.html")]
struct Made {
    frame: Frame,
    heading: String,
    /// Who can use it.
    about: String,
    /// None for somebody who needs none: they have a password.
    link: Option<(String, Timestamp)>,
    code: Option<qr::Code>,
    again: String,
    list: String,
}

/// Sends the draft, if nobody does already; shows it again if it is refused.
pub(super) async fn send<P: Platform>(
    ctx: &Context<'_, P>,
    open: Open,
    id: DraftId,
    form: &Form,
) -> Result<Reply> {
    let now = ctx.now();
    let take = drafts::take(id, open.desk.member, now, now.minus(LEASE));
    let known = Known::read(ctx, &open, vec![take], None, &Form::default()).await?;
    if !known.written.first().is_some_and(ResultSet::any) {
        return Ok(gone(&open.slug(), form));
    }
    match open.hand_in(ctx, &known).await {
        Ok(reply) => {
            ctx.platform.run(drafts::delete(id)).await?;
            Ok(reply)
        }
        Err(error) => {
            let kept = vec![drafts::give_back(id)];
            let known = Known::read(ctx, &open, kept, Some(Step::Check), &Form::default()).await?;
            if matches!(error, Error::Internal(_)) {
                return Err(error);
            }
            let problems = Problems::of(Some(&error)).gathered(&[]);
            let duplicate = Duplicate::of(&error, &open, &known);
            let page = open.page(ctx, Step::Check, &known, problems, duplicate, false)?;
            Ok(with_status(page, &error))
        }
    }
}

impl Open {
    async fn hand_in<P: Platform>(&self, ctx: &Context<'_, P>, known: &Known) -> Result<Reply> {
        let (actor, answers) = (&self.desk.actor, &self.answers);
        let credentials = answers.asks_for_credentials(actor.template, known.source.as_ref());
        if let Some(id) = answers.changes() {
            return self.change(ctx, id, credentials).await;
        }
        let how = answers.how(actor);
        if how == How::Added && !answers.is_link() {
            return self.add(ctx, credentials).await;
        }
        let record = invite(ctx, actor, answers.invitation(actor, credentials)?).await?;
        let email = record.state.email.as_ref().map(|email| apart(email.as_str()));
        match email {
            Some(email) if how == How::Mail && record.delivery != Delivery::Complained => {
                Ok(self.said(&format!("Invitation sent to {email}.")))
            }
            email => {
                let link =
                    manage::copy_link(ctx, &Authority::Member(actor.clone()), record.clone()).await.ok();
                let (heading, about) = match email {
                    Some(email) => (
                        "The invitation is ready".to_owned(),
                        if record.delivery == Delivery::Complained {
                            format!(
                                "{email} reported an earlier e-mail of yours, so none was sent. Talk to them, then give them this link: only they can use it."
                            )
                        } else {
                            format!("No e-mail was sent. Give this link to {email}: only they can use it.")
                        },
                    ),
                    None => (
                        "The link is ready".to_owned(),
                        "Whoever has this link can join. You find it again in the list of links.".to_owned(),
                    ),
                };
                self.made(heading, about, link)
            }
        }
    }

    async fn add<P: Platform>(&self, ctx: &Context<'_, P>, credentials: bool) -> Result<Reply> {
        let actor = &self.desk.actor;
        let add = self.answers.addition(actor, credentials)?;
        let (member, mailed) = add_member(ctx, actor, add).await?;
        let name = apart(&member.user.name);
        if mailed {
            return Ok(self.said(&format!("{name} was added, and is told by e-mail.")));
        }
        let version: Option<Version> = ctx.platform.run(passwords::version(member.id)).await?.first()?;
        let version = version.ok_or_else(|| Error::from(Code::NotFound))?;
        let (about, link) = match password_link::copy(ctx, actor, member, version).await {
            Ok(link) => (
                "No e-mail was sent. Give them this link: they set their password with it, and are in.",
                Some(link),
            ),
            Err(error) if error.code() == Code::PasswordAlreadySet => (
                "No e-mail was sent: tell them yourself. They have an account already and sign in as always.",
                None,
            ),
            // They are in, whatever becomes of the link.
            Err(_) => {
                ("No e-mail was sent. An admin can give you the link with which they set a password.", None)
            }
        };
        self.made(format!("{name} was added"), about.to_owned(), link)
    }

    fn said(&self, sentence: &str) -> Reply {
        said::see_other(&self.list_path(), sentence)
    }

    fn list_path(&self) -> String {
        format!("{}?tab={}", Route::Team(self.slug()).path(), self.list())
    }

    fn made(&self, heading: String, about: String, link: Option<(String, Timestamp)>) -> Result<Reply> {
        self.desk.reply(&Made {
            frame: self.desk.frame(Place::Team),
            heading,
            about,
            code: link.as_ref().and_then(|(url, _)| qr::Code::of(url)),
            link,
            again: Route::InviteStart(self.slug()).path(),
            list: self.list_path(),
        })
    }
}
