//! Taking somebody out of a workspace. They stay in the organization.

use super::{Open, open};
use crate::domain::ids::{MemberId, WorkspaceId};
use crate::error::{Error, Result};
use crate::flow::Context;
use crate::flow::memberships as flow;
use crate::platform::Platform;
use crate::web::pages::apart::apart;
use crate::web::pages::confirm::Confirm;
use crate::web::pages::desk;
use crate::web::pages::form::Form;
use crate::web::pages::{Problems, said};
use crate::web::reply::Reply;
use crate::web::request::Request;
use crate::web::route::Route;

fn question<'a>(open: &'a Open, after: &'a str, error: Option<&Error>) -> Confirm<'a> {
    Confirm {
        frame: open.desk.frame(desk::Place::Workspaces),
        nonce: &open.desk.key.nonce,
        problems: Problems::of(error),
        before: "Take ",
        about: &open.member.user.name,
        after,
        follows: vec![
            "They lose what they have there now. What they connected, and its data, stays.".to_owned(),
            "They stay in the organization, and in their other workspaces.".to_owned(),
        ],
        action: open.path(Route::AccessEnd),
        password_of: None,
        carried: Vec::new(),
        button: "Take them out",
        danger: true,
        keep: "Keep them in",
        back: open.path(Route::AccessPage),
    }
}

fn after(open: &Open) -> String {
    format!(" out of {}?", apart(&open.workspace.name))
}

/// `GET /w/{wsp}/members/{mbr}/remove`: asks once more.
///
/// # Errors
/// 404 for whoever is not in it, 403 for whoever may not change who is.
pub async fn show<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: WorkspaceId,
    member: MemberId,
) -> Result<Reply> {
    let open = open(ctx, request, id, member).await?.changeable()?;
    open.desk.reply(&question(&open, &after(&open), None))
}

/// `POST`: takes them out.
///
/// # Errors
/// Those of [`Form::read`] and [`show`]. Any other refusal is the question again, with why not.
pub async fn submit<P: Platform>(
    ctx: &Context<'_, P>,
    request: &Request,
    id: WorkspaceId,
    member: MemberId,
) -> Result<Reply> {
    let form = Form::read(ctx, request)?;
    let open = open(ctx, request, id, member).await?.changeable()?;
    let done = match form.fresh() {
        Ok(()) => flow::remove(ctx, &open.desk.actor, open.of(), &open.place).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let sentence = format!(
                "{} is out of {}. They stay in the organization.",
                apart(&open.member.user.name),
                apart(&open.workspace.name)
            );
            Ok(said::see_other(&open.page_of_member(), &sentence))
        }
        Err(error @ Error::Refused(_)) => {
            open.desk.refused(&error, &question(&open, &after(&open), Some(&error)))
        }
        Err(error) => Err(error),
    }
}
