//! Undoing a removal: everybody whom it removed, or one of them.

use super::way_back::came_from;
use super::{Query, Tab, address};
use crate::domain::ids::MemberId;
use crate::domain::role::Role;
use crate::domain::time::Timestamp;
use crate::error::{Code, Error, Result};
use crate::flow::Context;
use crate::flow::restore::{self, refusal_of};
use crate::platform::{Platform, ResultSet};
use crate::store::accounts::At;
use crate::store::restore::{Gone, Why, select_gone};
use crate::web::pages::apart::apart;
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk::{Desk, Place};
use crate::web::pages::form::Form;
use crate::web::pages::{Problems, said};
use crate::web::reply::Reply;
use crate::web::request::{self, Request};
use crate::web::route::Route;

/// As many names as one sentence says.
const MOST_SAID: usize = 5;

/// Whom a form or an address means, and those of them that there are.
async fn open<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    slug: &str,
    form: &Form,
) -> Result<(Desk, Timestamp, Vec<Gone>)> {
    // What is no moment is none at which anybody was removed.
    let at = Timestamp::parse(form.text("at")).unwrap_or(Timestamp::from_millis(0));
    let reads = vec![select_gone(slug, at, form.filled("request"), form.filled("member"))];
    let (desk, found) = Desk::open(ctx, request, At::Slug(slug), reads).await?;
    let desk = desk.administered()?;
    let gone: Vec<Gone> = found.first().map(ResultSet::rows).transpose()?.unwrap_or_default();
    if gone.is_empty() { Err(Code::NotFound.into()) } else { Ok((desk, at, gone)) }
}

/// `GET /o/{slug}/team/restore?at=…&request=…` or `?at=…&member=…`: asks once more.
///
/// # Errors
/// 403 for whoever doesn't run the organization, 404 where nobody was removed then.
pub async fn show<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::of(request::query(request)?);
    let (desk, _, gone) = open(ctx, request, slug, &form).await?;
    desk.reply(&question(&desk, &form, &gone, None))
}

fn question<'a>(desk: &'a Desk, form: &'a Form, gone: &'a [Gone], error: Option<&Error>) -> Confirm<'a> {
    let slug = &desk.setting.slug;
    let of_removal = |(name, _): &(&str, &str)| ["at", "request", "member", "back"].contains(name);
    let (before, about) = match gone {
        [one] => ("Put back ", one.name.as_str()),
        _ => ("Put back everybody whom you removed", ""),
    };
    Confirm {
        frame: desk.frame(Place::Team),
        nonce: &desk.key.nonce,
        problems: Problems::of(error),
        before,
        about,
        after: "?",
        follows: vec![
            "They are again what they were, with the access that they had.".to_owned(),
            "What was withdrawn with them is open again, with the same links.".to_owned(),
        ],
        action: Route::TeamRestore(slug.clone()).path(),
        password_of: None,
        carried: form.fields().filter(of_removal).collect(),
        button: "Put back",
        danger: false,
        keep: "Back to the list",
        back: came_from(form, slug).unwrap_or_else(|| list(slug, Tab::Removed)),
    }
}

fn list(slug: &str, tab: Tab) -> String {
    address(slug, &Query { tab, ..Query::default() }, None)
}

/// `POST`: puts them back. Where nobody is, the page that asks says why.
///
/// # Errors
/// Those of [`Form::read`] and [`show`].
pub async fn submit<P: Platform>(ctx: &Context<'_, P>, request: &Request, slug: &str) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let (desk, at, gone) = open(ctx, request, slug, &form).await?;
    if let Err(error) = form.fresh() {
        return desk.refused(&error, &question(&desk, &form, &gone, Some(&error)));
    }
    let ids: Vec<MemberId> = gone.iter().map(|gone| gone.id).collect();
    let (fates, _) = restore::restore(ctx, &desk.actor, &ids, at, None).await?;
    let (mut back, mut refused) = (Vec::new(), Vec::new());
    for (gone, why) in gone.iter().zip(fates) {
        match why {
            // Who pressed twice has what they wanted.
            None | Some(Why::In) => back.push(gone),
            Some(why) => refused.push((gone, why)),
        }
    }
    if let ([], [(_, why), ..]) = (back.as_slice(), refused.as_slice()) {
        let error = refusal_of(*why);
        return desk.refused(&error, &question(&desk, &form, &gone, Some(&error)));
    }
    let clients = back.iter().all(|gone| gone.role == Role::Client);
    let tab = if clients { Tab::Clients } else { Tab::Members };
    let path = came_from(&form, slug).unwrap_or_else(|| list(slug, tab));
    Ok(said::see_other(&path, &sentence(&back, clients, &refused)))
}

/// Who is back and who is not, in words.
fn sentence(back: &[&Gone], clients: bool, refused: &[(&Gone, Why)]) -> String {
    let mut said = match back {
        [one] => format!("Put back {}.", apart(&one.name)),
        many => format!("Put back {} {}.", many.len(), if clients { "clients" } else { "people" }),
    };
    let told = |(gone, why): &(&Gone, Why)| format!("{} ({})", apart(&gone.name), why_not(*why));
    let few: Vec<String> = refused.iter().take(MOST_SAID).map(told).collect();
    if !few.is_empty() {
        said.push_str(" Not put back: ");
        said.push_str(&few.join(", "));
        match refused.len() - few.len() {
            0 => said.push('.'),
            more => {
                let more = format!(" and {more} more.");
                said.push_str(&more);
            }
        }
    }
    said
}

fn why_not(why: Why) -> &'static str {
    match why {
        Why::Actor => "you may not do this any more",
        Why::In => "in already",
        Why::Role => "only the owner may",
        Why::Again => "came in again since",
        Why::Left => "left by themself",
        Why::Late => "removed more than 10 minutes ago",
        Why::Invited => "invited again since",
        Why::Trial => "the trial has ended",
        Why::Seat => "no free seat",
    }
}
